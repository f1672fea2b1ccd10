"""A box with a past: a data folder filled by the historian and the store, as months of a house would have filled it.

What is fed in is known to the Wh, so that tests can add up for themselves what a page has to show.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from fastcrc import crc16

from ngair.adapters.sqlite.store import SqliteStore
from ngair.history.historian import Historian
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import ChargerSeen
from ngair.model.history import Batch
from ngair.model.prices import read_prices
from ngair.model.reading import Reading
from ngair.model.site import BoxInfo, Site, apply
from tests.program import Box, running
from tests.web.dongle import LINES, Dongle, plugged_in

ZONE = ZoneInfo("Europe/Stockholm")
PRICES = "1.95 SEK 22-06=1.20"
STEP_S = 300
"""Between two readings of the past; its hours and prices change only there."""
SERIAL = "TESTCHARGER00042"
OUTLET = f"{SERIAL}/1"
LAST_IMPORT_WH, LAST_EXPORT_WH = 6_678_394, 1_120_001
"""What the meter tells for ever: the past ends there, so that the box that runs on it books nothing more."""
NIGHT_WH = 900
"""What the car takes in a step: 10.8 kW."""
GAP = (timedelta(hours=10), timedelta(hours=12, minutes=10))
"""The box is off between these times of one day, while the house takes an even 600 W."""


class Flow(msgspec.Struct):
    """What flowed in a span of time, and what it cost."""

    import_wh: int = 0
    export_wh: int = 0
    charged_wh: int = 0
    import_micro: int = 0
    charged_micro: int = 0

    def add(self, other: Flow) -> None:
        """Add another span's."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Charge(msgspec.Struct):
    """One session, in wall seconds."""

    plugged_s: int
    spans: tuple[tuple[int, int], ...]
    """When it charged."""
    unplugged_s: int | None
    flow: Flow


class Past:
    """What was fed into the memory."""

    def __init__(self, today: date) -> None:
        self.yesterday = today - timedelta(1)
        """As of what was fed: midnight may come while tests run."""
        autumn = date(today.year, 10, 1)
        # All of it is over before yesterday, and young enough that its minutes are kept.
        self.first = autumn if today > date(today.year, 11, 10) else autumn.replace(year=today.year - 1)
        self.last = self.first + timedelta(days=39)
        self.long_day = max(d for d in map(self.day, range(31)) if d.weekday() == 6)
        """Its 25 hours."""
        self.gap_day = self.day(13)
        self.hours: dict[int, Flow] = {}
        self.charges: list[Charge] = []

    def day(self, number: int) -> date:
        """A day of it, the first is 0."""
        return self.first + timedelta(days=number)

    def is_close(self, at_s: int) -> bool:
        """Whether it is a day whose power is looked at closely."""
        return datetime.fromtimestamp(at_s, ZONE).date() in (self.long_day, self.gap_day)

    def span(self, first: date, last: date | None = None) -> Flow:
        """The sums of local days, both inclusive."""
        flow, from_s, to_s = Flow(), midnight_s(first), midnight_s((last or first) + timedelta(1))
        for start_s, hour in self.hours.items():
            if from_s <= start_s < to_s:
                flow.add(hour)
        return flow

    def charges_of(self, first: date, last: date | None = None) -> list[Charge]:
        """Sessions that have a part in local days, the newest first."""
        from_s, to_s = midnight_s(first), midnight_s((last or first) + timedelta(1))
        found = [c for c in self.charges if c.plugged_s < to_s and (c.unplugged_s or to_s) > from_s]
        return sorted(found, key=lambda c: -c.plugged_s)


class PastBox(msgspec.Struct):
    """A running box, and what it has to remember."""

    box: Box
    past: Past
    dongle: Dongle
    folder: Path


@contextlib.contextmanager
def past_box(folder: Path) -> Iterator[PastBox]:
    """Fill a data folder and run a box on it."""
    past = fill(folder)
    arguments = ("--data", str(folder), "--time-zone", str(ZONE), "--prices", PRICES, "--mdns", "off")
    with (
        plugged_in(_telegram()) as dongle,
        running("run", "--meter", f"tcp://127.0.0.1:{dongle.port}", *arguments) as box,
    ):
        box.until("/api/v1/site", lambda site: site["memory"]["state"] == "up")
        yield PastBox(box, past, dongle, folder)


def fill(folder: Path) -> Past:
    """Write 40 days over the end of summer time, then yesterday and today until now."""
    folder.mkdir(parents=True, exist_ok=True)
    now_s = int(time.time()) // STEP_S * STEP_S
    today = datetime.fromtimestamp(now_s, ZONE).date()
    past = Past(today)
    past.charges = [*_nights(past), *_recent(today, now_s)]
    old = range(midnight_s(past.first), midnight_s(past.last + timedelta(1)), STEP_S)
    new = range(midnight_s(today - timedelta(1)), now_s, STEP_S)
    flows = {at_s: _flow(past, at_s) for at_s in (*old, *new)}
    registers = _Registers(flows.values())
    with contextlib.closing(SqliteStore(folder / "history.db", raw_days=14, minute_days=400)) as store:
        _Feed(store, past, registers, flows).run(old, lambda at_s: 60 if past.is_close(at_s) else STEP_S)
        _Feed(store, past, registers, flows).run(new, lambda _: 10)
    assert (registers.import_wh, registers.export_wh) == (LAST_IMPORT_WH, LAST_EXPORT_WH)
    return past


def _telegram() -> bytes:
    body = "\r\n".join(LINES).replace("00000120.001", f"{LAST_EXPORT_WH / 1000:012.3f}").encode("ascii")
    return body + f"{crc16.arc(body):04X}\r\n".encode("ascii")


def midnight_s(day: date) -> int:
    """When a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())


class _Registers:
    """Of the meter and the outlet: they end where the dongle goes on."""

    def __init__(self, flows: Iterable[Flow]) -> None:
        total = Flow()
        for flow in flows:
            total.add(flow)
        self.import_wh = LAST_IMPORT_WH - total.import_wh
        self.export_wh = LAST_EXPORT_WH - total.export_wh
        self.charged_wh = 5_000_000

    def pass_over(self, flow: Flow) -> None:
        """A step is over."""
        self.import_wh += flow.import_wh
        self.export_wh += flow.export_wh
        self.charged_wh += flow.charged_wh


class _Feed:
    """One run of the box."""

    def __init__(self, store: SqliteStore, past: Past, registers: _Registers, flows: dict[int, Flow]) -> None:
        self._store, self._past, self._registers, self._flows = store, past, registers, flows
        self._site = Site(box=BoxInfo(serial="TESTBOX000000042", firmware="ngair.0.0.1-0-g0000000", mac="020000000042"))
        self._state = OutletState.AVAILABLE

    def run(self, steps: range, often: Callable[[int], int]) -> None:
        """Readings as often as `often` says of each step, and one at the end; written by the hour."""
        remembered = self._store.remembered()
        self._historian = Historian(
            remembered, ZONE, read_prices(PRICES), "0.0.1", steps.start, self._now_s(steps.start)
        )
        self._tell(steps.start, Flow(), 0)
        ends = {charge.unplugged_s for charge in self._past.charges}
        for start_s in steps:
            flow, every_s = self._flows[start_s], often(start_s)
            self._plug(start_s, flow)
            for at_s in range(start_s, start_s + STEP_S, every_s):
                if not _is_off(self._past, at_s):
                    self._read(at_s, flow, at_s - start_s, every_s)
            for at_s in range(start_s + 10, start_s + STEP_S, 10):
                if flow.charged_wh or start_s + STEP_S in ends:
                    self._tell(at_s, flow, at_s - start_s)
            self._registers.pass_over(flow)
            self._past.hours.setdefault(start_s // 3600 * 3600, Flow()).add(flow)
            if (start_s + STEP_S) % 3600 == 0:
                self._write(self._historian.take(self._now_s(start_s + STEP_S - 1), start_s + STEP_S - 1))
        self._read(steps.stop, Flow(), 0, STEP_S)
        if self._state != OutletState.AVAILABLE:
            self._tell(steps.stop, Flow(), 0)
        self._write(self._historian.finish(self._now_s(steps.stop), steps.stop))

    def _now_s(self, wall_s: float) -> float:
        return wall_s - 1_000_000_000

    def _write(self, batch: Batch | None) -> None:
        if batch is not None:
            self._store.write(batch)

    def _read(self, at_s: int, flow: Flow, into_s: int, fresh_for_s: int) -> None:
        import_w, export_w = (wh * 3600 / STEP_S for wh in (flow.import_wh, flow.export_wh))
        # What a kettle does within minutes; the counters tell the truth about the energy.
        wave_w = 150 * math.sin(at_s / 47) * math.sin(at_s / 900)
        reading = Reading(
            ident="TST5PAST",
            power_import_w=max(0, round(import_w + wave_w)) if import_w else 0,
            power_export_w=max(0, round(export_w - wave_w)) if export_w else 0,
            current_a=(import_w / 690, import_w / 690, import_w / 690),
            voltage_v=(230.0, 231.0, 229.5),
            energy_import_wh=self._registers.import_wh + flow.import_wh * into_s // STEP_S,
            energy_export_wh=self._registers.export_wh + flow.export_wh * into_s // STEP_S,
        )
        self._historian.reading(reading, self._now_s(at_s), at_s, fresh_for_s)

    def _plug(self, at_s: int, flow: Flow) -> None:
        """What the outlet tells when a step begins."""
        charge = next((c for c in self._past.charges if c.plugged_s <= at_s < (c.unplugged_s or at_s + 1)), None)
        before = self._state
        if charge is None:
            self._state = OutletState.AVAILABLE
        elif flow.charged_wh:
            self._state = OutletState.CHARGING
        else:
            begun = any(start_s <= at_s for start_s, _ in charge.spans)
            self._state = OutletState.SUSPENDED_BY_CHARGER if begun else OutletState.PREPARING
        if before != OutletState.AVAILABLE or self._state != OutletState.AVAILABLE:
            self._tell(at_s, flow, 0)

    def _tell(self, at_s: int, flow: Flow, into_s: int) -> None:
        power_w = flow.charged_wh * 3600 / STEP_S
        outlet = Outlet(
            id=1,
            state=self._state,
            current_a=(power_w / 690, power_w / 690, power_w / 690),
            told_at_s=self._now_s(at_s),
            energy_wh=self._registers.charged_wh + flow.charged_wh * into_s // STEP_S,
            power_w=power_w,
        )
        event = ChargerSeen(ChargeBox(serial=SERIAL, identity="charger", outlets=(outlet,)))
        before, self._site = self._site, apply(self._site, event)
        self._historian.note(before, event, self._site, self._now_s(at_s), at_s)


def _flow(past: Past, at_s: int) -> Flow:
    """What the house does in a step that begins then."""
    local = datetime.fromtimestamp(at_s, ZONE)
    hour, number = local.hour + local.minute / 60, local.toordinal()
    charged_wh = NIGHT_WH if any(a <= at_s < b for c in past.charges for a, b in c.spans) else 0
    if local.date() == past.gap_day and 9 <= hour < 13:
        net_wh = 50
    else:
        used_wh = 35 + (60 if 6 <= hour < 8 else 0) + (90 if 17 <= hour < 22 else 0) + number % 5
        sun_wh = round(250 * math.sin(math.pi * (hour - 9) / 7)) if 9 < hour < 16 and number % 3 else 0
        net_wh = used_wh + charged_wh - sun_wh
    price = 1_200_000 if hour >= 22 or hour < 6 else 1_950_000
    flow = Flow(import_wh=max(net_wh, 0), export_wh=max(-net_wh, 0), charged_wh=charged_wh)
    flow.import_micro, flow.charged_micro = flow.import_wh * price // 1000, charged_wh * price // 1000
    return flow


def _nights(past: Past) -> list[Charge]:
    """Every other night, the long one among them: an hour, half an hour of pause, two hours."""
    eve = (past.long_day - past.first).days - 1
    found = []
    for number in range(eve % 2, 39, 2):
        at = partial(_at, past.day(number))
        spans = ((at(22), at(23)), (at(23.5), at(25.5)))
        found.append(_charge(at(17.5), spans, at(31)))
    return found


def _recent(today: date, now_s: int) -> list[Charge]:
    """One of yesterday, and one that goes on."""
    at = partial(_at, today - timedelta(1))
    return [_charge(at(8), ((at(8.5), at(10)),), at(11)), _charge(now_s - 3600, ((now_s - 3000, now_s),), None)]


def _charge(plugged_s: int, spans: tuple[tuple[int, int], ...], unplugged_s: int | None) -> Charge:
    flow = Flow()
    for start_s, end_s in spans:
        for at_s in range(start_s, end_s, STEP_S):
            hour = datetime.fromtimestamp(at_s, ZONE).hour
            price = 1_200_000 if hour >= 22 or hour < 6 else 1_950_000
            flow.add(Flow(charged_wh=NIGHT_WH, charged_micro=NIGHT_WH * price // 1000))
    return Charge(plugged_s, spans, unplugged_s, flow)


def _at(day: date, hour: float) -> int:
    """A local time of a day; hours above 24 are of the next one."""
    clock = datetime(day.year, day.month, day.day) + timedelta(hours=hour)  # noqa: DTZ001 - it gets its zone next
    return int(clock.replace(tzinfo=ZONE).timestamp())


def _is_off(past: Past, at_s: int) -> bool:
    local = datetime.fromtimestamp(at_s, ZONE)
    since = timedelta(hours=local.hour, minutes=local.minute)
    return local.date() == past.gap_day and GAP[0] <= since < GAP[1]

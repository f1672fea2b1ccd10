"""A year of one house put through the program's own historian into its store, as fast as it goes.

Every ten seconds a reading of a meter whose registers count what flows; a sun, a car that charges most nights, its
setpoints; restarts, power cuts, hours without readings, a meter that is exchanged, registers that jump or begin anew.

    python -m benchmarks.year FILE DAYS SEED
"""

from __future__ import annotations

import random
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from ngair.adapters.sqlite import SqliteStore
from ngair.history.historian import Historian
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, Rule, Setpoint, SetpointReason
from ngair.model.events import ChargerSeen, Decided, Event
from ngair.model.prices import read_prices
from ngair.model.reading import Reading
from ngair.model.site import BoxInfo, Site

STEP_S = 10
DAY_S = 86_400
ZONE = ZoneInfo("Europe/Stockholm")
FROM_S = 1_735_686_000
"""The midnight with which 2025 began in Stockholm."""
OUTLET = "SIM0000000000001/1"
RAW_FOR_EVER_DAYS = 36_500
REAL_DAYS = 2
"""At the end so many are written as in a house, each commit waiting for the disk, to count the bytes."""
LOAD_W = (300, 260, 250, 250, 260, 340, 700, 1200, 900, 600, 500, 550, 700, 600, 500, 550, 900, 1900, 2300, 1800)
LOAD_LATE_W = (1400, 1000, 700, 450)


class Filled(msgspec.Struct, kw_only=True):
    """What was done, and the figures of the meter itself."""

    readings: int = 0
    commits: int = 0
    seconds: float = 0
    peak_mb: float = 0
    written_mb_a_day: float = 0
    """Handed to the disk a day, by the kernel's count; 0 where it does not tell."""
    first_wh: tuple[int, int] = (0, 0)
    """The registers when they were first read."""
    last_wh: tuple[int, int] = (0, 0)
    jumped_wh: tuple[int, int] = (0, 0)
    """By how much they moved without energy."""
    to_s: int = 0


class Meter:
    """Registers, which count watt-seconds, and whatever happens to them."""

    def __init__(self) -> None:
        self.meter_id = "1000001"
        self.flowed_ws = [0, 0]
        self.offset_wh = [99_900_000, 5_000]
        self.jumped_wh = [0, 0]

    def flow(self, net_w: int, seconds: int) -> None:
        self.flowed_ws[net_w < 0] += abs(net_w) * seconds

    def wh(self) -> tuple[int, int]:
        return (self.offset_wh[0] + self.flowed_ws[0] // 3600, self.offset_wh[1] + self.flowed_ws[1] // 3600)

    def jump(self, place: int, by_wh: int) -> None:
        self.offset_wh[place] += by_wh
        self.jumped_wh[place] += by_wh


class House:
    """What flows, second by second in steps of ten; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._wander_w = 0
        self._need_wh = 0
        self.plugged = False
        self.charging_w = 0
        self.given_ws = 3_600_000

    def step(self, at_s: int) -> int:
        """Import less export in W."""
        second = (at_s - FROM_S) % DAY_S
        hour = second // 3600
        if second % 3600 == 0:
            self._each_hour(hour)
        self._wander_w += self._random.randrange(-40, 41) - self._wander_w // 32
        sun_w = 0
        if 6 <= hour < 20:
            year_share = abs(((at_s - FROM_S) // DAY_S) % 365 - 172) / 183
            height = 7 * 3600 - abs(second - 13 * 3600)
            sun_w = int(max(0, height) * (1 - 0.9 * year_share) * 0.25)
        self.charging_w = 0
        if self.plugged and self._need_wh > 0 and (hour >= 21 or hour < 6):
            self.charging_w = 4_000 + (hour * 731) % 6_000
            self.given_ws += self.charging_w * STEP_S
            self._need_wh -= self.charging_w * STEP_S // 3600
        load_w = (LOAD_W + LOAD_LATE_W)[hour]
        return max(50, load_w + self._wander_w * 3) + self.charging_w - sun_w

    def _each_hour(self, hour: int) -> None:
        if hour == 17 and self._random.random() < 0.7:
            self.plugged, self._need_wh = True, self._random.randrange(2_000, 40_000)
        if hour == 7:
            self.plugged = False


class Box:
    """The program's historian and store on that house; it can be stopped, cut off and begun again."""

    def __init__(self, path: Path, at_s: int) -> None:
        self._path = path
        self.commits = 0
        self._minute = 0
        self.start(at_s)

    def start(self, at_s: int, *, fast: bool = True) -> None:
        self.store = SqliteStore(self._path, RAW_FOR_EVER_DAYS, RAW_FOR_EVER_DAYS)
        remembered = self.store.remembered()
        if fast:
            fill_fast(self.store)
        self.site = Site(box=BoxInfo(serial="SIM0000000000002", firmware="1", mac="020000000001"))
        prices = read_prices("1.95 SEK 22-06=1.20")
        self.historian = Historian(remembered, ZONE, prices, "1", float(at_s), float(at_s))

    def stop(self, at_s: int, *, clean: bool) -> None:
        if clean:
            self._write(at_s, everything=True)
        self.store.close()

    def read(self, at_s: int, meter: Meter, net_w: int) -> None:
        import_wh, export_wh = meter.wh()
        amps = abs(net_w) / 690
        reading = Reading(
            ident="SIM5",
            meter_id=meter.meter_id,
            power_import_w=max(net_w, 0),
            power_export_w=max(-net_w, 0),
            current_a=(amps, amps * 0.9, amps * 1.1),
            voltage_v=(230.1, 231.4, 229.9),
            energy_import_wh=import_wh,
            energy_export_wh=export_wh,
        )
        self.historian.reading(reading, float(at_s), float(at_s))
        if at_s // 60 != self._minute:
            self._minute = at_s // 60
            self._write(at_s)

    def charge(self, at_s: int, house: House) -> None:
        state = OutletState.AVAILABLE
        if house.plugged:
            state = OutletState.CHARGING if house.charging_w else OutletState.SUSPENDED_BY_CHARGER
        amps = house.charging_w / 690
        outlet = Outlet(
            id=1,
            state=state,
            current_a=(amps, amps, amps),
            told_at_s=float(at_s),
            energy_wh=house.given_ws // 3600,
            power_w=house.charging_w,
        )
        box = ChargeBox(serial=OUTLET[:-2], identity="sim", outlets=(outlet,))
        self._note(ChargerSeen(box), replace(self.site, charge_boxes=(box,)), at_s)
        setpoint_a = 6 + at_s // 600 % 5 if house.charging_w else 16
        setpoints = self.site.decision.setpoints
        if not setpoints or setpoints[0].setpoint_a != setpoint_a:
            reason = SetpointReason(
                rule=Rule.FUSE, text="L1 of the main fuse has no more left", fuse="main", phase="L1"
            )
            new = Setpoint(serial=box.serial, outlet_id=1, setpoint_a=setpoint_a, reason=reason)
            decision = Decision(setpoints=(new,))
            self._note(Decided(decision), replace(self.site, decision=decision), at_s)

    def _note(self, event: Event, site: Site, at_s: int) -> None:
        before, self.site = self.site, site
        self.historian.note(before, event, site, float(at_s), float(at_s))

    def _write(self, at_s: int, *, everything: bool = False) -> None:
        times = (float(at_s), float(at_s))
        batch = self.historian.finish(*times) if everything else self.historian.take(*times)
        if batch is not None:
            self.store.write(batch)
            self.commits += 1


def fill_fast(store: SqliteStore) -> None:
    """Let commits of this store not wait for the disk: for filling only, no box does this."""
    with store._served() as db:
        db.execute("PRAGMA synchronous = OFF")


def fill(path: Path, days: int, seed: int = 1) -> Filled:
    """Make the file."""
    filled = Filled()
    began_s = time.perf_counter()
    meter, house, at_s = Meter(), House(seed), FROM_S
    box = Box(path, at_s)
    troubles = dict(_troubles(days, seed))
    real_from_s = FROM_S + (days - REAL_DAYS) * DAY_S
    written = 0
    while at_s < FROM_S + days * DAY_S:
        net_w = house.step(at_s)
        meter.flow(net_w, STEP_S)
        trouble = troubles.get((at_s - FROM_S) // STEP_S)
        if trouble is not None:
            at_s = _suffer(trouble, box, meter, house, at_s)
        if filled.first_wh == (0, 0):
            filled.first_wh = meter.wh()
        if at_s == real_from_s:
            box.stop(at_s, clean=True)
            box.start(at_s, fast=False)
            written = _written_bytes()
        if house.plugged or at_s % 60 == 0:
            box.charge(at_s, house)
        box.read(at_s, meter, net_w)
        filled.readings += 1
        at_s += STEP_S
    filled.written_mb_a_day = (_written_bytes() - written) / REAL_DAYS / 1e6
    box.stop(at_s, clean=True)
    filled.commits, filled.to_s = box.commits, at_s
    filled.last_wh = meter.wh()
    filled.jumped_wh = (meter.jumped_wh[0], meter.jumped_wh[1])
    filled.seconds = time.perf_counter() - began_s
    filled.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return filled


def _troubles(days: int, seed: int) -> Iterator[tuple[int, str]]:
    """When what goes wrong, by the number of the step: a dozen power cuts and more, and one of each jump."""
    chance = random.Random(seed + 1)
    steps = (days - REAL_DAYS) * DAY_S // STEP_S
    kinds = ["cut", "stop", "silence"] * max(4, days // 20) + ["exchange", "reset", "leap", "export leap"]
    chance.shuffle(kinds)
    for number, kind in enumerate(kinds):
        yield int((number + chance.random()) * (steps - 10) / len(kinds)) + 5, kind


def _suffer(trouble: str, box: Box, meter: Meter, house: House, at_s: int) -> int:
    """The time at which it goes on."""
    gap_s = 0
    if trouble == "exchange":
        meter.meter_id = "1000002"
        meter.jump(0, 12 - meter.wh()[0])
        meter.jump(1, 3 - meter.wh()[1])
    elif trouble == "reset":
        meter.jump(0, -meter.wh()[0])
    elif trouble == "leap":
        meter.jump(0, 7_000_000)
    elif trouble == "export leap":
        meter.jump(1, 3_000_000)
    else:
        gap_s = {"cut": 40, "stop": 5 * 3600 + 470, "silence": 2 * 3600 + 30}[trouble]
    if trouble in ("cut", "stop"):
        box.stop(at_s, clean=trouble == "stop")
    for passed_s in range(0, gap_s, STEP_S):
        meter.flow(house.step(at_s + passed_s), STEP_S)
    if trouble in ("cut", "stop"):
        box.start(at_s + gap_s)
    return at_s + gap_s


def _written_bytes() -> int:
    try:
        lines = Path("/proc/self/io").read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("write_bytes")), 0)


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(fill(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))

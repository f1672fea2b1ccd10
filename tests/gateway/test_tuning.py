"""A serial line's setting is found while it is read: in virtual time with true bit streams, and over real ptys."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable
from functools import cache
from random import Random

import pytest

from ngair.gateway.found import LINES, LineKeeper
from ngair.gateway.intake import Intake, MeterEvent
from ngair.gateway.ports import LineRefusedError, LinkError
from ngair.gateway.supervise import keep_up
from ngair.gateway.tuning import Tuning
from ngair.meter.decoder import Decoder
from ngair.meter.line_search import CANDIDATES, LineSearch
from ngair.model.backoff import Backoff
from ngair.model.events import MeterLinkChanged, TelegramReceived
from ngair.model.limits import LINE_TRY_MAX_S, LINES_KEPT_MAX, LINK_SILENT_S, STATE_SAVE_INTERVAL_S
from ngair.model.line import NOTHING_FIXED, Fixed, Line
from ngair.model.rules import MAIN_FUSE
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.contracts.virtual_time import in_no_time
from tests.gateway.house import HandClock, MemoryStore
from tests.meter.uart import heard
from tests.waiting import DEADLINE_S

NAME = "serial:///dev/ttyUSB0"
FAMILY_AT = {
    Line(115200): "nl-dsmr5",
    Line(2400, "8E1"): "kaifa-no",
    Line(2400, "8N1"): "kamstrup-no",
    Line(9600): "nl-dsmr4",
    Line(9600, "7E1"): "nl-dsmr2",
    Line(115200, "7E1"): "nl-dsmr4",
    Line(115200, "8E1"): "se-fi-dk",
    Line(38400): "iskra-si",
}
"""A meter for each line; whether they are sold so does not matter to the line."""
INTERVAL_S = 10.0
RECEIVERS = {"waits": False, "resyncs": True}


@cache
def sent(family: str) -> bytes:
    """One telegram as the meter gives it to its line."""
    telegram = max(World(Options(family=family)).advance(30), key=len)
    return bytes(byte & 0x7F for byte in telegram) if family == "nl-dsmr2" else telegram


@cache
def arrives(family: str, sent_at: Line, read_at: Line, resyncs: bool) -> bytes:
    return heard(sent(family), sent_at, read_at, resyncs=resyncs)


class LinePort:
    """A meter's serial line: what comes depends on how it was set when it was opened."""

    name = NAME

    def __init__(self, sent_at: Line | None, *, family: str | None = None, resyncs: bool = False) -> None:
        """`sent_at` is how the meter sends; `None`: it is silent."""
        self.sent_at = sent_at
        self.refuses: set[Line] = set()
        self.missing = False
        self.opened: list[tuple[float, Line]] = []
        self.open = 0
        self._family = family
        self._resyncs = resyncs
        self._line = Line(300)

    def use(self, line: Line) -> None:
        self._line = line

    async def connect(self) -> LineLink:
        if self.missing:
            raise LinkError("/dev/ttyUSB0 does not exist")
        if self._line in self.refuses:
            raise LineRefusedError(f"/dev/ttyUSB0 cannot be set to {self._line}")
        self.opened.append((asyncio.get_running_loop().time(), self._line))
        self.open += 1
        return LineLink(self, self._line)

    @property
    def tried(self) -> list[Line]:
        return [line for _, line in self.opened]

    def next_s(self, now_s: float) -> float:
        """When the meter sends next: the telegrams of its own clock."""
        return INTERVAL_S * ((now_s + 0.001) // INTERVAL_S + 1)

    def bytes_at(self, line: Line) -> bytes:
        assert self.sent_at is not None
        received_as = Line(line.baudrate, "8N1") if line.parity == "7E1" else line
        return arrives(self._family or FAMILY_AT[self.sent_at], self.sent_at, received_as, self._resyncs)


class LineLink:
    """One opening."""

    def __init__(self, port: LinePort, line: Line) -> None:
        self._port = port
        self._line = line
        self._left = b""

    async def read(self) -> bytes:
        loop = asyncio.get_running_loop()
        if self._port.missing:
            raise LinkError("/dev/ttyUSB0 is gone")
        if not self._left:
            while self._port.sent_at is None:  # noqa: ASYNC110 - time passes at once
                await asyncio.sleep(1)
            await asyncio.sleep(self._port.next_s(loop.time()) - loop.time())
            if self._port.missing:
                raise LinkError("/dev/ttyUSB0 is gone")
            self._left = self._port.bytes_at(self._line)
        else:
            await asyncio.sleep(0.02)
        data, self._left = self._left[:200], self._left[200:]
        return data

    async def close(self) -> None:
        self._port.open -= 1


class Bench:
    """A line that is kept up and tuned, with a true decoder behind it."""

    def __init__(
        self, port: LinePort, fixed: Fixed = NOTHING_FIXED, store: MemoryStore | None = None, family: str | None = None
    ) -> None:
        self.port = port
        self.store = store or MemoryStore()
        self.events: list[tuple[float, MeterEvent]] = []
        self.search: LineSearch | None = None
        self._fixed = fixed
        self._keys = FAMILIES[family].keys if family else None

    def run(self, for_s: float, then: dict[float, Callable[[], None]] | None = None) -> Bench:
        in_no_time(self._run(for_s, then or {}))
        assert self.port.open == 0, "a link was left open"
        return self

    async def _run(self, for_s: float, then: dict[float, Callable[[], None]]) -> None:
        loop = asyncio.get_running_loop()
        keeper = LineKeeper(self.store)
        intake = Intake(MAIN_FUSE, HandClock(), self._tell, Decoder(self._keys))
        self.search = LineSearch(self._fixed, keeper.remembered(NAME))
        tuning = Tuning(self.port, intake, self.search, self._keep)
        for at_s, what in then.items():
            loop.call_at(at_s, what)
        keeping = asyncio.create_task(keep_up(tuning, tuning, Backoff(Random(1))))
        await asyncio.wait([keeping], timeout=for_s)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    def _keep(self, device: str, line: Line) -> None:
        """As the keeper does, without its thread: time would overtake it."""
        self.store.files[LINES] = f'{{"{device}":{{"baudrate":{line.baudrate},"parity":"{line.parity}"}}}}'.encode()

    def _tell(self, events: list[MeterEvent]) -> None:
        self.events += [(asyncio.get_running_loop().time(), event) for event in events]

    @property
    def links(self) -> list[tuple[str, str, str]]:
        return [(e.link, e.detail, e.line) for _, e in self.events if isinstance(e, MeterLinkChanged)]

    @property
    def telegrams_s(self) -> list[float]:
        return [at_s for at_s, event in self.events if isinstance(event, TelegramReceived)]


@pytest.mark.parametrize("resyncs", RECEIVERS.values(), ids=RECEIVERS)
@pytest.mark.parametrize("true", FAMILY_AT, ids=str)
def test_a_true_meter_is_found_and_read_whatever_its_line(true: Line, resyncs: bool) -> None:
    port = LinePort(true, resyncs=resyncs)
    bench = Bench(port, family=FAMILY_AT[true]).run(120)
    assert bench.search is not None
    assert bench.search.found
    assert bench.search.line.baudrate == true.baudrate
    assert bench.telegrams_s[0] <= 61 if true != Line(9600, "7E1") else bench.telegrams_s[0] <= 71
    assert len(bench.telegrams_s) >= 5
    assert bench.links[-1] == ("up", "", str(bench.search.line))
    assert len(port.tried) == len(set(port.tried)), "found in the first round"


@pytest.mark.parametrize("resyncs", RECEIVERS.values(), ids=RECEIVERS)
@pytest.mark.parametrize("true", FAMILY_AT, ids=str)
def test_what_is_read_at_another_setting_is_never_taken_for_a_frame(true: Line, resyncs: bool) -> None:
    family = FAMILY_AT[true]
    straight = Decoder(FAMILIES[family].keys)
    sent_as = Line(true.baudrate, "8N1" if true.parity == "7E1" else true.parity)
    right = straight.feed(arrives(family, true, sent_as, False)) + straight.quiet()
    for line in CANDIDATES:
        decoder = Decoder(FAMILIES[family].keys)
        found = decoder.feed(arrives(family, true, line, resyncs)) + decoder.quiet()
        if line.baudrate != true.baudrate:
            assert decoder.frames == 0
        elif decoder.frames:
            assert found == right


def test_a_meter_whose_key_is_missing_is_found_all_the_same() -> None:
    bench = Bench(LinePort(Line(2400, "8N1"), family="kamstrup-dk")).run(60)
    assert bench.telegrams_s == []
    assert bench.links[-1] == ("up", "", "2400 8N1")


def test_what_is_tried_is_told() -> None:
    bench = Bench(LinePort(Line(2400, "8E1"))).run(60)
    assert bench.links == [
        ("connecting", "trying 2400 8E1: nothing readable at 115200 8N1", ""),
        ("up", "", "2400 8E1"),
    ]


def test_a_silent_line_is_told_as_that_whatever_is_tried() -> None:
    bench = Bench(LinePort(None)).run(80)
    assert [link for link, _, _ in bench.links][:2] == ["connecting"] * 2
    assert bench.links[0] == ("connecting", "trying 2400 8E1: no byte at 115200 8N1", "")
    link, detail, line = bench.links[2]
    assert (link, line) == ("silent", "")
    assert detail == (
        f"no byte for {LINK_SILENT_S:g} s: is the meter's port switched on, and its cable in? Trying 9600 8N1"
    )


def test_a_setting_that_works_is_kept_and_tried_first_after_a_restart() -> None:
    port = LinePort(Line(9600))
    store = MemoryStore()
    Bench(port, store=store).run(90)
    assert port.tried[-1] == Line(9600)
    again = LinePort(Line(9600))
    bench = Bench(again, store=store).run(30)
    assert again.tried == [Line(9600)]
    assert bench.telegrams_s[0] <= 10.5


def test_what_was_remembered_of_another_meter_is_given_up() -> None:
    store = MemoryStore(lines_json=b'{"serial:///dev/ttyUSB0":{"baudrate":38400,"parity":"8N1"}}')
    port = LinePort(Line(115200, "8E1"), resyncs=True)
    bench = Bench(port, store=store).run(90)
    assert port.tried[0] == Line(38400)
    assert bench.links[-1] == ("up", "", "115200 8E1")


def test_a_line_that_is_lost_and_back_is_read_as_it_was() -> None:
    port = LinePort(Line(2400, "8E1"))
    bench = Bench(port)
    bench.run(900, {300.0: lambda: _set(port, True), 600.0: lambda: _set(port, False)})
    assert ("lost", "/dev/ttyUSB0 is gone", "2400 8E1") in bench.links
    assert bench.links[-1] == ("up", "", "2400 8E1")
    assert set(port.tried[2:]) == {Line(2400, "8E1")}
    assert any(at_s > 600 for at_s in bench.telegrams_s)


def _set(port: LinePort, missing: bool) -> None:
    port.missing = missing


def test_a_device_that_is_missing_at_the_start_changes_no_setting() -> None:
    store = MemoryStore(lines_json=b'{"serial:///dev/ttyUSB0":{"baudrate":2400,"parity":"8E1"}}')
    port = LinePort(Line(2400, "8E1"))
    port.missing = True
    bench = Bench(port, store=store)
    bench.run(700, {600.0: lambda: _set(port, False)})
    assert port.tried == [Line(2400, "8E1")]
    assert bench.telegrams_s


def test_a_setting_that_an_adapter_refuses_is_passed_over() -> None:
    port = LinePort(Line(2400, "8N1"))
    port.refuses = {Line(115200), Line(2400, "8E1")}
    bench = Bench(port).run(30)
    assert port.tried == [Line(2400, "8N1")]
    assert bench.links[0][1] == "trying 2400 8E1: /dev/ttyUSB0 cannot be set to 115200 8N1"
    assert bench.links[-1] == ("up", "", "2400 8N1")


def test_an_adapter_that_refuses_everything_is_tried_in_its_time() -> None:
    port = LinePort(Line(2400))
    port.refuses = set(CANDIDATES)
    bench = Bench(port).run(3_600)
    lost = [at_s for at_s, event in bench.events if isinstance(event, MeterLinkChanged) and event.link == "lost"]
    assert 3_600 / 45 < len(lost) < 3_600 / 20
    assert port.tried == []


def test_what_the_user_fixed_is_not_searched_and_not_remembered() -> None:
    store = MemoryStore()
    port = LinePort(Line(115200))
    bench = Bench(port, Fixed(baudrate=2400, parity="8E1"), store).run(300)
    assert set(port.tried) == {Line(2400, "8E1")}
    assert bench.links[0] == ("up", "", "2400 8E1")
    assert bench.telegrams_s == []
    port = LinePort(Line(9600, "7E1"))
    bench = Bench(port, Fixed(baudrate=9600, parity="7E1"), store).run(60)
    assert bench.links == [("up", "", "9600 7E1")]
    assert bench.telegrams_s
    assert store.files == {}


def test_a_meter_that_was_exchanged_is_found() -> None:
    port = LinePort(Line(115200))
    bench = Bench(port)
    bench.run(3_600, {600.0: lambda: _send_at(port, Line(2400, "8E1"))})
    assert bench.links[-1] == ("up", "", "2400 8E1")
    assert bench.store.files[LINES] == b'{"serial:///dev/ttyUSB0":{"baudrate":2400,"parity":"8E1"}}'


def _send_at(port: LinePort, line: Line) -> None:
    port.sent_at = line


def test_a_meter_that_starts_late_is_found_at_once_where_it_was_remembered() -> None:
    store = MemoryStore(lines_json=b'{"serial:///dev/ttyUSB0":{"baudrate":115200,"parity":"8E1"}}')
    port = LinePort(None, resyncs=True)
    bench = Bench(port, store=store)
    bench.run(LINE_TRY_MAX_S, {60.0: lambda: _send_at(port, Line(115200, "8E1"))})
    assert port.tried == [Line(115200, "8E1")]
    assert bench.telegrams_s


def test_settings_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    store = MemoryStore()

    async def run() -> None:
        keeper = LineKeeper(store)
        running = asyncio.create_task(keeper.run())
        keeper.keep(NAME, Line(2400, "8E1"))
        keeper.keep("serial:///dev/b", Line(9600))
        keeper.keep(NAME, Line(115200))
        async with asyncio.timeout(DEADLINE_S):
            while not store.saves:  # noqa: ASYNC110 - saved by a thread
                await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(run())
    kept = LineKeeper(store)
    assert [kept.remembered(name) for name in (NAME, "serial:///dev/b", "serial:///dev/c")] == [
        Line(115200),
        Line(9600),
        None,
    ]
    assert caplog.records == []


def test_only_so_many_are_kept() -> None:
    store = MemoryStore()
    keeper = LineKeeper(store)
    for number in range(LINES_KEPT_MAX + 10):
        keeper.keep(f"serial:///dev/{number}", Line(2400))
    assert keeper.remembered("serial:///dev/9") is None
    assert keeper.remembered("serial:///dev/10") == Line(2400)


def test_a_disk_that_cannot_be_written_is_told_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store = MemoryStore()
    store.full = True
    monkeypatch.setattr("ngair.gateway.keep.STATE_SAVE_INTERVAL_S", STATE_SAVE_INTERVAL_S / 10_000)

    async def run() -> None:
        keeper = LineKeeper(store)
        running = asyncio.create_task(keeper.run())
        keeper.keep(NAME, Line(2400))
        async with asyncio.timeout(DEADLINE_S):
            while not caplog.records:  # noqa: ASYNC110 - tried by a thread
                await asyncio.sleep(0.01)
        assert store.files == {}
        store.full = False
        async with asyncio.timeout(DEADLINE_S):
            while not store.saves:  # noqa: ASYNC110 - saved by a thread
                await asyncio.sleep(0.01)
        running.cancel()

    asyncio.run(run())
    [record] = caplog.records
    assert f"cannot be kept ({OSError(errno.ENOSPC, 'No space left on device').strerror})" in record.getMessage()


@pytest.mark.parametrize(
    ("kept", "left"),
    [
        (b"", None),
        (b"\xff", None),
        (b"[]", None),
        (b'{"serial:///dev/ttyUSB0": "2400 8E1"}', None),
        (b'{"serial:///dev/ttyUSB0": {"baudrate": 2400, "parity": "9X1"}}', None),
        (b'{"serial:///dev/ttyUSB0": {"baudrate": 2401}, "x": {"baudrate": 2400}}', None),
        (b'{"serial:///dev/ttyUSB0": {"baudrate": 2400}, "x": {"baudrate": -1}}', Line(2400)),
        (b'{"serial:///dev/ttyUSB0": {"baudrate": 2400, "parity": "8E1", "found": 5}}', Line(2400, "8E1")),
    ],
)
def test_what_is_damaged_is_found_again(kept: bytes, left: Line | None, caplog: pytest.LogCaptureFixture) -> None:
    assert LineKeeper(MemoryStore(lines_json=kept)).remembered(NAME) == left
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == (b"found" not in kept)

"""Hours of nonsense on the line: memory and work stay bounded, refusals are counted, the next good telegram is read."""

from __future__ import annotations

import random
import sys
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from types import FrameType

import fastcrc
import pytest

from ngair.meter.decoder import Decoder
from ngair.model.limits import READ_CHUNK_BYTES, START_CANDIDATES_MAX, TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection, Telegram
from tests.meter.telegrams import DSMR5, DSMR22, accepted, decoded, only, telegram, with_check

MIB = 1 << 20
GOOD = telegram(r"NGA5\2MX500T-1012", DSMR5)
OLD = telegram(r"NGA5\2MX100-0022", DSMR22, check=False)
READING = only(decoded(GOOD)).reading

MEMORY_MAX_BYTES = 8 * MIB
"""What a decoder and what comes out of one portion may take: 64 KiB of the shortest refused telegrams are the worst."""


def noise() -> Iterator[bytes]:
    chance = random.Random(16)
    while True:
        yield chance.randbytes(READ_CHUNK_BYTES)


def over_and_over(pattern: bytes) -> Callable[[], Iterator[bytes]]:
    def portions() -> Iterator[bytes]:
        portion = pattern * (READ_CHUNK_BYTES // len(pattern) + 1)
        while True:
            yield portion

    return portions


def never_ending() -> Iterator[bytes]:
    lines = b"1-0:1.7.0(00.378*kW)\r\n" * (READ_CHUNK_BYTES // 22)
    yield b"/NGA5\r\n\r\n" + lines
    while True:
        yield lines


HEAD = b"/NGA5\n1-0:1.8.0(1*kWh)\n"
"""Enough for a reading, so that every line is looked at."""

LONG_LINES: dict[str, Callable[[], Iterator[bytes]]] = {
    "spaces behind end marks": over_and_over(b"/AAA" + (b"!" + b" " * 33) * 400),
    "nested parentheses": over_and_over(HEAD + b"1-0:1.7.0" + b"(" * 16000 + b"\n!\n"),
    "groups": over_and_over(HEAD + b"1-0:1.7.0" + b"()" * 8000 + b"\n!\n"),
    "codes": over_and_over(HEAD + b"" + b"1-0:1.7.0(" * 1600 + b"\n!\n"),
    "spaces before a unit": over_and_over(HEAD + b"1-0:1.7.0(1" + b" " * 16000 + b"?)\n!\n"),
    "spaces before a digit": over_and_over(HEAD + b"1-0:1.7.0(" + b" " * 16000 + b"?)\n!\n"),
    "spaces behind a unit": over_and_over(HEAD + b"1-0:1.7.0(1*kW" + b" " * 16000 + b"?)\n!\n"),
    "stars": over_and_over(HEAD + b"1-0:1.7.0(1" + b" * " * 5000 + b"?)\n!\n"),
    "one long line": over_and_over(HEAD + b"x" * 16000 + b"\n!\n"),
    "one long value": over_and_over(HEAD + b"1-0:1.7.0(" + b"1" * 16000 + b"*kW)\n!\n"),
    "one long code": over_and_over(HEAD + b"1-0:" + b"1." * 8000 + b"(1*kW)\n!\n"),
    "empty lines": over_and_over(HEAD + b"\n" * 16000 + b"!\n"),
}
SHORT: dict[str, Callable[[], Iterator[bytes]]] = {
    "halves without check": over_and_over(OLD[: len(OLD) // 2]),
    "starts": over_and_over(b"/AAA"),
    "7E1 starts": over_and_over(b"\xafAAA"),
    "partial starts": over_and_over(b"/A"),
    "end marks": over_and_over(b"!"),
    "check sums": over_and_over(b"!0000\n"),
    "open check sums": over_and_over(b"/AAA!                00"),
    "starts and a check sum": over_and_over(b"/AAA" * 4000 + b"!1234\n"),
    "starts and no check sum": over_and_over(b"/AAA" * 4000 + b"!\n"),
    "shortest telegrams": over_and_over(b"/AAA!\n"),
    "shortest telegrams with check": over_and_over(with_check(b"/AAA!", line_end="\n")),
    "values": over_and_over(b"/AAA\n" + b"1-0:1.7.0(1*kW)\n" * 1000 + b"!\n"),
    "checked values": over_and_over(with_check(b"/AAA\n" + b"1-0:1.7.0(1*kW)\n" * 1000 + b"!")),
}
HOURS: dict[str, Callable[[], Iterator[bytes]]] = {
    "noise": noise,
    "NULs": over_and_over(b"\0"),
    "half telegrams": over_and_over(GOOD[: len(GOOD) // 2]),
    "never ending": never_ending,
}


def each(*groups: dict[str, Callable[[], Iterator[bytes]]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "portions", [pytest.param(value, id=name) for group in groups for name, value in group.items()]
    )


@each(HOURS)
def test_16_mib_take_no_memory_and_the_next_telegram_is_read(portions: Callable[[], Iterator[bytes]]) -> None:
    assert_bounded(portions, 16 * MIB)


@each(SHORT, LONG_LINES)
def test_hostile_lines_take_no_memory_and_the_next_telegram_is_read(portions: Callable[[], Iterator[bytes]]) -> None:
    assert_bounded(portions, MIB // 4)


@each(LONG_LINES)
def test_no_line_is_searched_in_quadratic_time(portions: Callable[[], Iterator[bytes]]) -> None:
    """Linear, this takes seconds; quadratic, a quarter of an hour, which the limit on every test ends."""
    decoder = Decoder()
    for portion in islice(portions(), 16 * MIB // READ_CHUNK_BYTES):
        decoder.feed(portion)
    assert READING in [read.reading for read in accepted(decoder.feed(GOOD))]


def assert_bounded(portions: Callable[[], Iterator[bytes]], size: int) -> None:
    decoder = Decoder()
    tracemalloc.start()
    try:
        for portion in islice(portions(), size // READ_CHUNK_BYTES):
            decoder.feed(portion)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 4 * TELEGRAM_MAX_BYTES + 2 * READ_CHUNK_BYTES
    assert peak < MEMORY_MAX_BYTES
    assert READING in [read.reading for read in accepted(decoder.feed(GOOD))]


@each(HOURS, SHORT, LONG_LINES)
def test_work_grows_as_the_input_does(portions: Callable[[], Iterator[bytes]], monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    one, two = (work.of(list(islice(portions(), count))) for count in (2, 8))
    assert two.calls <= 4.5 * one.calls + 2000
    assert two.checked_bytes <= (START_CANDIDATES_MAX + 3) * 9 * READ_CHUNK_BYTES


def test_refusals_are_counted_by_reason() -> None:
    chance = random.Random(10_000)
    decoder = Decoder()
    counted: Counter[Reason] = Counter()
    for _ in range(10_000):
        out = decoder.feed(corrupted(GOOD, chance)) + decoder.feed(GOOD)
        assert {read.reading for read in accepted(out)} == {READING}
        assert isinstance(out[-1], Telegram)
        counted.update(item.reason for item in out if isinstance(item, Rejection))
    assert counted.keys() == {Reason.CHECK, Reason.CHECK_MISSING, Reason.TRUNCATED, Reason.NOISE}
    assert counted.total() > 9_000


def test_what_is_said_of_noise_does_not_depend_on_the_cuts() -> None:
    sent = b"".join(islice(noise(), 4)).replace(b"/", b"\0").replace(b"\xaf", b"\0")
    assert len(decoded(sent)) > 10
    for size in (1000, 5000, 50_000):
        assert decoded(*(sent[start : start + size] for start in range(0, len(sent), size))) == decoded(sent)


def test_what_is_refused_covers_what_was_sent() -> None:
    sent = b"".join(islice(noise(), 32))
    out = decoded(sent)
    assert {item.reason for item in out if isinstance(item, Rejection)} >= {Reason.NOISE, Reason.TRUNCATED}
    covered = sum(item.wire_len if isinstance(item, Telegram) else item.size for item in out)
    padding = sum(sent.count(byte) for byte in (b"\0", b"\xff", b"\r", b"\n", b" ", b"\x8d", b"\xa0", b"\x7f"))
    assert len(sent) - padding <= covered <= len(sent)


@pytest.mark.parametrize(
    "behind", [TELEGRAM_MAX_BYTES + offset for offset in (*range(-1000, -10, 99), *range(-10, 10))]
)
def test_the_telegram_behind_one_without_end_is_read_wherever_it_starts(behind: int) -> None:
    without_end = b"/NGA5" + b"x" * (behind - 5)
    out = decoded(without_end + GOOD)
    assert [read.reading for read in accepted(out)] == [READING]
    assert next(item.reason for item in out if isinstance(item, Rejection)) in (Reason.TOO_LONG, Reason.TRUNCATED)


def test_the_longest_telegram_that_a_standard_allows_is_read() -> None:
    messages = [f"0-0:96.13.{number}({'3F' * 1024})" for number in (0, 2, 3, 4, 5)]
    assert only(decoded(telegram(r"NGA5\2MX500T-1012", [*DSMR5, *messages]))).reading == READING


def corrupted(data: bytes, chance: random.Random) -> bytes:
    """A copy with a bit flipped, a byte dropped, or a run of bytes replaced or lost."""
    at = chance.randrange(len(data))
    length = chance.choice((1, 1, 16, 200))
    match chance.randrange(4):
        case 0:
            return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        case 1:
            return data[:at] + data[at + 1 :]
        case 2:
            return data[:at] + chance.randbytes(length) + data[at + length :]
        case _:
            return data[:at] + data[at + length :]


class Work:
    """Counts what a decoder does: calls of functions, and bytes that check sums are taken over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = 0
        self.checked_bytes = 0
        self._arc = fastcrc.crc16.arc
        monkeypatch.setattr(fastcrc.crc16, "arc", self._counted_arc)

    def of(self, portions: list[bytes]) -> Work:
        """Decode and count."""
        self.calls = self.checked_bytes = 0
        decoder = Decoder()
        sys.setprofile(self._count)
        try:
            for portion in portions:
                decoder.feed(portion)
        finally:
            sys.setprofile(None)
        done = object.__new__(Work)
        done.calls, done.checked_bytes = self.calls, self.checked_bytes
        return done

    def _count(self, frame: FrameType, event: str, arg: object) -> None:
        self.calls += 1

    def _counted_arc(self, data: bytes) -> int:
        self.checked_bytes += len(data)
        return self._arc(data)

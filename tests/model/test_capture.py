"""A capture in any form gives the bytes of the line, and what is no hex stays what it is."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.capture import CaptureReader
from ngair.model.limits import CAPTURE_LINE_MAX_BYTES, CAPTURE_PROOF_BYTES

Spelling = Callable[[bytes], str]

FRAME = bytes.fromhex("7ea00a0102030405e6e7000f7e") * 3
TELEGRAM = (
    b"/SIM5\\2M550T-1012\r\n\r\n1-3:0.2.8(50)\r\n0-0:96.1.1(4530303433303036)\r\n1-0:1.7.0(00.378*kW)\r\n"
    b"0-0:96.13.0()\r\n0-1:24.2.1(101209112500W)(12785.123*m3)\r\n!1A2B\r\n"
)


def read(*portions: bytes) -> bytes:
    reader = CaptureReader()
    return b"".join([*map(reader.feed, portions), reader.finish()])


def in_lines(separator: str, size: int, before: str = "", prefix: str = "", behind: str = "") -> Spelling:
    def spelled(data: bytes) -> str:
        lines = [data[start : start + size] for start in range(0, len(data), size)]
        return "".join(
            f"{before}{separator.join(f'{prefix}{byte:02x}' for byte in line)}{behind}\r\n" for line in lines
        )

    return spelled


def xxd(data: bytes) -> str:
    return "".join(f"{at:08x}: {_pairs(line, 2):<41} {_column(line)}\n" for at, line in _lines_of_16(data))


def hexdump(data: bytes) -> str:
    text = "".join(
        f"{at:08x}  {_pairs(line[:8], 1)}  {_pairs(line[8:], 1)}".ljust(60) + f"|{_column(line)}|\n"
        for at, line in _lines_of_16(data)
    )
    return text + f"{len(data):08x}\n"


def offsets(data: bytes) -> str:
    return "".join(f"{at:07o} {_pairs(line, 1)}\n" for at, line in _lines_of_16(data)) + f"{len(data):07o}\n"


def _lines_of_16(data: bytes) -> Iterator[tuple[int, bytes]]:
    return ((at, data[at : at + 16]) for at in range(0, len(data), 16))


def _pairs(data: bytes, size: int) -> str:
    return " ".join(data[at : at + size].hex() for at in range(0, len(data), size))


def _column(data: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)


SPELLINGS: dict[str, Spelling] = {
    "joined": bytes.hex,
    "one line, upper case": lambda data: data.hex(" ").upper() + "\n",
    "no line end": lambda data: data.hex(" "),
    "a byte a line": in_lines("", 1),
    "commas": in_lines(",", 16),
    "commas and spaces": in_lines(", ", 16, behind=","),
    "colons": in_lines(":", 24),
    "hyphens": in_lines("-", 24),
    "tabs": in_lines("\t", 8, before="\t"),
    "0x": in_lines(", ", 8, prefix="0x", before="  ", behind=","),
    "0x in one line": lambda data: f"const uint8_t frame[] = {{{', '.join(f'0x{byte:02X}' for byte in data)}}};\n",
    "escapes": in_lines("", 32, prefix="\\x"),
    "escapes in quotes": in_lines("", 32, prefix="\\x", before='    "', behind='"'),
    "JSON": lambda data: f'{{"raw": "{data.hex()}"}}\n',
    "a log": in_lines(" ", 16, before="2026-01-02 10:00:01 RX: "),
    "a log that counts milliseconds": in_lines(" ", 16, before="2026-01-02T10:00:01.123+01:00 [uart] <- "),
    "a log with times alone": in_lines(":", 16, before="10:00:01 "),
    "a log in brackets": in_lines(":", 16, before="[10:00:01][D][uart_debug:114]: <<< "),
    "a coloured log": in_lines(":", 16, before="\x1b[0;36m[10:00:01][D][uart_debug:114]: <<< ", behind="\x1b[0m"),
    "a syslog": in_lines("", 16, before="Jan  2 10:00:01 box reader[123]: frame ", behind=""),
    "a table": in_lines("", 16, before="2026-01-02 10:00:01,"),
    "commented": in_lines(" ", 16, behind="  # what the meter sent, 24 bytes"),
    "xxd": xxd,
    "hexdump": hexdump,
    "od": offsets,
}


@pytest.mark.parametrize("name", SPELLINGS)
@given(data=st.binary(min_size=4, max_size=300))
def test_however_bytes_are_spelled_they_are_the_same(name: str, data: bytes) -> None:
    if name in {"xxd", "hexdump", "od"} and len(data) < 16:
        data = data * 4
    text = SPELLINGS[name](data)
    assert read(text.encode()) == data


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_whole_line_may_be_of_any_length(name: str) -> None:
    data = random.Random(7).randbytes(3 * CAPTURE_LINE_MAX_BYTES)
    text = SPELLINGS[name](data).encode()
    assert read(text) == data
    assert read(*(text[at : at + 1000] for at in range(0, len(text), 1000))) == data


@given(data=st.binary(max_size=2000), text=st.text(max_size=80), at=st.integers(0, CAPTURE_PROOF_BYTES - 1))
def test_binary_is_never_changed(data: bytes, text: str, at: int) -> None:
    held = (b"7E A0 D2\n" * 40)[:at]
    for binary in (b"\x7e\xa0" + data, text.encode() + b"\x00" + data, held + b"\xff" + data, held + b"\x01" + data):
        assert read(binary) == binary


def test_binary_that_holds_a_line_of_hex_is_never_changed() -> None:
    binary = b"\x7e\xa0\x19\r\n7E A0 D2 41 08 83\r\n# a comment\r\n/SIM5\r\n" * 40
    assert read(binary) == binary


@given(start=st.integers(0, len(TELEGRAM)), stop=st.integers(0, len(TELEGRAM)), ends=st.sampled_from([b"\r\n", b"\n"]))
def test_ascii_telegrams_are_never_changed(start: int, stop: int, ends: bytes) -> None:
    text = (TELEGRAM[start:] + TELEGRAM * 3 + TELEGRAM[:stop]).replace(b"\r\n", ends)
    assert read(text) == text


def test_no_line_inside_an_ascii_telegram_is_hex() -> None:
    text = TELEGRAM.replace(b"1-0:1.7.0", b"7EA0D2410883\r\n# no comment\r\n1-0:1.7.0") * 2
    assert read(text) == text


def test_a_telegram_that_begins_on_the_last_line_of_another_is_one() -> None:
    text = b"/SIM5A\r\n\r\n0-0:96.13.0(3031\r\n" + b"30" * 40 + b"\r\n3031)\r\n!"
    assert read(text * 3) == text * 3


def test_numbers_around_an_ascii_telegram_are_no_hex() -> None:
    number = b"  25818685\r\nDE00000000000000000000000000003F\r\n"
    for text in (TELEGRAM + number, number + TELEGRAM, TELEGRAM + number + b"\n" * CAPTURE_PROOF_BYTES + number):
        assert read(text) == text


def test_hex_and_ascii_telegrams_and_other_text_may_stand_in_one_file() -> None:
    spelled = FRAME.hex(" ").encode()
    log = b"# my meter\nopened /dev/ttyUSB0\n%s\nnothing for 10 s\n\n%s%s\n--- 12\n%s" % (
        *(spelled, TELEGRAM, spelled),
        TELEGRAM,
    )
    reader = CaptureReader()
    got = reader.feed(log) + reader.finish()
    assert got == FRAME + TELEGRAM + FRAME + TELEGRAM
    assert (reader.hex_lines, reader.other_lines) == (2, 4)


def test_text_in_which_no_hex_follows_is_passed_on() -> None:
    text = b"# a comment\nand so on\n" * CAPTURE_LINE_MAX_BYTES
    got = read(text + FRAME.hex().encode())
    passed_on = got.removesuffix(FRAME)
    assert passed_on != got
    assert text.startswith(passed_on)
    assert len(text) - len(passed_on) <= CAPTURE_LINE_MAX_BYTES
    assert read(text) == text


def test_text_between_the_lines_of_a_frame_is_left_out() -> None:
    log = b"RX: 7E A0 D2 41\n10:00:01 still waiting\nTX: none\nRX: 08 83\nRX: 13\n"
    assert read(log) == bytes.fromhex("7ea0d241088313")


def test_a_binary_byte_behind_the_proof_spoils_its_line_only() -> None:
    log = b"RX: 7E A0 D2 41\n%s\xff\xfe RX: 01\nRX: 08 83\n"
    assert read(log % (b"\n" * CAPTURE_PROOF_BYTES)) == bytes.fromhex("7ea0d2410883")
    assert read(log % b"") == log % b""


def test_blank_lines_are_no_telegram() -> None:
    assert read(b"\r\n\r\n7E A0 D2\n") == b"\r\n\r\n" + bytes.fromhex("7ea0d2")


@pytest.mark.parametrize(
    "text", ["", "\n", "not a telegram", "the meter was added in 2026", "temperature: 21", "1-0:1.8.0(000123.456*kWh)"]
)
def test_words_and_numbers_are_no_hex(text: str) -> None:
    assert read(text.encode()) == text.encode()


CAPTURES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.binary(min_size=1, max_size=40).map(lambda data: data.hex(" ").encode() + b"\n"),
        st.binary(min_size=30, max_size=80).map(lambda data: b"RX: " + data.hex().encode() + b"\r\n"),
        st.text(max_size=20).map(str.encode),
        st.sampled_from(
            [TELEGRAM, TELEGRAM[:40], b"\n", b"# x\n", b"7e" * CAPTURE_LINE_MAX_BYTES, b"x" * 5000, b"!\n"]
        ),
    ),
    max_size=12,
).map(b"".join)


@given(capture=CAPTURES, cuts=st.lists(st.integers(0, 12_000), max_size=6))
def test_it_does_not_matter_how_a_capture_is_cut(capture: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(capture), *(cut for cut in cuts if cut < len(capture))})
    portions = [capture[start:stop] for start, stop in pairwise(places)]
    assert read(*portions) == read(capture)


@given(capture=CAPTURES)
def test_it_does_not_matter_that_it_comes_byte_by_byte(capture: bytes) -> None:
    capture = capture[:1500]
    assert read(*(capture[at : at + 1] for at in range(len(capture)))) == read(capture)


@given(capture=CAPTURES)
def test_what_is_read_is_never_more_than_what_was_given(capture: bytes) -> None:
    assert len(read(capture)) <= len(capture)


def test_a_telegram_is_there_as_soon_as_its_last_line_is() -> None:
    reader = CaptureReader()
    assert reader.feed(TELEGRAM) == TELEGRAM
    assert reader.feed(TELEGRAM[5:] + TELEGRAM) == TELEGRAM[5:] + TELEGRAM


def test_a_binary_frame_is_there_at_once() -> None:
    assert CaptureReader().feed(FRAME) == FRAME


def test_a_line_of_hex_is_there_at_once_when_hex_is_proven() -> None:
    reader = CaptureReader()
    line = FRAME.hex().encode() + b"\n"
    reader.feed(line * CAPTURE_PROOF_BYTES)
    assert reader.feed(line) == FRAME


def test_telegrams_of_real_meters_are_the_same_as_they_are_and_in_hex(telegram_folder: Path | None) -> None:
    if telegram_folder is None:
        pytest.skip("telegrams of real meters are not part of this repository")
    files = [path for path in telegram_folder.glob("*/*") if path.is_file()]
    assert files
    for path in files:
        data = path.read_bytes()
        assert read(data) == data, path
        assert read(data * 2) == data * 2, path
        assert read(data[: 4 * CAPTURE_LINE_MAX_BYTES].hex(" ").encode()) == data[: 4 * CAPTURE_LINE_MAX_BYTES], path


@pytest.mark.parametrize(
    "block",
    [
        b"x",
        b"#",
        b"7e ",
        b"\\x7e",
        b"\n",
        b"a line of text\n",
        b"7E A0\n",
        b"RX: 7E A0 D2 41\nwords\n",
        b"/SIM5 ",
        b"/SIM5\n",
    ],
)
def test_no_capture_makes_it_grow(block: bytes) -> None:
    reader = CaptureReader()
    piece = block * (CAPTURE_LINE_MAX_BYTES // len(block))
    tracemalloc.start()
    for _ in range(4):
        reader.feed(piece)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(30):
        reader.feed(piece)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert after - before < 4 * CAPTURE_LINE_MAX_BYTES

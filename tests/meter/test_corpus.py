"""Every example of every meter family gives its reading, however it arrives. A new folder needs no change here."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from ngair.meter.decoder import Decoder
from ngair.model.reading import Reading, ReadingDocument, reading_document
from tests.meter.telegrams import (
    CORPUS,
    accepted,
    byte_by_byte,
    crc16_arc,
    decoded,
    examples,
    only,
    seven_even,
    with_check,
)

EXAMPLES = [pytest.param(path, id=f"{path.parent.name}/{path.stem}") for path in examples()]
FAMILIES = sorted(path for path in CORPUS.iterdir() if path.is_dir())


@pytest.mark.parametrize("family", [pytest.param(path, id=path.name) for path in FAMILIES])
def test_a_family_has_telegrams_each_with_its_reading(family: Path) -> None:
    telegrams = {path.stem for path in family.glob("*.txt")}
    readings = {path.stem for path in family.glob("*.json")}
    assert telegrams
    assert telegrams == readings


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_bytes_are_as_a_meter_sends_them(path: Path) -> None:
    data = path.read_bytes()
    plain = bytes(byte & 0x7F for byte in data) if data[0] == 0xAF else data
    assert data in (plain, seven_even(plain))
    assert plain.count(b"\n") == plain.count(b"\r\n") > 2
    body, mark, check = plain.rpartition(b"!")
    if expected(path).checked:
        assert with_check(body + mark) == plain
    else:
        assert check == b"\r\n"


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_reading_is_exact(path: Path) -> None:
    telegram = only(decoded(path.read_bytes()))
    assert as_text(telegram.reading) == canonical(path.with_suffix(".json").read_bytes())
    assert telegram.wire_len == path.stat().st_size
    assert telegram.data.startswith(f"/{telegram.reading.ident}\r\n")
    assert telegram.data.endswith("\r\n")


@pytest.mark.parametrize("path", EXAMPLES)
def test_it_is_the_same_byte_by_byte_and_in_two_portions(path: Path) -> None:
    data = path.read_bytes()
    whole = decoded(data)
    assert decoded(*byte_by_byte(data)) == whole
    for cut in range(1, len(data)):
        assert decoded(data[:cut], data[cut:]) == whole, f"cut at {cut}"


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_second_telegram_of_a_meter_reads_as_the_first(path: Path) -> None:
    data = path.read_bytes()
    first, second, third = accepted(decoded(data * 3))
    assert first == second == third


@pytest.mark.parametrize("path", EXAMPLES)
def test_it_is_read_after_garbage_and_after_half_of_itself(path: Path) -> None:
    data = path.read_bytes()
    reading = only(decoded(data)).reading
    for before in (
        b"\x00\xff\xff",
        b"kW)\r\n1-0:2.7.0(00.0",
        data[: len(data) // 2],
        data[2:],
        b"/",
        b"/NG",
        b"!\r\n",
        b"!0000\r\n",
    ):
        readings = [telegram.reading for telegram in accepted(decoded(before + data))]
        assert readings == [reading], before


@pytest.mark.parametrize("path", EXAMPLES)
def test_it_is_read_once_the_line_is_quiet(path: Path) -> None:
    decoder = Decoder()
    telegrams = accepted(decoder.feed(path.read_bytes()) + decoder.quiet())
    assert len(telegrams) == 1
    assert decoder.finish() == []


@pytest.mark.parametrize("path", EXAMPLES)
def test_what_is_shown_of_it_decodes_to_the_same_reading(path: Path) -> None:
    telegram = only(decoded(path.read_bytes()))
    assert only(decoded(telegram.data.encode("latin-1"))).reading == telegram.reading


def test_the_check_sum_of_these_tests_is_the_standard_one() -> None:
    assert crc16_arc(b"123456789") == 0xBB3D


def expected(path: Path) -> ReadingDocument:
    return msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=ReadingDocument)


def as_text(reading: Reading) -> str:
    return canonical(msgspec.json.encode(reading_document(reading)))


def canonical(document: bytes) -> str:
    """Text, so that 378 and 378.0 are two things."""
    return json.dumps(json.loads(document), sort_keys=True, indent=1)

"""Every example of every meter family gives its reading, however it arrives. A new folder needs no change here."""

from __future__ import annotations

from pathlib import Path

import pytest

from ngair.meter.decoder import Decoder
from ngair.model.keys import Keys
from ngair.model.telegram import Reason
from tests.meter.examples import KEY, Example, as_text, examples, families
from tests.meter.telegrams import accepted, byte_by_byte, crc16_arc, decoded, only, reasons, seven_even, with_check

EXAMPLES = [pytest.param(example, id=example.name) for example in examples()]
PLAIN_TEXT = [pytest.param(example, id=example.name) for example in examples() if example.is_text]
WITH_KEYS = [pytest.param(example, id=example.name) for example in examples() if example.keys]
CUTS_MAX = 300
"""Places at which an example is cut in two; long ones are cut at every few bytes."""


@pytest.mark.parametrize("family", [pytest.param(path, id=path.name) for path in families()])
def test_a_family_has_telegrams_each_with_its_reading(family: Path) -> None:
    telegrams = {path.stem for path in family.iterdir() if path.suffix in (".txt", ".hex") and path.name != KEY}
    readings = {path.stem for path in family.glob("*.json")}
    assert telegrams
    assert telegrams == readings


@pytest.mark.parametrize("example", PLAIN_TEXT)
def test_the_bytes_are_as_a_meter_sends_them(example: Example) -> None:
    data = example.data
    plain = bytes(byte & 0x7F for byte in data) if data[0] == 0xAF else data
    assert data in (plain, seven_even(plain))
    assert plain.count(b"\n") == plain.count(b"\r\n") > 2
    body, mark, check = plain.rpartition(b"!")
    if example.expected.checked:
        assert with_check(body + mark) == plain
    else:
        assert check == b"\r\n"


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_reading_is_exact(example: Example) -> None:
    telegram = only(example.decoded())
    assert as_text(telegram.reading) == example.expected_text
    assert telegram.wire_len == len(example.data)
    if example.is_text:
        assert telegram.data.startswith(f"/{telegram.reading.ident}\r\n")
        assert telegram.data.endswith("\r\n")
    else:
        assert telegram.data == example.data.hex()


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_is_the_same_byte_by_byte_and_in_two_portions(example: Example) -> None:
    data = example.data
    whole = example.decoded()
    assert example.decoded(*byte_by_byte(data)) == whole
    for cut in range(1, len(data), 1 + len(data) // CUTS_MAX):
        assert example.decoded(data[:cut], data[cut:]) == whole, f"cut at {cut}"


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_second_telegram_of_a_meter_reads_as_the_first(example: Example) -> None:
    first, second, third = accepted(example.decoded(example.data * 3))
    assert first == second == third


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_is_read_after_garbage_and_after_half_of_itself(example: Example) -> None:
    data = example.data
    reading = only(example.decoded()).reading
    for before in (
        b"\x00\xff\xff",
        b"kW)\r\n1-0:2.7.0(00.0",
        data[: len(data) // 2],
        data[2:],
        b"/",
        b"/NG",
        b"!\r\n",
        b"!0000\r\n",
        b"\x7e",
        b"\x7e\xa0",
        b"\x68\xfa\xfa",
        b"\xdb\x08NGA",
        b"\x1b\x1b",
    ):
        readings = [telegram.reading for telegram in accepted(example.decoded(before + data))]
        assert readings == [reading], before


@pytest.mark.parametrize("example", EXAMPLES)
def test_it_is_read_once_the_line_is_quiet(example: Example) -> None:
    decoder = example.decoder()
    telegrams = accepted(decoder.feed(example.data) + decoder.quiet())
    assert len(telegrams) == 1
    assert decoder.finish() == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_shown_of_it_decodes_to_the_same_reading(example: Example) -> None:
    telegram = only(example.decoded())
    shown = telegram.data.encode("latin-1") if example.is_text else bytes.fromhex(telegram.data)
    assert only(example.decoded(shown)).reading == telegram.reading


@pytest.mark.parametrize("example", WITH_KEYS)
def test_without_its_key_it_is_refused_as_such(example: Example) -> None:
    if only(example.decoded()).origin.ciphered:
        assert reasons(decoded(example.data)) == [Reason.KEY_MISSING]
    else:
        assert only(decoded(example.data)) == only(example.decoded())


@pytest.mark.parametrize("example", WITH_KEYS)
def test_with_a_wrong_key_nothing_is_read(example: Example) -> None:
    keys = example.keys
    assert keys
    wrong = Keys(bytes(16), keys.authentication)
    out = decoded(example.data, decoder=Decoder(wrong))
    if only(example.decoded()).origin.ciphered:
        assert reasons(out) == [Reason.KEY_WRONG]


def test_the_check_sum_of_these_tests_is_the_standard_one() -> None:
    assert crc16_arc(b"123456789") == 0xBB3D

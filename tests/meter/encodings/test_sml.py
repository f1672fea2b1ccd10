"""SML: lists come back as they were written, and bytes that are none never do harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.encodings.fault import EncodingError
from ngair.meter.encodings.sml import SERVER_ID, SIGNED, UNSIGNED, read_sml
from ngair.model.limits import SML_DEPTH_MAX
from tests.meter.encodings.drawn import CODE, error_of
from tests.meter.encodings.writers import (
    SML_ABSENT,
    SmlEntry,
    sml_file,
    sml_list,
    sml_message,
    sml_octets,
    sml_signed,
    sml_type,
    sml_unsigned,
)

SERVER = bytes.fromhex("0a014e474100000000ff")
NET_POWER = bytes.fromhex("0100100700ff")
MAKER = bytes.fromhex("8181c78203ff")


@st.composite
def entries(draw: st.DrawFn) -> tuple[SmlEntry, int, int | bytes | None]:
    """An entry, with the tag and the value that it has to be read as."""
    kind = draw(st.sampled_from(("signed", "unsigned", "octets", "absent", "boolean")))
    size = draw(st.integers(1, 8))
    code = draw(CODE | st.just(MAKER))
    unit, scaler = draw(st.none() | st.integers(0, 255)), draw(st.none() | st.integers(-128, 127))
    if kind == "signed":
        number = draw(st.integers(-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1))
        return SmlEntry(code, sml_signed(number, size), unit, scaler), SIGNED | size + 1, number
    if kind == "unsigned":
        number = draw(st.integers(0, (1 << 8 * size) - 1))
        return SmlEntry(code, sml_unsigned(number, size), unit, scaler), UNSIGNED | size + 1, number
    if kind == "octets":
        text = draw(st.binary(min_size=1, max_size=300))
        return SmlEntry(code, sml_octets(text), unit, scaler), 0, text
    if kind == "boolean":
        byte = draw(st.integers(0, 255))
        return SmlEntry(code, bytes([0x42, byte]), unit, scaler), 0x42, byte
    return SmlEntry(code, SML_ABSENT, unit, scaler), 1, None


@given(drawn=st.lists(entries(), min_size=1, max_size=40), padding=st.integers(0, 3))
def test_a_list_is_read_as_it_was_written(drawn: list[tuple[SmlEntry, int, int | bytes | None]], padding: int) -> None:
    body = sml_file([entry for entry, _, _ in drawn], SERVER, padding)
    content = read_sml(body)
    assert (content.form, content.clock) == ("items", None)
    server, *items = content.items
    assert (server.code, server.value, body[server.start : server.stop]) == (SERVER_ID, SERVER, SERVER)
    for item, (entry, tag, value) in zip(items, drawn, strict=True):
        assert (item.code, item.tag, item.value, item.unit) == (entry.code, tag, value, entry.unit)
        assert item.scaler == (0 if entry.scaler is None and entry.unit is not None else entry.scaler)
        assert body[: item.stop].endswith(entry.value)
        if isinstance(value, int) and tag != 0x42:
            signed = item.tag & 0xF0 == SIGNED
            assert int.from_bytes(body[item.start : item.stop], signed=signed) == value


def test_the_id_in_the_list_stands_for_that_of_the_server() -> None:
    content = read_sml(sml_file([SmlEntry(SERVER_ID, sml_octets(b"1NGA001"))], SERVER))
    assert [(item.code, item.value) for item in content.items] == [(SERVER_ID, b"1NGA001")]


def test_a_time_in_an_entry_may_lack_its_frame() -> None:
    """A plain number where a choice of two belongs (field capture, Holley)."""
    for time in (sml_unsigned(5, 4), sml_list(sml_unsigned(1, 1), sml_unsigned(5, 4))):
        entry = sml_list(sml_octets(NET_POWER), SML_ABSENT, time, *_watts(-7), SML_ABSENT)
        content = read_sml(_file(sml_list(entry)))
        assert (content.items[-1].value, content.items[-1].scaler, content.items[-1].unit) == (-7, -1, 27)


def test_a_value_that_is_a_list_is_not_known() -> None:
    entry = sml_list(sml_octets(NET_POWER), *[SML_ABSENT] * 4, sml_list(sml_unsigned(1, 1)), SML_ABSENT)
    assert read_sml(_file(sml_list(entry))).items[-1].value is None


@pytest.mark.parametrize("spare", [0, 1, 2])
def test_lengths_may_take_more_bytes_than_they_need(spare: int) -> None:
    value = sml_type(5, 2, spare) + b"\xff\x01"
    assert read_sml(sml_file([SmlEntry(NET_POWER, value, 27)], SERVER)).items[-1].value == -255


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("nothing", b""),
        ("zeros", bytes(4)),
        ("no list", sml_message(0x0101, sml_list(*[SML_ABSENT] * 6))),
        ("a message in two parts", sml_list(SML_ABSENT, SML_ABSENT)),
        ("a response in two parts", sml_message(0x0701, sml_list(SML_ABSENT, SML_ABSENT))),
        ("an entry in two parts", sml_file([], SERVER).replace(sml_list(), sml_list(sml_list(SML_ABSENT)), 1)),
        ("a number of nine bytes", sml_file([SmlEntry(NET_POWER, sml_type(5, 9) + bytes(9))], SERVER)),
        ("a reserved type", sml_file([SmlEntry(NET_POWER, b"\x12\x00")], SERVER)),
        ("a name that is no code", sml_file([SmlEntry(b"12345", SML_ABSENT)], SERVER)),
        ("a length without end", b"\xf1\x81\x81\x81\x01"),
        ("a list too long", b"\xf7\x8f\x8f\x0f" + bytes(20)),
    ],
)
def test_what_is_no_list_is_refused(what: str, body: bytes) -> None:
    with pytest.raises(EncodingError):
        read_sml(body)


def test_lists_are_nested_to_a_bound() -> None:
    with pytest.raises(EncodingError, match="deeper"):
        read_sml(b"\x71" * (SML_DEPTH_MAX + 1) + SML_ABSENT)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_a_list_or_an_error(data: bytes) -> None:
    result = error_of(read_sml, data)
    assert not isinstance(result, str) or result.isprintable()


@given(at=st.integers(0, 10_000), new=st.binary(max_size=3), cut=st.booleans())
def test_a_damaged_list_is_a_list_or_an_error(at: int, new: bytes, cut: bool) -> None:
    body = sml_file([SmlEntry(NET_POWER, sml_signed(-700, 4), 27, -1), SmlEntry(MAKER, sml_octets(b"NGA"))], SERVER)
    at %= len(body)
    result = error_of(read_sml, body[:at] + new + (b"" if cut else body[at + len(new) :]))
    assert not isinstance(result, str) or result.isprintable()


def _watts(number: int) -> tuple[bytes, bytes, bytes]:
    return sml_unsigned(27, 1), sml_signed(-1, 1), sml_signed(number, 2)


def _file(values: bytes) -> bytes:
    response = (SML_ABSENT, sml_octets(SERVER), SML_ABSENT, SML_ABSENT, values, SML_ABSENT, SML_ABSENT)
    return sml_message(0x0701, sml_list(*response))

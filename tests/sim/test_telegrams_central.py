"""Simulated meters of Switzerland, Austria, Slovenia and Germany: frames taken apart by hand, the house read back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.meter.decoder import Decoder
from ngair.meter.encodings.sml import read_sml
from ngair.model.telegram import Reason, Rejection, Telegram
from ngair.sim.dates import is_summer_time, normal_time
from ngair.sim.options import Options
from ngair.sim.state import HouseState
from ngair.sim.telegrams import FAMILIES, _gbt, _hdlc, _mbus, _sml, netz_noe
from ngair.sim.world import World
from tests.meter.telegrams import only, reasons
from tests.sim.strategies import HOUSE_STATES


class Tells(NamedTuple):
    """What a family's list of power tells."""

    amps: int | None
    """Digits behind the point of currents; `None` where they are not told."""
    volts: int | None
    phases: bool
    """Power of each phase."""
    energy: bool
    time: bool
    number: int
    """Last digits of the meter's number; 0 where it is not told."""
    bits_a_second: int
    """On its line."""


FAMILY = {
    "lg-e450": Tells(2, 1, phases=False, energy=True, time=True, number=8, bits_a_second=2400),
    "at-burgenland": Tells(2, 0, phases=False, energy=True, time=True, number=8, bits_a_second=2400),
    "at-wien": Tells(None, None, phases=False, energy=True, time=True, number=0, bits_a_second=9600),
    "netz-noe": Tells(2, 1, phases=False, energy=True, time=True, number=12, bits_a_second=2400),
    "sagemcom-t210": Tells(2, 1, phases=False, energy=True, time=True, number=12, bits_a_second=2400),
    "iskra-am550": Tells(2, 1, phases=False, energy=True, time=True, number=8, bits_a_second=115_200),
    "iskra-kelag": Tells(None, None, phases=False, energy=True, time=True, number=13, bits_a_second=115_200),
    "iskra-si": Tells(2, 1, phases=True, energy=False, time=True, number=8, bits_a_second=38_400),
    "lg-styria": Tells(None, None, phases=False, energy=True, time=True, number=0, bits_a_second=2400),
    "de-sml": Tells(2, 1, phases=True, energy=True, time=False, number=8, bits_a_second=9600),
}
CIPHERED = {"at-burgenland", "at-wien", "lg-styria", "netz-noe", "sagemcom-t210", "iskra-kelag"}
ENERGY_ALONE_S = {"lg-e450": 60, "iskra-si": 900}
"""How often a list of energy takes the place of that of power."""

families = pytest.mark.parametrize("family", sorted(FAMILY))
MOMENTS = HOUSE_STATES.map(lambda state: replace(state, time_s=state.time_s - state.time_s % 60 + 25))
NOTHING = (0, 0, 0)
ZERO_STATE = HouseState(0, f"SIM{42:014d}", NOTHING, NOTHING, NOTHING, NOTHING, 1, (0, 0), (0, 0), 0, 0, 0)


# --- the house comes back ----------------------------------------------------------------------------------


@families
@given(state=MOMENTS)
@settings(max_examples=40)
def test_the_decoder_reads_the_house_back(family: str, state: HouseState) -> None:
    tells = FAMILY[family]
    data = FAMILIES[family].encode(state)
    telegram = only(Decoder(FAMILIES[family].keys).feed(data))
    reading = telegram.reading
    assert telegram.origin.dialect == family
    assert telegram.origin.ciphered == (family in CIPHERED)
    assert telegram.wire_len == len(data)
    assert reading.checked
    assert reading.estimated == ()
    assert reading.power_import_w == max(0, state.net_w)
    assert reading.power_export_w == max(0, -state.net_w)
    assert list(reading.current_a) == [as_sent(amps, tells.amps) for amps in state.current_a]
    assert list(reading.voltage_v) == [as_sent(volts, tells.volts) for volts in state.voltage_v]
    assert reading.phase_power_w == (state.power_w if tells.phases else (None, None, None))
    assert reading.energy_import_wh == (sum(state.import_wh) if tells.energy else None)
    assert reading.energy_export_wh == (sum(state.export_wh) if tells.energy else None)
    assert (reading.meter_id is None) == (tells.number == 0)
    assert (reading.meter_id or "").endswith(state.meter_id[len(state.meter_id) - tells.number :])
    assert reading.time == (local_time(state.time_s) if tells.time else None)


@pytest.mark.parametrize("family", sorted(ENERGY_ALONE_S))
@given(state=HOUSE_STATES)
@settings(max_examples=40)
def test_energy_comes_in_a_list_of_its_own(family: str, state: HouseState) -> None:
    moment = replace(state, time_s=state.time_s - state.time_s % ENERGY_ALONE_S[family])
    telegram = only(Decoder().feed(FAMILIES[family].encode(moment)))
    reading = telegram.reading
    assert telegram.origin.dialect == family
    assert (reading.energy_import_wh, reading.energy_export_wh) == (sum(state.import_wh), sum(state.export_wh))
    assert reading.power_import_w is reading.power_export_w is None
    assert reading.current_a == reading.voltage_v == (None, None, None)
    assert reading.time == local_time(moment.time_s)


@families
def test_a_stream_of_a_simulated_house_decodes_without_a_rejection(family: str) -> None:
    world = World(Options(family=family, cars=3))
    decoder = Decoder(FAMILIES[family].keys)
    interval_s, count = FAMILIES[family].interval_s, 0
    for _ in range(200 * interval_s):
        if data := world.step():
            telegram = only(decoder.feed(data))
            count += 1
            if telegram.reading.power_import_w is not None:
                assert telegram.reading.power_import_w == max(0, world.state.net_w)
    assert count == 200
    assert decoder.finish() == []


@families
@given(state=HOUSE_STATES)
@settings(max_examples=10)
def test_a_list_is_shorter_on_the_line_than_the_time_between_two(family: str, state: HouseState) -> None:
    bits = 11 * len(FAMILIES[family].encode(state))
    assert bits / FAMILY[family].bits_a_second < FAMILIES[family].interval_s


# --- keys --------------------------------------------------------------------------------------------------


@families
def test_keys_are_given_where_they_are_needed(family: str) -> None:
    out = Decoder().feed(FAMILIES[family].encode(replace(ZERO_STATE, time_s=25)))
    if family in CIPHERED:
        assert FAMILIES[family].keys is not None
        assert reasons(out) == [Reason.KEY_MISSING]
    else:
        assert FAMILIES[family].keys is None
        assert isinstance(only(out), Telegram)


@pytest.mark.parametrize("family", sorted(CIPHERED))
def test_no_frame_counter_comes_twice(family: str) -> None:
    interval_s = FAMILIES[family].interval_s
    moments = [replace(ZERO_STATE, time_s=second) for second in range(0, 100 * interval_s, interval_s)]
    counters = [frame_counter(FAMILIES[family].encode(moment)) for moment in moments]
    assert counters == list(range(counters[0], counters[0] + 100))


def frame_counter(data: bytes) -> int:
    """Behind the system title, the length and the security control byte."""
    start = data.index(b"\xdb\x08") + 10
    start += 1 + (data[start] & 0x7F if data[start] & 0x80 else 0)
    assert data[start] in (0x20, 0x30)
    return int.from_bytes(data[start + 1 : start + 5])


# --- M-Bus -------------------------------------------------------------------------------------------------


@given(message=st.binary(min_size=1, max_size=600), size=st.sampled_from((60, 245, 252)))
def test_long_frames_carry_a_message(message: bytes, size: int) -> None:
    segments = list(by_hand(_mbus.long_frames(message, size)))
    assert b"".join(data for _, data in segments) == message
    assert [control & 0x0F for control, _ in segments] == list(range(len(segments)))
    assert [control >> 4 for control, _ in segments] == [0] * (len(segments) - 1) + [1]


def by_hand(data: bytes) -> Iterator[tuple[int, bytes]]:
    """CI field and data of each frame (EN 13757-2, FT 1.2), also of those that are longer than their length says."""
    while data:
        assert data[0] == data[3] == 0x68
        assert data[1] == data[2]
        content = data[4 : 4 + data[1]]
        if len(content) < 5 or data[5 + data[1]] != 0x16 or sum(content) & 0xFF != data[4 + data[1]]:
            content = data[4 : 4 + data[1] + 256]
        end = 4 + len(content)
        assert (data[end], data[end + 1]) == (sum(content) & 0xFF, 0x16)
        assert (content[0], content[1], content[3], content[4]) == (0x53, 0xFF, 0x01, 0x67)
        yield content[2], content[5:]
        data = data[end + 2 :]


def test_the_two_frames_of_netz_noe_have_the_lengths_of_real_ones() -> None:
    kaifa, sagemcom = (FAMILIES[name].encode(ZERO_STATE) for name in ("netz-noe", "sagemcom-t210"))
    assert (kaifa[:4], kaifa[256:260]) == (b"\x68\xfa\xfa\x68", b"\x68\x14\x14\x68")
    assert (sagemcom[:4], sagemcom[263:267]) == (b"\x68\x01\x01\x68", b"\x68\x0d\x0d\x68")
    assert len(kaifa) == len(sagemcom) == 282
    assert len(netz_noe.message(ZERO_STATE, "KFM")) == 260


@pytest.mark.parametrize("size", [0, 17 * 60])
def test_a_message_of_too_few_or_too_many_segments_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match="segments"):
        _mbus.long_frames(bytes(size), 60)


# --- HDLC --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("family", "header"), [("lg-e450", "a084ceff0313128b"), ("iskra-am550", "a8a4cf0223039996")])
def test_headers_are_those_of_field_captures(family: str, header: str) -> None:
    data = FAMILIES[family].encode(replace(ZERO_STATE, time_s=25))
    assert data[1:9].hex() == header


@given(message=st.binary(min_size=1, max_size=700), size=st.integers(20, 134))
def test_blocks_carry_a_message_in_frames_of_their_own(message: bytes, size: int) -> None:
    data = _gbt.frames(message, size, destination=b"\xce\xff", source=b"\x03")
    found, number = b"", 0
    while data:
        length = int.from_bytes(data[1:3]) & 0x7FF
        information, data = data[9 : length - 1], data[length + 2 :]
        assert len(information) <= size
        number += 1
        if number == 1:
            assert information[:3] == b"\xe6\xe7\x00"
            information = information[3:]
        assert information[0] == 0xE0
        assert information[1] == (0x40 if data else 0xC0)
        assert int.from_bytes(information[2:4]) == number
        assert information[4:7] == bytes([0, 0, len(information) - 7])
        found += information[7:]
    assert found == message


def test_blocks_whose_length_takes_two_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="128"):
        _gbt.frames(b"x", 135, destination=b"\xce\xff", source=b"\x03")


def test_segments_before_the_last_have_no_poll_bit() -> None:
    data = FAMILIES["iskra-am550"].encode(ZERO_STATE)
    controls = []
    while data:
        length = int.from_bytes(data[1:3]) & 0x7FF
        controls.append((data[1] >> 3 & 1, data[6]))
        data = data[length + 2 :]
    assert controls == [(1, 0x03), (1, 0x03), (0, _hdlc.UNNUMBERED)]


# --- SML ---------------------------------------------------------------------------------------------------


@given(messages=st.binary(max_size=200).map(lambda data: data.replace(b"\x02", b"\x1b" * 4)))
def test_escapes_in_a_file_are_doubled_and_it_is_filled_up_to_fours(messages: bytes) -> None:
    data = _sml.wrapped(messages)
    assert len(data.replace(b"\x1b" * 8, b"\x1b" * 4)) % 4 == 0
    assert data[:8] == b"\x1b\x1b\x1b\x1b\x01\x01\x01\x01"
    assert data[-8:-3] == b"\x1b\x1b\x1b\x1b\x1a"
    fill = data[-3]
    assert fill < 4
    assert int.from_bytes(data[-2:], "little") == crc_x25(data[:-2])
    content = data[8 : -8 - fill].replace(b"\x1b" * 8, b"\x1b" * 4)
    assert content == messages
    assert data[-8 - fill : -8] == bytes(fill)


@given(transaction=st.integers(0, 2**32 - 1), body=st.binary(max_size=60))
def test_each_message_has_its_own_check_sum(transaction: int, body: bytes) -> None:
    data = _sml.message(transaction, _sml.CLOSE_RESPONSE, _sml.sequence(_sml.octets(body)))
    assert data[:2] == b"\x76\x05"
    assert int.from_bytes(data[2:6]) == transaction
    assert (data[-4], data[-1]) == (0x63, 0)
    assert int.from_bytes(data[-3:-1], "little") == crc_x25(data[:-4])


@given(value=st.integers(-(2**31), 2**31 - 1), text=st.binary(min_size=1, max_size=300), count=st.integers(1, 40))
def test_values_texts_and_lists_of_any_length_are_read(value: int, text: bytes, count: int) -> None:
    entries = [
        _sml.entry(bytes([1, 0, 16, 7, place, 255]), _sml.signed(value, 4), unit=27, scaler=0) for place in range(count)
    ]
    entries.append(_sml.entry(bytes([129, 129, 199, 130, 5, 255]), _sml.octets(text)))
    response = _sml.get_list_response(b"server", 1, *entries)
    content = read_sml(_sml.message(1, _sml.GET_LIST_RESPONSE, response))
    assert [item.value for item in content.items[1:]] == [*[value] * count, text]


def crc_x25(data: bytes) -> int:
    """One bit at a time: x^16 + x^12 + x^5 + 1, least significant first, inverted at both ends (ISO/IEC 13239)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8408 if crc & 1 else 0)
    return crc ^ 0xFFFF


def test_the_check_of_this_test_is_the_catalogued_one() -> None:
    assert crc_x25(b"123456789") == 0x906E


# --- clocks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["netz-noe", "iskra-am550"])
@pytest.mark.parametrize(("day", "deviation", "status"), [(10, b"\xff\xc4", 0x00), (120, b"\xff\x88", 0x80)])
def test_a_clock_tells_its_deviation_from_utc(family: str, day: int, deviation: bytes, status: int) -> None:
    state = replace(ZERO_STATE, time_s=86_400 * day)
    telegram = only(Decoder(FAMILIES[family].keys).feed(FAMILIES[family].encode(state)))
    assert telegram.body[6:18][-3:] == deviation + bytes([status])
    assert telegram.reading.time == local_time(state.time_s)


def local_time(time_s: int) -> str:
    moment = normal_time(time_s)
    hour = 3600 if is_summer_time(moment) else 0
    return normal_time(time_s + hour).strftime("%Y-%m-%dT%H:%M:%S")


def as_sent(value: float, digits: int | None) -> float | None:
    return None if digits is None else round(value * 10**digits) / 10**digits


def test_a_wrong_key_is_told_as_that() -> None:
    keys = FAMILIES["at-burgenland"].keys
    assert keys is not None
    wrong = type(keys)(keys.encryption[::-1], keys.authentication)
    (rejection,) = Decoder(wrong).feed(FAMILIES["at-burgenland"].encode(ZERO_STATE))
    assert isinstance(rejection, Rejection)
    assert rejection.reason is Reason.KEY_WRONG

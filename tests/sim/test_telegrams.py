"""True bytes: framed and checked as the standards say, and read back by two readers to the last digit sent."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser
from hypothesis import given, settings
from msgspec.structs import replace

from ngair.meter.decoder import Decoder
from ngair.model.reading import Reading
from ngair.model.telegram import Telegram
from ngair.sim.dates import is_summer_time, normal_time
from ngair.sim.options import Options
from ngair.sim.state import HouseState
from ngair.sim.telegrams import FAMILIES, dsmr5, se
from ngair.sim.world import World
from tests.sim.strategies import HOUSE_STATES

NOTHING = (0, 0, 0)
ZERO_STATE = HouseState(0, "SIM1", NOTHING, NOTHING, NOTHING, NOTHING, 1, (0, 0), (0, 0), 0, 0, 0)

families = pytest.mark.parametrize("family", ["dsmr5", "se"])
ascii_families = pytest.mark.parametrize(
    "family", [name for name in sorted(FAMILIES) if FAMILIES[name].encode(ZERO_STATE).startswith(b"/")]
)


def test_every_family_module_is_in_the_table() -> None:
    assert FAMILIES["dsmr5"] is dsmr5.FAMILY
    assert FAMILIES["se"] is se.FAMILY
    assert (dsmr5.FAMILY.interval_s, se.FAMILY.interval_s) == (1, 10)


@ascii_families
@given(state=HOUSE_STATES)
@settings(max_examples=30)
def test_frame_and_check(family: str, state: HouseState) -> None:
    data = FAMILIES[family].encode(state)
    body, mark, trailer = data.rpartition(b"!")
    assert body.startswith(b"/")
    assert b"!" not in body
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    assert body.splitlines()[1] == b""
    assert trailer == b"%04X\r\n" % bitwise_crc16_arc(body + mark)
    assert len(data) * 10 / 115_200 < FAMILIES[family].interval_s, "longer on the wire than the time between two"


def bitwise_crc16_arc(data: bytes) -> int:
    """By the polynomial x^16 + x^15 + x^2 + 1, least significant bit first, one bit at a time."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


def test_the_check_of_this_test_is_the_catalogued_one() -> None:
    assert bitwise_crc16_arc(b"123456789") == 0xBB3D


@families
@given(state=HOUSE_STATES)
def test_the_decoder_reads_the_house_back(family: str, state: HouseState) -> None:
    reading = decoded(FAMILIES[family].encode(state))
    assert reading.checked
    assert reading.estimated == ()
    assert reading.power_import_w == max(0, sum(state.power_w))
    assert reading.power_export_w == max(0, -sum(state.power_w))
    assert list(reading.phase_power_w) == list(state.power_w)
    assert reading.energy_import_wh == sum(state.import_wh)
    assert reading.energy_export_wh == sum(state.export_wh)
    for sent, true in zip(reading.voltage_v, state.voltage_v, strict=True):
        assert sent == pytest.approx(true, abs=0.0501)
    for sent, true in zip(reading.current_a, state.current_a, strict=True):
        assert sent == pytest.approx(true, abs=0.501)


@given(state=HOUSE_STATES)
def test_dutch_digits(state: HouseState) -> None:
    reading = decoded(dsmr5.encode(state))
    assert reading.meter_id == state.meter_id
    assert reading.current_a == tuple(int(f"{amps:.0f}") for amps in state.current_a)
    assert reading.voltage_v == tuple(float(f"{volts:.1f}") for volts in state.voltage_v)


@given(state=HOUSE_STATES)
def test_swedish_digits(state: HouseState) -> None:
    reading = decoded(se.encode(state))
    assert reading.meter_id is None
    assert reading.current_a == tuple(float(f"{amps:.1f}") for amps in state.current_a)
    assert reading.time == normal_time(state.time_s).strftime("%Y-%m-%dT%H:%M:%S")


@given(state=HOUSE_STATES)
@settings(max_examples=30)
def test_an_independent_reader_agrees_on_dsmr5(state: HouseState) -> None:
    telegram = TelegramParser(telegram_specifications.V5).parse(dsmr5.encode(state).decode("ascii"))
    assert bytes.fromhex(telegram.EQUIPMENT_IDENTIFIER.value).decode() == state.meter_id
    assert telegram.P1_MESSAGE_HEADER.value == "50"
    assert telegram.ELECTRICITY_ACTIVE_TARIFF.value == f"{state.tariff:04d}"
    assert _thousandths(telegram.ELECTRICITY_USED_TARIFF_1) == state.import_wh[0]
    assert _thousandths(telegram.ELECTRICITY_USED_TARIFF_2) == state.import_wh[1]
    assert _thousandths(telegram.ELECTRICITY_DELIVERED_TARIFF_1) == state.export_wh[0]
    assert _thousandths(telegram.ELECTRICITY_DELIVERED_TARIFF_2) == state.export_wh[1]
    assert _net(telegram, "CURRENT_ELECTRICITY_USAGE", "CURRENT_ELECTRICITY_DELIVERY") == sum(state.power_w)
    assert _active_w(telegram) == state.power_w
    assert telegram.POWER_EVENT_FAILURE_LOG.buffer_length == 1
    [gas] = telegram.MBUS_DEVICES
    assert gas.MBUS_DEVICE_TYPE.value == 3
    assert _thousandths(gas.MBUS_METER_READING) == state.gas_l
    # The reader gives UTC; the telegram's clock is an hour or two ahead of it.
    shown = telegram.P1_MESSAGE_TIMESTAMP.value.replace(tzinfo=None)
    expected = normal_time(state.time_s).replace(tzinfo=None)
    assert (expected - shown).total_seconds() == 3600
    seconds_behind = (telegram.P1_MESSAGE_TIMESTAMP.value - gas.MBUS_METER_READING.datetime).total_seconds()
    assert seconds_behind == state.time_s % 300


@given(state=HOUSE_STATES)
@settings(max_examples=30)
def test_an_independent_reader_agrees_on_se(state: HouseState) -> None:
    telegram = TelegramParser(telegram_specifications.SWEDEN).parse(se.encode(state).decode("ascii"))
    assert _thousandths(telegram.ELECTRICITY_IMPORTED_TOTAL) == sum(state.import_wh)
    assert _thousandths(telegram.ELECTRICITY_EXPORTED_TOTAL) == sum(state.export_wh)
    assert _thousandths(telegram.ELECTRICITY_REACTIVE_IMPORTED_TOTAL) == state.reactive_import_varh
    assert _thousandths(telegram.ELECTRICITY_REACTIVE_EXPORTED_TOTAL) == state.reactive_export_varh
    assert _active_w(telegram) == state.power_w
    reactive = tuple(
        _net(
            telegram,
            f"INSTANTANEOUS_REACTIVE_POWER_L{phase}_POSITIVE",
            f"INSTANTANEOUS_REACTIVE_POWER_L{phase}_NEGATIVE",
        )
        for phase in (1, 2, 3)
    )
    assert reactive == state.reactive_var
    for phase in (1, 2, 3):
        volts = getattr(telegram, f"INSTANTANEOUS_VOLTAGE_L{phase}").value
        amps = getattr(telegram, f"INSTANTANEOUS_CURRENT_L{phase}").value
        assert volts == Decimal(f"{state.voltage_v[phase - 1]:.1f}")
        assert amps == Decimal(f"{state.current_a[phase - 1]:.1f}")


def test_dutch_clocks_follow_summer_time_and_swedish_ones_do_not() -> None:
    march_29, october_25 = 27 * 86_400, (27 + 210) * 86_400
    before, after = march_29 + 2 * 3600 - 1, march_29 + 2 * 3600
    assert clock(dsmr5.encode(state_at(before))) == "260329015959W"
    assert clock(dsmr5.encode(state_at(after))) == "260329030000S"
    assert clock(se.encode(state_at(after))) == "260329020000W"
    before, after = october_25 + 2 * 3600 - 1, october_25 + 2 * 3600
    assert clock(dsmr5.encode(state_at(before))) == "261025025959S"
    assert clock(dsmr5.encode(state_at(after))) == "261025020000W"
    assert not is_summer_time(normal_time(after))


@families
def test_a_stream_of_a_simulated_house_decodes_without_a_rejection(family: str) -> None:
    world = World(Options(family=family, cars=3))
    decoder = Decoder()
    for state, data in stream(world, seconds=1800):
        [telegram] = decoder.feed(data)
        assert isinstance(telegram, Telegram)
        assert telegram.data.encode("latin-1") == data
        assert telegram.reading.phase_power_w == state.power_w
    assert decoder.finish() == []


def stream(world: World, seconds: int) -> Iterator[tuple[HouseState, bytes]]:
    for _ in range(seconds):
        if data := world.step():
            yield world.state, data


def decoded(data: bytes) -> Reading:
    [telegram] = Decoder().feed(data)
    assert isinstance(telegram, Telegram), telegram
    return telegram.reading


def state_at(time_s: int) -> HouseState:
    return replace(ZERO_STATE, time_s=time_s)


def clock(data: bytes) -> str:
    return data.partition(b"0-0:1.0.0(")[2].partition(b")")[0].decode()


def _thousandths(item: Any) -> int:
    scaled = Decimal(item.value) * 1000
    assert scaled == int(scaled)
    return int(scaled)


def _net(telegram: Any, positive: str, negative: str) -> int:
    return _thousandths(getattr(telegram, positive)) - _thousandths(getattr(telegram, negative))


def _active_w(telegram: Any) -> tuple[int, ...]:
    return tuple(
        _net(
            telegram,
            f"INSTANTANEOUS_ACTIVE_POWER_L{phase}_POSITIVE",
            f"INSTANTANEOUS_ACTIVE_POWER_L{phase}_NEGATIVE",
        )
        for phase in (1, 2, 3)
    )

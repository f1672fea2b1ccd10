"""True bytes of the ASCII families: framed, checked and ciphered as the standards say, and read back by other readers
to the last digit sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from dsmr_parser import telegram_specifications
from dsmr_parser.parsers import TelegramParser
from hypothesis import given, settings
from msgspec.structs import replace

from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.model.keys import Keys
from ngair.model.reading import Reading
from ngair.model.telegram import Rejection, Telegram
from ngair.sim.dates import is_summer_time, normal_time
from ngair.sim.options import Options
from ngair.sim.state import HouseState
from ngair.sim.telegrams import ALIASES, FAMILIES, aidon_6560, hu, nl_dsmr2, nl_dsmr5, se_fi_dk
from ngair.sim.world import World
from tests.meter.oracle import our_values, values_by_country
from tests.meter.telegrams import accepted, crc16_arc
from tests.sim.strategies import HOUSE_STATES

NOTHING = (0, 0, 0)
ZERO_STATE = HouseState(0, "SIM00000000000001", NOTHING, NOTHING, NOTHING, NOTHING, 1, (0, 0), (0, 0), 0, 0, 0)


class Told(msgspec.Struct, frozen=True):
    """How finely a family tells; 0 is not at all."""

    current_a: float
    voltage_v: float = 0.1
    phase_power_w: int = 1
    power_w: int = 1
    energy_wh: int = 1
    estimated: tuple[str, ...] = ()
    checked: bool = True


TOLD = {
    "aidon-6560": Told(0.04, phase_power_w=40, power_w=40, energy_wh=40),
    "at-styria": Told(0, 0, 0),
    "be-emucs": Told(0.01),
    "be-iskra-ie5": Told(1),
    "ch-xt211": Told(0.01, phase_power_w=0),
    "hu": Told(1, phase_power_w=0),
    "lt-eso": Told(1, 1, estimated=("power_export_w",)),
    "lu-smarty": Told(1),
    "nl-dsmr2": Told(0, 0, 0, power_w=10, checked=False),
    "nl-dsmr4": Told(1, 0),
    "nl-dsmr5": Told(1),
    "se-am550": Told(1),
    "se-fi-dk": Told(0.1),
    "si-am550": Told(0.1, checked=False),
}
ASCII = [name for name, dialect in DIALECTS.items() if dialect.signatures[0].encoding == "ascii"]

families = pytest.mark.parametrize("family", ASCII)


def test_every_ascii_dialect_is_simulated_and_no_other_name_is_in_use() -> None:
    assert sorted(TOLD) == sorted(ASCII)
    assert set(ASCII) <= set(FAMILIES)
    assert (FAMILIES["nl-dsmr5"], FAMILIES["se-fi-dk"]) == (nl_dsmr5.FAMILY, se_fi_dk.FAMILY)


def test_former_names_are_understood() -> None:
    assert FAMILIES["dsmr5"] is nl_dsmr5.FAMILY
    assert FAMILIES["se"] is se_fi_dk.FAMILY
    assert Options(family="se").family == "se"
    assert not set(ALIASES) & set(DIALECTS)


@families
@given(state=HOUSE_STATES)
@settings(max_examples=30)
def test_frame_and_check(family: str, state: HouseState) -> None:
    data = FAMILIES[family].encode(state)
    text = opened(family, data)
    body, mark, trailer = text.rpartition(b"!")
    assert body.startswith(b"/SIM5")
    assert b"!" not in body
    assert body.count(b"\n") == body.count(b"\r\n") == body.count(b"\r")
    assert body.splitlines()[1] == b""
    assert trailer == (b"%04X\r\n" % crc16_arc(body + mark) if TOLD[family].checked else b"\r\n")
    baudrate = 9600 if family == "nl-dsmr2" else 115_200
    assert len(data) * 10 / baudrate < FAMILIES[family].interval_s, "longer on the wire than the time between two"


@families
@given(state=HOUSE_STATES)
@settings(max_examples=40)
def test_the_decoder_reads_the_house_back(family: str, state: HouseState) -> None:
    told = TOLD[family]
    reading = decoded(FAMILIES[family].encode(state), FAMILIES[family].keys)
    assert reading.checked is told.checked
    assert reading.estimated == told.estimated
    assert_near(reading.power_import_w, max(0, sum(state.power_w)), told.power_w)
    assert_near(reading.power_export_w, max(0, -sum(state.power_w)), told.power_w)
    import_wh, export_wh = registers(family, state)
    assert_near(reading.energy_import_wh, import_wh, told.energy_wh)
    assert_near(reading.energy_export_wh, export_wh, told.energy_wh)
    for phase in range(3):
        assert_near(reading.phase_power_w[phase], state.power_w[phase], told.phase_power_w)
        assert_near(reading.current_a[phase], state.current_a[phase], told.current_a)
        assert_near(reading.voltage_v[phase], state.voltage_v[phase], told.voltage_v)


@families
@given(state=HOUSE_STATES)
@settings(max_examples=4)
def test_an_independent_reader_agrees(family: str, state: HouseState) -> None:
    if family == "aidon-6560":
        pytest.skip("the other reader does not multiply by the ratios of transformers")
    data = FAMILIES[family].encode(state)
    ours = our_values(decoded(data, FAMILIES[family].keys))
    compared = 0
    for country, theirs in values_by_country(opened(family, data)):
        assert {field: exact(ours[field]) for field in theirs} == theirs, country
        compared += len(theirs)
    assert compared >= (0 if family == "ch-xt211" else 4), "it knows no codes of channel 1"


@given(state=HOUSE_STATES)
def test_dutch_digits(state: HouseState) -> None:
    reading = decoded(nl_dsmr5.encode(state))
    assert reading.meter_id == state.meter_id
    assert reading.current_a == tuple(int(f"{amps:.0f}") for amps in state.current_a)
    assert reading.voltage_v == tuple(float(f"{volts:.1f}") for volts in state.voltage_v)


@given(state=HOUSE_STATES)
def test_swedish_digits(state: HouseState) -> None:
    reading = decoded(se_fi_dk.encode(state))
    assert reading.meter_id is None
    assert reading.current_a == tuple(float(f"{amps:.1f}") for amps in state.current_a)
    assert reading.time == normal_time(state.time_s).strftime("%Y-%m-%dT%H:%M:%S")


@given(state=HOUSE_STATES)
@settings(max_examples=30)
def test_an_independent_reader_agrees_on_all_of_dsmr5(state: HouseState) -> None:
    telegram = TelegramParser(telegram_specifications.V5).parse(nl_dsmr5.encode(state).decode("ascii"))
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
def test_an_independent_reader_agrees_on_all_of_se(state: HouseState) -> None:
    telegram = TelegramParser(telegram_specifications.SWEDEN).parse(se_fi_dk.encode(state).decode("ascii"))
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
    assert clock(nl_dsmr5.encode(state_at(before))) == "260329015959W"
    assert clock(nl_dsmr5.encode(state_at(after))) == "260329030000S"
    assert clock(se_fi_dk.encode(state_at(after))) == "260329020000W"
    before, after = october_25 + 2 * 3600 - 1, october_25 + 2 * 3600
    assert clock(nl_dsmr5.encode(state_at(before))) == "261025025959S"
    assert clock(nl_dsmr5.encode(state_at(after))) == "261025020000W"
    assert not is_summer_time(normal_time(after))


def test_a_hungarian_message_of_ff_comes_once_in_a_while() -> None:
    long = [len(hu.encode(state_at(time_s))) > 2000 for time_s in range(0, 1200, 10)]
    assert 0 < sum(long) < len(long) / 2


def test_an_old_register_begins_anew() -> None:
    full = replace(ZERO_STATE, import_wh=(nl_dsmr2.REGISTER_WH + 1500, 0))
    assert b"1-0:1.8.1(00001.500*kWh)" in nl_dsmr2.encode(full)


@families
def test_no_frame_counter_comes_twice(family: str) -> None:
    if not FAMILIES[family].keys:
        pytest.skip("not ciphered")
    interval_s = FAMILIES[family].interval_s
    frames = [FAMILIES[family].encode(state_at(time_s)) for time_s in range(0, 100 * interval_s, interval_s)]
    assert len({frame[14:18] for frame in frames}) == len(frames)


@families
def test_a_stream_of_a_simulated_house_decodes_without_a_rejection(family: str) -> None:
    world = World(Options(family=family, cars=3))
    decoder = Decoder(FAMILIES[family].keys)
    telegrams = 0
    for state, data in stream(world, seconds=60 * FAMILIES[family].interval_s):
        [telegram] = decoder.feed(data) + decoder.quiet()
        assert isinstance(telegram, Telegram), telegram
        assert telegram.wire_len == len(data)
        assert telegram.origin.dialect == family
        for sent, true in zip(telegram.reading.phase_power_w, state.power_w, strict=True):
            assert_near(sent, true, TOLD[family].phase_power_w)
        telegrams += 1
    assert telegrams == 60
    assert decoder.finish() == []


def test_behind_transformers_is_read_as_before_them() -> None:
    state = replace(ZERO_STATE, power_w=(8000, 0, 0), current_a=(35.0, 0, 0), voltage_v=(230, 230, 230))
    data = aidon_6560.encode(state)
    assert b"1-0:31.7.0(000.875*A)" in data
    assert decoded(data).current_a == (35, 0, 0)
    assert decoded(data).power_import_w == 8000


def stream(world: World, seconds: int) -> Iterator[tuple[HouseState, bytes]]:
    for _ in range(seconds):
        if data := world.step():
            yield world.state, data


def decoded(data: bytes, keys: Keys | None = None) -> Reading:
    decoder = Decoder(keys)
    out: list[Telegram | Rejection] = decoder.feed(data) + decoder.quiet()
    [telegram] = accepted(out)
    assert len(out) == 1
    return telegram.reading


def opened(family: str, data: bytes) -> bytes:
    """The telegram as people read it: deciphered by nothing of ours, without parity."""
    keys = FAMILIES[family].keys
    if keys is None:
        assert data[0] in b"/\xaf"
        return bytes(byte & 0x7F for byte in data) if data[0] == 0xAF else data
    assert data[:2] == b"\xdb\x08"
    assert data[10:11] == b"\x82"
    assert int.from_bytes(data[11:13], "big") == len(data) - 13
    security, counter, secret, tag = data[13:14], data[14:18], data[18:-12], data[-12:]
    opening = Cipher(AES(keys.encryption), GCM(data[2:10] + counter, tag, min_tag_length=12)).decryptor()
    opening.authenticate_additional_data(security + (keys.authentication or b""))
    return opening.update(secret) + opening.finalize()


def registers(family: str, state: HouseState) -> tuple[int, int]:
    """What the registers say; those of the oldest meters begin anew each by itself."""
    end_wh = nl_dsmr2.REGISTER_WH if family == "nl-dsmr2" else 10**12
    return sum(wh % end_wh for wh in state.import_wh), sum(wh % end_wh for wh in state.export_wh)


def assert_near(sent: float | None, true: float, step: float) -> None:
    """Rounded to the step, and known only where it is sent."""
    if step == 0:
        assert sent is None
    else:
        assert sent == pytest.approx(true, abs=step / 2 + 1e-6 if step != 1 or true % 1 else 0)


def exact(value: float | None) -> Decimal | None:
    """A number as its digits say."""
    return None if value is None else Decimal(json.dumps(value))


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

"""Simulated meters of Aidon, Kaifa and Kamstrup: the right list at the right moment, read back by two readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.meter.decoder import Decoder
from ngair.model.telegram import Telegram
from ngair.sim.dates import normal_time
from ngair.sim.options import Options
from ngair.sim.state import HouseState
from ngair.sim.telegrams import FAMILIES, aidon_no, aidon_se, kaifa_no, kamstrup_dk, kamstrup_no
from ngair.sim.telegrams._ciphered import ciphered
from ngair.sim.telegrams._hdlc import LLC_HEADER
from ngair.sim.telegrams._kamstrup import framed
from ngair.sim.telegrams._nordic import Model
from ngair.sim.world import World
from tests.meter.oracle_han import values_of_frame
from tests.meter.telegrams import only
from tests.sim.strategies import HOUSE_STATES

HOUR_S = 3600
SUMMER_S = 120 * 86_400

DIGITS = {
    "aidon-no": (1, 1, 10),
    "aidon-se": (1, 1, 1),
    "kaifa-no": (3, 1, 1),
    "kaifa-se": (3, 1, 1),
    "kamstrup-no": (2, 0, 10),
    "kamstrup-dk": (2, 0, 10),
}
"""Digits behind the point of currents and voltages, and the step of energy in Wh."""

HOURLY = {"aidon-no", "kaifa-no", "kamstrup-no"}
"""Energy is told once an hour."""

HAS_PHASE_POWER = {"aidon-se", "kamstrup-dk"}

families = pytest.mark.parametrize("family", sorted(DIGITS))
plain_families = pytest.mark.parametrize("family", sorted(DIGITS.keys() - {"kamstrup-dk"}))

AT_TEN_SECONDS = HOUSE_STATES.map(lambda state: replace(state, time_s=state.time_s - state.time_s % 10))
PAST_THE_HOUR = HOUSE_STATES.map(lambda state: replace(state, time_s=state.time_s - state.time_s % HOUR_S + 10))
MOMENTS = st.one_of(AT_TEN_SECONDS, PAST_THE_HOUR)


@pytest.mark.parametrize(
    ("family", "lists"),
    [
        ("aidon-no", {"import": 3 * 360, "live": 359, "hour": 1}),
        ("aidon-se", {"live": 360}),
        ("kaifa-no", {"import": 4 * 360, "live": 359, "hour": 1}),
        ("kaifa-se", {"live": 360}),
        ("kamstrup-no", {"live": 359, "hour": 1}),
        ("kamstrup-dk", {"live": 360}),
    ],
)
def test_each_list_comes_as_often_as_its_meter_sends_it(family: str, lists: dict[str, int]) -> None:
    state = state_at(0)
    due = range(0, HOUR_S, FAMILIES[family].interval_s)
    sent = {second: FAMILIES[family].encode(replace(state, time_s=second)) for second in due}
    sizes = Counter(len(data) for data in sent.values() if data)
    names = ["import", "live", "hour"] if "import" in lists else ["live", "hour"]
    assert [sizes[size] for size in sorted(sizes)] == [lists[name] for name in names if name in lists]
    if "hour" in lists:
        assert len(sent[10]) == max(sizes), "energy comes ten seconds past the hour"


@families
@given(state=MOMENTS)
@settings(max_examples=40)
def test_the_decoder_reads_the_house_back(family: str, state: HouseState) -> None:
    current_digits, voltage_digits, step_wh = DIGITS[family]
    data = FAMILIES[family].encode(state)
    telegram = only(Decoder(FAMILIES[family].keys).feed(data))
    reading = telegram.reading
    assert telegram.origin.dialect == family
    assert telegram.wire_len == len(data)
    assert reading.checked
    assert reading.estimated == ()
    assert reading.power_import_w == max(0, state.net_w)
    assert reading.power_export_w == max(0, -state.net_w)
    assert reading.current_a == tuple(rounded(amps, current_digits) for amps in state.current_a)
    assert reading.voltage_v == tuple(rounded(volts, voltage_digits) for volts in state.voltage_v)
    assert reading.phase_power_w == (state.power_w if family in HAS_PHASE_POWER else (None, None, None))
    if family in HOURLY and state.time_s % HOUR_S != 10:
        assert reading.energy_import_wh is reading.energy_export_wh is None
    else:
        assert reading.energy_import_wh == sum(state.import_wh) // step_wh * step_wh
        assert reading.energy_export_wh == sum(state.export_wh) // step_wh * step_wh


def rounded(value: float, digits: int) -> float:
    """To so many digits as meters round, and as the nearest number with that many."""
    return float(round(value * 10**digits) / 10**digits)


@plain_families
@given(state=MOMENTS)
@settings(max_examples=40)
def test_an_independent_reader_agrees(family: str, state: HouseState) -> None:
    current_digits, voltage_digits, step_wh = DIGITS[family]
    values = values_of_frame(FAMILIES[family].encode(state))
    assert values is not None
    assert values["power_import_w"] == max(0, state.net_w)
    assert values["power_export_w"] == max(0, -state.net_w)
    for phase in (1, 2, 3):
        amps, volts = state.current_a[phase - 1], state.voltage_v[phase - 1]
        assert values[f"current_a {phase}"] == exact(amps, current_digits)
        assert values[f"voltage_v {phase}"] == exact(volts, voltage_digits)
    if family not in HOURLY or state.time_s % HOUR_S == 10:
        assert values["energy_import_wh"] == sum(state.import_wh) // step_wh * step_wh
        assert values["energy_export_wh"] == sum(state.export_wh) // step_wh * step_wh


def exact(value: float, digits: int) -> Decimal:
    return Decimal(round(value * 10**digits)).scaleb(-digits)


@pytest.mark.parametrize("family", ["aidon-no", "kaifa-no"])
@given(state=HOUSE_STATES)
@settings(max_examples=20)
def test_the_shortest_list_tells_the_import_and_nothing_else(family: str, state: HouseState) -> None:
    moment = state.time_s - state.time_s % 10 + 8
    reading = only(Decoder().feed(FAMILIES[family].encode(replace(state, time_s=moment)))).reading
    assert reading.power_import_w == max(0, state.net_w)
    assert reading.power_export_w is None
    assert reading.current_a == reading.voltage_v == (None, None, None)
    assert reading.energy_import_wh is None


Encode = Callable[[HouseState, Model], bytes]


@pytest.mark.parametrize(
    ("encode", "model", "digits"),
    [(aidon_no.encode, aidon_no.THREE_WIRES, 1), (kamstrup_no.encode, kamstrup_no.THREE_WIRES, 2)],
    ids=["aidon", "kamstrup"],
)
@given(state=MOMENTS)
@settings(max_examples=40)
def test_without_a_neutral_the_current_that_is_not_sent_is_at_most_the_others_together(
    encode: Encode, model: Model, digits: int, state: HouseState
) -> None:
    reading = only(Decoder().feed(encode(state, model))).reading
    one_a, two_a, three_a = reading.current_a
    assert one_a is not None
    assert three_a is not None
    assert two_a == round(one_a + three_a, digits)
    assert reading.estimated == ("current_a",)
    assert None not in reading.voltage_v


@given(state=MOMENTS)
@settings(max_examples=20)
def test_a_voltage_that_kaifa_does_not_measure_is_unknown_not_zero(state: HouseState) -> None:
    reading = only(Decoder().feed(kaifa_no.encode(state, kaifa_no.THREE_WIRES))).reading
    assert [volts is None for volts in reading.voltage_v] == [False, True, False]
    assert None not in reading.current_a
    assert reading.estimated == ()


@pytest.mark.parametrize(
    ("encode", "model"),
    [
        (aidon_no.encode, aidon_no.ONE_PHASE),
        (aidon_se.encode, aidon_se.ONE_PHASE),
        (kaifa_no.encode, kaifa_no.ONE_PHASE),
        (kamstrup_no.encode, kamstrup_no.ONE_PHASE),
    ],
    ids=["aidon-no", "aidon-se", "kaifa", "kamstrup"],
)
@given(state=MOMENTS)
@settings(max_examples=20)
def test_on_one_phase_the_others_are_unknown(encode: Encode, model: Model, state: HouseState) -> None:
    reading = only(Decoder().feed(encode(state, model))).reading
    for values in (reading.current_a, reading.voltage_v):
        assert [value is None for value in values] == [False, True, True]
    assert reading.estimated == ()


@given(state=MOMENTS)
@settings(max_examples=20)
def test_danish_meters_are_read_ciphered_or_not(state: HouseState) -> None:
    plain = only(Decoder().feed(framed(kamstrup_dk.plain(state))))
    opened = only(Decoder(kamstrup_dk.KEYS).feed(kamstrup_dk.encode(state)))
    assert plain.reading == opened.reading
    assert (plain.origin.ciphered, opened.origin.ciphered) == (False, True)


def test_the_list_of_norway_is_read_where_it_is_ciphered() -> None:
    plain = kamstrup_no.encode(state_at(10))
    message = plain[plain.index(LLC_HEADER) + len(LLC_HEADER) : -3]
    data = framed(ciphered(message, kamstrup_dk.KEYS, title=kamstrup_dk.SYSTEM_TITLE, counter=1))
    telegram = only(Decoder(kamstrup_dk.KEYS).feed(data))
    assert telegram.reading == only(Decoder().feed(plain)).reading
    assert (telegram.origin.dialect, telegram.origin.ciphered) == ("kamstrup-no", True)


@families
def test_who_sends(family: str) -> None:
    telegram = only(Decoder(FAMILIES[family].keys).feed(FAMILIES[family].encode(state_at(HOUR_S + 10))))
    assert telegram.origin.vendor == {"aidon": "ADN", "kaifa": "KFM", "kamstrup": "KAM"}[family.partition("-")[0]]
    assert telegram.origin.port == "HAN"
    assert telegram.origin.ciphered is (family == "kamstrup-dk")
    assert telegram.origin.energy_unit_told is not family.startswith("kamstrup")
    assert telegram.origin.type == {
        "aidon-no": "6534",
        "kaifa-no": "MA304H4",
        "kaifa-se": "MA304H4",
        "kamstrup-no": "6841131BN000000000",
    }.get(family, "")
    assert telegram.reading.meter_id == {"aidon-se": None, "kamstrup-dk": "7"}.get(family, "SIM00000000000007")


@pytest.mark.parametrize(("family", "hours"), [("aidon-se", 0), ("kaifa-no", 0), ("kaifa-se", 0), ("kamstrup-no", 1)])
def test_only_kamstrup_keeps_summer_time(family: str, hours: int) -> None:
    state = state_at(SUMMER_S)
    shown = normal_time(SUMMER_S + hours * HOUR_S).strftime("%Y-%m-%dT%H:%M:%S")
    assert only(Decoder().feed(FAMILIES[family].encode(state))).reading.time == shown


def test_no_frame_counter_comes_twice() -> None:
    titles = {kamstrup_dk.encode(state_at(second))[20:40] for second in range(0, 1000, 10)}
    assert len(titles) == 100


@families
def test_a_stream_of_a_simulated_house_decodes_without_a_rejection(family: str) -> None:
    world = World(Options(family=family, cars=3))
    decoder = Decoder(FAMILIES[family].keys)
    count = 0
    for _ in range(HOUR_S // 4):
        if data := world.step():
            telegram = only(decoder.feed(data))
            assert isinstance(telegram, Telegram)
            assert telegram.reading.power_import_w == max(0, world.state.net_w)
            count += 1
    assert decoder.finish() == []
    assert count >= HOUR_S // 4 // 10


def state_at(time_s: int) -> HouseState:
    return HouseState(
        time_s, "SIM00000000000007", (500, 0, 0), (0, 0, 0), (2.2, 0, 0), (230, 230, 230), 1, (0, 0), (0, 0), 0, 0, 0
    )

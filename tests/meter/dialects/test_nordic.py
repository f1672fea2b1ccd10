"""What is told of Aidon, Kaifa and Kamstrup: whose a list is by its form alone, and what their quirks may change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.assemble import no_values
from ngair.meter.dialects import DIALECTS, fits
from ngair.meter.dialects._quirks import (
    decimal_volts,
    milliamperes,
    three_wire,
    unmeasured_current,
    unmeasured_voltage,
)
from ngair.meter.message import Facts, Form
from ngair.meter.quantities import Quantity, Values

AMPS = st.integers(0, 200_000).map(lambda thousandths: thousandths / 1000)
VOLTS = st.integers(0, 10_000).map(lambda tenths: tenths / 10)
TYPES = st.sampled_from(("", "6525", "MA304H3E", "MA304H4", "6841121BN243101040", "6841131BN243101040", "685113"))

LIVE = frozenset({"1.7.0", "2.7.0", "31.7.0", "32.7.0"})
NORDIC = {"aidon-no", "aidon-se", "kaifa-no", "kaifa-se", "kamstrup-no", "kamstrup-dk"}
SWEDISH = LIVE | {"1.0.0", "21.7.0", "22.7.0", "1.8.0"}


def claims(form: Form, count: int, ident: str, codes: frozenset[str], *, ciphered: bool = False) -> list[str]:
    facts = Facts(encoding="cosem", form=form, count=count, ident=ident, codes=codes, ciphered=ciphered)
    return [name for name, dialect in DIALECTS.items() if fits(dialect, facts)]


@pytest.mark.parametrize(
    ("form", "count", "ident", "codes", "dialect"),
    [
        ("items", 1, "", frozenset({"1.7.0"}), "aidon-no"),
        ("items", 12, "AIDON_V0001", LIVE | {"0.2.129"}, "aidon-no"),
        ("items", 21, "AIDON_V0002", LIVE | {"0.2.129"}, "aidon-no"),
        ("items", 27, "", SWEDISH, "aidon-se"),
        ("items", 15, "", SWEDISH, "aidon-se"),
        ("positional", 1, "", frozenset(), "kaifa-no"),
        *(("positional", count, "KFM_001", frozenset(), "kaifa-no") for count in (9, 13, 14, 18)),
        ("pairs", 18, "KFM_001", LIVE | {"0.2.129"}, "kaifa-se"),
        *(("pairs", count, "Kamstrup_V0001", LIVE, "kamstrup-no") for count in (8, 9, 13, 14, 18)),
        ("pairs", 33, "Kamstrup_V0001", LIVE | {"21.7.0"}, "kamstrup-dk"),
    ],
)
def test_a_list_is_of_one_family(form: Form, count: int, ident: str, codes: frozenset[str], dialect: str) -> None:
    assert claims(form, count, ident, codes) == [dialect]
    assert claims(form, count, ident, codes, ciphered=True) == [dialect]


@pytest.mark.parametrize(
    ("form", "count", "ident", "codes"),
    [
        ("items", 1, "", frozenset({"1.8.0"})),
        ("items", 2, "", frozenset({"1.7.0", "2.7.0"})),
        ("positional", 1, "SOMETHING", frozenset()),
        ("positional", 12, "KFM_001", frozenset()),
        ("positional", 13, "", frozenset()),
        ("pairs", 18, "", LIVE),
        ("pairs", 13, "Kamstrup", LIVE),
    ],
)
def test_what_is_not_theirs_is_not_claimed(form: Form, count: int, ident: str, codes: frozenset[str]) -> None:
    assert not NORDIC & set(claims(form, count, ident, codes))


def facts(meter_type: str = "") -> Facts:
    return Facts(encoding="cosem", form="pairs", count=13, meter_type=meter_type)


def values_of(current_a: tuple[float | None, ...], voltage_v: tuple[float | None, ...] = (230, 230, 230)) -> Values:
    values = no_values()
    values[Quantity.L1_CURRENT : Quantity.L3_CURRENT + 1] = current_a
    values[Quantity.L1_VOLTAGE : Quantity.L3_VOLTAGE + 1] = voltage_v
    return values


def currents_of(values: Values) -> tuple[float | None, ...]:
    return tuple(values[Quantity.L1_CURRENT : Quantity.L3_CURRENT + 1])


def voltages_of(values: Values) -> tuple[float | None, ...]:
    return tuple(values[Quantity.L1_VOLTAGE : Quantity.L3_VOLTAGE + 1])


@given(one_a=AMPS, three_a=AMPS)
def test_three_wires_bound_the_current_that_is_not_sent(one_a: float, three_a: float) -> None:
    values = values_of((one_a, None, three_a))
    assert three_wire(values, facts()) == ("current_a",)
    assert currents_of(values) == (one_a, round(one_a + three_a, 3), three_a)


@pytest.mark.parametrize(
    ("current_a", "voltage_v"),
    [
        ((5.0, None, None), (230, None, None)),
        ((None, None, 5.0), (230, 230, 230)),
        ((None, None, None), (None, None, None)),
        ((5.0, 0.0, 4.0), (230, 230, 230)),
        ((5.0, None, 4.0), (230, None, None)),
    ],
)
def test_what_is_no_net_of_three_wires_is_left_alone(
    current_a: tuple[float | None, ...], voltage_v: tuple[float | None, ...]
) -> None:
    values = values_of(current_a, voltage_v)
    assert three_wire(values, facts()) == ()
    assert values == values_of(current_a, voltage_v)


@pytest.mark.parametrize(
    ("meter_type", "voltage_v", "expected"),
    [
        ("MA304H3E", (231.1, 0, 229.0), (231.1, None, 229.0)),
        ("MA304H3E", (231.1, 230.4, 229.0), (231.1, 230.4, 229.0)),
        ("MA304H4", (231.1, 0, 229.0), (231.1, 0, 229.0)),
        ("", (231.1, 0, 229.0), (231.1, 0, 229.0)),
    ],
)
def test_zero_is_unknown_only_where_nothing_is_measured(
    meter_type: str, voltage_v: tuple[float, ...], expected: tuple[float | None, ...]
) -> None:
    values = values_of((1, 1, 1), voltage_v)
    assert unmeasured_voltage(values, facts(meter_type)) == ()
    assert voltages_of(values) == expected


@pytest.mark.parametrize(
    ("meter_type", "current_a", "expected"),
    [
        ("6841121BN243101040", (6.0, 0.0, 2.5), (6.0, 8.5, 2.5)),
        ("6841121BN243101040", (6.0, 6.1, 2.5), (6.0, 6.1, 2.5)),
        ("6841121BN243101040", (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
        ("6841131BN243101040", (6.0, 0.0, 2.5), (6.0, 0.0, 2.5)),
        ("", (6.0, 0.0, 2.5), (6.0, 0.0, 2.5)),
    ],
)
def test_a_zero_that_three_wires_cannot_have_is_the_bound(
    meter_type: str, current_a: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    values = values_of(current_a)
    estimated = unmeasured_current(values, facts(meter_type)) + three_wire(values, facts(meter_type))
    assert currents_of(values) == expected
    assert estimated == (("current_a",) if expected != current_a else ())


@given(hundredths=st.integers(0, 10_000_000), meter_type=TYPES)
def test_only_transformers_send_milliamperes(hundredths: int, meter_type: str) -> None:
    values = values_of((hundredths / 100, None, 0))
    assert milliamperes(values, facts(meter_type)) == ()
    divisor = 1000 if meter_type.startswith("685") else 100
    assert currents_of(values) == (hundredths / divisor, None, 0)


@given(tenths=st.integers(1_500, 4_500), digits=st.sampled_from((0, 1, 2)))
def test_volts_come_with_any_digits(tenths: int, digits: int) -> None:
    sent = round(tenths * 10 ** (digits - 1))
    values = values_of((1, 1, 1), (sent, 0, None))
    assert decimal_volts(values, facts()) == ()
    assert voltages_of(values) == (sent / 10**digits, 0, None)


@given(voltage_v=st.tuples(VOLTS, VOLTS, VOLTS))
def test_volts_of_low_voltage_are_volts(voltage_v: tuple[float, ...]) -> None:
    values = values_of((1, 1, 1), voltage_v)
    decimal_volts(values, facts())
    assert voltages_of(values) == voltage_v


@given(
    current_a=st.tuples(*[st.none() | AMPS] * 3),
    voltage_v=st.tuples(*[st.none() | VOLTS] * 3),
    meter_type=TYPES,
    name=st.sampled_from(sorted(NORDIC)),
)
def test_no_quirk_makes_a_current_smaller_than_what_was_told(
    current_a: tuple[float | None, ...], voltage_v: tuple[float | None, ...], meter_type: str, name: str
) -> None:
    values = values_of(current_a, voltage_v)
    for quirk in DIALECTS[name].quirks:
        quirk(values, facts(meter_type))
    divisor = 10 if name.startswith("kamstrup") and meter_type.startswith("685") else 1
    for before, after in zip(current_a, currents_of(values), strict=True):
        if before is not None:
            assert after is not None
            assert after >= round(before / divisor, 3)

"""What a reading of a known content must be, by the rules, counted in decimals."""

from __future__ import annotations

import json
from decimal import Decimal

from ngair.model.reading import Reading
from tests.meter.contents import (
    CURRENT,
    EXPORT,
    EXPORT_TARIFFS,
    IMPORT,
    IMPORT_TARIFFS,
    LAG,
    LEAD,
    VOLTAGE,
    Content,
)

Amount = Decimal | None

HALF_A_DIGIT = Decimal("0.00501")
"""Derived currents are rounded to 0.01 A."""


def assert_reads(reading: Reading, content: Content, *, checked: bool) -> None:
    """The reading says what the content does, exactly."""
    import_w, export_w, estimated = _power(content)
    assert reading.ident == content.ident
    assert reading.checked is checked
    assert reading.time == (content.clock.isoformat(timespec="seconds") if content.clock else None)
    assert reading.meter_id == content.meter_id
    assert exact(reading.power_import_w) == import_w
    assert exact(reading.power_export_w) == export_w
    assert exact(reading.energy_import_wh) == _energy(content, "1.8.0", IMPORT_TARIFFS)
    assert exact(reading.energy_export_wh) == _energy(content, "2.8.0", EXPORT_TARIFFS)
    assert [exact(volts) for volts in reading.voltage_v] == content.amounts(VOLTAGE)
    derived = [_assert_current(content, phase, exact(amps)) for phase, amps in enumerate(reading.current_a)]
    assert set(reading.estimated) == {*estimated, *({"current_a"} if any(derived) else ())}


def exact(value: float | None) -> Amount:
    """A number as its digits say."""
    return None if value is None else Decimal(json.dumps(value))


def _power(content: Content) -> tuple[Amount, Amount, set[str]]:
    import_w, export_w = content.amount("1.7.0"), content.amount("2.7.0")
    net_w, absolute_w = content.amount("16.7.0"), content.amount("15.7.0")
    if net_w is not None:
        return _first(import_w, max(net_w, Decimal(0))), _first(export_w, max(-net_w, Decimal(0))), set()
    imports_w, exports_w = _sum(content.amounts(IMPORT)), _sum(content.amounts(EXPORT))
    derived_w: tuple[Amount, Amount] = (_first(imports_w, absolute_w), None)
    if imports_w is not None and exports_w is not None:
        derived_w = max(imports_w - exports_w, Decimal(0)), max(exports_w - imports_w, Decimal(0))
    estimated = set()
    if import_w is None and derived_w[0] is not None:
        estimated.add("power_import_w")
    if export_w is None and derived_w[1] is not None:
        estimated.add("power_export_w")
    return _first(import_w, derived_w[0]), _first(export_w, derived_w[1]), estimated


def _energy(content: Content, total: str, tariffs: tuple[str, ...]) -> Amount:
    return _first(content.amount(total), _sum(content.amounts(tariffs)))


def _assert_current(content: Content, phase: int, amps: Amount) -> bool:
    """Reported, derived or unknown, as it must be. Whether it is derived."""
    reported = content.amount(CURRENT[phase])
    if reported is not None:
        assert amps == reported
        return False
    power_w = _net(content.amount(IMPORT[phase]), content.amount(EXPORT[phase]))
    volts = content.amount(VOLTAGE[phase])
    if power_w is None or volts is None or volts < 50:
        assert amps is None
        return False
    reactive = _net(content.amount(LAG[phase]), content.amount(LEAD[phase])) or Decimal(0)
    assert amps is not None
    assert abs(amps - (power_w**2 + reactive**2).sqrt() / volts) <= HALF_A_DIGIT
    return True


def _net(plus: Amount, minus: Amount) -> Amount:
    """With one direction unsent, zero in the other says nothing."""
    if plus is None or minus is None:
        return plus or (-minus if minus else None)
    return plus - minus


def _sum(amounts: list[Amount]) -> Amount:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _first(*amounts: Amount) -> Amount:
    return next((amount for amount in amounts if amount is not None), None)

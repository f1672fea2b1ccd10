"""Values of a telegram -> a reading: what is reported stands, what is missing is derived and marked, or unknown."""

from __future__ import annotations

from decimal import Decimal
from math import hypot

from ngair.meter.quantities import Quantity, Values
from ngair.model.limits import CURRENT_MAX_A, ENERGY_MAX_WH, POWER_MAX_W, VOLTAGE_MAX_V, VOLTAGE_MIN_V
from ngair.model.phases import Phases
from ngair.model.reading import Reading


def no_values() -> Values:
    """A fresh list in which nothing is known."""
    return [None] * len(Quantity)


def measures(values: Values) -> bool:
    """Whether there is active power, a current or active energy: what makes a reading."""
    return any(values[index] is not None for index in _MEASURES)


def implausible(values: Values) -> str | None:
    """Which value no house can have, `None` if none is so."""
    for index, value in enumerate(values):
        if value is not None and not _LOWEST[index] <= value <= _HIGHEST[index]:
            return f"{Quantity(index).name.lower().replace('_', ' ')} of {value:g}"
    return None


def assemble(
    values: Values,
    *,
    ident: str,
    time: str | None,
    meter_id: str | None,
    checked: bool,
    estimated: tuple[str, ...] = (),
) -> Reading:
    """The reading. Currents come reported, else as √(P²+Q²)/U, else as |P|/U, else stay unknown.

    `estimated` names the fields of which a quirk derived a value before.
    """
    (
        import_w, export_w, net_w, absolute_w,
        import1_w, import2_w, import3_w, export1_w, export2_w, export3_w,
        lag1_var, lag2_var, lag3_var, lead1_var, lead2_var, lead3_var,
        current1_a, current2_a, current3_a, voltage1_v, voltage2_v, voltage3_v,
        energy_import_wh, energy_export_wh,
        import_1_wh, import_2_wh, import_3_wh, import_4_wh, export_1_wh, export_2_wh, export_3_wh, export_4_wh,
        net1_w, net2_w, net3_w,
    ) = values  # fmt: skip
    power1_w = _net(import1_w, export1_w) if net1_w is None else net1_w
    power2_w = _net(import2_w, export2_w) if net2_w is None else net2_w
    power3_w = _net(import3_w, export3_w) if net3_w is None else net3_w
    if import_w is None or export_w is None:
        phases = ((import1_w, export1_w), (import2_w, export2_w), (import3_w, export3_w))
        import_w, export_w, derived = _power(import_w, export_w, net_w, absolute_w, phases)
        estimated = (*estimated, *derived)
    if current1_a is None or current2_a is None or current3_a is None:
        reported_a: Phases = (current1_a, current2_a, current3_a)
        current1_a = _current(current1_a, power1_w, _net(lag1_var, lead1_var), voltage1_v)
        current2_a = _current(current2_a, power2_w, _net(lag2_var, lead2_var), voltage2_v)
        current3_a = _current(current3_a, power3_w, _net(lag3_var, lead3_var), voltage3_v)
        if (current1_a, current2_a, current3_a) != reported_a and "current_a" not in estimated:
            estimated = (*estimated, "current_a")
    return Reading(
        time=time,
        ident=ident,
        meter_id=meter_id,
        power_import_w=import_w,
        power_export_w=export_w,
        current_a=(current1_a, current2_a, current3_a),
        voltage_v=(voltage1_v, voltage2_v, voltage3_v),
        energy_import_wh=_sum([import_1_wh, import_2_wh, import_3_wh, import_4_wh])
        if energy_import_wh is None
        else energy_import_wh,
        energy_export_wh=_sum([export_1_wh, export_2_wh, export_3_wh, export_4_wh])
        if energy_export_wh is None
        else energy_export_wh,
        phase_power_w=(power1_w, power2_w, power3_w),
        estimated=estimated,
        checked=checked,
    )


def _net(plus: float | None, minus: float | None) -> float | None:
    """One direction minus the other. With one direction unsent, zero in the sent one says nothing of the other."""
    if plus is None:
        return -minus if minus else None
    if minus is None:
        return plus or None
    return plus - minus


def _current(
    reported_a: float | None, power_w: float | None, reactive_var: float | None, voltage_v: float | None
) -> float | None:
    """The magnitude of a phase's current; |P|/U alone is its lower bound."""
    if reported_a is not None or power_w is None or voltage_v is None or voltage_v < VOLTAGE_MIN_V:
        return reported_a
    return round(hypot(power_w, reactive_var or 0) / voltage_v, 2)


def _power(
    import_w: float | None,
    export_w: float | None,
    net_w: float | None,
    absolute_w: float | None,
    phases: tuple[tuple[float | None, float | None], ...],
) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Import, export and which of them is estimated, where at least one is not reported.

    The net register says both. Else the phases' sums do, split by sign: a guess, for meters do not sample them at
    one instant. Without any register of export the sum of imports is the safe side, and export stays unknown.
    """
    derived_import_w: float | None
    derived_export_w: float | None
    if net_w is not None:
        derived_import_w, derived_export_w = max(0, net_w), max(0, -net_w)
    else:
        derived_import_w, derived_export_w = _phase_sums(phases)
        derived_import_w = absolute_w if derived_import_w is None else derived_import_w
    names = (
        ("power_import_w", import_w, derived_import_w),
        ("power_export_w", export_w, derived_export_w),
    )
    estimated = tuple(
        name for name, reported_w, derived_w in names if net_w is None and reported_w is None and derived_w is not None
    )
    return (
        derived_import_w if import_w is None else import_w,
        derived_export_w if export_w is None else export_w,
        estimated,
    )


def _phase_sums(
    phases: tuple[tuple[float | None, float | None], ...],
) -> tuple[float | None, float | None]:
    """Import and export of all phases together."""
    import_w = _sum([phase[0] for phase in phases])
    export_w = _sum([phase[1] for phase in phases])
    if import_w is None or export_w is None:
        return import_w, None
    net_w = _sum([import_w, -export_w]) or 0
    return max(0, net_w), max(0, -net_w)


def _sum(values: list[float | None]) -> float | None:
    """Sum of what is known, decimal-exact; `None` if nothing is. Registers that a meter does not have are not sent."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    total = sum(known)
    return total if isinstance(total, int) else float(sum(Decimal(repr(value)) for value in known))


_MEASURES = [
    int(quantity) for quantity in Quantity if "REACTIVE" not in quantity.name and "VOLTAGE" not in quantity.name
]


def _range(quantity: Quantity) -> tuple[float, float]:
    if "VOLTAGE" in quantity.name:
        return 0, VOLTAGE_MAX_V
    if "CURRENT" in quantity.name:
        return 0, CURRENT_MAX_A
    if "ENERGY" in quantity.name or "TARIFF" in quantity.name:
        return 0, ENERGY_MAX_WH
    return (-POWER_MAX_W if "NET" in quantity.name else 0), POWER_MAX_W


_LOWEST, _HIGHEST = zip(*(_range(quantity) for quantity in Quantity), strict=True)

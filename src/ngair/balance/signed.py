"""A reading's currents with their direction."""

from __future__ import annotations

from math import ceil, isfinite

from ngair.balance.constants import DERIVED_POWER_FACTOR, EXPORT_MIN_SHARE, EXPORT_MIN_W, NOMINAL_V
from ngair.model.limits import CURRENT_MAX_A, POWER_MAX_W, VOLTAGE_MAX_V, VOLTAGE_MIN_V
from ngair.model.phases import KnownPhases, Phases
from ngair.model.reading import Reading


def is_possible(reading: Reading) -> bool:
    """Whether a house can have these values; `False` counts as no reading at all."""
    return (
        _all_within(reading.current_a, CURRENT_MAX_A)
        and _all_within(reading.phase_power_w, POWER_MAX_W)
        and _all_within(reading.voltage_v, VOLTAGE_MAX_V)
        and _all_within((reading.power_import_w, reading.power_export_w), POWER_MAX_W)
    )


def signed_current_a(reading: Reading) -> Phases:
    """Current a phase in A, negative on export; `None` where nothing tells it.

    Meters report magnitudes, so the direction is that of the phase's active power; without it a current counts
    as import. A current that is not told is derived from power and voltage, upward.
    """
    current, power, voltage = reading.current_a, reading.phase_power_w, reading.voltage_v
    return (
        _signed(current[0], power[0], voltage[0]),
        _signed(current[1], power[1], voltage[1]),
        _signed(current[2], power[2], voltage[2]),
    )


def voltages_v(reading: Reading) -> KnownPhases:
    """Voltage a phase, nominal where it is not told or the phase is not connected."""
    a, b, c = reading.voltage_v
    return (_voltage(a), _voltage(b), _voltage(c))


def signed_power_w(reading: Reading, signed: Phases) -> float | None:
    """Active power of the house, negative on export; from the currents where the meter tells none."""
    if reading.power_import_w is not None:
        return reading.power_import_w - (reading.power_export_w or 0)
    a, b, c = signed
    if a is None or b is None or c is None:
        return None
    v = voltages_v(reading)
    return a * v[0] + b * v[1] + c * v[2]


def _signed(current: float | None, power: float | None, voltage: float | None) -> float | None:
    if current is not None:
        magnitude = abs(current)
        if power is None or power > -EXPORT_MIN_W:
            return magnitude
        return -magnitude if -power >= EXPORT_MIN_SHARE * magnitude * _voltage(voltage) else magnitude
    if power is None or voltage is None or voltage < VOLTAGE_MIN_V:
        return None
    if power < 0:
        return power / voltage
    return ceil(power / voltage / DERIVED_POWER_FACTOR * 10) / 10


def _voltage(voltage: float | None) -> float:
    return NOMINAL_V if voltage is None or voltage < VOLTAGE_MIN_V else voltage


def _all_within(values: tuple[float | None, ...], most: float) -> bool:
    return all(value is None or (isfinite(value) and -most <= value <= most) for value in values)

"""What single families do that no table can say, by name."""

from __future__ import annotations

import re

from ngair.meter.message import Facts
from ngair.meter.quantities import Quantity, Values
from ngair.model.limits import VOLTAGE_MAX_V, VOLTAGE_MIN_V

CURRENTS = (Quantity.L1_CURRENT, Quantity.L2_CURRENT, Quantity.L3_CURRENT)
VOLTAGES = (Quantity.L1_VOLTAGE, Quantity.L2_VOLTAGE, Quantity.L3_VOLTAGE)


def three_wire(values: Values, facts: Facts) -> tuple[str, ...]:
    """Without a neutral, meters measure two currents; the third is at most their sum, and that is what it counts as.

    The three add up to nothing as phasors, so ||I1| - |I3|| <= |I2| <= |I1| + |I3|. What it is in between depends on
    angles that no list tells. One-phase meters send one current and are left alone.
    """
    one_a, two_a, three_a = (values[current] for current in CURRENTS)
    voltages = sum(values[voltage] is not None for voltage in VOLTAGES)
    if two_a is not None or one_a is None or three_a is None or voltages < 2:
        return ()
    values[Quantity.L2_CURRENT] = _decimal(one_a + three_a)
    return ("current_a",)


def unmeasured_voltage(values: Values, facts: Facts) -> tuple[str, ...]:
    """A three-wire meter of Kaifa sends 0 for the voltage that it does not measure: unknown.

    It would follow from the other two if their angle were 60 degrees. A lost phase changes that: no time to guess.
    """
    if _KAIFA_THREE_WIRE.match(facts.meter_type) and values[Quantity.L2_VOLTAGE] == 0:
        values[Quantity.L2_VOLTAGE] = None
    return ()


def unmeasured_current(values: Values, facts: Facts) -> tuple[str, ...]:
    """A three-wire meter of Kamstrup that sends 0 beside two currents which do not cancel out has not measured it.

    Goes before `three_wire`, which then fills it in.
    """
    one_a, two_a, three_a = (values[current] for current in CURRENTS)
    if _KAMSTRUP_THREE_WIRE.match(facts.meter_type) and two_a == 0 and one_a != three_a:
        values[Quantity.L2_CURRENT] = None
    return ()


def milliamperes(values: Values, facts: Facts) -> tuple[str, ...]:
    """Kamstrup's meters with current transformers, types 685, send thousandths where the others send hundredths.

    Lists that tell no type cannot be told apart, and stand at ten times the current: the safe side.
    """
    if facts.meter_type.startswith("685"):
        for current in CURRENTS:
            amps = values[current]
            if amps is not None:
                values[current] = _decimal(amps / 10)
    return ()


def decimal_volts(values: Values, facts: Facts) -> tuple[str, ...]:
    """Some of Kamstrup's meters in Sweden and Denmark send tenths or hundredths where the list has whole volts.

    No list tells it, but low voltage does: up to 1000 V are volts, above it the two lie far apart.
    """
    highest = max((volts for voltage in VOLTAGES if (volts := values[voltage]) is not None), default=0)
    if highest <= VOLTAGE_MAX_V:
        return ()
    parts = 10 if highest <= _TENTHS_MAX else 100
    for voltage in VOLTAGES:
        volts = values[voltage]
        if volts is not None:
            values[voltage] = _decimal(volts / parts)
    return ()


def whole_volts(values: Values, facts: Facts) -> tuple[str, ...]:
    """Some of Landis+Gyr's meters send whole volts where the others send tenths (E450 of Romande Energie).

    No list tells it, but all its voltages together do: read as tenths, whole volts would leave every phase dark.
    """
    highest = max((volts for voltage in VOLTAGES if (volts := values[voltage]) is not None), default=0)
    if highest < VOLTAGE_MIN_V:
        for voltage in VOLTAGES:
            volts = values[voltage]
            if volts is not None:
                values[voltage] = _decimal(volts * 10)
    return ()


def signed_import(values: Values, facts: Facts) -> tuple[str, ...]:
    """Some German meters send net power under the codes of import: below zero it can be nothing else."""
    for imported, net in _IMPORTS:
        watts = values[imported]
        if watts is not None and watts < 0 and values[net] is None:
            values[imported], values[net] = None, watts
    return ()


def _decimal(value: float) -> float:
    """Without the digits that binary fractions add: no list has more than three behind the point."""
    return round(value, 3)


_IMPORTS = (
    (Quantity.POWER_IMPORT, Quantity.POWER_NET),
    (Quantity.L1_IMPORT, Quantity.L1_NET),
    (Quantity.L2_IMPORT, Quantity.L2_NET),
    (Quantity.L3_IMPORT, Quantity.L3_NET),
)
_TENTHS_MAX = 5_000
"""500 V in tenths; 50 V, where a phase begins to be connected, in hundredths."""
_KAIFA_THREE_WIRE = re.compile("MA304H3")
_KAMSTRUP_THREE_WIRE = re.compile("68[45]..2")
"""The sixth digit of OMNIPOWER type numbers is the wires: 1 one phase, 2 three wires, 3 four."""

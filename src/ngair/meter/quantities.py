"""What meters measure, under whatever name: OBIS value groups C.D.E and the units in which values come
(IEC 62056-61; unit texts of IEC 62056-21, unit numbers of IEC 62056-62, 4.5.1 table 4).

A and B differ between countries (1-0, 1-1, 0-0) and are ignored, but for the M-Bus channels 0-1 to 0-9 of other meters.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec


class Quantity(IntEnum):
    """What a value measures, as a place in the list of a telegram's values."""

    POWER_IMPORT = 0
    POWER_EXPORT = 1
    POWER_NET = 2
    """Signed: import is positive."""
    POWER_ABSOLUTE = 3
    L1_IMPORT = 4
    L2_IMPORT = 5
    L3_IMPORT = 6
    L1_EXPORT = 7
    L2_EXPORT = 8
    L3_EXPORT = 9
    L1_REACTIVE_IMPORT = 10
    L2_REACTIVE_IMPORT = 11
    L3_REACTIVE_IMPORT = 12
    L1_REACTIVE_EXPORT = 13
    L2_REACTIVE_EXPORT = 14
    L3_REACTIVE_EXPORT = 15
    L1_CURRENT = 16
    L2_CURRENT = 17
    L3_CURRENT = 18
    L1_VOLTAGE = 19
    L2_VOLTAGE = 20
    L3_VOLTAGE = 21
    ENERGY_IMPORT = 22
    ENERGY_EXPORT = 23
    IMPORT_TARIFF_1 = 24
    IMPORT_TARIFF_2 = 25
    IMPORT_TARIFF_3 = 26
    IMPORT_TARIFF_4 = 27
    EXPORT_TARIFF_1 = 28
    EXPORT_TARIFF_2 = 29
    EXPORT_TARIFF_3 = 30
    EXPORT_TARIFF_4 = 31
    L1_NET = 32
    """Signed: import is positive."""
    L2_NET = 33
    L3_NET = 34


Values = list[float | None]
"""A telegram's values in base units, in the order of `Quantity`."""


class Unit(msgspec.Struct, frozen=True):
    """A unit text: what it is of, and the power of ten to the base unit."""

    base: str
    exponent: int


UNITS: dict[bytes, Unit] = {
    b"w": Unit("W", 0),
    b"kw": Unit("W", 3),
    b"var": Unit("var", 0),
    b"kvar": Unit("var", 3),
    b"wh": Unit("Wh", 0),
    b"kwh": Unit("Wh", 3),
    b"a": Unit("A", 0),
    b"ka": Unit("A", 3),
    b"v": Unit("V", 0),
    b"kv": Unit("V", 3),
}
"""By the text in lower case: kvar, kVAr and kVAR are all in use. Lithuanian meters send kA and kV."""

QUANTITIES: dict[bytes, tuple[Quantity, str]] = {
    b"1.7.0": (Quantity.POWER_IMPORT, "W"),
    b"2.7.0": (Quantity.POWER_EXPORT, "W"),
    b"16.7.0": (Quantity.POWER_NET, "W"),
    b"15.7.0": (Quantity.POWER_ABSOLUTE, "W"),
    b"21.7.0": (Quantity.L1_IMPORT, "W"),
    b"41.7.0": (Quantity.L2_IMPORT, "W"),
    b"61.7.0": (Quantity.L3_IMPORT, "W"),
    b"36.7.0": (Quantity.L1_NET, "W"),
    b"56.7.0": (Quantity.L2_NET, "W"),
    b"76.7.0": (Quantity.L3_NET, "W"),
    b"22.7.0": (Quantity.L1_EXPORT, "W"),
    b"42.7.0": (Quantity.L2_EXPORT, "W"),
    b"62.7.0": (Quantity.L3_EXPORT, "W"),
    b"23.7.0": (Quantity.L1_REACTIVE_IMPORT, "var"),
    b"43.7.0": (Quantity.L2_REACTIVE_IMPORT, "var"),
    b"63.7.0": (Quantity.L3_REACTIVE_IMPORT, "var"),
    b"24.7.0": (Quantity.L1_REACTIVE_EXPORT, "var"),
    b"44.7.0": (Quantity.L2_REACTIVE_EXPORT, "var"),
    b"64.7.0": (Quantity.L3_REACTIVE_EXPORT, "var"),
    b"31.7.0": (Quantity.L1_CURRENT, "A"),
    b"51.7.0": (Quantity.L2_CURRENT, "A"),
    b"71.7.0": (Quantity.L3_CURRENT, "A"),
    b"32.7.0": (Quantity.L1_VOLTAGE, "V"),
    b"52.7.0": (Quantity.L2_VOLTAGE, "V"),
    b"72.7.0": (Quantity.L3_VOLTAGE, "V"),
    b"1.8.0": (Quantity.ENERGY_IMPORT, "Wh"),
    b"2.8.0": (Quantity.ENERGY_EXPORT, "Wh"),
    b"1.8.1": (Quantity.IMPORT_TARIFF_1, "Wh"),
    b"1.8.2": (Quantity.IMPORT_TARIFF_2, "Wh"),
    b"1.8.3": (Quantity.IMPORT_TARIFF_3, "Wh"),
    b"1.8.4": (Quantity.IMPORT_TARIFF_4, "Wh"),
    b"2.8.1": (Quantity.EXPORT_TARIFF_1, "Wh"),
    b"2.8.2": (Quantity.EXPORT_TARIFF_2, "Wh"),
    b"2.8.3": (Quantity.EXPORT_TARIFF_3, "Wh"),
    b"2.8.4": (Quantity.EXPORT_TARIFF_4, "Wh"),
}
"""Value group C.D.E -> what it is and the base unit that it must come in."""

UNIT_NUMBERS: dict[int, str] = {27: "W", 28: "VA", 29: "var", 30: "Wh", 31: "VAh", 32: "varh", 33: "A", 35: "V"}
"""Unit number of a scaler-unit pair -> unit; the scaler is the power of ten to it."""

"""What another reader, dsmr_parser, makes of a telegram. It has to be told the country, so it is told all of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from decimal import Decimal

from dsmr_parser import telegram_specifications as countries
from dsmr_parser.exceptions import InvalidChecksumError, ParseError
from dsmr_parser.parsers import TelegramParser

from ngair.model.reading import Reading

Values = dict[str, Decimal]
"""Field of a reading (with the phase's number) -> what the other reader says, in base units."""


def values_by_country(telegram: bytes) -> Iterator[tuple[str, Values]]:
    """The values by each country's rules by which the telegram can be read at all."""
    text = telegram.decode("latin-1").replace("\r\n", "\n").replace("\n", "\r\n")
    for name, parser in _PARSERS.items():
        try:
            objects = {name: value for name, value in parser.parse(text) if hasattr(value, "unit")}
        except (ParseError, InvalidChecksumError, ValueError, ArithmeticError):
            continue
        bases = {
            name: base
            for name, value in objects.items()
            if (base := _in_base_units(value.value, value.unit)) is not None
        }
        yield name, _fields(bases)


def our_values(reading: Reading) -> dict[str, float | None]:
    """The same fields of one of our readings."""
    ours: dict[str, float | None] = {
        name: getattr(reading, name)
        for name in ("power_import_w", "power_export_w", "energy_import_wh", "energy_export_wh")
    }
    for name in ("current_a", "voltage_v", "phase_power_w"):
        ours |= {f"{name} {phase}": value for phase, value in enumerate(getattr(reading, name), 1)}
    return ours


def _fields(bases: Values) -> Values:
    fields: dict[str, Decimal | None] = {
        "power_import_w": bases.get("CURRENT_ELECTRICITY_USAGE"),
        "power_export_w": bases.get("CURRENT_ELECTRICITY_DELIVERY"),
        "energy_import_wh": _total(bases, "IMPORTED", "USED"),
        "energy_export_wh": _total(bases, "EXPORTED", "DELIVERED"),
    }
    for phase in (1, 2, 3):
        fields[f"current_a {phase}"] = bases.get(f"INSTANTANEOUS_CURRENT_L{phase}")
        fields[f"voltage_v {phase}"] = bases.get(f"INSTANTANEOUS_VOLTAGE_L{phase}")
        imported = bases.get(f"INSTANTANEOUS_ACTIVE_POWER_L{phase}_POSITIVE")
        exported = bases.get(f"INSTANTANEOUS_ACTIVE_POWER_L{phase}_NEGATIVE")
        if imported is not None and exported is not None:
            fields[f"phase_power_w {phase}"] = imported - exported
    return {name: value for name, value in fields.items() if value is not None}


def _total(bases: Values, total: str, tariff: str) -> Decimal | None:
    if (known := bases.get(f"ELECTRICITY_{total}_TOTAL")) is not None:
        return known
    tariffs = [bases[name] for n in "1234" if (name := f"ELECTRICITY_{tariff}_TARIFF_{n}") in bases]
    return sum(tariffs, Decimal(0)) if tariffs else None


def _in_base_units(value: object, unit: str | None) -> Decimal | None:
    if unit is None or not isinstance(value, Decimal | int):
        return None
    return Decimal(value) * (1000 if unit.startswith("k") else 1)


logging.getLogger("dsmr_parser").setLevel(logging.CRITICAL)

_PARSERS = {
    name: TelegramParser(specification)
    for name, specification in vars(countries).items()
    if isinstance(specification, dict) and "objects" in specification and "general_global_cipher" not in specification
}

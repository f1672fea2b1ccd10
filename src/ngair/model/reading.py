"""What one telegram says about the house."""

from __future__ import annotations

import msgspec

from ngair.model.phases import UNKNOWN_PHASES, Phases


class HeldCurrent(msgspec.Struct, frozen=True):
    """Currents that an earlier list told. They belong to what cars drew then, not to what they draw now."""

    age_s: float
    """Seconds between their list and this one."""
    current_a: Phases
    """As they were measured."""
    change_w: float | None
    """By how much import less export is above what it was then; `None` where this list does not tell."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One telegram's measurements in base units; `None` is unknown.

    Numbers are decimal-exact: an `int` wherever the meter's digits give whole watts or watt-hours.
    """

    time: str | None = None
    """The meter's own clock, `YYYY-MM-DDThh:mm:ss`. Telegrams name no time zone, so neither does this."""
    ident: str
    """Ident line without the leading `/` (IEC 62056-21, clause 6.3.2)."""
    meter_id: str | None = None
    """Equipment identifier as text."""
    power_import_w: float | None = None
    power_export_w: float | None = None
    current_a: Phases = UNKNOWN_PHASES
    """Unsigned magnitude a phase, as meters report it, also on export."""
    voltage_v: Phases = UNKNOWN_PHASES
    energy_import_wh: float | None = None
    energy_export_wh: float | None = None
    phase_power_w: Phases = UNKNOWN_PHASES
    """Import minus export a phase. The only thing that knows a direction; it stays inside the program."""
    estimated: tuple[str, ...] = ()
    """Fields of which at least one value was derived, not reported."""
    checked: bool = False
    """Whether a check sum of the telegram was verified."""
    held_current: HeldCurrent | None = None
    """Where `current_a` is an earlier list's, perhaps raised since; `None` where this telegram told it. It stays inside
    the program."""


class ReadingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A reading as everybody outside sees it: `decode`, `/api/v1/site`, streams, exports."""

    time: str | None
    ident: str
    meter_id: str | None
    power_import_w: float | None
    power_export_w: float | None
    current_a: Phases
    voltage_v: Phases
    energy_import_wh: float | None
    energy_export_wh: float | None
    estimated: tuple[str, ...]
    checked: bool


def reading_document(reading: Reading) -> ReadingDocument:
    """The public shape of a reading."""
    return ReadingDocument(**{name: getattr(reading, name) for name in ReadingDocument.__struct_fields__})

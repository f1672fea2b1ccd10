"""Readings without a check sum count when the readings around them agree: two of three.

A value that says more than the last one is believed at once, for it can only make the box more careful; one that
says less needs the next telegram to say so too.
"""

from __future__ import annotations

import msgspec

from ngair.model.limits import (
    AGREE_CURRENT_A,
    AGREE_ENERGY_RISE_W,
    AGREE_KINDS_MAX,
    AGREE_POWER_W,
    AGREE_SHARE,
    AGREE_SIGHTINGS,
)
from ngair.model.phases import PHASE_NAMES
from ngair.model.reading import Reading
from ngair.model.telegram import Reason, Rejection, Telegram


class Agreement:
    """Judges one source's telegrams that carry no check sum.

    Meters may send lists of several kinds in turn. Each is held to the last of its own kind, and must not say less
    than the newest that was believed of any.
    """

    def __init__(self) -> None:
        self._kinds: dict[tuple[object, ...], _Kind] = {}
        """By what they tell, the one that came last at the end."""
        self._newest: _Seen | None = None
        """That was believed."""

    def judge(self, telegram: Telegram, at_s: float) -> Telegram | Rejection:
        """The telegram, or why it has to wait for another that agrees. `at_s` is monotonic."""
        seen = _Seen(telegram.reading, at_s)
        first = not self._kinds
        kind, follows = self._kind(_shape(telegram.reading))
        fault = kind.fault(seen, self._newest, follows=follows)
        if fault is None:
            kind.accepted, kind.refused = seen, None
            self._newest = seen
            return telegram
        kind.refused = seen
        if first:
            return Rejection(Reason.UNCONFIRMED, "the first telegram without a check sum", telegram.wire_len)
        return Rejection(Reason.IMPLAUSIBLE, fault, telegram.wire_len)

    def _kind(self, shape: tuple[object, ...]) -> tuple[_Kind, bool]:
        """What is remembered of its kind, and whether the last telegram was of it, too."""
        follows = bool(self._kinds) and next(reversed(self._kinds)) == shape
        kind = self._kinds.pop(shape, None) or _Kind()
        if len(self._kinds) >= AGREE_KINDS_MAX:
            strange = (other for other, known in self._kinds.items() if known.accepted is None)
            del self._kinds[next(strange, next(iter(self._kinds)))]
        self._kinds[shape] = kind
        return kind, follows


class _Kind:
    """What is remembered of one kind of list."""

    __slots__ = ("accepted", "refused", "sightings")

    def __init__(self) -> None:
        self.accepted: _Seen | None = None
        self.refused: _Seen | None = None
        self.sightings = 0
        """In a row that agreed with the one before, though none was believed yet."""

    def fault(self, seen: _Seen, newest: _Seen | None, *, follows: bool) -> str | None:
        """Why the next of this kind is not believed; `None` if it is."""
        agrees = self.refused is not None and contradiction(self.refused, seen) is None
        less = None if newest is None else says_less(newest.reading, seen.reading)
        if self.accepted is not None:
            fault = contradiction(self.accepted, seen) or less
            return None if agrees else fault
        self.sightings = self.sightings + 1 if agrees else 1
        if agrees and (follows or (self.sightings >= AGREE_SIGHTINGS and not less)):
            return None
        return "other values are sent than before" if newest else "nothing to agree with"


class _Seen(msgspec.Struct, frozen=True):
    reading: Reading
    at_s: float


def contradiction(earlier: _Seen, later: _Seen) -> str | None:
    """In what a later reading of the same kind is not credible after an earlier one; `None` if it is."""
    before, after = earlier.reading, later.reading
    rise_max_wh = 1000 + AGREE_ENERGY_RISE_W * max(0.0, later.at_s - earlier.at_s) / 3600
    for name in ("energy_import_wh", "energy_export_wh"):
        rise_wh = (getattr(after, name) or 0) - (getattr(before, name) or 0)
        if not 0 <= rise_wh <= rise_max_wh:
            return f"{name} moved by {rise_wh:g}"
    return says_less(before, after)


def says_less(before: Reading, after: Reading) -> str | None:
    """In what a reading tells of less load than another, as far as both tell it; `None` if in nothing."""
    was_w, is_w = _powers_w(before, after)
    if _falls(was_w, is_w, AGREE_POWER_W):
        return f"power fell from {was_w:g} to {is_w:g} W"
    for phase, was_a, is_a in zip(PHASE_NAMES, before.current_a, after.current_a, strict=True):
        if _falls(was_a, is_a, AGREE_CURRENT_A):
            return f"current on {phase} fell from {was_a:g} to {is_a:g} A"
    for phase, was_w, is_w in zip(PHASE_NAMES, before.phase_power_w, after.phase_power_w, strict=True):
        if _falls(was_w, is_w, AGREE_POWER_W):
            return f"power on {phase} fell from {was_w:g} to {is_w:g} W"
    return None


def _shape(reading: Reading) -> tuple[object, ...]:
    """What a meter keeps sending: who it is, and which values it knows."""
    known = [
        value is not None
        for value in (
            reading.power_import_w,
            reading.power_export_w,
            reading.energy_import_wh,
            reading.energy_export_wh,
            *reading.current_a,
            *reading.voltage_v,
            *reading.phase_power_w,
        )
    ]
    return (reading.ident, reading.meter_id, *known)


def _powers_w(before: Reading, after: Reading) -> tuple[float | None, float | None]:
    """What of their powers can be compared: a list that tells only import says nothing of what is given meanwhile."""
    if (before.power_export_w is None) != (after.power_export_w is None):
        return before.power_import_w, after.power_import_w
    return _net_w(before), _net_w(after)


def _net_w(reading: Reading) -> float | None:
    if reading.power_import_w is None and reading.power_export_w is None:
        return None
    return (reading.power_import_w or 0) - (reading.power_export_w or 0)


def _falls(was: float | None, now: float | None, step: float) -> bool:
    return was is not None and now is not None and now < was - max(step, AGREE_SHARE * abs(was))

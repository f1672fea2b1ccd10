"""Readings without a check sum count when the readings around them agree: two of three.

A value that says more than the last one is believed at once, for it can only make the box more careful; one that
says less needs the next telegram to say so too.
"""

from __future__ import annotations

import msgspec

from ngair.model.limits import AGREE_CURRENT_A, AGREE_ENERGY_RISE_W, AGREE_POWER_W, AGREE_SHARE
from ngair.model.phases import PHASE_NAMES
from ngair.model.reading import Reading
from ngair.model.telegram import Reason, Rejection, Telegram


class Agreement:
    """Judges one source's telegrams that carry no check sum."""

    def __init__(self) -> None:
        self._accepted: _Seen | None = None
        self._refused: _Seen | None = None

    def judge(self, telegram: Telegram, at_s: float) -> Telegram | Rejection:
        """The telegram, or why it has to wait for another that agrees. `at_s` is monotonic."""
        seen = _Seen(telegram.reading, at_s)
        if self._accepted is None and self._refused is None:
            self._refused = seen
            return Rejection(Reason.UNCONFIRMED, "the first telegram without a check sum", telegram.wire_len)
        fault = contradiction(self._accepted, seen)
        if fault and contradiction(self._refused, seen):
            self._refused = seen
            return Rejection(Reason.IMPLAUSIBLE, fault, telegram.wire_len)
        self._accepted, self._refused = seen, None
        return telegram


class _Seen(msgspec.Struct, frozen=True):
    reading: Reading
    at_s: float


def contradiction(earlier: _Seen | None, later: _Seen) -> str | None:
    """In what a later reading is not credible after an earlier one; `None` if it is."""
    if earlier is None:
        return "nothing to agree with"
    before, after = earlier.reading, later.reading
    if _shape(before) != _shape(after):
        return "other values are sent than before"
    rise_max_wh = 1000 + AGREE_ENERGY_RISE_W * max(0.0, later.at_s - earlier.at_s) / 3600
    for name in ("energy_import_wh", "energy_export_wh"):
        rise_wh = (getattr(after, name) or 0) - (getattr(before, name) or 0)
        if not 0 <= rise_wh <= rise_max_wh:
            return f"{name} moved by {rise_wh:g}"
    if _falls(_net_w(before), _net_w(after), AGREE_POWER_W):
        return f"power fell from {_net_w(before):g} to {_net_w(after):g} W"
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


def _net_w(reading: Reading) -> float | None:
    if reading.power_import_w is None and reading.power_export_w is None:
        return None
    return (reading.power_import_w or 0) - (reading.power_export_w or 0)


def _falls(was: float | None, now: float | None, step: float) -> bool:
    return was is not None and now is not None and now < was - max(step, AGREE_SHARE * abs(was))

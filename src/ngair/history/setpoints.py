"""Changes of setpoints and their reasons, as they are kept."""

from __future__ import annotations

from ngair.model.decision import Decision, Setpoint
from ngair.model.history import SetpointChange
from ngair.model.limits import SETPOINT_REASON_MIN_S, WISHED_OUTLETS_MAX


class _Last:
    """Of one outlet."""

    __slots__ = ("at_s", "change", "pending")

    def __init__(self, change: SetpointChange | None) -> None:
        self.change = change
        self.at_s = float("-inf")
        self.pending: SetpointChange | None = None
        """The latest reason that has not been told yet."""


class Setpoints:
    """Tells every change of a setpoint at once, and one of its reason alone at most now and then, the last for sure."""

    def __init__(self, remembered: tuple[SetpointChange, ...]) -> None:
        self._outlets = {change.outlet: _Last(change) for change in remembered}
        self._waiting: set[str] = set()
        self._changes: list[SetpointChange] = []

    def follow(self, decision: Decision, now_s: float, wall_s: float) -> None:
        """What was decided."""
        for setpoint in decision.setpoints:
            outlet = f"{setpoint.serial}/{setpoint.outlet_id}"
            last = self._outlets.get(outlet)
            if last is None:
                if len(self._outlets) >= WISHED_OUTLETS_MAX:
                    continue
                last = self._outlets[outlet] = _Last(None)
            self._compare(outlet, last, setpoint, now_s, wall_s)

    def tick(self, now_s: float) -> None:
        """Reasons that had to wait may be due."""
        for outlet in sorted(self._waiting):
            last = self._outlets[outlet]
            if last.pending is not None and now_s - last.at_s >= SETPOINT_REASON_MIN_S:
                self._tell(outlet, last, last.pending, now_s)

    def take(self, now_s: float, *, everything: bool = False) -> tuple[SetpointChange, ...]:
        """Changes that have not been taken; with `everything`, also those whose time has not come."""
        if everything:
            self.tick(float("inf"))
        else:
            self.tick(now_s)
        taken, self._changes = tuple(self._changes), []
        return taken

    def _compare(self, outlet: str, last: _Last, setpoint: Setpoint, now_s: float, wall_s: float) -> None:
        told, reason = last.change, setpoint.reason
        if told is not None and told.setpoint_a == setpoint.setpoint_a:
            if told.rule == reason.rule and told.fuse == reason.fuse and told.phase == reason.phase:
                last.pending = None
                self._waiting.discard(outlet)
                return
            waiting = last.pending
            if waiting is not None and (waiting.rule, waiting.fuse, waiting.phase) == (
                reason.rule,
                reason.fuse,
                reason.phase,
            ):
                return
        change = SetpointChange(
            at_s=wall_s,
            outlet=outlet,
            before_a=None if told is None else told.setpoint_a,
            setpoint_a=setpoint.setpoint_a,
            rule=str(reason.rule),
            fuse=reason.fuse,
            phase=reason.phase,
            text=reason.text,
        )
        if told is None or told.setpoint_a != change.setpoint_a or now_s - last.at_s >= SETPOINT_REASON_MIN_S:
            self._tell(outlet, last, change, now_s)
        else:
            last.pending = change
            self._waiting.add(outlet)

    def _tell(self, outlet: str, last: _Last, change: SetpointChange, now_s: float) -> None:
        self._changes.append(change)
        last.change, last.at_s, last.pending = change, now_s, None
        self._waiting.discard(outlet)

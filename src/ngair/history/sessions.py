"""Charging sessions of one outlet: from plugging in to unplugging, told by its states."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from msgspec.structs import replace

from ngair.history.scale import whole
from ngair.model.charging import OutletState
from ngair.model.history import Session
from ngair.model.limits import CHARGER_SILENT_S, SESSION_BEGINS_MAX

APART_S = 10.0
"""Between the begins of two sessions of an outlet, and between two changes of one that are written at once: somebody
who plays with the states must not fill the memory."""
STEP_S = 3600.0
"""A session that began by a clock that was wrong by more than this ends with it, and goes on as another."""
_PLUGGED = frozenset((1, 2, 3, 4, 5))
_UNPLUGGED = frozenset((0, 6))


Gained = tuple[tuple[int, int | None], ...]
"""Energies in Wh that were booked, each with its cost in millionths, `None` without prices."""


class Sessions:
    """Sees every state of one outlet. A lost charger says nothing: the car stays plugged in until it is told otherwise.

    Times between two sightings count by the monotonic clock.
    """

    def __init__(
        self, outlet: str, remembered: Session | None, begins: Iterable[int] = (), *, priced: bool = False
    ) -> None:
        """`begins` are those of sessions that are kept: an outlet and a begin are what they are known by."""
        self._outlet = outlet
        self._priced = priced
        self._open = remembered
        self._ended: list[Session] = []
        self._resumed = remembered is not None
        """Whether the open one began before this run."""
        self._seen_s: float | None = None
        """When a state was told last. Monotonic, as are all times here but those of `Session`."""
        self._stopped_s: float | None = None
        """When it stopped charging, where it did charge before and does not now."""
        self._begun_s = float("-inf")
        self._begins = deque(begins, maxlen=SESSION_BEGINS_MAX)
        if remembered:
            self._begins.append(remembered.plugged_at_s)
        self._charging_s = float(remembered.charging_s) if remembered else 0.0
        self._changed = False
        self._urgent = False
        self._hurried_s = float("-inf")

    @property
    def is_open(self) -> bool:
        """Whether a car is plugged in, as far as we know."""
        return self._open is not None

    def gain(self, gained: Gained) -> None:
        """Energy was booked: it belongs to the car that is plugged in, if any is."""
        for energy_wh, cost_micro in gained:
            session = self._open
            if session is None:
                return
            cost = session.cost_micro if cost_micro is None else (session.cost_micro or 0) + cost_micro
            self._open = replace(session, energy_wh=session.energy_wh + energy_wh, cost_micro=cost)
            self._changed = True

    def see(self, state: int, power_w: float, now_s: float, wall_s: float) -> Session | None:
        """The outlet told its state. The session that began or ended by that; `None` where none did."""
        if state == OutletState.UNAVAILABLE:
            return None
        session, first = self._open, self._seen_s is None
        if session is None:
            self._seen_s = now_s
            if state not in _PLUGGED or now_s - self._begun_s < APART_S:
                return None
            return self._begin(state, power_w, now_s, wall_s, unseen=first)
        if self._seen_s is None:
            self._resume(session, now_s, wall_s)
        if state in _UNPLUGGED:
            return self._end(session, now_s, wall_s)
        self._go_on(session, state, power_w, now_s, wall_s)
        return None

    def stepped(self, now_s: float, before_s: float, wall_s: float) -> None:
        """The wall clock moved from one time to another."""
        session = self._open
        if session is None or self._resumed or abs(wall_s - before_s) <= STEP_S or self._seen_s is None:
            return
        if now_s - self._begun_s < APART_S:
            return
        self._ended.append(replace(session, unplugged_at_s=max(session.plugged_at_s, int(before_s))))
        self._begin(session.state, 0, self._seen_s, wall_s - (now_s - self._seen_s), unseen=True)

    def is_urgent(self, now_s: float) -> bool:
        """Whether something has to be written at once: a begin, an end, or a change between charging and not."""
        return bool(self._ended) or (self._urgent and now_s - self._hurried_s >= APART_S)

    def take(self, now_s: float) -> list[Session]:
        """Sessions as they have become."""
        taken, self._ended = self._ended, []
        if self._open is not None and self._changed:
            taken.append(self._open)
        if self._urgent:
            self._hurried_s = now_s
        self._changed = self._urgent = False
        return taken

    def _begin(self, state: int, power_w: float, now_s: float, wall_s: float, *, unseen: bool) -> Session:
        plugged_at_s = int(wall_s)
        while plugged_at_s in self._begins:
            plugged_at_s += 1
        self._begins.append(plugged_at_s)
        self._open = Session(
            outlet=self._outlet,
            plugged_at_s=plugged_at_s,
            cost_micro=0 if self._priced else None,
            most_power_w=whole(max(power_w, 0)) or 0,
            state=state,
            state_since_s=int(wall_s),
            seen_at_s=int(wall_s),
            plug_unseen=unseen,
        )
        self._begun_s, self._resumed = now_s, False
        self._charging_s, self._stopped_s, self._seen_s = 0.0, None, now_s
        self._changed = self._urgent = True
        self._hurried_s = float("-inf")
        return self._open

    def _resume(self, session: Session, now_s: float, wall_s: float) -> None:
        """After a restart: what was seen before it, as if it had been by this run's clock."""
        self._seen_s = now_s - max(0.0, wall_s - session.seen_at_s)
        if session.state != OutletState.CHARGING and session.charging_s:
            self._stopped_s = now_s - max(0.0, wall_s - session.state_since_s)

    def _end(self, session: Session, now_s: float, wall_s: float) -> Session:
        """It was unplugged now, or at some time while nobody looked: then when it was seen last."""
        seen_s = now_s if self._seen_s is None else self._seen_s
        looked = now_s - seen_s <= CHARGER_SILENT_S
        self._pass(session, now_s, charging=False)
        ended = replace(
            session,
            unplugged_at_s=max(session.plugged_at_s, int(wall_s) if looked else session.seen_at_s),
            charging_s=int(self._charging_s),
            state=OutletState.AVAILABLE,
            state_since_s=int(wall_s),
            seen_at_s=int(wall_s),
        )
        self._open, self._seen_s = None, now_s
        self._ended.append(ended)
        return ended

    def _go_on(self, session: Session, state: int, power_w: float, now_s: float, wall_s: float) -> None:
        charging, was = state == OutletState.CHARGING, session.state == OutletState.CHARGING
        self._pass(session, now_s, charging=charging)
        pauses, longest_pause_s = session.pauses, session.longest_pause_s
        if charging and not was and self._stopped_s is not None:
            pauses += 1
            longest_pause_s = max(longest_pause_s, int(now_s - self._stopped_s))
            self._stopped_s = None
        self._open = replace(
            session,
            charging_s=int(self._charging_s),
            longest_pause_s=longest_pause_s,
            pauses=pauses,
            most_power_w=max(session.most_power_w, whole(power_w) or 0),
            state=state,
            state_since_s=session.state_since_s if state == session.state else int(wall_s),
            seen_at_s=int(wall_s),
        )
        self._seen_s = now_s
        self._changed = True
        self._urgent = self._urgent or charging != was

    def _pass(self, session: Session, now_s: float, *, charging: bool) -> None:
        """Time since the last sighting was of charging where both ends are; else as long as that may be believed."""
        if session.state != OutletState.CHARGING or self._seen_s is None:
            return
        span_s = now_s - self._seen_s
        if not charging:
            span_s = min(span_s, CHARGER_SILENT_S)
            self._stopped_s = self._seen_s + span_s
        self._charging_s += span_s

"""Which fail-safes are at work, since when, and when the next step comes."""

from __future__ import annotations

from collections.abc import Sequence

from ngair.balance.flow import NEVER, Flow
from ngair.balance.plan import State
from ngair.model.charging import ChargeBox
from ngair.model.decision import FailSafe, FailSafeKind
from ngair.model.phases import PHASE_NAMES
from ngair.model.rules import Fuse

METER_LATE = "The meter's data is late: nothing is raised, and soon only fallback currents are given; look at its cable"
METER_SILENT = "The meter is silent: no more than fallback currents are given; look at its cable and its customer port"
METER_NEVER = "The meter has told nothing yet: no more than fallback currents are given; look at its cable and its port"
PHASE_UNKNOWN = "The meter does not tell {phases}: what is on it counts as full; ask the grid operator about its port"
CHARGER_SILENT = (
    "The charger is silent: its last setpoint of {a} A stays reserved for it; look at its network and power"
)
CHARGER_UNKNOWN = "The charger has told nothing yet: {a} A stay reserved for it; look at its network and power"
READING_IMPOSSIBLE = "The meter tells values that no house can have: they count as no data; look at its cable"
CLOCK_STEPPED = "The clock stepped or the program stood still: nothing seen before counts until new data comes"
RESTARTED = "Just started: no more than the minimum until enough readings came"


class FailSafes:
    """Remembers since when each is at work."""

    def __init__(self) -> None:
        self._shown: tuple[FailSafe, ...] = ()
        self._since_s: dict[tuple[FailSafeKind, str], float] = {}
        self._stepped_at_s: float | None = None
        self._started_at_s = 0.0

    def start(self, now_s: float) -> None:
        """The first decision."""
        self._started_at_s = now_s

    def step(self, now_s: float) -> None:
        """The clock stepped."""
        self._stepped_at_s = self._started_at_s = now_s
        self._since_s.clear()

    def show(self, state: State, fuses: Sequence[Fuse], boxes: Sequence[ChargeBox]) -> tuple[FailSafe, ...]:
        """All that are at work now; the same object while nothing changed."""
        found: list[FailSafe] = []
        if state.starting:
            found.append(self._one(state, FailSafeKind.RESTARTED, "", RESTARTED))
        if self._stepped_at_s is not None:
            if all(flow.sampled_at_s != NEVER for flow in state.flows.values()):
                self._stepped_at_s = None
            else:
                found.append(self._one(state, FailSafeKind.CLOCK_STEPPED, "", CLOCK_STEPPED))
        for fuse in fuses:
            flow = state.flows.get(fuse.name)
            if flow is not None:
                found += self._of_meter(state, flow)
        found += self._of_chargers(state, boxes)
        kept = {(one.kind, one.subject) for one in found}
        self._since_s = {key: since_s for key, since_s in self._since_s.items() if key in kept}
        if tuple(found) != self._shown:
            self._shown = tuple(found)
        return self._shown

    def _one(self, state: State, kind: FailSafeKind, subject: str, text: str, until_s: float | None = None) -> FailSafe:
        since_s = self._since_s.setdefault((kind, subject), state.now_s)
        return FailSafe(kind=kind, subject=subject, text=text, since_s=since_s, until_s=until_s)

    def _of_meter(self, state: State, flow: Flow) -> list[FailSafe]:
        now_s, found = state.now_s, []
        known = [flow.is_known(index, now_s) for index in range(3)]
        until_s = flow.stale_at_s if any(known) else self._fallback_at_s(state, flow)
        if flow.impossible_since_s is not None:
            found.append(self._one(state, FailSafeKind.READING_IMPOSSIBLE, flow.fuse, READING_IMPOSSIBLE, until_s))
        if flow.sampled_at_s == NEVER:
            text = METER_NEVER if flow.readings == 0 else METER_SILENT
        elif not any(known):
            text = METER_SILENT
        elif flow.is_late(now_s):
            text = METER_LATE
        elif not all(known):
            missing = ", ".join(name for name, is_known in zip(PHASE_NAMES, known, strict=True) if not is_known)
            text, until_s = PHASE_UNKNOWN.format(phases=missing), None
        else:
            return found
        found.append(self._one(state, FailSafeKind.METER_SILENT, flow.fuse, text, until_s))
        return found

    def _fallback_at_s(self, state: State, flow: Flow) -> float | None:
        """When the next stopped outlet gets its fallback current."""
        soonest: float | None = None
        for i in state.tree.below.get(flow.fuse, ()):
            place = state.places[i]
            at_s = place.fallback_at_s(state.pace)
            if at_s is not None and at_s > state.now_s and (soonest is None or at_s < soonest):
                soonest = at_s
        return soonest

    def _of_chargers(self, state: State, boxes: Sequence[ChargeBox]) -> list[FailSafe]:
        silent: dict[str, int] = {}
        for place in state.places:
            if place.silent:
                silent[place.serial] = max(silent.get(place.serial, 0), place.reserve_a)
        if not silent:
            return []
        told = {
            box.serial: any(outlet.told_at_s is not None for outlet in box.outlets)
            for box in boxes
            if box.serial in silent
        }
        return [
            self._one(
                state,
                FailSafeKind.CHARGER_SILENT,
                serial,
                (CHARGER_SILENT if told.get(serial) else CHARGER_UNKNOWN).format(a=reserve_a),
            )
            for serial, reserve_a in silent.items()
        ]

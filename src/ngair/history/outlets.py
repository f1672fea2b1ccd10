"""Outlets as they are kept: what they draw, what they gave, who was plugged in."""

from __future__ import annotations

from ngair.history.books import Book, Moment
from ngair.history.buckets import Buckets
from ngair.history.happenings import Happenings
from ngair.history.scale import register_wh, whole
from ngair.history.sessions import Gained, Sessions
from ngair.history.slots import Slots, Span, covered_before
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision
from ngair.model.history import Counter, Remembered, Session
from ngair.model.limits import CHARGER_SILENT_S, OUTLET_MAX_A, SAMPLE_S, WISHED_OUTLETS_MAX

IDLE_S = 60.0
"""An outlet that is free and gives nothing for longer has nothing to keep."""
NO_CURRENT_A = 0.1
"""Less is what an outlet measures of nothing."""
OUTLET_MAX_W = 3 * 250 * OUTLET_MAX_A * 1.5
NEW_WH = 100
"""A counter that shows no more after it showed nothing has counted all of it now: it tells its energy now and then."""
FRESH_S = 1.5 * SAMPLE_S
"""What an outlet draws is looked at each ten seconds, or more often."""


class OutletLog:
    """One outlet."""

    def __init__(self, serial: str, outlet_id: int, book: Book, sessions: Sessions, covered: Span | None) -> None:
        self.series = f"{serial}/{outlet_id}"
        self.serial = serial
        self.outlet_id = outlet_id
        self.slots = Slots(self.series, covered)
        self.book = book
        self.sessions = sessions
        self._told_at_s: float | None = None
        self._looked_s = float("-inf")
        self._busy_s: float | None = None
        """When it was not idle last."""
        self._zero: Moment | None = None
        self._flowed_wh = 0.0
        self._power: tuple[float, float] | None = None

    def told(self, outlet: Outlet, decision: Decision, buckets: Buckets, now_s: float, wall_s: float) -> Session | None:
        """It may have told something. The session that began or ended by that."""
        if outlet.told_at_s is None or outlet.told_at_s == self._told_at_s:
            return None
        if outlet.state == OutletState.UNAVAILABLE:
            return None
        self._told_at_s = outlet.told_at_s
        self._integrate(outlet.power_w, now_s)
        gained = self._count(outlet, buckets, Moment(now_s, wall_s, self._flowed_wh))
        changed = self._see(outlet, gained, now_s, wall_s)
        self.look(outlet, decision, now_s, wall_s)
        return changed

    def look(self, outlet: Outlet, decision: Decision, now_s: float, wall_s: float) -> None:
        """Keep what it draws now, as long as it tells and there is something to keep."""
        if outlet.told_at_s is None or outlet.state == OutletState.UNAVAILABLE:
            return
        if not -CHARGER_SILENT_S <= now_s - outlet.told_at_s <= CHARGER_SILENT_S:
            return
        if outlet.state != OutletState.AVAILABLE or any(current_a >= NO_CURRENT_A for current_a in outlet.current_a):
            self._busy_s = now_s
        self._looked_s = now_s
        if self._busy_s is None or now_s - self._busy_s > IDLE_S:
            return
        setpoint = decision.setpoint(self.serial, self.outlet_id)
        one, two, three = outlet.current_a
        values = (
            whole(outlet.power_w),
            whole(one, 1000),
            whole(two, 1000),
            whole(three, 1000),
            None if setpoint is None else setpoint.setpoint_a * 1000,
        )
        self.slots.add(values, (register_wh(outlet.energy_wh) or None,), wall_s, FRESH_S, int(outlet.state))

    def is_due(self, now_s: float) -> bool:
        """Whether nobody looked for as long as a sample."""
        return now_s - self._looked_s >= SAMPLE_S

    def _integrate(self, power_w: float, now_s: float) -> None:
        if self._power is not None and 0 <= now_s - self._power[1] <= CHARGER_SILENT_S:
            self._flowed_wh += self._power[0] * (now_s - self._power[1]) / 3600
        self._power = (max(0, whole(power_w) or 0), now_s)

    def _see(self, outlet: Outlet, gained: Gained, now_s: float, wall_s: float) -> Session | None:
        """What flowed belongs to the car that is or was plugged in; where nobody looked, to the one that is found."""
        found = not self.sessions.is_open
        if not found:
            self.sessions.gain(gained)
        changed = self.sessions.see(outlet.state, outlet.power_w, now_s, wall_s)
        if found:
            self.sessions.gain(gained)
        return changed

    def _count(self, outlet: Outlet, buckets: Buckets, at: Moment) -> Gained:
        """A counter of zero may be one that was not told yet: it is believed when it rises from there."""
        energy_wh = register_wh(outlet.energy_wh)
        if not energy_wh:
            self._zero = at
            return ()
        if self.book.counter is None and self._zero is not None:
            gap_s = at.now_s - self._zero.now_s
            if energy_wh <= NEW_WH + OUTLET_MAX_W * gap_s / 3600:
                self.book.tell(0, self.serial, self._zero, OUTLET_MAX_W)
        flows = self.book.tell(energy_wh, self.serial, at, OUTLET_MAX_W)
        return tuple((flow.energy_wh, buckets.book(self.series, 0, flow)) for flow in flows)


class Outlets:
    """All of them."""

    def __init__(self, remembered: Remembered, buckets: Buckets, happenings: Happenings, *, priced: bool) -> None:
        self._buckets = buckets
        self._happenings = happenings
        self._priced = priced
        self._covered = covered_before(remembered)
        self._counters: dict[str, Counter] = {}
        for counter in sorted(remembered.counters, key=lambda c: c.at_s):
            self._counters[counter.name] = counter
        self._sessions = {s.outlet: s for s in sorted(remembered.sessions, key=lambda s: s.plugged_at_s)}
        self._begins = remembered.begins
        self.logs: dict[tuple[str, int], OutletLog] = {}

    def told(self, box: ChargeBox, decision: Decision, now_s: float, wall_s: float) -> None:
        """A charger told something."""
        for outlet in box.outlets:
            log = self._log(box.serial, outlet.id)
            if log is None:
                continue
            session = log.told(outlet, decision, self._buckets, now_s, wall_s)
            for jump in log.book.jumps:
                self._happenings.jump(jump, log.series, log.series, now_s)
            log.book.jumps.clear()
            if session is not None:
                self._happenings.session(session, now_s, wall_s)

    def look(self, boxes: tuple[ChargeBox, ...], decision: Decision, now_s: float, wall_s: float) -> None:
        """Those that nobody looked at for as long as a sample."""
        for box in boxes:
            for outlet in box.outlets:
                log = self.logs.get((box.serial, outlet.id))
                if log is not None and box.connected and log.is_due(now_s):
                    log.look(outlet, decision, now_s, wall_s)

    def _log(self, serial: str, outlet_id: int) -> OutletLog | None:
        key = (serial, outlet_id)
        log = self.logs.get(key)
        if log is None and len(self.logs) < WISHED_OUTLETS_MAX:
            series = f"{serial}/{outlet_id}"
            book = Book(series, self._counters.get(series))
            begins = (begin_s for outlet, begin_s in self._begins if outlet == series)
            sessions = Sessions(series, self._sessions.get(series), begins, priced=self._priced)
            log = self.logs[key] = OutletLog(serial, outlet_id, book, sessions, self._covered)
        return log

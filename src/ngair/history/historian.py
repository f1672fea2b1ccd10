"""Turns what happens into what is kept.

`note` takes the events of the site, `take` gives what is to be written. Whoever has readings and no site, such as an
import or a simulated year, calls `Historian.reading` and `take`: that is the same way for a meter, and all of its cost.
"""

from __future__ import annotations

from datetime import tzinfo

from msgspec.structs import replace

from ngair.history.books import Book, Moment
from ngair.history.buckets import Buckets
from ngair.history.calendar import WALL_MAX_S, Calendar
from ngair.history.happenings import Happenings
from ngair.history.journal import Journal
from ngair.history.outlets import Outlets
from ngair.history.scale import meter_values, register_wh, whole
from ngair.history.setpoints import Setpoints
from ngair.history.slots import Slots, covered_before
from ngair.model.decision import Setpoint
from ngair.model.events import (
    ChargerLost,
    ChargerSeen,
    Decided,
    Event,
    InputRejected,
    MeterLinkChanged,
    NetworkChanged,
    PasswordChanged,
    TelegramReceived,
    UpdateChanged,
    WishesChanged,
)
from ngair.model.history import METER, METER_COUNTERS, Batch, Counter, EventKind, HistoryEvent, Remembered, Sample
from ngair.model.limits import FRESH_MAX_S, HISTORY_COMMIT_S
from ngair.model.prices import Prices
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse
from ngair.model.site import Site

STEP_S = 5.0
"""By so much the wall clock may move against the monotonic one before it counts as set."""
UNRATED_W = 152_000.0
"""The most that a house takes whose main fuse nobody told."""
TAKES_APART_S = 10.0
"""Between two batches of readings, whatever the wall clock does."""
COUNTER_S = 3600
"""A counter that stands still is written so often, so that energy after a restart is not spread over too long."""
TICK_S = 1.0


class Historian:
    """Everything between the site and the store. Not thread-safe; nothing in it waits.

    `now_s` is monotonic, `wall_s` seconds since 1970, which may step. Readings are given once a minute, just after it
    is over; events and setpoint changes at once; so are sessions that begin, end, or change between charging and
    pausing, together with the readings so far, because their energy has to agree with the books.
    """

    def __init__(
        self, remembered: Remembered, zone: tzinfo, prices: Prices | None, version: str, wall_s: float, now_s: float
    ) -> None:
        """Goes on from what the store remembers, and notes the start."""
        wall_s = _sound(wall_s)
        priced = prices is not None
        self._buckets = Buckets(Calendar(zone, prices), priced=priced)
        self._journal = Journal()
        self._happenings = Happenings(self._journal)
        self._setpoints = Setpoints(remembered.setpoints)
        self._outlets = Outlets(remembered, self._buckets, self._happenings, priced=priced)
        self._meter = Slots(METER, covered_before(remembered))
        counters = {counter.name: counter for counter in sorted(remembered.counters, key=lambda c: c.at_s)}
        self._books = tuple(Book(name, counters.get(name)) for name in METER_COUNTERS)
        self._written = {counter.name: counter for counter in counters.values()}
        self._site: Site | None = None
        self._offset_s = wall_s - now_s
        self._flowed_wh = [0.0, 0.0]
        self._power: tuple[float, float, float] | None = None
        """Import, export, and when."""
        self._followed: tuple[Setpoint, ...] = ()
        self._fuses: tuple[Fuse, ...] = ()
        self._most_w = UNRATED_W
        self._taken_s = self._ticked_s = now_s
        self._minute = int(wall_s // 60)
        self._journal.tell(_started(remembered, version, wall_s))

    def note(self, before: Site, event: Event, site: Site, now_s: float, wall_s: float) -> None:
        """The site has changed by an event."""
        wall_s = self._wall(now_s, wall_s)
        self._site = site
        if type(event) is TelegramReceived:
            self._telegram(event, site, now_s, wall_s)
        elif type(event) is Decided:
            self._decided(site, now_s, wall_s)
        elif type(event) is ChargerSeen or type(event) is ChargerLost:
            self._charger(event, site, now_s, wall_s)
        elif type(event) is InputRejected:
            self._happenings.refused(event, now_s, wall_s)
        elif type(event) is MeterLinkChanged:
            self._happenings.meter_link(event.fuse, event.link, event.detail, now_s, wall_s)
        elif type(event) is WishesChanged:
            self._happenings.wished(before.wishes, site.wishes, now_s, wall_s)
        elif type(event) is UpdateChanged:
            self._happenings.update(before.update, site.update, now_s, wall_s)
        elif type(event) is NetworkChanged:
            self._happenings.network(before.network, site.network, now_s, wall_s)
        elif type(event) is PasswordChanged:
            self._happenings.password(now_s, wall_s)
        if now_s - self._ticked_s >= TICK_S:
            self._tick(now_s, wall_s)

    def reading(
        self,
        reading: Reading,
        now_s: float,
        wall_s: float,
        fresh_for_s: float = FRESH_MAX_S,
        most_w: float | None = None,
    ) -> None:
        """A reading of the house's meter, at these times. For those who have no site; `note` calls it else.

        `fresh_for_s` is how long it stands for what is, `most_w` the most that the house can take (its main fuse).
        """
        wall_s = self._wall(now_s, wall_s)
        self._integrate(reading, now_s, fresh_for_s)
        counted = (register_wh(reading.energy_import_wh), register_wh(reading.energy_export_wh))
        self._meter.add(meter_values(reading), counted, wall_s, fresh_for_s)
        limit_w = self._most_w if most_w is None else most_w
        for place, value_wh in enumerate(counted):
            if value_wh is None or (reading.estimated and _ENERGIES[place] in reading.estimated):
                continue
            book = self._books[place]
            moment = Moment(now_s, wall_s, self._flowed_wh[place])
            for flow in book.tell(value_wh, reading.meter_id or "", moment, limit_w):
                self._buckets.book(METER, place, flow)
            if book.jumps:
                for jump in book.jumps:
                    self._happenings.jump(jump, book.name, MAIN_FUSE, now_s)
                book.jumps.clear()

    def take(self, now_s: float, wall_s: float) -> Batch | None:
        """What is to be written now; `None` while nothing is due."""
        wall_s = self._wall(now_s, wall_s)
        self._tick(now_s, wall_s)
        since_s = now_s - self._taken_s
        minute_over = int(wall_s // 60) != self._minute and since_s >= TAKES_APART_S
        if since_s >= HISTORY_COMMIT_S or minute_over or self._sessions_wait(now_s):
            batch = self._everything(now_s, wall_s)
        else:
            batch = Batch(events=self._journal.take(), setpoints=self._setpoints.take(now_s))
        return None if batch.is_empty else batch

    def finish(self, now_s: float, wall_s: float) -> Batch:
        """Everything, and that the program stopped."""
        wall_s = self._wall(now_s, wall_s)
        self._tick(now_s, wall_s)
        self._meter.cover(wall_s)
        self._meter.break_off()
        for log in self._outlets.logs.values():
            log.slots.cover(wall_s)
            log.slots.break_off()
        self._journal.flush()
        self._journal.tell(HistoryEvent(at_s=wall_s, kind=EventKind.STOPPED, text="Stopped"))
        return self._everything(now_s, wall_s, last=True)

    def _telegram(self, event: TelegramReceived, site: Site, now_s: float, wall_s: float) -> None:
        reading = event.telegram.reading
        if event.fuse == MAIN_FUSE:
            if site.fuses is not self._fuses:
                self._rate(site.fuses)
            at_s = min(event.at_s, now_s)
            self.reading(reading, at_s, wall_s - (now_s - at_s), site.meter.fresh_for_s)
        for fuse in site.rated_fuses:
            if fuse.name == event.fuse:
                self._happenings.over_fuse(fuse, reading, now_s, wall_s)

    def _decided(self, site: Site, now_s: float, wall_s: float) -> None:
        decision = site.decision
        if decision.setpoints is not self._followed:
            self._followed = decision.setpoints
            self._setpoints.follow(decision, now_s, wall_s)
            self._happenings.limits(site, now_s, wall_s)
        self._happenings.fail_safes(decision, now_s, wall_s)

    def _charger(self, event: ChargerSeen | ChargerLost, site: Site, now_s: float, wall_s: float) -> None:
        serial = event.charge_box.serial if isinstance(event, ChargerSeen) else event.serial
        for box in site.charge_boxes:
            if box.serial == serial:
                self._happenings.charger(box, now_s, wall_s)
                if box.connected:
                    self._outlets.told(box, site.decision, now_s, wall_s)
        self._happenings.limits(site, now_s, wall_s)

    def _tick(self, now_s: float, wall_s: float) -> None:
        self._ticked_s = now_s
        self._journal.tick(now_s)
        if self._site is not None:
            self._outlets.look(self._site.charge_boxes, self._site.decision, now_s, wall_s)

    def _sessions_wait(self, now_s: float) -> bool:
        return any(log.sessions.is_urgent(now_s) for log in self._outlets.logs.values())

    def _everything(self, now_s: float, wall_s: float, *, last: bool = False) -> Batch:
        self._taken_s = now_s
        self._minute = int(wall_s // 60)
        samples: list[Sample] = []
        for slots in (self._meter, *(log.slots for log in self._outlets.logs.values())):
            kept, minutes = slots.take(wall_s)
            samples += kept
            self._buckets.add(slots.series, minutes)
        return Batch(
            samples=tuple(samples),
            buckets=self._buckets.take(),
            counters=self._counters(everything=last),
            events=self._journal.take(),
            setpoints=self._setpoints.take(now_s, everything=last),
            sessions=tuple(s for log in self._outlets.logs.values() for s in log.sessions.take(now_s)),
        )

    def _counters(self, *, everything: bool) -> tuple[Counter, ...]:
        """Those that moved, and now and then those that were only seen."""
        found = []
        for book in (*self._books, *(log.book for log in self._outlets.logs.values())):
            counter, seen_s = book.counter, book.seen_s
            if counter is None or seen_s is None:
                continue
            written = self._written.get(book.name)
            moved = written is None or replace(written, at_s=0) != replace(counter, at_s=0)
            if moved or everything or (written is not None and abs(seen_s - written.at_s) >= COUNTER_S):
                self._written[book.name] = replace(counter, at_s=seen_s)
                found.append(self._written[book.name])
        return tuple(found)

    def _integrate(self, reading: Reading, now_s: float, fresh_for_s: float) -> None:
        """What power tells to flow, as long as a reading is fresh."""
        before = self._power
        if before is not None:
            hours = min(max(0.0, now_s - before[2]), fresh_for_s) / 3600
            self._flowed_wh[0] += before[0] * hours
            self._flowed_wh[1] += before[1] * hours
        self._power = (whole(reading.power_import_w) or 0, whole(reading.power_export_w) or 0, now_s)

    def _rate(self, fuses: tuple[Fuse, ...]) -> None:
        self._fuses = fuses
        self._most_w = sum(fuses[0].rating_a) * 250 * 1.5 if fuses else UNRATED_W

    def _wall(self, now_s: float, wall_s: float) -> float:
        """The wall time as it can be kept. Where the clock was set, what is open ends and goes on at the new time."""
        wall_s = _sound(wall_s)
        by_s = wall_s - now_s - self._offset_s
        self._offset_s += by_s
        if not -STEP_S <= by_s <= STEP_S:
            self._meter.break_off()
            for log in self._outlets.logs.values():
                log.slots.break_off()
                log.sessions.stepped(now_s, wall_s - by_s, wall_s)
            self._happenings.clock_stepped(by_s, now_s, wall_s)
        return wall_s


def _started(remembered: Remembered, version: str, wall_s: float) -> HistoryEvent:
    last, last_at_s = remembered.last_event, remembered.last_at_s
    return HistoryEvent(
        at_s=wall_s,
        kind=EventKind.STARTED,
        text=f"ngair {version} started",
        detail={
            "version": version,
            "clean": last is None or last.kind == EventKind.STOPPED,
            "down_s": None if last_at_s is None else max(0, round(wall_s - last_at_s)),
        },
    )


def _sound(wall_s: float) -> float:
    return min(max(wall_s, 0.0), WALL_MAX_S)


_ENERGIES = ("energy_import_wh", "energy_export_wh")

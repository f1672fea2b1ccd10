"""What happens to the site, as events for a person."""

from __future__ import annotations

from functools import partial
from math import inf

from ngair.history.books import Jump
from ngair.history.journal import Journal, joined
from ngair.model.charging import ChargeBox, OutletState
from ngair.model.decision import Decision, FailSafe, FailSafeKind, Rule, Setpoint
from ngair.model.events import InputRejected, LinkState
from ngair.model.history import EventKind, HistoryEvent, Session
from ngair.model.network import NetworkStatus
from ngair.model.phases import PHASE_NAMES
from ngair.model.reading import Reading
from ngair.model.rules import NO_WISH, Fuse, OutletWish, Wishes
from ngair.model.site import Site
from ngair.model.ssid import ssid_text
from ngair.model.update import Update

REFUSED_MIN_S = 600.0
"""Between two events of one reason for which input is refused."""
JUMPS_MIN_S = 60.0
"""Between two of a counter; those between are told as one."""
WISHES_MIN_S = 10.0
STEPS_MIN_S = 10.0
UPDATES_MIN_S = 10.0
SETUPS_MIN_S = 10.0
PASSWORDS_MIN_S = 10.0
OVER_FUSE_ENDS_A = 0.5
"""So far below the rating it is over: what hovers about it is one event."""
_LIMITING = frozenset((Rule.FUSE, Rule.POWER, Rule.SHARE, Rule.TURN, Rule.FALLBACK, Rule.HOLD))
_UNDECIDED = frozenset((Rule.PROVING, Rule.START, Rule.RESTART))
"""They follow a limit or not: with them nothing begins and nothing ends."""
_FAULT_WORDS = (EventKind.FAULT, "The outlet reports a fault", EventKind.FAULT_OVER, "The outlet's fault is over")
_CHARGES = frozenset((OutletState.CHARGING, OutletState.SUSPENDED_BY_CHARGER))
"""A car that charges, or would if it were let."""


class Happenings:
    """Looks at what changed and tells the journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._over: dict[tuple[str, int], _OverFuse] = {}
        self._fail_safes: dict[tuple[FailSafeKind, str], FailSafe] = {}

    def meter_link(self, fuse: str, link: LinkState, text: str, now_s: float, wall_s: float) -> None:
        """How a meter's link fares. Connecting is neither up nor lost."""
        if link == "connecting":
            return
        event = partial(_link_event, fuse, link, text, wall_s)
        self._journal.flag(("meter", fuse), link == "up", now_s, event, begins_off=False)

    def charger(self, box: ChargeBox, now_s: float, wall_s: float) -> None:
        """A charger told something, or is lost."""
        words = (EventKind.CHARGER_UP, "The charger is there", EventKind.CHARGER_LOST, "The charger is lost")
        event = partial(_either, words, box.serial, box.connected, wall_s)
        self._journal.flag(("charger", box.serial), box.connected, now_s, event, begins_off=False)
        for outlet in box.outlets:
            if outlet.told_at_s is None or outlet.state == OutletState.UNAVAILABLE:
                continue
            series, faulted = f"{box.serial}/{outlet.id}", outlet.state == OutletState.FAULTED
            event = partial(_either, _FAULT_WORDS, series, faulted, wall_s)
            self._journal.flag(("fault", series), faulted, now_s, event)

    def limits(self, site: Site, now_s: float, wall_s: float) -> None:
        """Which charging outlets are limited by what the house has left."""
        for setpoint in site.decision.setpoints:
            rule = setpoint.reason.rule
            charges = _charges(site.charge_boxes, setpoint)
            if charges is None or (charges and rule in _UNDECIDED):
                continue
            series = f"{setpoint.serial}/{setpoint.outlet_id}"
            limited = charges and rule in _LIMITING
            event = partial(_limit_event, setpoint, series, limited, wall_s)
            self._journal.flag(("limit", series), limited, now_s, event)

    def over_fuse(self, fuse: Fuse, reading: Reading, now_s: float, wall_s: float) -> None:
        """Whether more than a fuse's rating is measured. Currents of an earlier list were judged when it came."""
        if reading.held_current is not None:
            return
        for phase, current_a in enumerate(reading.current_a):
            rating_a = fuse.rating_a[phase]
            over = self._over.get((fuse.name, phase))
            if current_a is None or (over is None and not rating_a < current_a < inf):
                continue
            if over is None:
                over = self._over[fuse.name, phase] = _OverFuse(now_s)
            if current_a > rating_a - OVER_FUSE_ENDS_A:
                over.see(current_a, now_s)
                is_on = True
            else:
                del self._over[fuse.name, phase]
                is_on = False
            event = partial(over.event, fuse.name, phase, current_a, rating_a, is_on, wall_s)
            self._journal.flag(("over", fuse.name, phase), is_on, now_s, event)

    def fail_safes(self, decision: Decision, now_s: float, wall_s: float) -> None:
        """Which fail-safes are at work."""
        if not decision.fail_safes and not self._fail_safes:
            return
        are = {(f.kind, f.subject): f for f in decision.fail_safes}
        were, self._fail_safes = self._fail_safes, are
        for key, fail_safe in are.items():
            if key not in were:
                self._fail_safe(fail_safe, True, now_s, wall_s)
        for key, fail_safe in were.items():
            if key not in are:
                self._fail_safe(fail_safe, False, now_s, wall_s)

    def session(self, session: Session, now_s: float, wall_s: float) -> None:
        """One began or ended."""
        if session.unplugged_at_s is None:
            text = "A car was plugged in already" if session.plug_unseen else "A car was plugged in"
            event = HistoryEvent(at_s=wall_s, kind=EventKind.PLUGGED, subject=session.outlet, text=text)
        else:
            event = HistoryEvent(
                at_s=wall_s,
                kind=EventKind.UNPLUGGED,
                subject=session.outlet,
                text=f"The car was unplugged after {session.energy_wh / 1000:.1f} kWh",
                detail={"energy_wh": session.energy_wh},
            )
        self._journal.tell(event)

    def wished(self, before: Wishes, wishes: Wishes, now_s: float, wall_s: float) -> None:
        """Users asked for something. What is asked for again within seconds is told as one."""
        for key in sorted({*before.outlets, *wishes.outlets}):
            changed = _changed(before.outlets.get(key, NO_WISH), wishes.outlets.get(key, NO_WISH))
            if changed:
                self._wish(key, changed, now_s, wall_s)
        if before.main_fuse_a != wishes.main_fuse_a:
            self._wish("", {"main_fuse_a": wishes.main_fuse_a}, now_s, wall_s)

    def refused(self, event: InputRejected, now_s: float, wall_s: float) -> None:
        """A meter's input was refused."""
        rejection = event.rejection
        self._journal.seldom(
            ("refused", event.fuse, rejection.reason),
            REFUSED_MIN_S,
            HistoryEvent(
                at_s=wall_s,
                kind=EventKind.REFUSED,
                subject=event.fuse,
                text=f"Input of the meter was refused: {rejection.reason}",
                detail={"reason": str(rejection.reason), "count": 1},
            ),
            now_s,
            joined,
        )

    def jump(self, jump: Jump, counter: str, subject: str, now_s: float) -> None:
        """A counter moved otherwise than by energy."""
        detail: dict[str, str | int | float | bool | None] = {
            "counter": counter,
            "from_wh": jump.from_wh,
            "to_wh": jump.to_wh,
        }
        text = f"Another meter, or a counter that began anew: {jump.from_wh} Wh, then {jump.to_wh} Wh"
        if jump.kind == EventKind.COUNTER_JUMPED:
            detail["booked_wh"] = jump.booked_wh
            text = f"A counter moved as no house can: {jump.from_wh} Wh, then {jump.to_wh} Wh"
        event = HistoryEvent(at_s=jump.at_s, kind=jump.kind, subject=subject, text=text, detail=detail)
        self._journal.seldom(("jump", jump.kind, subject, counter), JUMPS_MIN_S, event, now_s, joined)

    def clock_stepped(self, by_s: float, now_s: float, wall_s: float) -> None:
        """The wall clock was set."""
        way = "forward" if by_s > 0 else "back"
        event = HistoryEvent(
            at_s=wall_s,
            kind=EventKind.CLOCK_STEPPED,
            text=f"The clock was set {way}",
            detail={"by_s": round(by_s)},
        )
        self._journal.seldom("clock", STEPS_MIN_S, event, now_s, joined)

    def update(self, before: Update, update: Update, now_s: float, wall_s: float) -> None:
        """Firmware showed itself healthy, or failed. A failure that is shown again after a start is no news."""
        if (before.state, update.state) == ("trial", "idle"):
            version = before.version
            event = HistoryEvent(
                at_s=wall_s,
                kind=EventKind.UPDATED,
                text=f"Updated to ngair {version}" + (f" from {before.from_version}" if before.from_version else ""),
                detail={"version": version, "from_version": before.from_version},
            )
        elif update.state == "failed" != before.state and before.state != "idle":
            named = f" to ngair {update.version}" if update.version else ""
            event = HistoryEvent(
                at_s=wall_s,
                kind=EventKind.UPDATE_FAILED,
                text=f"The update{named} failed: {update.detail}",
                detail={"version": update.version, "reason": update.reason},
            )
        else:
            return
        self._journal.seldom(event.kind, UPDATES_MIN_S, event, now_s)

    def network(self, before: NetworkStatus, network: NetworkStatus, now_s: float, wall_s: float) -> None:
        """The box's network came, went, or is being set up."""
        if not network.managed:
            return
        self._journal.flag("network", network.wifi.connected, now_s, partial(_network_event, network, wall_s))
        if before.setup == "off" != network.setup:
            text = f"Setup mode began: {network.detail}" if network.detail else "Setup mode began"
            event = HistoryEvent(at_s=wall_s, kind=EventKind.SETUP, text=text, detail={"reason": network.detail})
            self._journal.seldom("setup", SETUPS_MIN_S, event, now_s)

    def password(self, now_s: float, wall_s: float) -> None:
        """The box has another password."""
        event = HistoryEvent(at_s=wall_s, kind=EventKind.PASSWORD_SET, text="The box's password was set")
        self._journal.seldom("password", PASSWORDS_MIN_S, event, now_s)

    def _fail_safe(self, fail_safe: FailSafe, is_on: bool, now_s: float, wall_s: float) -> None:
        detail: dict[str, str | int | float | bool | None] = {"kind": str(fail_safe.kind)}
        kind = EventKind.FAIL_SAFE if is_on else EventKind.FAIL_SAFE_OVER
        text = fail_safe.text if is_on else f"Over: {fail_safe.kind}"
        event = HistoryEvent(at_s=wall_s, kind=kind, subject=fail_safe.subject, text=text, detail=detail)
        self._journal.flag(("fail-safe", fail_safe.kind, fail_safe.subject), is_on, now_s, lambda: event)

    def _wish(self, key: str, changed: dict[str, str | int | float | bool | None], now_s: float, wall_s: float) -> None:
        self._journal.seldom(("wish", key), WISHES_MIN_S, _wish_event(key, changed, wall_s), now_s, _last_wish)


class _OverFuse:
    """A phase that is over its rating."""

    def __init__(self, since_s: float) -> None:
        self._since_s = self._seen_s = since_s
        self._most_a = 0.0

    def see(self, current_a: float, now_s: float) -> None:
        self._most_a = max(self._most_a, current_a)
        self._seen_s = now_s

    def event(
        self, fuse: str, phase: int, current_a: float, rating_a: float, is_on: bool, wall_s: float
    ) -> HistoryEvent:
        name = PHASE_NAMES[phase]
        if is_on:
            return HistoryEvent(
                at_s=wall_s,
                kind=EventKind.OVER_FUSE,
                subject=fuse,
                text=f"{name} has {current_a:g} A, above the rating of {rating_a:g} A",
                detail={"phase": name, "current_a": current_a, "rating_a": rating_a},
            )
        seconds = round(self._seen_s - self._since_s)
        return HistoryEvent(
            at_s=wall_s,
            kind=EventKind.OVER_FUSE_OVER,
            subject=fuse,
            text=f"{name} is below its rating again; the most was {self._most_a:g} A",
            detail={"phase": name, "seconds": seconds, "most_a": self._most_a},
        )


def _link_event(fuse: str, link: LinkState, detail: str, wall_s: float) -> HistoryEvent:
    kind = EventKind.METER_UP if link == "up" else EventKind.METER_LOST
    text = "The meter is there" if link == "up" else f"The meter's link is {link}"
    return HistoryEvent(at_s=wall_s, kind=kind, subject=fuse, text=f"{text}: {detail}" if detail else text)


def _network_event(network: NetworkStatus, wall_s: float) -> HistoryEvent:
    if not network.wifi.connected:
        return HistoryEvent(at_s=wall_s, kind=EventKind.NETWORK_LOST, text="The network is lost")
    ssid = ssid_text(network.wifi.ssid)
    text = f"Connected to the network {ssid}" if ssid else "Connected to the network"
    return HistoryEvent(at_s=wall_s, kind=EventKind.NETWORK_UP, text=text, detail={"ssid": ssid})


def _either(words: tuple[EventKind, str, EventKind, str], subject: str, is_on: bool, wall_s: float) -> HistoryEvent:
    kind, text = words[:2] if is_on else words[2:]
    return HistoryEvent(at_s=wall_s, kind=kind, subject=subject, text=text)


def _limit_event(setpoint: Setpoint, series: str, is_on: bool, wall_s: float) -> HistoryEvent:
    if not is_on:
        return HistoryEvent(at_s=wall_s, kind=EventKind.LIMIT_OVER, subject=series, text="Nothing limits it any more")
    reason = setpoint.reason
    return HistoryEvent(
        at_s=wall_s,
        kind=EventKind.LIMIT,
        subject=series,
        text=reason.text,
        detail={"rule": str(reason.rule), "fuse": reason.fuse, "phase": reason.phase},
    )


def _charges(boxes: tuple[ChargeBox, ...], setpoint: Setpoint) -> bool | None:
    """Whether a car charges there, or would; `None` while the charger is lost, when it may."""
    for box in boxes:
        if box.serial == setpoint.serial:
            for outlet in box.outlets:
                if outlet.id == setpoint.outlet_id:
                    return None if outlet.state == OutletState.UNAVAILABLE else outlet.state in _CHARGES
    return False


def _changed(before: OutletWish, wish: OutletWish) -> dict[str, str | int | float | bool | None]:
    return {
        name: getattr(wish, name)
        for name in OutletWish.__struct_fields__
        if getattr(before, name) != getattr(wish, name)
    }


def _last_wish(first: HistoryEvent, second: HistoryEvent) -> HistoryEvent:
    """Of each thing that was asked for the last word, told when the second was."""
    return _wish_event(second.subject, {**first.detail, **second.detail}, second.at_s)


def _wish_event(key: str, changed: dict[str, str | int | float | bool | None], wall_s: float) -> HistoryEvent:
    words = ", ".join(f"{name} {_word(value)}" for name, value in changed.items())
    return HistoryEvent(at_s=wall_s, kind=EventKind.WISH, subject=key, text=f"Asked for: {words}", detail=changed)


def _word(value: str | int | float | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else f"{value}"

"""Charging in `/api/v1/`: chargers, outlets, fuses and fail-safes, each with its reason and its countdown."""

from __future__ import annotations

import msgspec

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import FailSafe, FailSafeKind, Rule, SetpointReason
from ngair.model.phases import UNKNOWN_PHASES, Phases, PhaseSet
from ngair.model.rules import OutletWish, Pace
from ngair.model.site import Site


class ReasonDetail(msgspec.Struct, frozen=True, kw_only=True):
    """What a setpoint's reason is made of."""

    rule: Rule
    fuse: str | None
    """Name of the fuse that limits."""
    phase: str | None
    """`L1`, `L2` or `L3`."""
    age_s: float
    """Seconds since when the rule holds with this fuse and phase."""
    countdown_s: float | None
    """Seconds until something changes by itself; `null` when nothing will."""


class WishState(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked for."""

    max_a: int | None
    """Never more than this; `null`: what the outlet can."""
    priority: int
    """From 0 to 9; higher ones are served first."""
    paused: bool
    fallback_a: int | None
    """Current without data; `null`: the setting's."""


class OutletDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One outlet; `state` as in `/evse/`. What it has not told is `null`."""

    serial: str
    """Of its charger."""
    id: int
    state: int
    state_name: str
    current_a: Phases
    """By the house's phases."""
    age_s: float | None
    """Seconds since its last update; `null` before the first."""
    setpoint_a: int | None
    reason: str | None
    """Why the setpoint is what it is, for a person."""
    rule: Rule | None
    reason_detail: ReasonDetail | None
    foreign_a: int | None
    """Lower setpoint that another controller gave it."""
    min_a: int
    """Lowest setpoint besides 0."""
    max_a: int
    """Highest setpoint."""
    fallback_a: int
    """Its current without data: the wish, else the setting, within what is legal."""
    phases: PhaseSet
    """House phases that it is wired to."""
    car_phases: PhaseSet | None
    """House phases that the car draws on; `null` while unknown."""
    wish: WishState
    energy_wh: int
    power_w: float


class ChargerState(msgspec.Struct, frozen=True, kw_only=True):
    """One charger."""

    serial: str
    identity: str
    firmware: str
    endpoint: str
    port: int
    connected: bool
    age_s: float | None
    """Seconds since it told anything; `null` when it was never reached."""
    pinned: bool
    """Whether the box is bound to this serial number."""
    rotation: str
    """Which house phases its phases are connected to."""
    notice: str
    """What is odd about it, for a person; empty while nothing is."""
    rejected: dict[str, int]
    """Refused messages on its link since start, by reason."""
    outlets: tuple[OutletDocument, ...]


class FailSafeState(msgspec.Struct, frozen=True, kw_only=True):
    """One fail-safe that is at work."""

    kind: FailSafeKind
    subject: str
    """Name of the fuse whose meter, or serial number of the charger; empty where it concerns all."""
    text: str
    """For a person: what is missing, what the box does about it, what to do."""
    age_s: float
    """Seconds since it began."""
    countdown_s: float | None
    """Seconds until its next step; `null` when it waits for something to come back."""


def charger_states(site: Site, now_s: float) -> tuple[ChargerState, ...]:
    """Every charger with its outlets."""
    return tuple(_charger(site, box, now_s) for box in site.charge_boxes)


def fail_safe_states(site: Site, now_s: float) -> tuple[FailSafeState, ...]:
    """Every fail-safe that is at work."""
    return tuple(_fail_safe(fail_safe, now_s) for fail_safe in site.decision.fail_safes)


def outlet_state(box: ChargeBox, outlet: Outlet) -> OutletState:
    """Its state as the documents tell it: nobody can charge at an outlet that is out of reach."""
    return outlet.state if box.connected else OutletState.UNAVAILABLE


def fallback_a(outlet: Outlet, wish: OutletWish, pace: Pace) -> int:
    """The current of an outlet without data to decide by."""
    declared_a = pace.fallback_a if wish.fallback_a is None else wish.fallback_a
    most_a = outlet.max_a if wish.max_a is None else min(wish.max_a, outlet.max_a)
    legal_a = min(declared_a, most_a)
    return legal_a if legal_a >= outlet.min_a else 0


def _charger(site: Site, box: ChargeBox, now_s: float) -> ChargerState:
    told_at_s = [outlet.told_at_s for outlet in box.outlets if outlet.told_at_s is not None]
    return ChargerState(
        serial=box.serial,
        identity=box.identity,
        firmware=box.firmware,
        endpoint=box.endpoint,
        port=box.port,
        connected=box.connected,
        age_s=_age_s(max(told_at_s), now_s) if told_at_s else None,
        pinned=box.pinned,
        rotation=box.rotation,
        notice=box.notice,
        rejected=box.rejected,
        outlets=tuple(_outlet(site, box, outlet, now_s) for outlet in box.outlets),
    )


def _outlet(site: Site, box: ChargeBox, outlet: Outlet, now_s: float) -> OutletDocument:
    setpoint = site.decision.setpoint(box.serial, outlet.id)
    reason = setpoint.reason if setpoint else None
    wish = site.wishes.of(box.serial, outlet.id)
    state = outlet_state(box, outlet)
    return OutletDocument(
        serial=box.serial,
        id=outlet.id,
        state=int(state),
        state_name=state.name.replace("_", " ").capitalize(),
        current_a=UNKNOWN_PHASES if outlet.told_at_s is None else outlet.current_a,
        age_s=None if outlet.told_at_s is None else _age_s(outlet.told_at_s, now_s),
        setpoint_a=setpoint.setpoint_a if setpoint else None,
        reason=reason.text if reason else None,
        rule=reason.rule if reason else None,
        reason_detail=_detail(reason, now_s) if reason else None,
        foreign_a=outlet.foreign_a,
        min_a=outlet.min_a,
        max_a=outlet.max_a,
        fallback_a=fallback_a(outlet, wish, site.pace),
        phases=outlet.phases,
        car_phases=outlet.car_phases,
        wish=WishState(max_a=wish.max_a, priority=wish.priority, paused=wish.paused, fallback_a=wish.fallback_a),
        energy_wh=outlet.energy_wh,
        power_w=outlet.power_w,
    )


def _detail(reason: SetpointReason, now_s: float) -> ReasonDetail:
    return ReasonDetail(
        rule=reason.rule,
        fuse=reason.fuse,
        phase=reason.phase,
        age_s=_age_s(reason.since_s, now_s),
        countdown_s=_countdown_s(reason.until_s, now_s),
    )


def _fail_safe(fail_safe: FailSafe, now_s: float) -> FailSafeState:
    return FailSafeState(
        kind=fail_safe.kind,
        subject=fail_safe.subject,
        text=fail_safe.text,
        age_s=_age_s(fail_safe.since_s, now_s),
        countdown_s=_countdown_s(fail_safe.until_s, now_s),
    )


def _age_s(since_s: float, now_s: float) -> float:
    return round(max(0.0, now_s - since_s), 1)


def _countdown_s(until_s: float | None, now_s: float) -> float | None:
    return None if until_s is None else round(max(0.0, until_s - now_s), 1)

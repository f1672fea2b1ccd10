"""What a user may ask for: a change, held against the site, gives new wishes or the reason why not."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from ngair.api.charging import fallback_a
from ngair.model.charging import Outlet
from ngair.model.limits import WISHED_OUTLETS_MAX
from ngair.model.phases import PHASE_NAMES
from ngair.model.rules import MAIN_FUSE_MAX_A, MAIN_FUSE_MIN_A, NO_WISH, PRIORITY_MAX, OutletWish, Wishes
from ngair.model.site import Site


class OutletChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change about an outlet; what is left out stays, `null` goes back to the default."""

    max_a: int | UnsetType | None = UNSET
    """Never more than this, from the outlet's `min_a` to its `max_a`; `null`: what the outlet can."""
    priority: Annotated[int, Meta(ge=0, le=PRIORITY_MAX)] | UnsetType | None = UNSET
    """Outlets with a higher one are served first; `null`: 0."""
    paused: bool | UnsetType = UNSET
    """Whether it must not charge."""
    fallback_a: int | UnsetType | None = UNSET
    """Its current without data: 0, or from its `min_a` to its `max_a`; `null`: the setting's."""


class FuseChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change about the main fuse."""

    rating_a: Annotated[float, Meta(ge=MAIN_FUSE_MIN_A, le=MAIN_FUSE_MAX_A)] | None
    """Rating in A a phase to stay under, at most the setting's; `null`: the setting's."""


class Refused(msgspec.Struct, frozen=True):
    """Why a change is not made."""

    status: int
    """As HTTP has it: 404 for what is not there, 409 for what this site does not allow."""
    detail: str
    """What is allowed, and why."""


def with_outlet_change(site: Site, serial: str, outlet_id: int, change: OutletChange) -> Wishes | Refused:
    """The wishes after a change of one outlet."""
    outlet = _outlet(site, serial, outlet_id)
    if outlet is None:
        return Refused(404, NO_OUTLET)
    wish = site.wishes.of(serial, outlet_id)
    for name in ("max_a", "priority", "paused", "fallback_a"):
        value = getattr(change, name)
        if value is not UNSET:
            default = getattr(NO_WISH, name)
            wish = replace(wish, **{name: default if value is None else value})
    refused = _beyond_the_outlet(outlet, change) or _beyond_a_fuse(site, serial, outlet, wish)
    return refused or _with_wish(site.wishes, f"{serial}/{outlet_id}", wish)


def with_fuse_change(site: Site, change: FuseChange) -> Wishes | Refused:
    """The wishes after a change of the main fuse."""
    if not site.fuses:
        return Refused(409, "No main fuse is set: give its rating in the settings (--main-fuse A) and restart.")
    rating_a = change.rating_a
    setting_a = max(site.fuses[0].rating_a)
    if rating_a is not None and rating_a > setting_a:
        return Refused(
            409,
            f"rating_a can be from {MAIN_FUSE_MIN_A} to {setting_a:g}: above the fuse that stands in the settings, "
            "wires would not be protected. Whoever installs a larger fuse changes the setting.",
        )
    if rating_a is not None and rating_a == int(rating_a):
        rating_a = int(rating_a)
    return replace(site.wishes, main_fuse_a=rating_a)


def _outlet(site: Site, serial: str, outlet_id: int) -> Outlet | None:
    for box in site.charge_boxes:
        if box.serial == serial:
            return next((outlet for outlet in box.outlets if outlet.id == outlet_id), None)
    return None


def _beyond_the_outlet(outlet: Outlet, change: OutletChange) -> Refused | None:
    low_a, high_a = outlet.min_a, outlet.max_a
    if isinstance(change.max_a, int) and not low_a <= change.max_a <= high_a:
        return Refused(
            409,
            f"max_a can be from {low_a} to {high_a}: this outlet gives no other current. To stop charging, pause it.",
        )
    if isinstance(change.fallback_a, int) and change.fallback_a and not low_a <= change.fallback_a <= high_a:
        return Refused(
            409,
            f"fallback_a can be 0, or from {low_a} to {high_a}: this outlet gives no other current.",
        )
    return None


def _beyond_a_fuse(site: Site, serial: str, outlet: Outlet, wish: OutletWish) -> Refused | None:
    """Without data all outlets may draw their fallback at once: declaring more must leave every fuse whole."""
    before_a = fallback_a(outlet, site.wishes.of(serial, outlet.id), site.pace)
    after_a = fallback_a(outlet, wish, site.pace)
    if after_a <= before_a:
        return None
    reserves = [
        (
            _fuses_above(site, box.serial, other.id),
            fallback_a(other, site.wishes.of(box.serial, other.id), site.pace),
            other,
        )
        for box in site.charge_boxes
        for other in box.outlets
    ]
    above = _fuses_above(site, serial, outlet.id)
    for fuse in site.rated_fuses:
        for phase, rating_a in enumerate(fuse.rating_a):
            if fuse.name not in above or not outlet.phases[phase]:
                continue
            now_a = sum(amps for names, amps, other in reserves if fuse.name in names and other.phases[phase])
            then_a = now_a - before_a + after_a
            if then_a > rating_a:
                return Refused(
                    409,
                    f"Without data all outlets below the fuse {fuse.name!r} may draw their fallback_a at once, with "
                    f"this one {then_a} A on {PHASE_NAMES[phase]}; it bears {rating_a:g} A. Give one of them less.",
                )
    return None


def _fuses_above(site: Site, serial: str, outlet_id: int) -> set[str]:
    """The fuse that an outlet hangs at, and those above it."""
    at = next((f.name for f in site.fuses if f"{serial}/{outlet_id}" in f.chargers), None)
    at = at or next((f.name for f in site.fuses if serial in f.chargers), None)
    under = {fuse.name: fuse.under for fuse in site.fuses}
    names = {fuse.name for fuse in site.fuses[:1]}
    while at in under and at not in names:
        names.add(at)
        at = under[at]
    return names


def _with_wish(wishes: Wishes, key: str, wish: OutletWish) -> Wishes | Refused:
    """What is as if nobody had asked is not kept, so that the wishes stay few."""
    outlets = {name: kept for name, kept in wishes.outlets.items() if name != key}
    if wish == NO_WISH:
        return replace(wishes, outlets=outlets)
    if len(outlets) >= WISHED_OUTLETS_MAX:
        return Refused(409, f"Wishes for {WISHED_OUTLETS_MAX} outlets are kept: set one of them back first.")
    return replace(wishes, outlets=outlets | {key: wish})


NO_OUTLET = "There is no such outlet: /api/v1/outlets/ lists those that there are."

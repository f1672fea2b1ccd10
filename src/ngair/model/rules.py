"""By what rules is charged: the fuses, the pace, and what the user asked for."""

from __future__ import annotations

import msgspec

from ngair.model.phases import ZERO_PHASES, KnownPhases

MAIN_FUSE = "main"
"""Name of the fuse at the top."""
MAIN_FUSE_MIN_A = 6
MAIN_FUSE_MAX_A = 200
"""Larger connections are measured through transformers and balanced by other means."""
OUTLET_MAX_A = 80
"""IEC 61851-1 mode 3 ends here."""
PRIORITY_MAX = 9


class Fuse(msgspec.Struct, frozen=True, kw_only=True):
    """A fuse or breaker that everything below it must stay under. Fuses make a tree; the main fuse is its top."""

    name: str
    rating_a: KnownPhases
    """A phase."""
    under: str | None = None
    """Name of the fuse above it; `None` for the main fuse alone."""
    power_max_w: float | None = None
    """Limit on the active power of the three phases together; `None` is no limit."""
    chargers: tuple[str, ...] = ()
    """Below it: serial numbers for whole chargers, `serial/outlet` for one outlet. Others hang at the main fuse."""
    reserve_a: KnownPhases = ZERO_PHASES
    """A sub-fuse's loads besides chargers where no meter measures them: the most that they draw, a phase."""
    meter: str | None = None
    """URL of the meter that measures what flows through this sub-fuse; the main fuse has the house's meter."""
    meter_key_file: str | None = None
    """File with that meter's keys, where they are not those of the house's meter."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How careful and how patient the balancer is."""

    margin_a: float = 1
    """Left free on each phase of each fuse: meters round to whole amps, and loads move between two telegrams."""
    fallback_a: int = 6
    """Current of an outlet without data to decide by, where the user has set none for it; 0 is a pause."""
    raise_after_s: float = 20
    """So long must more be left before a setpoint is raised."""
    restart_after_s: float = 30
    """So long must enough be left before a stopped car starts again: cars fault after quick stops and starts."""
    turn_s: float = 900
    """With too little for all, a car charges at least so long before the next one has its turn."""


class OutletWish(msgspec.Struct, frozen=True, kw_only=True):
    """What the user asked for one outlet."""

    max_a: int | None = None
    """Never more than this; `None`: what the outlet can."""
    priority: int = 0
    """From 0 to 9; outlets with a higher one are served first, equal ones share."""
    paused: bool = False
    fallback_a: int | None = None
    """The reserve that is declared for it: its current without data; `None`: the setting's."""


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that users asked for; survives restarts."""

    outlets: dict[str, OutletWish] = {}
    """By `serial/outlet`."""
    main_fuse_a: float | None = None
    """Rating that the user set instead of the setting's; `None`: the setting's."""

    def of(self, serial: str, outlet_id: int) -> OutletWish:
        """What was asked for an outlet; the defaults where nothing was."""
        return self.outlets.get(f"{serial}/{outlet_id}", NO_WISH)


NO_WISH = OutletWish()


def sound_wishes(wishes: Wishes) -> Wishes:
    """The wishes without values that nobody can have asked for, as a damaged file may hold them.

    What an outlet can is its charger's to say, so its own range is checked where a wish is made and where it is used.
    """
    outlets = {
        key: OutletWish(
            max_a=wish.max_a if wish.max_a is None or 0 < wish.max_a <= OUTLET_MAX_A else 0,
            priority=min(max(wish.priority, 0), PRIORITY_MAX),
            paused=wish.paused,
            fallback_a=wish.fallback_a if wish.fallback_a is None or 0 <= wish.fallback_a <= OUTLET_MAX_A else 0,
        )
        for key, wish in wishes.outlets.items()
    }
    rating_a = wishes.main_fuse_a
    if rating_a is not None and not MAIN_FUSE_MIN_A <= rating_a <= MAIN_FUSE_MAX_A:
        rating_a = MAIN_FUSE_MIN_A
    return Wishes(outlets=outlets, main_fuse_a=rating_a)

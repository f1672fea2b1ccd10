"""Whatever may happen to a house, in any order, for Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import ChargerLost, ChargerSeen, TelegramReceived, UpdateChanged, WishesChanged
from ngair.model.phases import ALL_PHASES, KnownPhases, Phases, PhaseSet
from ngair.model.reading import Reading
from ngair.model.rules import MAIN_FUSE, Fuse, OutletWish, Pace, Wishes
from ngair.model.site import Site, apply
from ngair.model.telegram import Telegram
from ngair.model.update import Update
from tests.balance.plant import BOX

SERIALS = ("CHARGER1", "CHARGER2")
SUB = "garage"


@dataclass(frozen=True)
class Told:
    """A telegram, `ago_s` before now by its stamp."""

    current_a: Phases
    sign: tuple[int, int, int]
    fuse: str
    ago_s: float
    clock: int | None


@dataclass(frozen=True)
class Heard:
    """An outlet's update."""

    serial: str
    outlet_id: int
    state: OutletState
    draw_a: float
    car_phases: PhaseSet | None
    foreign_a: int | None


@dataclass(frozen=True)
class Passed:
    """Time."""

    seconds: float


@dataclass(frozen=True)
class Lost:
    """A charger's link went away."""

    serial: str


@dataclass(frozen=True)
class Wished:
    """A user's wish."""

    key: str
    wish: OutletWish
    main_fuse_a: float | None


@dataclass(frozen=True)
class Held:
    """The program is about to restart, or is not after all."""

    holding: bool


Happening = Told | Heard | Passed | Lost | Wished | Held | Literal["again"]

phase_sets = st.sampled_from(
    (ALL_PHASES, (True, False, False), (False, True, False), (False, False, True), (True, True, False))
)
amperes = st.one_of(
    st.floats(0, 40),
    st.sampled_from((None, 0, 6, 24, 25, float("inf"), float("nan"), 5e3)),
)
plain_amperes = st.floats(0, 30)


def tolds(
    ampere: st.SearchStrategy[float | None], fuses: tuple[str, ...] = (MAIN_FUSE, SUB)
) -> st.SearchStrategy[Told]:
    return st.builds(
        Told,
        current_a=st.tuples(ampere, ampere, ampere),
        sign=st.tuples(*[st.sampled_from((1, 1, 1, -1))] * 3),
        fuse=st.sampled_from((MAIN_FUSE, SUB)),
        ago_s=st.sampled_from((0.0, 0.0, 0.0, 0.0, 3.0, -20.0)),
        clock=st.one_of(st.none(), st.integers(0, 59)),
    )


heards = st.builds(
    Heard,
    serial=st.sampled_from(SERIALS),
    outlet_id=st.sampled_from((1, 2)),
    state=st.sampled_from(list(OutletState)),
    draw_a=st.one_of(st.just(0.0), st.floats(0, 20)),
    car_phases=st.one_of(st.none(), phase_sets),
    foreign_a=st.one_of(st.none(), st.just(6)),
)
wishes = st.builds(
    Wished,
    key=st.sampled_from([f"{serial}/{n}" for serial in SERIALS for n in (1, 2)]),
    wish=st.builds(
        OutletWish,
        max_a=st.one_of(st.none(), st.integers(0, 32)),
        priority=st.integers(0, 9),
        paused=st.booleans(),
        fallback_a=st.one_of(st.none(), st.integers(0, 16)),
    ),
    main_fuse_a=st.one_of(st.none(), st.floats(6, 63)),
)
times = st.builds(Passed, st.one_of(st.floats(0, 12), st.sampled_from((1.0, 10.0, 45.0, 100.0, -30.0))))
happenings: st.SearchStrategy[Happening] = st.one_of(
    tolds(amperes),
    tolds(plain_amperes),
    heards,
    heards,
    times,
    times,
    st.builds(Lost, st.sampled_from(SERIALS)),
    wishes,
    st.builds(Held, st.booleans()),
    st.just("again"),
)

ratings = st.tuples(st.floats(6, 63), st.floats(6, 63), st.floats(6, 63))
paces = st.builds(
    Pace,
    margin_a=st.floats(0, 3),
    fallback_a=st.sampled_from((0, 6, 10)),
    raise_after_s=st.sampled_from((0, 5, 30)),
    restart_after_s=st.sampled_from((0, 90)),
    turn_s=st.sampled_from((60, 900)),
)


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """A house with two chargers of two outlets, and a fuse below the main one or none."""
    fuses = [Fuse(name=MAIN_FUSE, rating_a=draw(ratings), power_max_w=draw(st.sampled_from((None, 8000.0))))]
    if draw(st.booleans()):
        fuses.append(
            Fuse(
                name=SUB,
                rating_a=draw(ratings),
                under=MAIN_FUSE,
                chargers=draw(st.sampled_from(((SERIALS[0],), SERIALS, (f"{SERIALS[0]}/2", SERIALS[1])))),
                meter=draw(st.sampled_from((None, "sim:"))),
                reserve_a=draw(st.sampled_from(((0, 0, 0), (2, 0, 5)))),
            )
        )
    boxes = tuple(
        ChargeBox(serial=serial, identity=serial, outlets=(Outlet(id=1), Outlet(id=2, max_a=32))) for serial in SERIALS
    )
    return Site(box=BOX, fuses=tuple(fuses), pace=draw(paces), charge_boxes=boxes)


def happen(site: Site, happening: Happening, now_s: float) -> Site:
    """The site after it."""
    match happening:
        case Told():
            if happening.fuse == SUB and all(fuse.name != SUB for fuse in site.fuses):
                return site
            return apply(site, _telegram(happening, now_s))
        case Heard():
            return apply(site, ChargerSeen(charge_box=_heard(site, happening, now_s)))
        case Lost():
            return apply(site, ChargerLost(serial=happening.serial))
        case Wished():
            known = site.wishes.outlets | {happening.key: happening.wish}
            return apply(site, WishesChanged(wishes=Wishes(outlets=known, main_fuse_a=happening.main_fuse_a)))
        case Held():
            return apply(site, UpdateChanged(Update(holding=happening.holding)))
        case "again":
            return replace(site, meter=replace(site.meter, received_at_s=now_s)) if site.meter.reading else site
        case Passed():
            return site


def _telegram(told: Told, now_s: float) -> TelegramReceived:
    power = [
        None if a is None else (a if a * 230 < 1e9 else 0.0) * s * 230
        for a, s in zip(told.current_a, told.sign, strict=True)
    ]
    reading = Reading(
        time=None if told.clock is None else f"2026-01-01T00:00:{told.clock:02}",
        ident="TST5test",
        current_a=told.current_a,
        voltage_v=(230, 231, 229),
        phase_power_w=(power[0], power[1], power[2]),
    )
    return TelegramReceived(
        telegram=Telegram(data="", wire_len=0, reading=reading), at_s=now_s - told.ago_s, cpu_time_ms=0, fuse=told.fuse
    )


def _heard(site: Site, heard: Heard, now_s: float) -> ChargeBox:
    box = next(box for box in site.charge_boxes if box.serial == heard.serial)
    outlets = tuple(
        replace(
            outlet,
            state=heard.state,
            current_a=drawn(heard.draw_a, heard.car_phases or outlet.phases),
            car_phases=heard.car_phases,
            foreign_a=heard.foreign_a,
            told_at_s=now_s,
        )
        if outlet.id == heard.outlet_id
        else outlet
        for outlet in box.outlets
    )
    return replace(box, connected=True, outlets=outlets)


def drawn(draw_a: float, phases: PhaseSet) -> KnownPhases:
    """So much on each of some phases."""
    a, b, c = (draw_a if used else 0.0 for used in phases)
    return (a, b, c)

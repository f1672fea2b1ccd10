"""Random houses and what happens to them."""

from __future__ import annotations

from hypothesis import strategies as st

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, FailSafe, FailSafeKind, Headroom, Rule, Setpoint, SetpointReason
from ngair.model.events import BoxAnnounced, ChargerLost, ChargerSeen, Event, MeterLinkChanged
from ngair.model.limits import CURRENT_MAX_A, ENERGY_MAX_WH, POWER_MAX_W, VOLTAGE_MAX_V
from ngair.model.phases import PHASE_NAMES
from ngair.model.reading import Reading
from ngair.model.rules import OutletWish, Wishes
from ngair.model.site import Profile
from ngair.model.telegram import Reason
from tests.api.houses import decided, rejection, telegram, wished

PROFILES: st.SearchStrategy[Profile] = st.sampled_from(("1.0", "1.3"))


def numbers(largest: float) -> st.SearchStrategy[float]:
    """What decoders give: whole numbers, and decimals with up to three digits behind the point."""
    whole = st.integers(0, int(largest))
    return st.one_of(whole, st.integers(0, int(largest) * 1000).map(lambda thousandths: thousandths / 1000))


def known_or_not(largest: float) -> st.SearchStrategy[float | None]:
    return st.none() | numbers(largest)


def phases(largest: float) -> st.SearchStrategy[tuple[float | None, float | None, float | None]]:
    return st.tuples(*[known_or_not(largest)] * 3)


TEXTS = st.text(max_size=12)
SERIALS = st.sampled_from(("CB1", "CB2", "CB3"))

READINGS = st.builds(
    Reading,
    ident=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=16),
    meter_id=st.none() | TEXTS,
    power_import_w=known_or_not(POWER_MAX_W),
    power_export_w=known_or_not(POWER_MAX_W),
    current_a=phases(CURRENT_MAX_A),
    voltage_v=phases(VOLTAGE_MAX_V),
    energy_import_wh=known_or_not(ENERGY_MAX_WH),
    energy_export_wh=known_or_not(ENERGY_MAX_WH),
    checked=st.booleans(),
)

OUTLETS = st.builds(
    Outlet,
    id=st.integers(1, 2),
    state=st.sampled_from(OutletState),
    current_a=st.tuples(*[numbers(CURRENT_MAX_A)] * 3),
    told_at_s=st.none() | st.floats(0, 20),
    min_a=st.integers(6, 8),
    max_a=st.integers(8, 32),
    phases=st.tuples(*[st.booleans()] * 3),
    car_phases=st.none() | st.tuples(*[st.booleans()] * 3),
    foreign_a=st.none() | st.integers(0, 32),
    energy_wh=st.integers(0, 10**10),
    power_w=numbers(POWER_MAX_W),
)

CHARGERS = st.builds(
    ChargeBox,
    serial=SERIALS,
    identity=TEXTS,
    firmware=TEXTS,
    endpoint=TEXTS,
    port=st.integers(0, 65535),
    connected=st.booleans(),
    pinned=st.booleans(),
    notice=TEXTS,
    rejected=st.dictionaries(TEXTS, st.integers(1, 10**9), max_size=3),
    outlets=st.lists(OUTLETS, max_size=2).map(tuple),
)

SECONDS = st.floats(-10, 1000)
REASONS = st.builds(
    SetpointReason,
    rule=st.sampled_from(Rule),
    text=TEXTS,
    fuse=st.none() | TEXTS,
    phase=st.sampled_from((None, *PHASE_NAMES)),
    since_s=SECONDS,
    until_s=st.none() | SECONDS,
)
DECISIONS = st.builds(
    Decision,
    setpoints=st.lists(
        st.builds(Setpoint, serial=SERIALS, outlet_id=st.integers(1, 2), setpoint_a=st.integers(0, 32), reason=REASONS),
        max_size=3,
    ).map(tuple),
    headrooms=st.lists(
        st.builds(
            Headroom,
            fuse=st.sampled_from(("main", "garage", "other")),
            other_a=phases(CURRENT_MAX_A),
            left_a=phases(CURRENT_MAX_A),
        ),
        max_size=3,
    ).map(tuple),
    fail_safes=st.lists(
        st.builds(
            FailSafe,
            kind=st.sampled_from(FailSafeKind),
            subject=TEXTS,
            text=TEXTS,
            since_s=SECONDS,
            until_s=st.none() | SECONDS,
        ),
        max_size=3,
    ).map(tuple),
)
OUTLET_WISHES = st.builds(
    OutletWish,
    max_a=st.none() | st.integers(6, 32),
    priority=st.integers(0, 9),
    paused=st.booleans(),
    fallback_a=st.none() | st.integers(0, 32),
)
WISHES = st.builds(
    Wishes,
    outlets=st.dictionaries(st.sampled_from(("CB1/1", "CB1/2", "CB2/1")), OUTLET_WISHES),
    main_fuse_a=st.none() | st.integers(6, 30),
)

EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        telegram,
        READINGS,
        data=st.text(st.characters(max_codepoint=0xFF), max_size=40),
        fuse=st.sampled_from(("main", "main", "garage")),
    ),
    st.builds(rejection, st.sampled_from(Reason)),
    st.builds(MeterLinkChanged, st.sampled_from(("connecting", "up", "silent", "lost", "ended")), TEXTS),
    st.builds(ChargerSeen, CHARGERS),
    st.builds(ChargerLost, SERIALS),
    st.builds(decided, DECISIONS),
    st.builds(wished, WISHES),
    st.builds(BoxAnnounced, st.none() | st.just("ctek-ng-air.local")),
)
"""Everything that can happen, in any order."""

HISTORIES = st.lists(EVENTS, max_size=12)

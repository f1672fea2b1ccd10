"""Random houses and what happens to them."""

from __future__ import annotations

from hypothesis import strategies as st

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import BoxAnnounced, ChargerLost, ChargerSeen, Event, MeterLinkChanged
from ngair.model.limits import CURRENT_MAX_A, ENERGY_MAX_WH, POWER_MAX_W, VOLTAGE_MAX_V
from ngair.model.reading import Reading
from ngair.model.site import Profile
from ngair.model.telegram import Reason
from tests.api.houses import rejection, telegram

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
    setpoint_a=st.none() | st.integers(0, 32),
    energy_wh=st.integers(0, 10**10),
    power_w=numbers(POWER_MAX_W),
    reason=st.none() | TEXTS,
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
    outlets=st.lists(OUTLETS, max_size=2).map(tuple),
)

EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(telegram, READINGS, data=st.text(st.characters(max_codepoint=0xFF), max_size=40)),
    st.builds(rejection, st.sampled_from(Reason)),
    st.builds(MeterLinkChanged, st.sampled_from(("connecting", "up", "silent", "lost", "ended")), TEXTS),
    st.builds(ChargerSeen, CHARGERS),
    st.builds(ChargerLost, SERIALS),
    st.builds(BoxAnnounced, st.none() | st.just("ctek-ng-air.local")),
)
"""Everything that can happen, in any order."""

HISTORIES = st.lists(EVENTS, max_size=12)

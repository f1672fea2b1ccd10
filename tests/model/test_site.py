"""The site after an event: only what the event says has changed, and what was there before is as it was."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import (
    BoxAnnounced,
    ChargerLost,
    ChargerSeen,
    Event,
    InputRejected,
    MeterLinkChanged,
    TelegramReceived,
)
from ngair.model.limits import FRESH_MAX_S, FRESH_MIN_S
from ngair.model.reading import Reading
from ngair.model.rules import Fuse
from ngair.model.site import BoxInfo, HeldValues, Meter, Site, apply, hold
from ngair.model.telegram import Origin, Reason, Rejection, Telegram

EMPTY = Site(
    box=BoxInfo(serial="ABCDEFGH01234567", firmware="ngair.0.0.0-0-g0000000", mac="020000000001"),
    fuses=(Fuse(name="main", rating_a=(25, 25, 25)),),
)
READING = Reading(ident="SIM5", power_import_w=500, current_a=(2, None, 0), energy_import_wh=1_000)
OUTLET = Outlet(id=1, state=OutletState.CHARGING, current_a=(16, 16, 16), energy_wh=5, power_w=11_000)
CHARGER = ChargeBox(serial="CB1", identity="CB1", outlets=(OUTLET,))


def telegram(reading: Reading = READING, at_s: float = 10, data: str = "/SIM5") -> TelegramReceived:
    return TelegramReceived(Telegram(data, len(data), reading), at_s, int(at_s * 1000))


def rejection(reason: Reason = Reason.CHECK) -> InputRejected:
    return InputRejected(Rejection(reason, "why", 100))


def after(*events: Event, site: Site = EMPTY) -> Site:
    for event in events:
        site = apply(site, event)
    return site


def test_a_telegram_is_the_reading_what_is_held_and_its_bytes() -> None:
    meter = after(rejection(), telegram()).meter
    assert (meter.reading, meter.received_at_s, meter.telegrams, meter.last_rejected) == (READING, 10, 1, False)
    assert (meter.raw.cpu_time_ms, meter.raw.len, meter.raw.data) == (10_000, 5, "/SIM5")
    assert meter.rejected == {"check": 1}


@pytest.mark.parametrize(
    ("origin", "ident", "shown"),
    [
        (Origin(), "sim5", ("SIM", "P1")),
        (Origin(vendor="kam"), "SIM5", ("KAM", "P1")),
        (Origin(port="HAN", framing="HDLC", vendor="KFM"), "KFM_001", ("KFM", "HAN")),
        (Origin(port="HAN", framing="HDLC"), "KFM_001", ("", "HAN")),
        (Origin(port="SML", framing="SML"), "", ("", "SML")),
    ],
)
def test_who_made_the_meter_and_from_which_port_it_speaks(origin: Origin, ident: str, shown: tuple[str, str]) -> None:
    found = Telegram("", 0, replace(READING, ident=ident, meter_id="7"), origin)
    meter = after(TelegramReceived(found, 10, 10_000)).meter
    assert ((meter.vendor, meter.port), meter.meter_id) == (shown, "7")


def test_before_the_first_telegram_nobody_made_it() -> None:
    assert (EMPTY.meter.vendor, EMPTY.meter.port, EMPTY.meter.meter_id) == ("", "P1", "")


def test_what_a_reading_does_not_know_is_held_and_stays_unknown_in_the_reading() -> None:
    later = Reading(ident="SIM5", power_export_w=70, current_a=(None, 3, None))
    meter = after(telegram(), telegram(later, 11)).meter
    assert meter.reading == later
    assert meter.held == HeldValues(power_import_w=500, power_export_w=70, current_a=(2, 3, 0), energy_import_wh=1_000)


def test_a_refused_input_is_counted_and_touches_no_value() -> None:
    site = after(telegram())
    refused = after(rejection(), rejection(Reason.NOISE), rejection(), site=site)
    assert refused.meter.rejected == {"check": 2, "noise": 1}
    assert refused.meter.last_rejected
    assert replace(refused.meter, rejected={}, last_rejected=False) == site.meter


def test_a_link_that_changes_touches_no_value() -> None:
    site = after(telegram())
    lost = after(MeterLinkChanged("lost", "why"), site=site)
    assert (lost.meter.link, lost.meter.link_detail) == ("lost", "why")
    assert replace(lost.meter, link="connecting", link_detail="") == site.meter


def test_a_charger_seen_again_is_the_same_one() -> None:
    other = ChargeBox(serial="CB2", identity="CB2")
    changed = replace(CHARGER, firmware="new")
    site = after(ChargerSeen(CHARGER), ChargerSeen(other), ChargerSeen(changed))
    assert site.charge_boxes == (changed, other)


def test_a_lost_charger_may_still_draw_what_it_drew() -> None:
    site = after(ChargerSeen(CHARGER), ChargerSeen(ChargeBox(serial="CB2", identity="CB2")), ChargerLost("CB1"))
    lost, other = site.charge_boxes
    assert (lost.connected, other.connected) == (False, True)
    assert lost.outlets == (replace(OUTLET, state=OutletState.UNAVAILABLE),)
    assert after(ChargerLost("CB9"), site=site) == site


def test_the_box_has_a_name_while_it_is_announced() -> None:
    named = after(BoxAnnounced("ctek-ng-air.local"))
    assert named.box.host_name == "ctek-ng-air.local"
    assert after(BoxAnnounced(None), site=named) == EMPTY


@pytest.mark.parametrize(
    ("times", "fresh_for_s"),
    [
        ([0], FRESH_MAX_S),
        ([0, 1, 2, 3], FRESH_MIN_S),
        ([0, 10, 20, 30], 30),
        ([0, 60, 120], FRESH_MAX_S),
        ([0, 1, 2, 3, 3600, 3601, 3602, 3603, 3604, 3605, 3606, 3607], FRESH_MIN_S),
    ],
    ids=["one telegram", "each second", "every ten seconds", "each minute", "an hour's outage"],
)
def test_how_long_a_reading_may_be_acted_on(times: list[float], fresh_for_s: float) -> None:
    meter = after(*(telegram(at_s=at_s) for at_s in times)).meter
    assert meter.is_fresh(times[-1] + fresh_for_s - 0.5)
    assert not meter.is_fresh(times[-1] + fresh_for_s + 0.5)


def test_before_the_first_telegram_nothing_is_fresh_and_nothing_has_an_age() -> None:
    assert not Meter().is_fresh(0)
    assert Meter().age_s(1e9) is None


amounts = st.none() | st.floats(0, 1e6)
readings = st.builds(
    Reading,
    ident=st.just("SIM5"),
    power_import_w=amounts,
    power_export_w=amounts,
    current_a=st.tuples(amounts, amounts, amounts),
    voltage_v=st.tuples(amounts, amounts, amounts),
    energy_import_wh=amounts,
    energy_export_wh=amounts,
)
serials = st.sampled_from(["CB1", "CB2", "CB3"])
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(telegram, readings, st.floats(0, 1e9), st.text(max_size=5)),
    st.builds(rejection, st.sampled_from(Reason)),
    st.builds(MeterLinkChanged, st.sampled_from(["connecting", "up", "silent", "lost", "ended"]), st.text(max_size=5)),
    st.builds(ChargerSeen, st.builds(lambda serial: replace(CHARGER, serial=serial), serials)),
    st.builds(ChargerLost, serials),
    st.builds(BoxAnnounced, st.none() | st.text(max_size=5)),
)
TOUCHES: dict[type, set[str]] = {
    TelegramReceived: {"meter"},
    InputRejected: {"meter"},
    MeterLinkChanged: {"meter"},
    ChargerSeen: {"charge_boxes"},
    ChargerLost: {"charge_boxes"},
    BoxAnnounced: {"box"},
}


@given(st.lists(events, max_size=30))
def test_any_events_leave_the_rest_alone_and_the_past_as_it_was(happened: list[Event]) -> None:
    site = EMPTY
    for event in happened:
        before = msgspec.json.encode(site)
        new = apply(site, event)
        assert msgspec.json.encode(site) == before, "the old site was changed"
        assert apply(site, event) == new, "the same event gives the same site"
        assert _changed(site, new) <= TOUCHES[type(event)]
        site = new
    assert site.meter.telegrams == sum(isinstance(event, TelegramReceived) for event in happened)
    assert sum(site.meter.rejected.values()) == sum(isinstance(event, InputRejected) for event in happened)
    assert len({box.serial for box in site.charge_boxes}) == len(site.charge_boxes)


@given(readings, readings)
def test_holding_never_forgets(first: Reading, second: Reading) -> None:
    held = hold(hold(HeldValues(), first), second)
    assert hold(held, Reading(ident="")) == held
    for name in ("power_import_w", "power_export_w", "energy_import_wh", "energy_export_wh"):
        known = [value for reading in (first, second) if (value := getattr(reading, name)) is not None]
        assert getattr(held, name) == (known[-1] if known else 0)


def _changed(old: Any, new: Any) -> set[str]:
    return {name for name in old.__struct_fields__ if getattr(old, name) != getattr(new, name)}

"""Each thing that happens is in the log once, with what it was; nothing can flood it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.history.happenings import REFUSED_MIN_S
from ngair.history.journal import FLIP_MIN_S, KEYS_MAX, Journal
from ngair.model.charging import OutletState
from ngair.model.decision import FailSafe, FailSafeKind, Rule
from ngair.model.events import (
    ChargerLost,
    InputRejected,
    LinkState,
    MeterLinkChanged,
    NetworkChanged,
    PasswordChanged,
    TelegramReceived,
    UpdateChanged,
    WishesChanged,
)
from ngair.model.history import EventKind, HistoryEvent
from ngair.model.limits import SETPOINT_REASON_MIN_S
from ngair.model.network import NetworkStatus, Wifi
from ngair.model.reading import HeldCurrent, Reading
from ngair.model.rules import OutletWish, Wishes
from ngair.model.telegram import Reason, Rejection, Telegram
from ngair.model.update import Update, UpdateState
from tests.history.life import NOON, OUTLET, SERIAL, Life

SILENT = FailSafe(kind=FailSafeKind.METER_SILENT, subject="main", text="The meter is silent", since_s=1)


def refused(reason: Reason = Reason.CHECK, fuse: str = "main") -> InputRejected:
    return InputRejected(Rejection(reason, "why", 10), fuse)


def test_a_start_tells_whether_it_was_stopped_before() -> None:
    life = Life()
    life.take()
    life.kill(60)
    life.take()
    life.stop()
    life.kill(30)
    life.take()
    first, second, stop, third = life.kept.events
    assert first.detail == {"version": "1.2.3", "clean": True, "down_s": None}
    assert second.detail == {"version": "1.2.3", "clean": False, "down_s": 60}
    assert third.detail == {"version": "1.2.3", "clean": True, "down_s": 30}
    assert (stop.kind, third.at_s) == (EventKind.STOPPED, NOON + 90)


def test_links_come_and_go() -> None:
    life = Life()
    life.does(MeterLinkChanged("connecting"))
    life.does(MeterLinkChanged("up"))
    life.does(MeterLinkChanged("up"))
    life.wait(20)
    life.does(MeterLinkChanged("silent", "no byte for 30 s"))
    life.wait(20)
    life.does(MeterLinkChanged("lost", "cable"))
    life.does(MeterLinkChanged("lost", fuse="garage"))
    life.outlet(OutletState.AVAILABLE)
    life.wait(20)
    life.does(ChargerLost(SERIAL))
    assert [(e.kind, e.subject) for e in life.kept.events[1:]] == [
        (EventKind.METER_UP, "main"),
        (EventKind.METER_LOST, "main"),
        (EventKind.METER_LOST, "garage"),
        (EventKind.CHARGER_UP, SERIAL),
        (EventKind.CHARGER_LOST, SERIAL),
    ]
    assert "no byte for 30 s" in life.kept.events[2].text


def test_a_restart_neither_ends_a_limit_nor_is_one() -> None:
    life = Life()
    life.outlet(OutletState.CHARGING, 10)
    life.decides(6, Rule.RESTART)
    assert not life.told(EventKind.LIMIT)
    life.wait(15)
    life.decides(10, Rule.FUSE, "L2")
    life.wait(15)
    life.decides(6, Rule.RESTART)
    life.wait(15)
    assert [event.kind for event in life.told(EventKind.LIMIT, EventKind.LIMIT_OVER)] == [EventKind.LIMIT]


def test_a_limit_begins_and_ends_with_what_limits() -> None:
    life = Life()
    limits = (EventKind.LIMIT, EventKind.LIMIT_OVER)
    life.decides(16, Rule.FUSE, "L2")
    assert not life.told(*limits)  # nobody charges
    life.outlet(OutletState.CHARGING, 10)
    for rule in (Rule.FUSE, Rule.SHARE, Rule.PROVING):
        life.wait(15)
        life.decides(10, rule, "L2")
    assert [e.kind for e in life.told(*limits)] == [EventKind.LIMIT]
    assert life.told(EventKind.LIMIT)[0].detail == {"rule": "fuse", "fuse": "main", "phase": "L2"}
    assert life.told(EventKind.LIMIT)[0].subject == OUTLET
    life.decides(16, Rule.FREE)
    assert [e.kind for e in life.told(*limits)] == [EventKind.LIMIT, EventKind.LIMIT_OVER]
    life.wait(15)
    life.decides(0, Rule.TURN)
    life.wait(15)
    life.outlet(OutletState.AVAILABLE)
    assert [e.kind for e in life.told(*limits)] == [*limits, *limits]


def test_a_fuse_that_carries_too_much_is_told_with_how_long_and_how_much() -> None:
    life = Life()
    for current_a in (20, 20.5, 23, 19.8, 20.2, 19.4, 1):
        life.reads((1, current_a, 2))
        life.wait(5)
    life.wait(20)
    begins, ends = life.told(EventKind.OVER_FUSE, EventKind.OVER_FUSE_OVER)
    assert begins.detail == {"phase": "L2", "current_a": 20.5, "rating_a": 20}
    assert ends.detail == {"phase": "L2", "seconds": 15, "most_a": 23}
    assert begins.subject == ends.subject == "main"
    life.reads((17, 1, 1), "garage")
    assert life.told(EventKind.OVER_FUSE)[-1].subject == "garage"


def test_a_fuse_is_not_judged_by_currents_of_an_earlier_list() -> None:
    life = Life()
    reading = Reading(ident="T", current_a=(40, 1, 1), held_current=HeldCurrent(5, (10, 1, 1), 900))
    life.does(TelegramReceived(Telegram("", 0, reading), life.now_s, 1))
    assert not life.told(EventKind.OVER_FUSE)


def test_the_users_rating_counts() -> None:
    life = Life()
    life.does(WishesChanged(Wishes(main_fuse_a=10)))
    life.reads((11, 0, 0))
    assert life.told(EventKind.OVER_FUSE)[0].detail["rating_a"] == 10


def test_fail_safes_and_faults_begin_and_end() -> None:
    life = Life()
    life.fails_safe(SILENT)
    life.fails_safe(replace(SILENT, until_s=99))
    life.wait(15)
    life.fails_safe()
    assert [e.detail for e in life.told(EventKind.FAIL_SAFE, EventKind.FAIL_SAFE_OVER)] == [
        {"kind": "meter silent"},
        {"kind": "meter silent"},
    ]
    life.outlet(OutletState.FAULTED)
    life.wait(15)
    life.outlet(OutletState.CHARGING)
    assert [e.kind for e in life.told(EventKind.FAULT, EventKind.FAULT_OVER)] == [
        EventKind.FAULT,
        EventKind.FAULT_OVER,
    ]


def test_plugging_and_unplugging() -> None:
    life = Life()
    life.outlet(OutletState.AVAILABLE)
    life.wait(10)
    life.outlet(OutletState.CHARGING, 10, 1_000_000)
    life.wait(10)
    life.outlet(OutletState.AVAILABLE, 0, 1_000_050)
    plugged, unplugged = life.told(EventKind.PLUGGED, EventKind.UNPLUGGED)
    assert (plugged.subject, plugged.detail) == (OUTLET, {})
    assert unplugged.detail == {"energy_wh": 50}


def test_wishes_tell_what_changed_and_those_of_one_moment_are_one() -> None:
    life = Life()
    life.does(WishesChanged(Wishes(outlets={OUTLET: OutletWish(max_a=10)})))
    life.does(WishesChanged(Wishes(outlets={OUTLET: OutletWish(max_a=11)}, main_fuse_a=18)))
    life.does(WishesChanged(Wishes(outlets={OUTLET: OutletWish(max_a=12, paused=True)}, main_fuse_a=18)))
    life.wait(15)
    assert [(e.subject, e.detail) for e in life.told(EventKind.WISH)] == [
        (OUTLET, {"max_a": 10}),
        ("", {"main_fuse_a": 18}),
        (OUTLET, {"max_a": 12, "paused": True}),
    ]


def test_refused_input_is_told_once_in_ten_minutes_with_its_count() -> None:
    life = Life()
    for _ in range(5):
        life.does(refused())
    life.does(refused(Reason.NOISE))
    life.does(refused(Reason.CHECK, "garage"))
    life.wait(REFUSED_MIN_S + 1)
    assert [(e.subject, e.detail["reason"], e.detail["count"]) for e in life.told(EventKind.REFUSED)] == [
        ("main", "check", 1),
        ("main", "noise", 1),
        ("garage", "check", 1),
        ("main", "check", 4),
    ]


def test_a_clock_that_is_set_is_told_and_one_that_drifts_is_not() -> None:
    life = Life()
    for _ in range(100):
        life.wait(1)
        life.wall_s += 0.1
    assert not life.told(EventKind.CLOCK_STEPPED)
    life.wall_s -= 3600
    life.wait(1)
    (event,) = life.told(EventKind.CLOCK_STEPPED)
    assert event.detail == {"by_s": -3600}


def test_setpoints_are_told_at_once_and_reasons_now_and_then_but_the_last_for_sure() -> None:
    life = Life()
    life.decides(16)
    life.decides(10, Rule.FUSE, "L1")
    life.decides(10, Rule.FUSE, "L2")
    life.decides(10, Rule.FUSE, "L3")
    life.decides(10, Rule.PROVING)
    assert [(c.before_a, c.setpoint_a, c.phase) for c in life.kept.setpoints] == [(None, 16, None), (16, 10, "L1")]
    life.wait(SETPOINT_REASON_MIN_S)
    assert [(c.before_a, c.setpoint_a, c.rule) for c in life.kept.setpoints[2:]] == [(10, 10, "proving")]
    life.wait(SETPOINT_REASON_MIN_S)
    assert len(life.kept.setpoints) == 3
    life.kill()
    life.decides(10, Rule.PROVING)
    assert len(life.kept.setpoints) == 3
    life.wait(30)
    life.decides(6, Rule.PROVING)
    life.decides(6, Rule.FUSE)
    life.stop()
    assert [(c.before_a, c.setpoint_a, c.rule) for c in life.kept.setpoints[3:]] == [
        (10, 6, "proving"),
        (6, 6, "fuse"),
    ]


def test_a_reason_that_comes_back_before_it_was_told_is_no_change() -> None:
    life = Life()
    for rule in (Rule.FUSE, Rule.SHARE, Rule.FUSE):
        life.decides(10, rule)
    life.wait(60)
    assert [c.rule for c in life.kept.setpoints] == ["fuse"]


LINKS: tuple[LinkState, ...] = ("up", "silent", "lost", "connecting")
flips = st.lists(st.tuples(st.booleans(), st.floats(0, 30)), max_size=40)


@given(flips)
def test_a_flag_flips_at_most_every_ten_seconds_and_ends_as_it_is(told: list[tuple[bool, float]]) -> None:
    journal, now_s, is_on = Journal(), 0.0, False
    seen: list[tuple[float, HistoryEvent]] = []
    for is_on, wait_s in told:
        kind = EventKind.FAULT if is_on else EventKind.FAULT_OVER
        journal.flag("x", is_on, now_s, lambda k=kind: HistoryEvent(at_s=0, kind=k, text=""))  # type: ignore[misc]  # mypy does not infer a lambda's default
        seen += [(now_s, event) for event in journal.take()]
        now_s += wait_s
        journal.tick(now_s)
        seen += [(now_s, event) for event in journal.take()]
    journal.flush()
    seen += [(now_s + FLIP_MIN_S, event) for event in journal.take()]
    kinds = [event.kind for _, event in seen]
    assert kinds == [EventKind.FAULT if n % 2 == 0 else EventKind.FAULT_OVER for n in range(len(kinds))]
    assert (kinds[-1:] == [EventKind.FAULT]) == is_on
    times = [at_s for at_s, _ in seen]
    assert all(b - a >= FLIP_MIN_S - 1e-6 for a, b in pairwise(times))


def test_names_without_end_are_not_watched_without_end() -> None:
    journal = Journal()
    event = HistoryEvent(at_s=0, kind=EventKind.FAULT, text="")
    for n in range(3 * KEYS_MAX):
        journal.flag(n, True, 0, lambda: event)
        journal.seldom(f"{n}", 60, event, 0)
    assert len(journal.take()) == KEYS_MAX
    for n in range(3 * KEYS_MAX):
        journal.flag(n, False, 20, lambda: event)
    journal.take()
    journal.flag("new", True, 100, lambda: event)
    assert len(journal.take()) == 1


def test_what_flickers_is_told_more_and_more_seldom_until_it_is_calm() -> None:
    journal = Journal()
    event = HistoryEvent(at_s=0, kind=EventKind.FAULT, text="")
    told: list[int] = []
    for second in range(0, 86_400, 5):
        journal.flag("x", second % 10 == 0, second, lambda: event)
        journal.tick(second)
        told += [second] * len(journal.take())
    assert [b - a for a, b in pairwise(told)][:6] == [15, 15, 15, 15, 15, 15]
    assert len([second for second in told if second > 43_200]) < 80
    journal.flag("x", False, 90_000, lambda: event)
    journal.take()
    for second in (100_000, 100_020, 100_040, 100_060):
        journal.flag("x", second % 40 == 0, second, lambda: event)
        assert len(journal.take()) == 1


def test_what_lasts_is_not_forgotten_for_new_names() -> None:
    journal = Journal()
    event = HistoryEvent(at_s=0, kind=EventKind.FAULT, text="")
    journal.flag("lasting", True, 0, lambda: event)
    for n in range(3 * KEYS_MAX):
        journal.flag(n, True, 20 * n, lambda: event)
        journal.flag(n, False, 20 * n + 10, lambda: event)
    journal.take()
    journal.flag("lasting", True, 10**6, lambda: event)
    assert journal.take() == ()


def test_a_limit_is_not_over_because_the_charger_is_lost() -> None:
    life = Life()
    life.outlet(OutletState.CHARGING, 10)
    life.decides(10, Rule.FUSE)
    life.wait(20)
    life.does(ChargerLost(SERIAL))
    life.wait(20)
    assert not life.told(EventKind.LIMIT_OVER)


def test_a_stop_tells_what_was_held_back() -> None:
    life = Life()
    life.does(MeterLinkChanged("up"))
    life.does(MeterLinkChanged("lost"))
    life.stop()
    assert life.kept.kinds() == [EventKind.STARTED, EventKind.METER_UP, EventKind.METER_LOST, EventKind.STOPPED]


deeds = st.one_of(
    st.tuples(st.just("link"), st.integers(0, 3)),
    st.tuples(st.just("outlet"), st.integers(0, 8)),
    st.tuples(st.just("decide"), st.integers(0, 11)),
    st.tuples(st.just("fuse"), st.integers(0, 40)),
    st.tuples(st.just("refuse"), st.integers(0, 1)),
    st.tuples(st.just("wish"), st.integers(6, 32)),
    st.tuples(st.just("clock"), st.sampled_from((-7200, -6, 6, 10**7))),
    st.tuples(st.just("register"), st.sampled_from((0, 10**6, 10**9))),
    st.tuples(st.just("lose"), st.just(0)),
    st.tuples(st.just("fail"), st.integers(0, 1)),
)


@settings(max_examples=40)
@given(st.lists(deeds, min_size=1, max_size=12), st.sampled_from((0.2, 1, 5)))
def test_no_site_floods_the_log(round_of_deeds: list[tuple[str, int]], every_s: float) -> None:
    """What a hostile site does again and again for five minutes."""
    life = Life()
    end_s = life.now_s + 300
    while life.now_s < end_s:
        for what, much in round_of_deeds:
            _do(life, what, much)
        life.wait(every_s)
    minutes = 5 + 1
    counts: dict[tuple[EventKind, str], int] = {}
    for event in life.kept.events:
        counts[event.kind, event.subject] = counts.get((event.kind, event.subject), 0) + 1
    phases = {EventKind.OVER_FUSE: 3, EventKind.OVER_FUSE_OVER: 3}
    assert all(count <= 6 * minutes * phases.get(kind, 1) for (kind, _), count in counts.items())
    assert len(life.kept.sessions) <= 2 * 6 * minutes
    assert life.batches <= 60 * minutes * 3


def _do(life: Life, what: str, much: int) -> None:
    if what == "link":
        life.does(MeterLinkChanged(LINKS[much]))
    elif what == "outlet":
        life.outlet(OutletState(much), 10)
    elif what == "decide":
        life.decides(10, list(Rule)[much])
    elif what == "fuse":
        life.reads((much, 0, 0))
    elif what == "register":
        life.reads(energy_wh=much)
    elif what == "refuse":
        life.does(refused(list(Reason)[much]))
    elif what == "wish":
        life.does(WishesChanged(Wishes(outlets={OUTLET: OutletWish(max_a=much)})))
    elif what == "clock":
        life.wall_s = max(0, life.wall_s + much)
        life.take()
    elif what == "lose":
        life.does(ChargerLost(SERIAL))
    else:
        life.fails_safe(*[SILENT][:much])


def test_a_confirmed_update_is_told_with_both_versions() -> None:
    life = Life()
    life.does(UpdateChanged(Update(state="trial", version="0.7.0", from_version="0.6.0", holding=True)))
    assert not life.told(EventKind.UPDATED)
    life.does(UpdateChanged(Update()))
    (event,) = life.told(EventKind.UPDATED)
    assert event.detail == {"version": "0.7.0", "from_version": "0.6.0"}
    assert event.text == "Updated to ngair 0.7.0 from 0.6.0"


@pytest.mark.parametrize("under_way", ["receiving", "installing", "waiting", "restarting", "trial"])
def test_an_update_that_fails_is_told_with_its_reason(under_way: UpdateState) -> None:
    life = Life()
    life.does(UpdateChanged(Update(state=under_way, version="0.7.0", progress=3)))
    failed = Update(state="failed", version="0.7.0", reason="damaged", detail="A file in it is damaged.")
    life.does(UpdateChanged(failed))
    life.does(UpdateChanged(failed))
    (event,) = life.told(EventKind.UPDATE_FAILED)
    assert event.detail == {"version": "0.7.0", "reason": "damaged"}
    assert event.text == "The update to ngair 0.7.0 failed: A file in it is damaged."


def test_a_failure_that_is_shown_after_a_start_is_no_news() -> None:
    life = Life()
    life.does(UpdateChanged(Update(state="failed", version="0.7.0", reason="crashed")))
    life.does(UpdateChanged(Update()))
    assert not life.told(EventKind.UPDATE_FAILED, EventKind.UPDATED)


def test_uploads_that_fail_all_day_do_not_flood_the_log() -> None:
    life = Life()
    for _ in range(100):
        life.does(UpdateChanged(Update(state="receiving")))
        life.does(UpdateChanged(Update(state="failed", reason="unsigned")))
        life.wait(1)
    assert len(life.told(EventKind.UPDATE_FAILED)) <= 11


def test_the_network_comes_and_goes() -> None:
    life = Life()
    wifi = Wifi(radio=True, configured=True, connected=True, ssid=b"At home\xff")
    life.does(NetworkChanged(NetworkStatus(managed=True, wifi=Wifi(radio=True))))
    life.does(NetworkChanged(NetworkStatus(managed=True, wifi=wifi)))
    life.wait(20)
    life.does(NetworkChanged(NetworkStatus(managed=True, wifi=Wifi(radio=True))))
    life.wait(20)
    kinds = (EventKind.NETWORK_UP, EventKind.NETWORK_LOST)
    assert [event.kind for event in life.told(*kinds)] == list(kinds)
    assert life.told(EventKind.NETWORK_UP)[0].detail == {"ssid": "At home\\xff"}


def test_a_network_that_others_look_after_is_not_in_the_log() -> None:
    life = Life()
    life.does(NetworkChanged(NetworkStatus(wifi=Wifi(connected=True))))
    assert not life.told(EventKind.NETWORK_UP, EventKind.NETWORK_LOST)


def test_setup_mode_is_told_when_it_begins_with_why() -> None:
    life = Life()
    opening = NetworkStatus(managed=True, setup="opening", detail="No network is configured")
    life.does(NetworkChanged(opening))
    life.does(NetworkChanged(replace(opening, setup="open")))
    life.does(NetworkChanged(replace(opening, setup="off")))
    (event,) = life.told(EventKind.SETUP)
    assert event.detail == {"reason": "No network is configured"}


def test_another_password_is_told_and_nothing_of_it() -> None:
    life = Life()
    life.does(PasswordChanged())
    (event,) = life.told(EventKind.PASSWORD_SET)
    assert (event.subject, event.detail) == ("", {})

"""When setup mode opens its access point, joins and goes back: cases one by one, and any course of events."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from ngair.device.inside import is_inside
from ngair.device.setup import SetupMode
from ngair.device.setup_effects import (
    Close,
    Done,
    Effect,
    Failed,
    Join,
    Joined,
    JoinFault,
    Kept,
    Open,
    Opened,
    Rejoin,
    Result,
)
from ngair.model.limits import (
    ACT_GRACE_S,
    NEVER_WORKED_S,
    REJOIN_FIRST_S,
    REJOIN_MAX_S,
    SETUP_IDLE_S,
    TELL_AFTER_FETCH_S,
    TELL_BOTH_S,
    TELL_MAX_S,
    UNCONFIGURED_S,
)
from ngair.model.network import SetupReason, Wifi

NOTHING = Wifi(radio=True)
LOST = Wifi(radio=True, configured=True)
HOME = Wifi(radio=True, configured=True, connected=True, ssid=b"home", rssi_dbm=-50, addresses=("10.0.0.7",))
CABLE = Wifi(radio=True, configured=True, connected=True, addresses=("10.0.0.8",))
NO_RADIO = Wifi()
POINT = "192.168.4.1"
WRONG = Failed("The password is wrong.", "wrong password")
REFUSED = Failed("The driver says no.")


class Driven:
    """Setup mode with a world around it in which effects succeed unless a test says otherwise."""

    def __init__(self, wifi: Wifi = NOTHING, kept: Kept | None = None, *, both: bool = False) -> None:
        self.now_s = 1000.0
        self.both = both
        self.wifi = wifi
        self.mode = SetupMode(kept or Kept(), self.now_s)
        self.results: dict[type[Effect], Result] = {
            Open: Opened(POINT),
            Close: Done(),
            Join: Joined(HOME),
            Rejoin: Done(),
        }
        self.done: list[Effect] = []
        self.is_open = False
        self.look()

    def look(self, wifi: Wifi | None = None) -> None:
        self.wifi = wifi or self.wifi
        self.is_open = self.is_open and self.wifi.radio
        self.mode.look(replace(self.wifi, is_access_point=self.is_open), self.now_s, both=self.both)

    def run(self, seconds: float = 0.0) -> list[Effect]:
        """What is done in so many seconds."""
        before, end_s = len(self.done), self.now_s + seconds
        while True:
            while (effect := self.mode.next(self.now_s)) is not None:
                self.done.append(effect)
                result = self.results[type(effect)]
                if not isinstance(result, Failed) and isinstance(effect, Open | Close):
                    self.is_open = isinstance(effect, Open)
                self.mode.over(result, self.now_s)
            if self.now_s >= end_s:
                return self.done[before:]
            self.now_s = min(end_s, self.now_s + 1.0)
            self.look()

    def opened(self, reason: SetupReason = "start") -> Driven:
        """In setup mode, with the access point open."""
        self.mode.begin(reason, self.now_s)
        self.run(ACT_GRACE_S)
        assert self.mode.state == "open"
        self.done.clear()
        return self


class TestBySelf:
    def test_a_box_without_any_network_opens_its_access_point_after_half_a_minute(self) -> None:
        box = Driven()
        assert box.run(UNCONFIGURED_S - 1) == [Close()]  # one that was left by a program before
        assert box.mode.state == "off"
        assert box.run(ACT_GRACE_S + 1) == [Open()]
        assert (box.mode.state, box.mode.reason, box.mode.address) == ("open", "nothing configured", POINT)

    def test_it_stays_open_until_somebody_comes(self) -> None:
        box = Driven()
        box.run(10 * SETUP_IDLE_S)
        assert box.mode.state == "open"

    def test_networks_that_never_worked_are_given_a_quarter_of_an_hour(self) -> None:
        box = Driven(LOST)
        assert Open() not in box.run(NEVER_WORKED_S - 1)
        assert Open() in box.run(ACT_GRACE_S + 1)
        assert box.mode.reason == "never worked"

    def test_it_goes_back_to_such_networks_between(self) -> None:
        box = Driven(LOST)
        box.run(NEVER_WORKED_S + ACT_GRACE_S)
        assert box.run(SETUP_IDLE_S + 10)[:2] == [Close(), Rejoin()]
        assert box.mode.state == "off"
        assert Open() in box.run(NEVER_WORKED_S + 10)

    @pytest.mark.parametrize("kept", [Kept(wifi_worked=True), Kept(wired_worked=True)])
    def test_a_network_that_worked_once_is_waited_for_for_ever(self, kept: Kept) -> None:
        box = Driven(LOST, kept)
        assert Open() not in box.run(20 * NEVER_WORKED_S)

    def test_a_cable_that_is_pulled_out_opens_nothing(self) -> None:
        box = Driven(CABLE)
        box.run(10)
        box.look(NOTHING)
        assert box.run(20 * NEVER_WORKED_S) == []
        assert "cable" in box.mode.detail

    def test_a_box_that_had_a_cable_and_starts_without_any_network_opens_after_a_quarter_of_an_hour(self) -> None:
        box = Driven(NOTHING, Kept(wired_worked=True))
        assert Open() not in box.run(NEVER_WORKED_S - 1)
        assert Open() in box.run(ACT_GRACE_S + 1)

    def test_a_cables_network_that_takes_its_time_opens_nothing(self) -> None:
        box = Driven()
        box.run(UNCONFIGURED_S - 2)
        box.look(CABLE)
        assert box.run(NEVER_WORKED_S) == []

    def test_a_cable_that_comes_later_closes_it_when_nobody_uses_it(self) -> None:
        box = Driven()
        box.run(UNCONFIGURED_S + 2)
        box.look(CABLE)
        assert box.run(SETUP_IDLE_S - UNCONFIGURED_S) == []
        assert box.run(UNCONFIGURED_S + 10) == [Close()]

    def test_without_a_radio_nothing_opens_and_it_says_so(self) -> None:
        box = Driven(NO_RADIO)
        assert box.run(NEVER_WORKED_S) == [Close()]
        assert "no Wi-Fi radio" in box.mode.detail

    def test_while_nothing_is_known_of_the_radio_nothing_is_done(self) -> None:
        mode = SetupMode(Kept(), 0.0)
        assert mode.next(0.0) == Close()
        mode.over(Done(), 0.0)
        assert mode.next(1e6) is None


class TestByOwner:
    @pytest.mark.parametrize("reason", ["button", "start", "page"])
    def test_it_opens_whatever_network_there_is(self, reason: SetupReason) -> None:
        box = Driven(HOME)
        box.run(1)
        box.mode.begin(reason, box.now_s)
        assert box.run(ACT_GRACE_S) == [Open()]
        assert box.mode.reason == reason

    def test_the_answer_to_the_page_has_a_moment_to_leave(self) -> None:
        box = Driven(HOME)
        box.run(1)
        box.mode.begin("page", box.now_s)
        assert box.run(ACT_GRACE_S / 2) == []

    def test_it_ends_without_a_request_for_a_quarter_of_an_hour_and_goes_back(self) -> None:
        box = Driven(HOME).opened("button")
        box.look(LOST)
        box.run(SETUP_IDLE_S / 2)
        box.mode.heard(box.now_s)
        assert box.run(SETUP_IDLE_S - 1) == []
        assert box.run(2) == [Close(), Rejoin()]

    def test_the_button_counts_for_more_than_the_page(self) -> None:
        box = Driven(HOME).opened("button")
        box.mode.begin("page", box.now_s)
        assert box.mode.reason == "button"
        box.mode.end(box.now_s)
        box.mode.begin("page", box.now_s)
        box.mode.begin("button", box.now_s)
        assert box.mode.reason == "button"

    def test_it_ends_when_the_owner_says_so(self) -> None:
        box = Driven(HOME).opened("page")
        box.mode.end(box.now_s)
        assert box.mode.state == "off"
        assert box.run(ACT_GRACE_S) == [Close()]


class TestOneRadio:
    def test_the_access_point_gives_way_to_the_network_and_comes_back_to_tell_its_address(self) -> None:
        box = Driven().opened()
        box.mode.ask(b"home", "secret", box.now_s)
        assert box.mode.closes_at_s is None
        assert box.run(ACT_GRACE_S) == [Close(), Join(b"home", "secret"), Open()]
        assert box.mode.state == "telling"
        assert box.mode.joined == HOME

    def test_told_it_closes_a_minute_later_and_goes_to_the_network_for_good(self) -> None:
        box = self._telling()
        box.run(20)
        box.mode.told(box.now_s)
        assert box.run(TELL_AFTER_FETCH_S - 1) == []
        assert box.run(2) == [Close(), Rejoin()]
        box.look(HOME)
        assert box.run(NEVER_WORKED_S) == []

    def test_done_closes_it_at_once(self) -> None:
        box = self._telling()
        assert box.mode.may_end
        box.mode.end(box.now_s)
        assert box.run(ACT_GRACE_S) == [Close(), Rejoin()]

    def test_told_to_nobody_it_closes_after_five_minutes(self) -> None:
        box = self._telling()
        assert box.run(TELL_MAX_S - 2) == []
        assert box.run(3) == [Close(), Rejoin()]

    def test_an_access_point_that_does_not_open_again_keeps_nobody_from_the_network(self) -> None:
        box = Driven().opened()
        box.results[Open] = REFUSED
        box.mode.ask(b"home", None, box.now_s)
        box.run(ACT_GRACE_S)
        box.look(LOST)
        assert box.run(REJOIN_FIRST_S) == [Close(), Rejoin()]

    @pytest.mark.parametrize("failed", [WRONG, Failed("It is gone.", "not found"), Failed("", "no address")])
    def test_a_network_that_cannot_be_joined_brings_the_access_point_back_with_the_reason(self, failed: Failed) -> None:
        box = Driven().opened()
        box.results[Join] = failed
        box.mode.ask(b"home", "secret", box.now_s)
        assert box.run(ACT_GRACE_S)[-1] == Open()
        assert box.mode.state == "open"
        assert box.mode.fault == JoinFault(b"home", failed.failure, failed.text or "The network could not be joined.")

    def test_the_next_try_forgets_the_reason(self) -> None:
        box = Driven().opened()
        box.results[Join] = WRONG
        box.mode.ask(b"home", "secret", box.now_s)
        box.run(ACT_GRACE_S)
        box.mode.ask(b"home", "right", box.now_s)
        assert box.mode.fault is None

    def test_an_access_point_that_does_not_close_ends_the_try(self) -> None:
        box = Driven().opened()
        box.results[Close] = REFUSED
        box.mode.ask(b"home", "secret", box.now_s)
        box.run(ACT_GRACE_S)
        assert box.mode.fault == JoinFault(b"home", "failed", REFUSED.text)
        assert box.mode.state == "open"

    def test_ended_by_its_owner_while_a_network_is_tried_it_stays_with_what_becomes_of_it(self) -> None:
        box = Driven().opened()
        box.mode.ask(b"home", "secret", box.now_s)
        box.now_s += ACT_GRACE_S
        assert box.mode.next(box.now_s) == Close()
        box.mode.over(Done(), box.now_s)
        assert box.mode.next(box.now_s) == Join(b"home", "secret")
        box.mode.end(box.now_s)
        assert box.mode.state == "off"
        box.mode.over(Joined(HOME), box.now_s)
        box.look(HOME)
        assert box.run(NEVER_WORKED_S) == []
        assert box.mode.kept.wifi_worked

    def _telling(self) -> Driven:
        box = Driven().opened()
        box.mode.ask(b"home", None, box.now_s)
        box.run(ACT_GRACE_S)
        box.look(LOST)  # the radio is an access point again
        box.done.clear()
        return box


class TestTwoRadios:
    def test_the_network_is_joined_beside_the_access_point_which_closes_later(self) -> None:
        box = Driven(both=True).opened()
        box.mode.ask(b"home", "secret", box.now_s)
        assert box.run(ACT_GRACE_S) == [Join(b"home", "secret")]
        box.look(HOME)
        assert (box.mode.state, box.mode.address) == ("telling", POINT)
        assert box.run(TELL_BOTH_S - 2) == []
        assert box.run(3) == [Close()]

    def test_a_network_that_cannot_be_joined_leaves_the_access_point_alone(self) -> None:
        box = Driven(both=True).opened()
        box.results[Join] = WRONG
        box.mode.ask(b"home", "secret", box.now_s)
        assert box.run(ACT_GRACE_S) == [Join(b"home", "secret")]
        assert box.mode.state == "open"
        assert box.mode.fault is not None


class TestTroubles:
    def test_an_access_point_that_does_not_open_is_tried_again_ever_more_seldom(self) -> None:
        box = Driven()
        box.results[Open] = REFUSED
        box.mode.begin("start", box.now_s)
        tried_s = [box.now_s for _ in range(2000) if Open() in box.run(1)]
        waits_s = [after - before for before, after in pairwise(tried_s)]
        assert waits_s[:4] == [REJOIN_FIRST_S * factor for factor in (1, 2, 4, 8)]
        assert waits_s[-1] == REJOIN_MAX_S
        assert box.mode.state == "opening"
        assert box.mode.detail == REFUSED.text

    def test_a_lost_network_is_tried_again_for_ever(self) -> None:
        box = Driven(HOME)
        box.run(100)
        box.look(LOST)
        begun_s = box.now_s
        assert box.run(REJOIN_FIRST_S - 1) == []
        tried_s = [box.now_s for _ in range(5000) if Rejoin() in box.run(1)]
        assert tried_s[0] - begun_s == REJOIN_FIRST_S
        assert tried_s[-1] - tried_s[-2] == REJOIN_MAX_S
        box.look(HOME)
        assert box.mode.detail == ""
        box.look(LOST)
        assert box.run(REJOIN_FIRST_S) == [Rejoin()]

    def test_why_it_cannot_be_tried_is_told(self) -> None:
        box = Driven(LOST, Kept(wifi_worked=True))
        box.results[Rejoin] = Failed("NetworkManager does not run.")
        box.run(REJOIN_FIRST_S)
        assert "NetworkManager does not run." in box.mode.detail

    def test_a_radio_that_was_unplugged_gets_its_access_point_again(self) -> None:
        box = Driven().opened()
        box.look(NO_RADIO)
        assert box.mode.address == ""
        box.look(NOTHING)
        assert box.run(1) == [Open()]

    def test_an_access_point_that_went_away_is_opened_again_but_not_at_once(self) -> None:
        box = Driven().opened()
        box.is_open = False
        box.look()
        assert box.mode.state == "opening"
        assert box.run(REJOIN_FIRST_S - 1) == []
        assert box.run(1) == [Open()]

    def test_whoever_did_the_effects_may_begin_anew(self) -> None:
        box = Driven().opened()
        box.mode.ask(b"home", None, box.now_s)
        box.now_s += ACT_GRACE_S
        assert box.mode.next(box.now_s) == Close()
        box.mode.restart()
        assert box.run(1) == [Close(), Join(b"home", None), Open()]

    def test_what_is_shown_of_a_join_has_no_password(self) -> None:
        assert "secret" not in repr(Join(b"home", "secret"))


@pytest.mark.parametrize(
    ("local", "peer", "inside"),
    [
        ("192.168.4.1", "192.168.4.7", True),
        ("::ffff:192.168.4.1", "::ffff:192.168.4.7", True),
        ("192.168.4.1", "192.168.5.7", False),  # by another link of the box: Linux takes it
        ("192.168.4.1", "fe80::1", False),
        ("10.0.0.7", "192.168.4.7", False),
        ("fe80::1", "fe80::2", False),
        ("localhost", "192.168.4.7", False),
        ("", "", False),
    ],
)
def test_inside_is_who_came_by_the_access_point(local: str, peer: str, inside: bool) -> None:
    assert is_inside(local, peer, POINT) is inside
    assert not is_inside(local, peer, "")


WIFIS = st.sampled_from([NOTHING, LOST, HOME, CABLE, NO_RADIO])
REASONS: st.SearchStrategy[SetupReason] = st.sampled_from(["button", "start", "page"])
FAULTS = st.sampled_from([REFUSED, WRONG, Failed("Gone.", "not found")])


class AnyCourse(RuleBasedStateMachine):
    """Anything may happen at any time, in any order."""

    @initialize(
        kept=st.builds(Kept, wifi_worked=st.booleans(), wired_worked=st.booleans()), both=st.booleans(), wifi=WIFIS
    )
    def start(self, kept: Kept, both: bool, wifi: Wifi) -> None:
        self.now_s = 0.0
        self.both = both
        self.mode = SetupMode(kept, 0.0)
        self.doing: Effect | None = None
        self.is_open = False
        self.asked = False
        self.wifi = wifi
        self.look(wifi, both)

    @rule(wifi=WIFIS, both=st.booleans())
    def look(self, wifi: Wifi, both: bool) -> None:
        self.wifi, self.both = wifi, both
        if not wifi.radio:
            self.is_open = False
        seen = replace(wifi, is_access_point=self.is_open)
        self.mode.look(seen, self.now_s, both=both, at_rest=self.doing is None)

    @rule()
    def vanish(self) -> None:
        self.is_open = False

    @rule(reason=REASONS)
    def begin(self, reason: SetupReason) -> None:
        self.mode.begin(reason, self.now_s)
        assert self.mode.reason

    @rule()
    def ask(self) -> None:
        could = self.mode.may_join
        self.mode.ask(b"home", "secret", self.now_s)
        assert (self.mode.state == "joining") == (could or self.mode.state == "joining")

    @rule()
    def end(self) -> None:
        self.mode.end(self.now_s)
        assert self.mode.state == "off"

    @rule(told=st.booleans())
    def heard(self, told: bool) -> None:
        self.mode.heard(self.now_s)
        if told:
            self.mode.told(self.now_s)

    @rule(seconds=st.floats(0, 2000))
    def later(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def next(self) -> None:
        effect = self.mode.next(self.now_s)
        if self.doing is not None:
            assert effect is None, "two at once"
        elif effect is not None:
            self.doing = effect
            self._judge(effect)

    @precondition(lambda self: self.doing is not None)
    @rule(fault=st.none() | FAULTS)
    def over(self, fault: Failed | None) -> None:
        doing, self.doing = self.doing, None
        assert doing is not None
        if fault is not None:
            self.mode.over(fault, self.now_s)
            if isinstance(doing, Join) and self.mode.reason:
                assert self.mode.fault is not None
                assert self.mode.fault.failure == fault.failure
        else:
            self._succeed(doing)

    @rule()
    def restart(self) -> None:
        self.doing = None
        self.mode.restart()

    @invariant()
    def what_is_shown_holds_together(self) -> None:
        mode = self.mode
        assert (mode.state == "off") == (not mode.reason)
        assert mode.state != "open" or mode.address
        assert mode.state == "off" or mode.detail
        if mode.state == "telling":
            assert mode.closes_at_s is not None

    def teardown(self) -> None:
        """Whatever happened: from here on, when all goes well, it comes to rest where it has reason to be."""
        if not hasattr(self, "mode"):
            return
        self.look(self.wifi, self.both)
        self._settle(REJOIN_MAX_S)
        mode = self.mode
        assert mode.state != "joining", "a join without an end"
        if self.wifi.radio:
            assert self.is_open == bool(mode.reason), "open without a reason, or not open with one"
        if mode.reason and mode.closes_at_s is not None:
            self.now_s = mode.closes_at_s
            self._settle(0)
            assert (mode.state, self.is_open) == ("off", False), "stuck"

    def _settle(self, patience_s: float) -> None:
        for _ in range(10):
            self.now_s += ACT_GRACE_S
            self.next()
            if self.doing is not None:
                doing, self.doing = self.doing, None
                self._succeed(doing)
            self.now_s += patience_s if self.mode.closes_at_s is None else 0

    def _succeed(self, doing: Effect) -> None:
        if isinstance(doing, Open):
            self.is_open = True
            self.mode.over(Opened(POINT), self.now_s)
        elif isinstance(doing, Join):
            self.mode.over(Joined(HOME), self.now_s)
        else:
            self.is_open = self.is_open and not isinstance(doing, Close)
            self.mode.over(Done(), self.now_s)

    def _judge(self, effect: Effect) -> None:
        """Whether there is reason for what is done."""
        if isinstance(effect, Open):
            assert self.mode.reason, "opened without a reason"
        if isinstance(effect, Rejoin):
            assert not self.mode.reason
            assert self.wifi.configured
            assert not self.is_open or not self.wifi.radio


TestAnyCourse = AnyCourse.TestCase

"""The bound on guesses: nobody has more than their share, strangers use up theirs only, and nothing grows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.device.attempts import Attempts
from ngair.model.limits import (
    ATTEMPT_EVERY_S,
    ATTEMPT_KNOWN_MAX,
    ATTEMPT_KNOWN_S,
    ATTEMPT_PEERS_MAX,
    ATTEMPTS_AT_ONCE,
    STRANGER_EVERY_S,
    STRANGERS_AT_ONCE,
)

OWNER, STRANGER = "192.0.2.5", "192.0.2.66"


def tried(attempts: Attempts, peer: str, now_s: float, count: int = 1000) -> int:
    """How many of so many attempts may be made."""
    return sum(attempts.begin(peer, now_s) == 0 for _ in range(count))


def test_a_peer_has_some_at_once_and_then_one_in_a_while() -> None:
    attempts = Attempts()
    assert tried(attempts, STRANGER, 0) == ATTEMPTS_AT_ONCE
    assert attempts.begin(STRANGER, 0) == ATTEMPT_EVERY_S
    assert attempts.begin(STRANGER, 10) == ATTEMPT_EVERY_S - 10
    assert tried(attempts, STRANGER, ATTEMPT_EVERY_S) == 1
    assert tried(attempts, STRANGER, 1e6) == ATTEMPTS_AT_ONCE


def test_strangers_share_what_all_of_them_have() -> None:
    attempts = Attempts()
    peers = [f"192.0.2.{number}" for number in range(100)]
    assert sum(tried(attempts, peer, 0, 3) for peer in peers) == STRANGERS_AT_ONCE
    assert attempts.begin("198.51.100.1", 0) == STRANGER_EVERY_S
    assert sum(tried(attempts, peer, STRANGER_EVERY_S, 3) for peer in peers) == 1


def test_who_had_success_is_never_locked_out_by_strangers() -> None:
    attempts = Attempts()
    assert attempts.begin(OWNER, 0) == 0
    attempts.succeeded(OWNER, 0)
    for second in range(3600):
        tried(attempts, f"192.0.2.{second % 250 + 6}", second, 3)
        if second % 600 == 0:
            assert tried(attempts, OWNER, second) == ATTEMPTS_AT_ONCE


def test_success_costs_nothing() -> None:
    attempts = Attempts()
    for _ in range(1000):
        assert attempts.begin(OWNER, 0) == 0
        attempts.succeeded(OWNER, 0)


def test_what_is_not_made_costs_nothing() -> None:
    attempts = Attempts()
    for _ in range(1000):
        assert attempts.begin(STRANGER, 0) == 0
        attempts.give_back(STRANGER, 0)
    assert tried(attempts, STRANGER, 0) == ATTEMPTS_AT_ONCE


def test_success_long_ago_is_forgotten() -> None:
    attempts = Attempts()
    attempts.begin(OWNER, 0)
    attempts.succeeded(OWNER, 0)
    for number in range(STRANGERS_AT_ONCE):
        attempts.begin(f"198.51.100.{number}", ATTEMPT_KNOWN_S + 1)
    assert attempts.begin(OWNER, ATTEMPT_KNOWN_S + 1) > 0


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("127.0.0.1", "127.3.2.1", True),
        ("127.0.0.1", "::1", True),
        ("::ffff:127.0.0.9", "127.0.0.1", True),
        ("", "somebody", False),
    ],
)
def test_who_counts_together(one: str, other: str, together: bool) -> None:
    attempts = Attempts()
    assert tried(attempts, one, 0) == ATTEMPTS_AT_ONCE
    assert tried(attempts, other, 0) == (0 if together else ATTEMPTS_AT_ONCE)


def test_one_of_a_network_that_had_success_has_attempts_of_its_own() -> None:
    """In a house everybody has the same IPv6 network, the owner and the stranger."""
    attempts = Attempts()
    attempts.begin("2001:db8::5", 0)
    attempts.succeeded("2001:db8::5", 0)
    assert tried(attempts, "2001:db8::66", 0) == ATTEMPTS_AT_ONCE
    assert tried(attempts, "2001:db8::5", 0) == ATTEMPTS_AT_ONCE


@pytest.mark.parametrize("here", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_strangers_do_not_use_up_what_the_machine_itself_has(here: str) -> None:
    attempts = Attempts()
    for number in range(100):
        tried(attempts, f"192.0.2.{number}", 0)
    assert tried(attempts, here, 0) == ATTEMPTS_AT_ONCE


def test_nothing_grows() -> None:
    attempts = Attempts()
    for number in range(3 * ATTEMPT_PEERS_MAX):
        attempts.begin(f"10.0.{number // 256}.{number % 256}", number * 100.0)
        attempts.succeeded(f"10.1.{number // 256}.{number % 256}", number * 100.0)
    assert attempts.held <= ATTEMPT_PEERS_MAX + ATTEMPT_KNOWN_MAX


PEERS = st.one_of(
    st.ip_addresses().map(str), st.sampled_from([OWNER, STRANGER, "::1", "fe80::1%eth0"]), st.text(max_size=20)
)
ACTS = st.tuples(PEERS, st.floats(0, 1000), st.sampled_from(["wrong", "wrong", "wrong", "right", "unmade"]))


@given(st.lists(ACTS, max_size=200))
def test_whatever_happens_wrong_guesses_stay_below_the_bound(acts: list[tuple[str, float, str]]) -> None:
    attempts = Attempts()
    now_s, wrong, known = 0.0, 0, set()
    for peer, later_s, act in acts:
        now_s += later_s
        wait_s = attempts.begin(peer, now_s)
        assert 0 <= wait_s <= max(ATTEMPT_EVERY_S, STRANGER_EVERY_S)
        if wait_s:
            assert attempts.begin(peer, now_s + wait_s) == 0, "the time that is told is enough"
            attempts.give_back(peer, now_s + wait_s)
        elif act == "right":
            attempts.succeeded(peer, now_s)
            known.add(peer)
        elif act == "unmade":
            attempts.give_back(peer, now_s)
        else:
            wrong += 1
    share = ATTEMPTS_AT_ONCE + now_s / ATTEMPT_EVERY_S
    at_home = 1  # 127.0.0.0/8 and ::1 together
    assert wrong <= STRANGERS_AT_ONCE + now_s / STRANGER_EVERY_S + (len(known) + at_home) * share + 1e-6


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.booleans()), max_size=50))
def test_a_clock_that_jumps_gives_nobody_more(times: list[tuple[float, bool]]) -> None:
    attempts = Attempts()
    newest_s, made = 0.0, 0
    begun_s = min([moment for moment, _ in times], default=0.0)
    for moment_s, _ in times:
        newest_s = max(newest_s, moment_s)
        made += attempts.begin(STRANGER, moment_s) == 0
    assert made <= ATTEMPTS_AT_ONCE + (newest_s - begun_s) / ATTEMPT_EVERY_S + 1

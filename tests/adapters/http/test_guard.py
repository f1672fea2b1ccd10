"""Who stays connected when there are too many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.http.guard import Guard
from ngair.model.limits import HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_PER_PEER


class Idle:
    """A connection that does nothing."""

    def __init__(self, guard: Guard, active_at_s: float = 0.0) -> None:
        self._guard = guard
        self.active_at_s = active_at_s
        self.swept_at_s: list[float] = []
        self.dropped = False

    def sweep(self, now_s: float) -> None:
        self.swept_at_s.append(now_s)

    def drop(self) -> None:
        self.dropped = True
        self._guard.leave(self)


def test_a_peer_with_too_many_loses_the_one_that_asked_longest_ago() -> None:
    guard = Guard()
    other = Idle(guard, active_at_s=-1)
    guard.admit(other, "10.0.0.2")
    mine = [Idle(guard, active_at_s=float(number)) for number in range(HTTP_CONNECTIONS_PER_PEER)]
    for one in mine:
        guard.admit(one, "10.0.0.1")
    mine[0].active_at_s = 1000
    new = Idle(guard, active_at_s=1001)
    guard.admit(new, "10.0.0.1")
    assert [one for one in mine if one.dropped] == [mine[1]]
    assert not other.dropped, "somebody else's connection pays for nothing"
    assert new in guard.connections


def test_too_many_of_all_cost_the_one_that_asked_longest_ago() -> None:
    guard = Guard()
    held = [Idle(guard, active_at_s=float(-number)) for number in range(HTTP_CONNECTIONS_MAX)]
    for number, one in enumerate(held):
        guard.admit(one, f"10.0.0.{number}")
    guard.admit(Idle(guard, active_at_s=1), "10.0.1.1")
    assert [one for one in held if one.dropped] == [held[-1]]
    assert len(guard.connections) == HTTP_CONNECTIONS_MAX


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=400))
def test_bounds_hold_and_the_newest_is_always_in(steps: list[tuple[int, bool]]) -> None:
    guard = Guard()
    for moment, (peer, leaves) in enumerate(steps):
        new = Idle(guard, float(moment))
        guard.admit(new, str(peer))
        assert new in guard.connections
        if leaves:
            guard.leave(new)
            guard.leave(new)
        peers = list(guard.connections.values())
        assert len(peers) <= HTTP_CONNECTIONS_MAX
        assert all(peers.count(one) <= HTTP_CONNECTIONS_PER_PEER for one in set(peers))


def test_everyone_looks_at_the_clock_even_when_some_go() -> None:
    guard = Guard()
    held = [Idle(guard) for _ in range(3)]
    for one in held:
        guard.admit(one, "")
    # A method replaced on one object: the neighbour goes while the guard looks at this one.
    held[0].sweep = lambda now_s: held[1].drop()  # type: ignore[method-assign]
    guard.sweep(5.0)
    assert held[2].swept_at_s == [5.0]


def test_a_stop_drops_everyone() -> None:
    guard = Guard()
    held = [Idle(guard) for _ in range(3)]
    for one in held:
        guard.admit(one, "")
    guard.drop_all()
    assert all(one.dropped for one in held)
    assert guard.connections == {}

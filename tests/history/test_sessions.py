"""A session is what an outlet's states tell: when a car came and went, how long it charged, and how long it paused."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.history.sessions import APART_S, Sessions
from ngair.model.charging import OutletState as State
from ngair.model.history import Session

WALL = 1_767_225_600.0
OUTLET = "CHARGER1/1"

Part = tuple[int, int]


class Car:
    """An outlet that tells its state each second, and what is written of it."""

    def __init__(self) -> None:
        self.sessions = Sessions(OUTLET, None)
        self.now_s, self.wall_s = 50.0, WALL
        self.rows: dict[int, Session] = {}

    def tell(self, state: int, seconds: int = 1, power_w: float = 0) -> None:
        for _ in range(seconds):
            self.sessions.see(state, power_w, self.now_s, self.wall_s)
            self.wait(1)

    def wait(self, seconds: float) -> None:
        self.now_s += seconds
        self.wall_s += seconds

    def write(self) -> list[Session]:
        self.rows |= {row.plugged_at_s: row for row in self.sessions.take(self.now_s)}
        return list(self.rows.values())

    def restart(self, down_s: float) -> None:
        self.write()
        self.wait(down_s)
        self.now_s = 7.0
        remembered = [row for row in self.rows.values() if row.unplugged_at_s is None]
        self.sessions = Sessions(OUTLET, remembered[0] if remembered else None, list(self.rows))


def test_a_night_of_charging() -> None:
    car = Car()
    car.tell(State.AVAILABLE, 20)
    car.tell(State.PREPARING, 5)
    car.tell(State.CHARGING, 600, 7000)
    car.sessions.gain(((1000, None),))
    car.tell(State.SUSPENDED_BY_CHARGER, 60)
    car.tell(State.CHARGING, 100, 3000)
    car.tell(State.SUSPENDED_BY_VEHICLE, 30)
    car.tell(State.FINISHING, 30)
    car.tell(State.AVAILABLE)
    (row,) = car.write()
    assert row == Session(
        outlet=OUTLET,
        plugged_at_s=int(WALL) + 20,
        unplugged_at_s=int(WALL) + 845,
        charging_s=700,
        longest_pause_s=60,
        pauses=1,
        energy_wh=1000,
        most_power_w=7000,
        state=0,
        state_since_s=int(WALL) + 845,
        seen_at_s=int(WALL) + 845,
        plug_unseen=False,
    )


def test_who_was_plugged_in_before_the_box_looked_is_told_so() -> None:
    car = Car()
    car.tell(State.CHARGING)
    assert car.write()[0].plug_unseen
    car = Car()
    car.tell(State.RESERVED)
    car.tell(State.CHARGING)
    assert not car.write()[0].plug_unseen


def test_a_fault_or_a_lost_charger_is_no_end_and_no_begin() -> None:
    car = Car()
    car.tell(State.FAULTED, 20)
    assert car.write() == []
    car.tell(State.CHARGING, 20)
    car.tell(State.FAULTED, 20)
    car.tell(State.UNAVAILABLE, 2000)
    car.tell(State.CHARGING, 20)
    (row,) = car.write()
    assert (row.unplugged_at_s, row.pauses) == (None, 1)


def test_a_charger_lost_while_it_charges_goes_on_charging() -> None:
    car = Car()
    car.tell(State.CHARGING, 100)
    car.tell(State.UNAVAILABLE, 500)
    car.tell(State.CHARGING, 100)
    (row,) = car.write()
    assert (row.charging_s, row.pauses, row.state) == (699, 0, State.CHARGING)


def test_unplugged_while_nobody_looked_ends_when_it_was_seen_last() -> None:
    for restarts in (False, True):
        car = Car()
        car.tell(State.CHARGING, 100)
        seen_s = int(car.wall_s) - 1
        if restarts:
            car.restart(5000)
        else:
            car.tell(State.UNAVAILABLE, 5000)
        car.tell(State.AVAILABLE)
        (row,) = car.write()
        assert row.unplugged_at_s == seen_s
        assert row.charging_s <= 99 + 30


def test_a_pause_goes_on_over_a_restart() -> None:
    car = Car()
    car.tell(State.CHARGING, 100)
    car.tell(State.SUSPENDED_BY_CHARGER, 50)
    car.restart(1000)
    car.tell(State.SUSPENDED_BY_CHARGER, 50)
    car.tell(State.CHARGING, 10)
    (row,) = car.write()
    assert (row.pauses, row.longest_pause_s, row.charging_s) == (1, 1100, 109)


def test_a_begin_an_end_and_a_change_of_charging_are_urgent() -> None:
    car = Car()

    def urgent() -> bool:
        wanted = car.sessions.is_urgent(car.now_s)
        car.write()
        return wanted

    car.tell(State.AVAILABLE)
    assert not urgent()
    car.tell(State.PREPARING)
    assert urgent()
    car.tell(State.PREPARING, 20)
    assert not urgent()
    car.tell(State.CHARGING)
    assert urgent()
    car.tell(State.CHARGING, 20)
    assert not urgent()
    car.tell(State.SUSPENDED_BY_VEHICLE)
    assert urgent()
    car.tell(State.FINISHING, 20)
    assert not urgent()
    car.tell(State.AVAILABLE)
    assert urgent()
    car.tell(State.AVAILABLE, 20)
    assert not urgent()


def test_a_session_begun_by_a_wrong_clock_goes_on_as_another() -> None:
    car = Car()
    car.wall_s = 100.0
    car.tell(State.CHARGING, 50)
    car.sessions.gain(((70, None),))
    car.sessions.stepped(car.now_s, car.wall_s, WALL)
    car.wall_s = WALL
    car.tell(State.CHARGING, 50)
    car.sessions.gain(((30, None),))
    car.tell(State.AVAILABLE)
    before, after = car.write()
    assert (before.plugged_at_s, before.unplugged_at_s, before.energy_wh) == (100, 150, 70)
    assert (after.unplugged_at_s, after.energy_wh, after.plug_unseen) == (int(WALL) + 50, 30, True)
    assert after.plugged_at_s >= WALL - 2


def test_two_sessions_are_two_though_the_clock_says_the_same() -> None:
    car = Car()
    car.tell(State.AVAILABLE)
    car.tell(State.CHARGING, 20)
    car.tell(State.AVAILABLE)
    car.wall_s = WALL + 1
    car.tell(State.CHARGING, 5)
    assert len(car.write()) == 2


def test_a_car_that_flickers_is_written_every_ten_seconds() -> None:
    car = Car()
    urgent = 0
    for second in range(100):
        car.tell((State.CHARGING, State.SUSPENDED_BY_VEHICLE)[second % 2])
        if car.sessions.is_urgent(car.now_s):
            urgent += 1
            car.write()
    assert urgent == 10


parts = st.lists(st.tuples(st.integers(0, 8), st.integers(int(APART_S) + 1, 25)), max_size=12)


def reference(told: list[int]) -> list[tuple[int, int | None, int, int, int]]:
    """Begin, end, seconds of charging, pauses and the longest, by looking at each second of a day at once."""
    plain: list[int | None] = [None if state == State.UNAVAILABLE else state for state in told]
    found = []
    begin: int | None = None
    for second, state in enumerate([*plain, None]):
        if begin is None and state in (1, 2, 3, 4, 5):
            begin = second
        elif begin is not None and (state in (0, 6) or second == len(plain)):
            ends = second < len(plain)
            seen = max(earlier for earlier in range(second) if plain[earlier] is not None)
            end = None if not ends else second if second - seen <= 30 else seen
            found.append((begin, end, *_charged(plain[begin : second + 1])))
            begin = None
    return found


def _charged(states: list[int | None]) -> tuple[int, int, int]:
    known = [(second, state) for second, state in enumerate(states) if state is not None]
    charging, pauses, longest, stopped = 0, 0, 0, None
    for (second, state), (next_second, next_state) in pairwise(known):
        if state == State.CHARGING:
            span = next_second - second
            if next_state != State.CHARGING:
                span = min(span, 30)
                stopped = second + span
            charging += span
        elif next_state == State.CHARGING and stopped is not None:
            pauses, longest = pauses + 1, max(longest, next_second - stopped)
    return charging, pauses, longest


@given(parts, st.sets(st.integers(0, 300)))
def test_sessions_are_what_a_look_at_every_second_tells(told: list[Part], writes: set[int]) -> None:
    seconds = [state for state, length in told for _ in range(length)]
    car = Car()
    for second, state in enumerate(seconds):
        car.tell(state)
        if second in writes:
            car.write()
    rows = [
        (
            row.plugged_at_s - int(WALL),
            None if row.unplugged_at_s is None else row.unplugged_at_s - int(WALL),
            row.charging_s,
            row.pauses,
            row.longest_pause_s,
        )
        for row in car.write()
    ]
    assert rows == reference(seconds)


@given(parts, st.sets(st.integers(0, 300)))
def test_a_restart_at_any_second_changes_nothing_of_sessions(told: list[Part], restarts: set[int]) -> None:
    seconds = [state for state, length in told for _ in range(length)]
    plain, cut = Car(), Car()
    for second, state in enumerate(seconds):
        plain.tell(state)
        cut.tell(state)
        if second in restarts:
            cut.restart(0)
    for one, other in zip(plain.write(), cut.write(), strict=True):
        assert replace(one, longest_pause_s=0, plug_unseen=False) == replace(
            other, longest_pause_s=0, plug_unseen=False
        )
        assert abs(one.longest_pause_s - other.longest_pause_s) <= one.longest_pause_s


@given(st.lists(st.integers(0, 8), max_size=300))
def test_nobody_makes_more_than_a_session_in_ten_seconds(states: list[int]) -> None:
    car = Car()
    for state in states:
        car.tell(state)
    begins = sorted(row.plugged_at_s for row in car.write())
    assert all(later - earlier >= APART_S for earlier, later in pairwise(begins))
    for row in car.rows.values():
        assert row.unplugged_at_s is None or row.unplugged_at_s >= row.plugged_at_s


def test_a_clock_that_went_back_lets_no_session_take_the_place_of_another() -> None:
    car = Car()
    for _ in range(3):
        car.wall_s = WALL
        car.tell(State.CHARGING, 60, 7000)
        car.sessions.gain(((1000, None),))
        car.tell(State.AVAILABLE, 30)
        car.restart(0)
    assert [row.energy_wh for row in car.write()] == [1000, 1000, 1000]

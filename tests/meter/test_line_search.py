"""In which order serial settings are tried, and when: every setting is found soon, none that works is left.

A meter is its bursts of bytes in time. At the right setting the end of each whole one is a frame; at a wrong one there
are bytes without frames, or nothing at all where the adapter drops what arrives with a wrong stop bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, count
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.line_search import CANDIDATES, LineSearch, Move, candidates
from ngair.model.limits import (
    LINE_STAY_S,
    LINE_TRY_MAX_S,
    LINE_TRY_S,
    LINK_REOPEN_S,
)
from ngair.model.line import NOTHING_FIXED, PARITIES, Fixed, Line

PORTION_S = 0.1
"""How often an adapter hands on what came."""
REOPEN_S = 0.02
"""What closing and opening takes."""


class Burst(NamedTuple):
    """One telegram, or noise."""

    at_s: float
    for_s: float
    readable: bool = True


Meter = Iterable[Burst]
Shows = Callable[[Line], bool]


def regular(interval_s: float, for_s: float, first_s: float = 0.0) -> Iterator[Burst]:
    return (Burst(first_s + number * interval_s, for_s) for number in count())


def all_shown(_: Line) -> bool:
    """An adapter that hands on bytes with wrong stop bits, as nearly all do."""
    return True


def none_shown(_: Line) -> bool:
    """One that drops them."""
    return False


class Bench:
    """A line search on a line, in simulated time."""

    def __init__(
        self, search: LineSearch, meter: Meter, true: Line, shows: Shows = all_shown, portion_s: float = PORTION_S
    ) -> None:
        self.search = search
        self.true = true
        self.shows = shows
        self.now_s = 0.0
        self.frames = 0
        self.tried: list[tuple[float, Line]] = [(0.0, search.line)]
        self._portions = _portions(meter, portion_s)
        self._next = next(self._portions, None)
        self._opened_s = 0.0
        self._missed_s = -1.0
        search.opened(0, 0.0)

    def run_until(self, end_s: float, *, found: bool = False) -> None:
        """Let time pass, at most until a frame is found."""
        while not (found and self.search.found):
            due_s = self.search.due_s(self.now_s)
            assert due_s > self.now_s, "it would be asked again and again"
            at_s = self._next[0] if self._next else math.inf
            if min(at_s, due_s) > end_s:
                self.now_s = end_s
                return
            if at_s <= due_s:
                self._take(at_s)
            else:
                self.now_s = max(self.now_s, due_s)
            if (move := self.search.look(self.now_s)) is not None:
                self._move(move)

    def is_found(self) -> bool:
        return self.search.found

    def _take(self, at_s: float) -> None:
        assert self._next is not None
        _, began_s, last, readable = self._next
        self._next = next(self._portions, None)
        if at_s < self._opened_s:
            self._missed_s = began_s
            return
        self.now_s = at_s
        right = readable and self.search.line == self.true
        whole = right and last and began_s >= self._opened_s and began_s != self._missed_s
        self.frames += whole
        if self.search.line == self.true or self.shows(self.search.line):
            self.search.heard(10, self.frames, at_s)

    def _move(self, move: Move) -> None:
        assert move.line == self.search.line != move.tried
        self.search.closed(self.now_s)
        self.now_s += REOPEN_S
        self._opened_s = self.now_s
        self.search.opened(self.frames, self.now_s)
        self.tried.append((self.now_s, move.line))


def _portions(meter: Meter, portion_s: float) -> Iterator[tuple[float, float, bool, bool]]:
    """When bytes are handed on, when their burst began, whether they are its last, whether it is readable."""
    for burst in meter:
        portions = max(1, math.ceil(burst.for_s / portion_s))
        for number in range(1, portions + 1):
            yield burst.at_s + burst.for_s * number / portions, burst.at_s, number == portions, burst.readable


def found_after_s(search: LineSearch, meter: Meter, true: Line, shows: Shows = all_shown) -> float:
    bench = Bench(search, meter, true, shows)
    bench.run_until(DAY_S, found=True)
    assert search.found, f"{true} is not found: {bench.tried}"
    assert search.line == true
    return bench.now_s


DAY_S = 86_400.0
SENDING_S = {Line(2400, "8E1"): (0.3, 2.7), Line(2400, "8N1"): (0.3, 2.7), Line(9600): (0.9,)}
"""How long telegrams take: HDLC ones of 60 to 580 bytes at 2400 baud, DSMR 2.2 at 9600; faster lines less, but a meter
may take its time: 8 s is the most that any standard allows."""
RARE = CANDIDATES[-1]
METERS = [
    (line, interval_s, for_s)
    for line in CANDIDATES
    for interval_s in (1, 2, 5, 10)
    for for_s in SENDING_S.get(line, (0.05, 0.5, 8.0))
    if for_s < interval_s
]
ADAPTERS: dict[str, Shows] = {"all": all_shown, "none": none_shown, "fast": lambda line: line.baudrate > 2400}


@pytest.mark.parametrize("shows", ADAPTERS.values(), ids=ADAPTERS)
def test_every_line_is_found_within_a_minute_of_telegrams(shows: Shows) -> None:
    for true, interval_s, for_s in METERS:
        starts_s = [interval_s * part / 40 - for_s for part in range(40)]
        worst_s = max(found_after_s(LineSearch(), regular(interval_s, for_s, at_s), true, shows) for at_s in starts_s)
        allowed_s = (
            60 + (0 if for_s < 3 else 10) + (6 if true == RARE else 0) + (3 if for_s > 3 and true == RARE else 0)
        )
        assert worst_s <= allowed_s, (true, interval_s, for_s)


@pytest.mark.parametrize("silent_s", [0.0, 10.9, 60.0, 333.3, 7_200.0])
@pytest.mark.parametrize("true", CANDIDATES, ids=str)
def test_so_it_is_after_any_silence(true: Line, silent_s: float) -> None:
    for part in range(20):
        first_s = silent_s + part / 2
        assert found_after_s(LineSearch(), regular(10, 0.5, first_s), true) <= first_s + 61


@given(
    true=st.sampled_from(CANDIDATES),
    remembered=st.none() | st.sampled_from(CANDIDATES),
    noises=st.lists(st.tuples(st.floats(0, 100), st.floats(0.01, 30)), max_size=12),
    interval_s=st.sampled_from([1.0, 2.0, 5.0, 10.0]),
    for_s=st.floats(0.01, 0.45),
    shows=st.sampled_from(list(ADAPTERS.values())),
)
def test_it_is_found_after_any_noise_whatever_was_remembered(
    true: Line,
    remembered: Line | None,
    noises: list[tuple[float, float]],
    interval_s: float,
    for_s: float,
    shows: Shows,
) -> None:
    first_s, bursts = 0.0, list[Burst]()
    for pause_s, noise_s in noises:
        bursts.append(Burst(first_s + pause_s, noise_s, readable=False))
        first_s += pause_s + noise_s
    meter = chain(bursts, regular(interval_s, for_s, first_s))
    found_s = found_after_s(LineSearch(remembered=remembered), meter, true, shows) - first_s
    longest_s = LINE_TRY_S + interval_s if shows is all_shown else LINE_TRY_MAX_S
    assert found_s <= len(CANDIDATES) * longest_s + 2 * interval_s


@given(st.lists(st.lists(st.tuples(st.floats(0, 60), st.floats(0.01, 30)), max_size=13), min_size=1, max_size=6))
def test_a_line_that_gives_a_frame_now_and_then_is_never_left(noises: list[list[tuple[float, float]]]) -> None:
    at_s, bursts, search = 0.0, list[Burst](), LineSearch()
    for between in noises:
        bursts.append(Burst(at_s, 0.5))
        at_s += 0.5
        for pause_s, noise_s in between:
            bursts.append(Burst(at_s + pause_s, noise_s, readable=False))
            at_s += pause_s + noise_s
        assert at_s - bursts[-1 - len(between)].at_s < LINE_STAY_S
        bursts.append(Burst(at_s, 0.5))
        at_s += 0.5
    bench = Bench(search, bursts, search.line)
    bench.run_until(at_s + LINE_STAY_S - 1)
    assert bench.tried == [(0.0, search.line)]
    assert search.found


def test_a_line_that_is_silent_for_long_is_never_left_either() -> None:
    search = LineSearch()
    bench = Bench(search, regular(LINE_STAY_S - 1, 0.5), search.line)
    bench.run_until(7 * DAY_S)
    assert len(bench.tried) == 1


REGULAR = [Burst(float(at_s), 0.5) for at_s in range(0, 100, 10)]


@pytest.mark.parametrize("noisy", [True, False])
@pytest.mark.parametrize("known", CANDIDATES, ids=str)
def test_after_long_without_a_frame_it_begins_again_with_what_worked(known: Line, noisy: bool) -> None:
    search = LineSearch()
    told = chain(REGULAR, [Burst(at_s, 0.5, readable=False) for at_s in range(100, 3_000, 10)])
    bench = Bench(search, told if noisy else REGULAR, known)
    bench.run_until(100 + LINE_STAY_S - 10)
    settled = len(bench.tried)
    assert bench.is_found()
    bench.run_until(100 + LINE_STAY_S + LINE_TRY_MAX_S + 66)
    assert not bench.is_found()
    again = [line for _, line in bench.tried[settled - 1 :]]
    assert again[: len(CANDIDATES)] == [known, *(line for line in CANDIDATES if line != known)][: len(again)]
    assert len(again) >= 6 if noisy else len(again) >= 2


def test_a_meter_that_was_exchanged_is_found_in_the_end() -> None:
    search = LineSearch()
    bench = Bench(search, regular(10, 0.5), CANDIDATES[0])
    bench.run_until(DAY_S)
    bench.true = CANDIDATES[3]
    bench.run_until(DAY_S + LINE_STAY_S + 90)
    assert search.found
    assert search.line == CANDIDATES[3]


@pytest.mark.parametrize("shows", ADAPTERS.values(), ids=ADAPTERS)
@pytest.mark.parametrize("remembered", CANDIDATES, ids=str)
def test_what_was_remembered_is_tried_first_and_for_as_long_as_meters_pause(remembered: Line, shows: Shows) -> None:
    for first_s in (0.0, 4.0, 10.0, 60.0, 70.0):
        bench = Bench(LineSearch(remembered=remembered), regular(10, 0.5, first_s), remembered, shows)
        bench.run_until(DAY_S, found=True)
        assert bench.tried == [(0.0, remembered)]
        assert bench.now_s <= first_s + 10.5


def test_one_damaged_telegram_does_not_speak_against_what_was_remembered() -> None:
    for interval_s in (1, 2, 5, 10):
        damaged = chain([Burst(1.0, 0.5, readable=False)], regular(interval_s, 0.5, 1.0 + interval_s))
        bench = Bench(LineSearch(remembered=CANDIDATES[4]), damaged, CANDIDATES[4])
        bench.run_until(DAY_S, found=True)
        assert len(bench.tried) == 1


def test_two_damaged_telegrams_of_a_meter_that_sends_each_second_do_not_move_it_on() -> None:
    damaged = chain((Burst(0.6 + number, 0.3, readable=False) for number in range(2)), regular(1, 0.3, 2.6))
    bench = Bench(LineSearch(), damaged, CANDIDATES[0])
    bench.run_until(DAY_S, found=True)
    assert len(bench.tried) == 1


@pytest.mark.parametrize("true", CANDIDATES, ids=str)
@pytest.mark.parametrize("missed", range(1, 12))
def test_a_setting_whose_telegram_was_damaged_comes_round_again(true: Line, missed: int) -> None:
    damaged = (Burst(10.0 * number + 5, 0.5, readable=number >= missed) for number in count())
    assert found_after_s(LineSearch(), damaged, true) <= 10 * missed + 12 * len(CANDIDATES)


@pytest.mark.parametrize("true", CANDIDATES, ids=str)
def test_telegrams_with_pauses_in_them_are_found(true: Line) -> None:
    for part in range(20):
        bench = Bench(LineSearch(), regular(10, 4.0, part / 2), true, portion_s=1.0)
        bench.run_until(DAY_S, found=True)
        assert bench.search.line == true
        assert bench.now_s <= 240


@pytest.mark.parametrize("true", CANDIDATES, ids=str)
def test_a_stream_without_pauses_is_judged_in_time(true: Line) -> None:
    assert found_after_s(LineSearch(), regular(1, 0.9), true) <= 66


@pytest.mark.parametrize("true", CANDIDATES, ids=str)
def test_so_it_is_after_a_long_silence_and_against_what_was_remembered(true: Line) -> None:
    assert found_after_s(LineSearch(), regular(1, 0.9, 7_200), true) <= 7_200 + 72
    assert found_after_s(LineSearch(remembered=CANDIDATES[1]), regular(1, 0.9), true) <= 78


def test_silence_after_noise_makes_the_search_quick_again() -> None:
    noise = [Burst(5.0 * number, 0.5, readable=False) for number in range(40)]
    for first_s in (1_000.0, 1_033.3, 1_077.7):
        found_s = [found_after_s(LineSearch(), chain(noise, regular(1, 0.05, first_s)), true) for true in CANDIDATES]
        assert max(found_s) <= first_s + 30


def test_a_telegram_in_whose_middle_the_line_is_opened_says_nothing() -> None:
    bench = Bench(LineSearch(), regular(5, 2.7, -1.0), CANDIDATES[0])
    bench.run_until(DAY_S, found=True)
    assert len(bench.tried) == 1


def test_silence_is_borne_for_longer_each_round() -> None:
    bench = Bench(LineSearch(), [], CANDIDATES[0])
    bench.run_until(DAY_S)
    stays_s = [later[0] - earlier[0] for earlier, later in zip(bench.tried, bench.tried[1:], strict=False)]
    assert [line for _, line in bench.tried[:13]] == [*CANDIDATES, *CANDIDATES, CANDIDATES[0]]
    rounds_s = [stays_s[number * 6 : number * 6 + 6] for number in range(5)]
    for round_s, least_s in zip(
        rounds_s, [LINE_TRY_S, 2 * LINE_TRY_S, 4 * LINE_TRY_S, LINE_TRY_MAX_S, LINE_TRY_MAX_S], strict=True
    ):
        assert round_s == pytest.approx([least_s + REOPEN_S] * 6)
    assert max(stays_s) < LINK_REOPEN_S


def test_a_meter_that_pauses_a_minute_at_each_opening_is_found_on_a_line_that_is_silent_else() -> None:
    search, now_s = LineSearch(), 0.0
    search.opened(0, now_s)
    for _ in range(1_000):
        pause_ends_s = now_s + 61
        if search.line == CANDIDATES[2] and pause_ends_s < search.due_s(now_s):
            search.heard(400, 1, pause_ends_s)
            break
        now_s = search.due_s(now_s)
        assert search.look(now_s) is not None
        search.closed(now_s)
        search.opened(0, now_s)
    assert search.found
    assert now_s < 1_200


def test_no_time_passes_for_a_setting_while_the_line_is_away() -> None:
    search = LineSearch()
    search.opened(0, 0.0)
    search.closed(5.0)
    assert search.due_s(5.0) == math.inf
    assert search.look(1_000.0) is None
    search.opened(0, 1_000.0)
    assert search.due_s(1_000.0) == 1_000 + LINE_TRY_S - 5
    search.heard(10, 1, 1_001.0)
    search.closed(1_002.0)
    search.opened(1, 90_000.0)
    assert search.look(90_001.0) is None
    assert search.found


def test_frames_from_before_the_opening_are_not_its_own() -> None:
    search = LineSearch()
    search.opened(7, 0.0)
    search.heard(10, 7, 1.0)
    assert not search.found
    search.heard(0, 8, 1.25)
    assert search.found


@pytest.mark.parametrize(
    ("fixed", "tried"),
    [
        (NOTHING_FIXED, CANDIDATES),
        (Fixed(framing="HDLC", dialect="x", energy_unit_wh=10), CANDIDATES),
        (Fixed(baudrate=2400, parity="8E1"), (Line(2400, "8E1"),)),
        (Fixed(baudrate=19200, parity="7E1"), (Line(19200, "7E1"),)),
        (Fixed(baudrate=2400), (Line(2400, "8E1"), Line(2400, "8N1"))),
        (Fixed(baudrate=9600), (Line(9600, "8N1"), Line(9600, "8E1"))),
        (Fixed(baudrate=300), (Line(300, "8N1"), Line(300, "8E1"))),
        (Fixed(parity="8E1"), tuple(Line(rate, "8E1") for rate in (2400, 115200, 9600, 38400))),
        (Fixed(parity="8N1"), tuple(Line(rate, "8N1") for rate in (115200, 2400, 9600, 38400))),
        (Fixed(parity="7E1"), tuple(Line(rate, "7E1") for rate in (115200, 2400, 9600, 38400))),
    ],
)
def test_what_the_user_fixed_is_not_tried_otherwise(fixed: Fixed, tried: tuple[Line, ...]) -> None:
    assert candidates(fixed) == tried
    search = LineSearch(fixed)
    assert search.settings == len(tried)
    seen = [search.line, *(move.line for _ in tried[1:] if (move := search.move_on(0.0)))]
    assert tuple(seen) == tried
    assert {line.parity for line in tried} <= set(PARITIES)


def test_what_was_remembered_gives_way_to_what_the_user_fixed() -> None:
    assert LineSearch(Fixed(baudrate=9600), Line(2400, "8E1")).line == Line(9600)
    assert LineSearch(Fixed(baudrate=2400), Line(2400, "8N1")).line == Line(2400, "8N1")


def test_the_only_setting_is_never_left() -> None:
    search = LineSearch(Fixed(baudrate=9600, parity="8N1"))
    bench = Bench(search, (Burst(10.0 * number, 0.5, readable=False) for number in range(1_000)), Line(2400))
    bench.run_until(DAY_S)
    assert len(bench.tried) == 1
    bench.run_until(2 * DAY_S)
    assert search.line == Line(9600)

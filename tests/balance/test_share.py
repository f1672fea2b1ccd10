"""Sharing: legal, within every limit, max-min fair, and never worse with more."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from ngair.balance.share import Claim, Rows, share, share_one

ONE_ROW: Rows = ((0, 1.0),)


def claim(cap_a: int = 16, *, want_a: int | None = None, min_a: int = 6) -> Claim:
    return Claim(min_a, cap_a if want_a is None else want_a, cap_a)


def test_one_gets_what_is_left_in_whole_amperes() -> None:
    assert share([claim()], [[0]], [ONE_ROW], [9.9]).grants_a == [9]
    assert share([claim()], [[0]], [ONE_ROW], [5.9]).grants_a == [0]
    assert share([claim()], [[0]], [ONE_ROW], [40]).grants_a == [16]


def test_nothing_comes_of_less_than_nothing() -> None:
    shares = share([claim(), claim()], [[0, 1]], [ONE_ROW, ONE_ROW], [-12.5])
    assert shares.grants_a == [0, 0]
    assert shares.bound == [0, 0]


def test_equal_ones_share_and_the_odd_ampere_goes_to_the_first() -> None:
    assert share([claim(), claim()], [[1, 0]], [ONE_ROW, ONE_ROW], [21]).grants_a == [10, 11]


def test_too_little_for_all_serves_the_first_in_order_properly() -> None:
    assert share([claim(), claim()], [[1, 0]], [ONE_ROW, ONE_ROW], [11.9]).grants_a == [0, 11]


def test_a_higher_priority_is_filled_before_a_lower_one_gets_anything() -> None:
    assert share([claim(), claim()], [[1], [0]], [ONE_ROW, ONE_ROW], [24]).grants_a == [8, 16]
    assert share([claim(), claim()], [[1], [0]], [ONE_ROW, ONE_ROW], [20]).grants_a == [0, 16]


def test_what_one_does_not_want_goes_to_the_other_and_back_when_nobody_wants_it() -> None:
    assert share([claim(want_a=8), claim()], [[0, 1]], [ONE_ROW, ONE_ROW], [24]).grants_a == [8, 16]
    assert share([claim(want_a=8), claim(10)], [[0, 1]], [ONE_ROW, ONE_ROW], [24]).grants_a == [14, 10]


def test_a_one_phase_car_counts_on_its_phase_alone() -> None:
    rows: list[Rows] = [((0, 1.0), (1, 1.0), (2, 1.0)), ((2, 1.0),)]
    assert share([claim(), claim()], [[0, 1]], rows, [20, 20, 14]).grants_a == [7, 7]
    assert share([claim(), claim()], [[0, 1]], rows, [9, 20, 30]).grants_a == [9, 16]


def test_a_fuse_below_binds_before_the_one_above() -> None:
    rows: list[Rows] = [((0, 1.0), (1, 1.0)), ((0, 1.0), (1, 1.0)), ((0, 1.0),)]
    shares = share([claim(), claim(), claim()], [[0, 1, 2]], rows, [40, 13])
    assert shares.grants_a == [7, 6, 16]
    assert shares.bound == [1, 1, -1]


def test_power_takes_as_many_amperes_as_a_car_has_phases() -> None:
    rows: list[Rows] = [((0, 3.0),), ((0, 1.0),)]
    assert share([claim(), claim()], [[0, 1]], rows, [40]).grants_a == [10, 10]


PATHS = ((0, 3), (1, 3), (2, 3), (0, 1, 2, 3), (3,), (0, 4, 3), (0, 1))
"""Some trees' worth of paths through five limits."""

claims_of = st.lists(
    st.tuples(st.integers(4, 8), st.integers(0, 20), st.integers(0, 20), st.sampled_from(PATHS), st.integers(0, 2)),
    min_size=1,
    max_size=6,
)
limits_of = st.lists(st.floats(-10, 60), min_size=5, max_size=5)


def unpack(
    drawn: list[tuple[int, int, int, tuple[int, ...], int]],
) -> tuple[list[Claim], list[list[int]], list[Rows]]:
    claims = [Claim(min_a, min(want_a, cap_a), cap_a) for min_a, want_a, cap_a, _, _ in drawn]
    rows: list[Rows] = [tuple((line, 1.0) for line in path) for _, _, _, path, _ in drawn]
    classes = [[i for i, one in enumerate(drawn) if one[4] == level] for level in (2, 1, 0)]
    return claims, classes, rows


@given(claims_of, limits_of)
def test_every_grant_is_legal_and_every_limit_is_kept(
    drawn: list[tuple[int, int, int, tuple[int, ...], int]], limits: list[float]
) -> None:
    claims, classes, rows = unpack(drawn)
    shares = share(claims, classes, rows, limits)
    for one, grant in zip(claims, shares.grants_a, strict=True):
        assert grant == 0 or one.min_a <= grant <= one.cap_a
    for line, limit in enumerate(limits):
        used = sum(grant for grant, row in zip(shares.grants_a, rows, strict=True) if any(n == line for n, _ in row))
        assert used <= max(limit, 0) + 1e-5


@given(claims_of, limits_of)
def test_nobody_is_kept_from_more_without_a_limit_that_has_less_than_he_would_need(
    drawn: list[tuple[int, int, int, tuple[int, ...], int]], limits: list[float]
) -> None:
    """Nothing is wasted but what whole amperes leave: one that got less than its cap is bound, and by what is bound
    there is left less than its minimum, or less than two amperes for everyone who counts against it."""
    claims, classes, rows = unpack(drawn)
    shares = share(claims, classes, rows, limits)
    for i, (one, grant) in enumerate(zip(claims, shares.grants_a, strict=True)):
        if one.cap_a < one.min_a or grant >= one.cap_a:
            continue
        line = shares.bound[i]
        assert line in {n for n, _ in rows[i]}
        beside = [j for j, row in enumerate(rows) if any(n == line for n, _ in row)]
        left = limits[line] - sum(shares.grants_a[j] for j in beside)
        assert left < (one.min_a if grant == 0 else 1 + len(beside))


def standing(claims: list[Claim], classes: list[list[int]], rows: list[Rows], limits: list[float]) -> list[list[int]]:
    """What is compared: class by class who is let in, in order of precedence, then the levels from the lowest up.

    Levels are without the last odd amperes: one of those may help one car of three phases or two cars of one.
    """
    shares = share(claims, classes, rows, limits, odd=False)
    key: list[list[int]] = []
    for order in classes:
        key.append([int(shares.grants_a[i] > 0) for i in order])
        key.append(sorted(shares.grants_a[i] for i in order))
    return key


@given(
    claims_of,
    limits_of,
    st.lists(st.floats(0, 30), min_size=5, max_size=5),
)
def test_in_the_highest_class_more_is_never_worse(
    drawn: list[tuple[int, int, int, tuple[int, ...], int]], limits: list[float], more: list[float]
) -> None:
    """With more left, whoever is let in first stays in, and if the same are in, the least served get no less."""
    claims, _, rows = unpack(drawn)
    claims = [Claim(c.min_a, c.cap_a, c.cap_a) for c in claims]
    classes = [list(range(len(claims)))]
    raised = [limit + gain for limit, gain in zip(limits, more, strict=True)]
    assert standing(claims, classes, rows, raised) >= standing(claims, classes, rows, limits)


@given(st.integers(2, 5), st.floats(0, 100), st.integers(6, 20))
def test_equal_claims_on_one_limit_differ_by_an_ampere_at_most(count: int, limit: float, cap_a: int) -> None:
    shares = share([claim(cap_a)] * count, [list(range(count))], [ONE_ROW] * count, [limit])
    given_a = [grant for grant in shares.grants_a if grant]
    assert not given_a or max(given_a) - min(given_a) <= 1


@given(
    st.lists(st.sampled_from(((0,), (1,), (0, 1))), min_size=1, max_size=3),
    st.tuples(st.integers(0, 26), st.integers(0, 26)),
)
def test_levels_are_max_min_fair(paths: list[tuple[int, ...]], limits: tuple[int, int]) -> None:
    """Against all that is possible: no division that lets the same cars in has a better least served, and so on up,
    but for what an ampere that cannot be divided is worth."""
    rows: list[Rows] = [tuple((line, 1.0) for line in path) for path in paths]
    shares = share([claim(10)] * len(paths), [list(range(len(paths)))], rows, list(limits))
    members = [i for i, grant in enumerate(shares.grants_a) if grant]
    best: list[int] = []
    for grants in product(range(6, 11), repeat=len(members)):
        used = [sum(g for g, i in zip(grants, members, strict=True) if line in paths[i]) for line in (0, 1)]
        if used[0] <= limits[0] and used[1] <= limits[1]:
            best = max(best, sorted(grants))
    got = sorted(shares.grants_a[i] for i in members)
    assert all(a >= b - 1 for a, b in zip(got, best, strict=True))
    assert not members or got[0] == best[0]


@given(claims_of, limits_of)
def test_one_alone_gets_what_sharing_gives_it(
    drawn: list[tuple[int, int, int, tuple[int, ...], int]], limits: list[float]
) -> None:
    claims, _, rows = unpack(drawn[:1])
    alone, shared = share_one(claims[0], rows[0], limits), share(claims, [[0]], rows, limits)
    assert alone.grants_a == shared.grants_a
    assert (alone.bound[0] < 0) == (shared.bound[0] < 0)

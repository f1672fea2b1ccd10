"""A meter's link is kept up for ever, in virtual time: hours pass in milliseconds, and every moment is exact."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.gateway.supervise import Reopen, for_ever, keep_up
from ngair.model.backoff import Backoff
from ngair.model.limits import (
    BACKOFF_FIRST_S,
    BACKOFF_JITTER,
    BACKOFF_MAX_S,
    CONNECT_TIMEOUT_S,
    LINE_QUIET_S,
    LINK_CLOSE_TIMEOUT_S,
    LINK_REOPEN_S,
    LINK_SILENT_S,
)
from tests.contracts.virtual_time import in_no_time
from tests.gateway.scripted import ScriptedPort, Seen, Step, watch

TELEGRAM = b"/SIM5"
DAY_S = 86_400.0
SHORTEST_S = BACKOFF_FIRST_S * (1 - BACKOFF_JITTER)
LONGEST_S = BACKOFF_MAX_S * (1 + BACKOFF_JITTER)


def waits(seen: Seen, prefix: str = "lost") -> list[float]:
    """Seconds between failures."""
    return [later - earlier for earlier, later in pairwise(seen.of(prefix))]


@given(st.integers(0, 2**32))
def test_waits_grow_by_two_with_jitter_up_to_a_bound(seed: int) -> None:
    backoff = Backoff(Random(seed))
    plain_s = BACKOFF_FIRST_S
    for _ in range(12):
        assert plain_s * (1 - BACKOFF_JITTER) <= backoff.next_s() <= plain_s * (1 + BACKOFF_JITTER)
        plain_s = min(2 * plain_s, BACKOFF_MAX_S)
    backoff.reset()
    assert backoff.next_s() <= BACKOFF_FIRST_S * (1 + BACKOFF_JITTER)


def test_jitter_keeps_boxes_apart() -> None:
    first = {Backoff(Random(seed)).next_s() for seed in range(50)}
    assert len(first) == 50
    assert max(first) - min(first) > BACKOFF_FIRST_S * BACKOFF_JITTER


def test_a_refusing_port_is_tried_for_ever() -> None:
    port = ScriptedPort(["refuse"])
    seen = watch(port, 30 * DAY_S)
    found = waits(seen)
    assert port.opened > 30 * DAY_S / LONGEST_S
    assert SHORTEST_S <= found[0] <= 1
    assert all(wait_s <= LONGEST_S for wait_s in found)
    assert sum(found[10:]) / len(found[10:]) == pytest.approx(BACKOFF_MAX_S, rel=0.05)
    assert len({round(wait_s, 3) for wait_s in found[10:]}) > 100


@pytest.mark.parametrize(
    "script", [["close"], [b"Port already in use\r\n", "close"], [b"\xff\x00", 3.0, "close"]], ids=str
)
def test_a_port_that_only_greets_is_not_tried_ever_faster(script: list[Step]) -> None:
    found = waits(watch(ScriptedPort(script), DAY_S))
    assert min(found[10:]) >= BACKOFF_MAX_S * (1 - BACKOFF_JITTER)


def test_a_telegram_makes_the_waits_short_again() -> None:
    refused: list[list[Step]] = [["refuse"]] * 12
    seen = watch(ScriptedPort(*refused, [TELEGRAM, "close"], ["refuse"]), 1_000)
    closed_s = seen.of("lost: meter.example closed")[0]
    again_s = next(at_s for at_s in seen.of("lost") if at_s > closed_s)
    assert again_s - closed_s <= BACKOFF_FIRST_S * (1 + BACKOFF_JITTER)


def test_a_connection_that_hangs_is_given_up() -> None:
    seen = watch(ScriptedPort(["hang"], [TELEGRAM]), 60)
    assert seen.all[0] == (CONNECT_TIMEOUT_S, "lost: tcp://meter.example:1 did not answer within 10 s")
    assert seen.telegrams == 1


def test_a_line_that_never_speaks_is_noticed_and_opened_again() -> None:
    port = ScriptedPort([])
    seen = watch(port, 100)
    assert [what.split(":")[0] for _, what in seen.all] == ["silent", "lost"]
    assert [at_s for at_s, _ in seen.all] == [LINK_SILENT_S, LINK_REOPEN_S]
    assert "is the meter's port switched on, and its cable in?" in seen.all[0][1]
    assert port.opened == 2


def test_a_line_that_falls_silent_is_noticed_and_opened_again() -> None:
    port = ScriptedPort([TELEGRAM, 10.0, TELEGRAM])
    seen = watch(port, 110)
    assert seen.of("silent") == [10 + LINK_SILENT_S]
    assert seen.of("lost") == [10 + LINK_REOPEN_S]
    assert port.opened == 2
    assert seen.telegrams > 2


def test_a_line_that_speaks_every_ten_seconds_is_never_silent() -> None:
    port = ScriptedPort([step for _ in range(1_000) for step in (10.0, TELEGRAM)])
    seen = watch(port, 9_999)
    assert port.opened == 1
    assert seen.of("silent") == seen.of("lost") == []
    assert seen.telegrams == 999


def test_a_pause_in_the_line_is_told_once() -> None:
    seen = watch(ScriptedPort([TELEGRAM, 0.1, b"x", 0.2, b"x", 5.0, b"x"]), 8)
    assert seen.of("quiet") == [0.3 + LINE_QUIET_S, 5.3 + LINE_QUIET_S]


def test_nothing_is_told_of_a_line_after_it_is_lost() -> None:
    seen = watch(ScriptedPort([TELEGRAM, "close"], ["hang"]), 9)
    assert [what for _, what in seen.all] == ["up", repr(TELEGRAM), "lost: meter.example closed the connection"]


def test_a_link_that_has_to_be_opened_in_another_way_is_at_once() -> None:
    again = Reopen("connecting", "trying 2400 8E1")
    seen = watch(ScriptedPort(["refuse"], ["refuse"], [b"x", 1.0, again], [again], [TELEGRAM, 5.0, TELEGRAM]), 9)
    opened_s = seen.of("connecting: trying 2400 8E1")
    assert len(opened_s) == 2
    assert opened_s[0] == opened_s[1] == seen.of("up")[1]
    assert len(seen.of("lost")) == 2
    assert seen.telegrams == 2


def test_a_recording_that_has_ended_is_not_played_again() -> None:
    port = ScriptedPort([TELEGRAM, "end"])
    seen = watch(port, DAY_S)
    assert port.opened == 1
    assert seen.all[-1] == (0, "ended: the recording has been played to its end")


def test_a_device_that_hangs_while_it_is_closed_is_left_behind() -> None:
    seen = watch(ScriptedPort([TELEGRAM, "close"], [TELEGRAM], closing="hang"), 20)
    assert seen.telegrams == 2
    assert LINK_CLOSE_TIMEOUT_S < seen.of(repr(TELEGRAM))[1] < LINK_CLOSE_TIMEOUT_S + 1


@pytest.mark.parametrize("script", [["hang"], [], [TELEGRAM], ["refuse"], [TELEGRAM, "close"]], ids=str)
@pytest.mark.parametrize("for_s", [0.0, 0.1, 15.0, 95.0])
def test_it_is_stopped_at_any_moment(script: list[Step], for_s: float) -> None:
    watch(ScriptedPort(script), for_s)


def test_what_nobody_foresaw_is_told_and_begun_again() -> None:
    port, seen, failures = ScriptedPort(["break"], [TELEGRAM, "break"], [TELEGRAM]), Seen(), list[str]()

    async def run() -> None:
        keeping = asyncio.create_task(
            for_ever(
                lambda: keep_up(port, seen, Backoff(Random(1))),
                Backoff(Random(2)),
                lambda error: failures.append(str(error)),
            )
        )
        await asyncio.sleep(20)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    in_no_time(run())
    assert failures == ["nobody foresaw this"] * 2
    assert [what for _, what in seen.all if what.startswith("lost")] == [
        "lost: tcp://meter.example:1 failed: nobody foresaw this"
    ] * 2
    assert seen.telegrams == 2


def test_work_that_went_well_for_long_is_begun_again_soon() -> None:
    begun: list[float] = []

    async def work() -> None:
        begun.append(asyncio.get_running_loop().time())
        await asyncio.sleep(3_600 if len(begun) > 10 else 0)
        if len(begun) == 13:
            return
        raise RuntimeError("again")

    in_no_time(for_ever(work, Backoff(Random(1)), lambda _: None))
    assert len(begun) == 13
    assert begun[10] - begun[9] > BACKOFF_MAX_S * (1 - BACKOFF_JITTER)
    assert begun[12] - begun[11] - 3_600 < 1


@given(st.lists(st.sampled_from(["refuse", "hang", "close", "break", TELEGRAM, b"x", 0.1, 40.0, 100.0]), max_size=30))
def test_whatever_a_link_does_it_is_tried_again(steps: list[Step]) -> None:
    scripts: list[list[Step]] = [[step, "close"] for step in steps]
    port, seen = ScriptedPort(*scripts, [TELEGRAM]), Seen()

    async def run() -> None:
        work = for_ever(lambda: keep_up(port, seen, Backoff(Random(1))), Backoff(Random(2)), lambda _: None)
        keeping = asyncio.create_task(work)
        while port.opened <= len(steps):  # noqa: ASYNC110 - time passes at once
            await asyncio.sleep(10)
        await asyncio.sleep(1)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    in_no_time(run())
    assert seen.all[-2][1] == repr(TELEGRAM)
    assert port.open == 0

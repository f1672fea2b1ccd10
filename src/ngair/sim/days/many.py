"""Many house-days, shared among processes. What comes out does not depend on how many there are."""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager

from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.sim.days.controller import NewController
from ngair.sim.days.faults import draw_faults
from ngair.sim.days.judge import judge
from ngair.sim.days.loads import house_currents
from ngair.sim.days.loop import HouseDay
from ngair.sim.days.meter import ByteMeter, DirectMeter
from ngair.sim.days.plan import HousePlan, house_plan
from ngair.sim.days.policies import POLICIES
from ngair.sim.days.report import Report
from ngair.sim.days.result import DayResult
from ngair.sim.days.trace import Trace

OURS = "ours"
CONTROLLERS: dict[str, NewController] = {OURS: lambda plan: Balancer(), **POLICIES}
"""By the name that `--policy` takes."""
QUEUE_PER_JOB = 2
LOOK_S = 0.2
"""An interrupt is noticed within this."""


def trace_day(plan: HousePlan, policy: str) -> Trace:
    """One house-day, second by second."""
    return HouseDay(plan, house_currents(plan), draw_faults(plan), DirectMeter(plan), CONTROLLERS[policy]).run()


def judge_day(seed: int, day: int, policy: str) -> DayResult:
    """What one house-day comes to; where it is that day's turn, also by true bytes, which must come to the same."""
    plan = house_plan(seed, day)
    result = judge(plan, trace_day(plan, policy))
    if not plan.through_bytes:
        return result
    faults, house_a = draw_faults(plan), house_currents(plan)
    by_bytes = judge(plan, HouseDay(plan, house_a, faults, ByteMeter(plan), CONTROLLERS[policy]).run())
    return replace(result, bytes_equal=by_bytes == result)


def simulate(
    seed: int, days: int, policy: str, jobs: int, on_day: Callable[[DayResult], None] = lambda result: None
) -> Report:
    """House-days 0 up to `days`; `on_day` hears of each as it is done.

    An interrupt (Ctrl-C) ends it with what was done so far. Raises `ValueError` for what cannot be simulated.
    """
    _require(days >= 1, f"days={days}: must be 1 or more")
    _require(jobs >= 1, f"jobs={jobs}: must be 1 or more")
    _require(policy in CONTROLLERS, f"policy={policy}: must be one of {', '.join(CONTROLLERS)}")
    done: list[Timed] = []
    try:
        for timed in _results(seed, days, policy, min(jobs, days)):
            done.append(timed)
            on_day(timed[0])
    except KeyboardInterrupt:
        if not done:
            raise
    done.sort(key=lambda timed: timed[0].day)
    return Report(seed=seed, policy=policy, days=[day for day, _ in done], cpu_s=[cpu_s for _, cpu_s in done])


Timed = tuple[DayResult, float]
"""With the processor seconds that it took."""


def _results(seed: int, days: int, policy: str, jobs: int) -> Iterator[Timed]:
    if jobs == 1:
        yield from (_timed(seed, day, policy) for day in range(days))
        return
    # Spawned, not forked: the parent draws its progress from a thread.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_ignore_interrupts)
    try:
        with _held_interrupts() as is_interrupted:
            for timed in _pooled(pool, seed, days, policy, jobs, is_interrupted):
                yield timed
                if is_interrupted():
                    raise KeyboardInterrupt
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _held_interrupts() -> Iterator[Callable[[], bool]]:
    """Interrupts that only set what is asked for: raised in the middle of the futures' locks they would leave some
    locked for ever, and the program with them."""
    heard: list[int] = []
    try:
        before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    except ValueError:  # another thread than the main one, which alone hears them
        yield lambda: False
        return
    try:
        yield lambda: bool(heard)
    finally:
        signal.signal(signal.SIGINT, before)


def _pooled(
    pool: ProcessPoolExecutor, seed: int, days: int, policy: str, jobs: int, is_interrupted: Callable[[], bool]
) -> Iterator[Timed]:
    numbers = iter(range(days))
    pending: set[Future[Timed]] = set()
    while True:
        while len(pending) < jobs * QUEUE_PER_JOB and (day := next(numbers, None)) is not None:
            pending.add(pool.submit(_timed, seed, day, policy))
        if not pending:
            return
        done, pending = wait(pending, LOOK_S, return_when=FIRST_COMPLETED)
        if is_interrupted():
            raise KeyboardInterrupt
        for future in done:
            yield future.result()


def _timed(seed: int, day: int, policy: str) -> Timed:
    start_s = time.process_time()
    result = judge_day(seed, day, policy)
    return result, time.process_time() - start_s


def _ignore_interrupts() -> None:
    """The parent hears Ctrl-C and ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _require(fits: bool, otherwise: str) -> None:
    if not fits:
        raise ValueError(otherwise)

"""A picture of one house-day: each phase under the fuse, each car under its setpoint."""

from __future__ import annotations

from pathlib import Path

from ngair.sim.days.judge import drawn, judge
from ngair.sim.days.loads import NOON_S
from ngair.sim.days.many import trace_day
from ngair.sim.days.plan import house_plan

STEP_S = 5
"""Seconds a point: the peaks stay, the file stays small."""
TICK_H = 2


def plot_day(seed: int, day: int, policy: str, path: Path) -> None:
    """Draw a house-day as PNG. Raises `ImportError` without matplotlib, and `OSError`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    plan = house_plan(seed, day)
    trace = trace_day(plan, policy)
    result = judge(plan, trace)
    figure = Figure(figsize=(14, 4 + 2.2 * len(trace.cars)), layout="constrained")
    FigureCanvasAgg(figure)
    above, *below = figure.subplots(1 + len(trace.cars), 1, sharex=True, squeeze=False)[:, 0]
    hours = [(NOON_S + second) / 3600 for second in range(0, len(trace.house_a[0]), STEP_S)]
    for number, (total_a, house_a) in enumerate(zip(drawn(trace), trace.house_a, strict=True)):
        colour = f"C{number}"
        above.plot(hours, _highest(total_a), color=colour, linewidth=0.8, label=f"L{number + 1}")
        above.plot(hours, _highest(house_a), color=colour, linewidth=0.5, alpha=0.4)
    above.axhline(plan.fuse_a, color="black", linewidth=1, label=f"fuse {plan.fuse_a} A")
    above.set_ylabel("A a phase; pale: the house alone")
    ratio = "no car wanted any" if result.ratio is None else f"{result.ratio:.1%} of the optimum"
    above.set_title(
        f"House-day {day} of seed {seed}, {policy}: {result.kwh:.1f} kWh, {ratio}, {result.seconds_over} s over, "
        f"{result.changes_per_hour:.1f} changes/h; {result.meter}"
    )
    above.legend(loc="upper right", ncols=4)
    for axes, car, name in zip(below, trace.cars, result.cars, strict=True):
        axes.plot(
            hours, [max(car.setpoint_a[s : s + STEP_S]) for s in range(0, len(car.setpoint_a), STEP_S)], "k", lw=0.7
        )
        axes.fill_between(hours, _highest(car.current_a), color="C4", alpha=0.6, linewidth=0)
        axes.set_ylabel(f"{name}: A, setpoint")
    axes = below[-1]
    ticks = range(NOON_S // 3600, NOON_S // 3600 + 25, TICK_H)
    axes.set_xticks(list(ticks), [f"{hour % 24}:00" for hour in ticks])
    figure.savefig(path, dpi=110)


def _highest(values: list[float]) -> list[float]:
    return [max(values[start : start + STEP_S]) for start in range(0, len(values), STEP_S)]

"""`ngair simulate`: the closed loop in virtual time, judged."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ngair.cli.failure import Failure

if TYPE_CHECKING:
    from rich.table import Table

    from ngair.app import DayResult, Report

DAYS_MAX = 100_000
SEED_MAX = 2**32 - 1
EPILOG = (
    "kwh_optimum is the most that any controller could have charged: each second the highest sum of legal setpoints "
    "that fits under the fuse without a margin, rising no faster than the cars do, knowing every load. A second counts "
    "while a car wants more and the optimum would not have filled it yet. Hours are car-hours. "
    "Example: ngair simulate --days 20 --seed 7 --plot day.png"
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "simulate",
        help="charging on many simulated days in virtual time, judged",
        description="Simulate house-days with cars, meters and faults, each another house, and judge how the balancer "
        "charges: energy against a controller that knows the future, seconds over the fuse, whether a fuse or breaker "
        "would have opened, changes and stops. Readings reach the balancer directly; one day in twenty also through "
        "true telegram bytes, which must come to the same, else exit 1.",
        allow_abbrev=False,
        epilog=EPILOG,
    )
    parser.add_argument("--days", type=_whole(1, DAYS_MAX), required=True, metavar="N", help="How many house-days.")
    parser.add_argument(
        "--seed", type=_whole(0, SEED_MAX), default=1, metavar="S", help="Decides everything random. Default: 1."
    )
    parser.add_argument(
        "--policy",
        default="ours",
        metavar="NAME",
        help="Who decides: ours, or one of the policies to compare with: gain-one, time-aligned, max-hold. "
        "Default: ours.",
    )
    parser.add_argument("--json", action="store_true", help="Print everything as JSON, each day by itself too.")
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="Draw one day; needs ngair[plot].")
    parser.add_argument(
        "--plot-day", type=_whole(0, DAYS_MAX), metavar="D", help="Which one, from 0. Default: the worst."
    )
    parser.add_argument(
        "--jobs", type=_whole(1, 256), metavar="N", help="Processes. Default: as many as there are processors."
    )
    parser.set_defaults(command=_command)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from {least} to {most}")
        return int(text)

    return number


def _command(options: argparse.Namespace) -> int:
    """The program is loaded only now: other commands need none of it."""
    from ngair.app import simulate

    if options.plot is not None:
        _check_plot(options.plot)
    jobs = options.jobs or len(os.sched_getaffinity(0))
    try:
        with _progress(options.days) as on_day:
            report = simulate(options.seed, options.days, options.policy, jobs, on_day)
    except ValueError as error:
        name, _, rest = str(error).partition("=")
        raise Failure(f"--{name} {rest}", 2) from None
    if len(report.days) < options.days:
        print(f"ngair: interrupted after {len(report.days)} of {options.days} days", file=sys.stderr)
    if options.json:
        print(msgspec.json.format(msgspec.json.encode(report.document())).decode("utf-8"))
    else:
        _show(report)
    if options.plot is not None:
        _plot(options, report)
    return _judged(report)


def _judged(report: Report) -> int:
    """Wrong is only the simulation itself: how well was charged is what it reports."""
    unequal = [str(day.day) for day in report.days if day.bytes_equal is False]
    if unequal:
        print(
            f"ngair: through true telegram bytes these days came out otherwise than without: {', '.join(unequal)}; "
            "this is a defect of the simulation or of the decoder, please report it with the seed",
            file=sys.stderr,
        )
    return 1 if unequal else 0


def _check_plot(path: Path) -> None:
    """Before days are simulated for nothing."""
    try:
        import matplotlib  # noqa: F401 - only whether it is there
    except ImportError:
        raise Failure("--plot needs matplotlib: pip install 'ngair[plot]'", 2) from None
    if path.suffix.lower() != ".png":
        raise Failure(f"--plot {path}: must be a file that ends in .png", 2)
    if not path.parent.is_dir():
        raise Failure(f"--plot {path}: there is no folder {path.parent}", 2)


def _plot(options: argparse.Namespace, report: Report) -> None:
    from ngair.app import plot_day

    worst = report.worst_days
    day = options.plot_day if options.plot_day is not None else worst[0].day if worst else 0
    try:
        plot_day(options.seed, day, options.policy, options.plot)
    except OSError as error:
        raise Failure(f"--plot {options.plot}: cannot be written: {error.strerror or error}") from None
    print(f"ngair: day {day} is drawn in {options.plot}", file=sys.stderr)


@contextmanager
def _progress(days: int) -> Iterator[Callable[[DayResult], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda result: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("house-days"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=days)
        yield lambda result: progress.advance(task)


def _show(report: Report) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else 110, highlight=False)
    console.print(_totals(report))
    if report.worst_days:
        console.print(_worst(report))


def _totals(report: Report) -> Table:
    from rich.table import Table

    total = report.total
    table = Table(title=f"{total.days_done} house-days of seed {report.seed}, {report.policy}", show_header=False)
    for name, value in (
        ("charged while cars wanted more", f"{total.kwh:.1f} kWh of {total.kwh_optimum:.1f} kWh possible"),
        ("  of the optimum", _percent(total.ratio)),
        (
            "  in hours limited by the fuse",
            f"{_percent(total.limited_ratio)}, {_percent(total.limited_share)} of hours",
        ),
        (
            "openings",
            f"{total.trips} (gG fuse {total.trips_of.gg}, breaker B {total.trips_of.b}, C {total.trips_of.c})",
        ),
        ("over the fuse", f"{total.seconds_over} s, at most {total.depth_a:.1f} A, {total.ampere_seconds_over:.0f} As"),
        ("setpoint changes", f"{total.changes_per_hour:.2f} an hour, {total.stops_per_hour:.2f} of them stops"),
        ("at full current after", "never" if total.full_after_s is None else f"{total.full_after_s:.0f} s (median)"),
        ("fairness among cars (Jain)", "no two at once" if total.fairness is None else f"{total.fairness:.3f}"),
        ("through true bytes the same", f"{total.bytes_days_equal} of {total.bytes_days} days"),
        ("speed a core, in times real time", _speeds(report)),
    ):
        table.add_row(name, value)
    return table


def _speeds(report: Report) -> str:
    known = [
        f"{speed:,.0f} with meters each {name}" for name, speed in report.speeds.items() if speed and name != "all"
    ]
    return ", ".join(known)


def _worst(report: Report) -> Table:
    from rich.table import Table

    table = Table(title="the worst days")
    for heading in ("day", "ratio", "openings", "s over", "A over", "changes/h", "fuse", "cars", "meter"):
        table.add_column(heading, justify="left" if heading in ("cars", "meter") else "right")
    for day in report.worst_days:
        table.add_row(
            str(day.day),
            _percent(day.ratio),
            str(day.trips),
            str(day.seconds_over),
            f"{day.depth_a:.1f}",
            f"{day.changes_per_hour:.1f}",
            f"{day.fuse_a} A",
            " ".join(day.cars),
            day.meter + (", faults" if day.faults else ""),
        )
    return table


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"

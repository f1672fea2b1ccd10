"""`scripts/bench [NAME…] [--json FILE]`: measure, print a table, write rows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks import days, frames, history, idle, latency, month, reaction, requests, start, stream, telegrams, upload
from benchmarks.row import Row

BENCHMARKS: dict[str, Callable[[], list[Row]]] = {
    "telegrams": telegrams.measure,
    "frames": frames.measure,
    "requests": requests.measure,
    "latency": latency.measure,
    "reaction": reaction.measure,
    "start": start.measure,
    "idle": idle.measure,
    "stream": stream.measure,
    "days": days.measure,
    "history": history.measure,
    "upload": upload.measure,
}
LONG: dict[str, Callable[[], list[Row]]] = {"month": month.measure}
"""Only when asked for by name."""


def main() -> int:
    """Exit 0 when everything was measured, whether or not goals are met: a figure is no test."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure what the project claims.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=_WHICH)
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHMARKS | LONG)
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS | LONG)}")
    rows: list[Row] = []
    print(_HEAD)
    for name in options.names or BENCHMARKS:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        for row in (BENCHMARKS | LONG)[name]():
            rows.append(row)
            print(_line(row), flush=True)
    if options.json:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(rows)) + b"\n")
    return 0


def _line(row: Row) -> str:
    met = {True: "met", False: "NOT met", None: ""}[row.met]
    return (
        f"{row.name:<44}{row.ours:>10g} {row.unit:<14}{row.peer:>10g} {row.peer_name:<42}"
        f"{row.ratio:>8g}x  {row.goal} {met}".rstrip()
    )


_WHICH = f"which: {', '.join(BENCHMARKS)}, which are all without one; and {', '.join(LONG)}"
_HEAD = f"{'figure':<44}{'ours':>10} {'unit':<14}{'peer':>10} {'which peer':<42}{'ratio':>9}  goal"

if __name__ == "__main__":
    sys.exit(main())

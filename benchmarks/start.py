"""From spawning the program to its first answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.programs import bare, ours
from benchmarks.recording import dsmr5_telegram
from benchmarks.row import Row, row

TRIES = 10
GOAL_S = 0.7


def measure() -> list[Row]:
    """The best of ten of each, in turn."""
    with tempfile.TemporaryDirectory(prefix="ngair-bench-") as folder:
        recording = Path(folder) / "one.txt"
        recording.write_bytes(dsmr5_telegram(1))
        mine, floors, interpreters = [], [], []
        for _ in range(TRIES):
            with ours(f"file://{recording}") as (_, taken_s):
                mine.append(taken_s)
            with bare(b"{}") as (_, taken_s):
                floors.append(taken_s)
            interpreters.append(_interpreter_s())
    best = min(mine)
    name = "spawn to the first 200 on /meter/"
    return [
        row(name, best, "bare server", min(floors), "s", goal=f"< {GOAL_S} s", met=best < GOAL_S),
        row("  the same", best, "python -c pass", min(interpreters), "s"),
    ]


def _interpreter_s() -> float:
    began_s = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began_s

"""Real kills, on a real disk: what is told to be done stays done, and what starts is whole."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


def test_twenty_kills(tmp_path: Path) -> None:
    _kill(tmp_path, random.randrange(1 << 32), 20)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_hundreds_of_kills(tmp_path: Path) -> None:
    _kill(tmp_path, random.randrange(1 << 32), 500)


def _kill(folder: Path, seed: int, kills: int) -> None:
    command = [sys.executable, "-m", "tests.adapters.slots.killing", str(folder), str(seed), str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, f"seed {seed}: {done.stderr}"
    floor = json.loads(done.stdout)[1]
    assert floor, f"seed {seed}: nothing was ever confirmed"

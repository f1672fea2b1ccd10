"""Killed at any moment, the store has all that it said it has, and nothing by halves."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ngair.adapters.sqlite import SqliteReader, SqliteStore
from ngair.model.history import LogQuery
from tests.adapters.sqlite.batches import check_books, query

_WRITE = """
import sys
from pathlib import Path
from msgspec.structs import replace
from ngair.adapters.sqlite import SqliteStore
from tests.adapters.sqlite.batches import FROM_S, change, event, minute, session
store = SqliteStore(Path(sys.argv[1]), 1, 1)
counters = {counter.name: counter for counter in store.remembered().counters}
number = (counters["import"].value_wh - 1000) // 3 if counters else 0
while True:
    batch = minute(number)
    at_s = FROM_S + 60 * number
    if number % 3 == 0:
        batch = replace(batch, events=(event(at_s),), setpoints=(change(at_s),), sessions=(session(at_s, at_s + 1),))
    print(number, store.write(batch), flush=True)
    number += 1
"""


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_what_was_told_is_kept_and_nothing_is_half(tmp_path: Path, kills: int) -> None:
    chance = random.Random(kills)
    path = tmp_path / "history.db"
    told = -1
    for _ in range(kills):
        child = subprocess.Popen([sys.executable, "-c", _WRITE, str(path)], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(chance.uniform(0, 0.12))
        child.send_signal(signal.SIGKILL)
        lines = [first, *child.stdout.readlines()]
        child.wait()
        child.stdout.close()
        number, seq = (int(word) for word in next(line for line in reversed(lines) if line.endswith("\n")).split())
        assert number > told
        told = number
        check_books(path)
        reader = SqliteReader(path)
        written = (query(path, "SELECT value_wh FROM counters WHERE name = 'import'")[0][0] - 1000) // 3 - 1
        assert written in (told, told + 1)
        facts = reader.facts()
        assert facts.seq >= seq
        newest = reader.samples("meter", 0, 1e12, 10**9)[-6:]
        assert len({sample.at_s // 60 for sample in newest}) == 1
        logged = reader.log(LogQuery(limit=10**9))
        assert len(logged) == 2 * len(reader.sessions(0, 1e12, 10**9)) == 2 * (written // 3 + 1)
    store = SqliteStore(path, 1, 1)
    store.remembered()
    store.close()
    check_books(path)
    assert not list(tmp_path.glob("*damaged*"))

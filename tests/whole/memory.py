"""What tests of the program's memory share: how it is started, and what its file has to be."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from ngair.adapters.sqlite.reader import SqliteReader
from ngair.model.history import METER, HistoryEvent, SetpointChange
from tests.contracts.programs import QUIET
from tests.program import Box, wait_for

FOREVER_S = 4e9
FILES = ("history.db", "history.db-wal")


def arguments(data: Path, speed: int) -> list[str]:
    """A house with a charging car behind 25 A."""
    meter = f"sim:?speed={speed}"
    return ["run", "--meter", meter, "--charger", "sim:", "--main-fuse", "25", "--data", str(data), *QUIET]


class Kept:
    """What a data folder remembers, looked at in a copy: the program itself must mend what a kill has left.

    A folder in which nothing was begun remembers nothing.
    """

    def __init__(self, data: Path, copy: Path) -> None:
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in FILES:
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(data / name, copy / name)
        self._path = copy / "history.db"
        with contextlib.closing(sqlite3.connect(self._path)) as db:
            self.integrity = db.execute("PRAGMA integrity_check").fetchall()
            self._is_begun = db.execute("PRAGMA user_version").fetchone()[0] > 0
        self.reader = SqliteReader(self._path)
        self.seq = self.reader.facts().seq if self._is_begun else 0
        """Of the row that was written last."""

    def log(self) -> dict[int, tuple[str, str]]:
        """Every event and setpoint change by its number, the newest first: kind and text."""
        kinds = ("events", "setpoints") if self._is_begun else ()
        found = [row for kind in kinds for row in self.reader.rows(kind, 0, FOREVER_S)]
        told = {row.seq: (kind_of(row), row.text) for row in found if isinstance(row, HistoryEvent | SetpointChange)}
        return dict(sorted(told.items(), reverse=True))

    def sessions(self) -> dict[tuple[str, int], int]:
        """Energy of every session by outlet and begin."""
        found = self.reader.sessions(0, FOREVER_S, 500) if self._is_begun else []
        return {(s.outlet, s.plugged_at_s): s.energy_wh for s in found}

    def newest_sample_s(self) -> int:
        """Begin of the sample that was written last; the clock may have stepped back since others were."""
        samples = self.reader.samples(METER, 0, FOREVER_S, 10_000)
        return max(samples, key=lambda sample: sample.seq).at_s if samples else 0

    def balances(self) -> None:
        """Meter, hours and days tell the same, to the Wh."""
        with contextlib.closing(sqlite3.connect(self._path)) as db:
            books = db.execute("SELECT name, value_wh - first_wh - jumped_wh, booked_wh FROM counters").fetchall()
        assert {"import", "export"} <= {name for name, _, _ in books}
        for name, told, booked in books:
            assert told == booked, name
            series, place = (METER, ("import", "export").index(name)) if "/" not in name else (name, 0)
            hours = self.reader.buckets("hour", 0, FOREVER_S, 10_000, series)
            days = self.reader.buckets("day", 0, FOREVER_S, 10_000, series)
            assert sum(b.energy_wh[place] for b in hours) == sum(b.energy_wh[place] for b in days) == booked, name


@contextlib.contextmanager
def stopped(box: Box) -> Iterator[None]:
    """For the block the program does nothing, so that its files can be looked at, or taken away, all at one moment."""
    box.process.send_signal(signal.SIGSTOP)
    try:
        wait_for(lambda: all(state == "T" for state in _states(box.process.pid)))
        yield
    finally:
        box.process.send_signal(signal.SIGCONT)


def _states(process: int) -> list[str]:
    """Of each of its threads."""
    states = []
    for thread in Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(OSError):
            states.append((thread / "stat").read_text("ascii").rpartition(") ")[2][0])
    return states


def kind_of(row: HistoryEvent | SetpointChange) -> str:
    """As the API calls it."""
    return str(row.kind) if isinstance(row, HistoryEvent) else "setpoint"


def shown_log(box: Box) -> dict[int, tuple[str, str]]:
    """What `/api/v1/events` shows."""
    found = box.json("/api/v1/events?limit=500")
    return {entry["seq"]: (entry["kind"], entry["text"]) for entry in found["entries"]}


def change(box: Box, path: str, token: str) -> None:
    """Ask for a change."""
    answer = box.send(path, "POST", b"", {"Content-Type": "application/json", "X-Ngair-Token": token})
    assert answer.status == 200, answer


def token_of(box: Box) -> str:
    """What changes carry."""
    return box.token


def memory(box: Box) -> Any:
    """How it fares."""
    return box.json("/api/v1/site")["memory"]


def is_told(box: Box, state: str) -> Any:
    """How it fares, as soon as it is so."""
    return box.until("/api/v1/site", lambda site: site["memory"]["state"] == state)["memory"]


def is_charging(box: Box) -> None:
    """Telegrams come, and the car charges."""
    telegrams = box.json("/api/v1/site")["meter"]["telegrams"]
    box.until(
        "/api/v1/site",
        lambda site: (
            site["meter"]["telegrams"] > telegrams + 20
            and site["meter"]["fresh"]
            and site["chargers"][0]["outlets"][0]["setpoint_a"] > 0
            and max(site["chargers"][0]["outlets"][0]["current_a"]) > 5
        ),
    )


def seconds(time: str) -> float:
    """Of an ISO time."""
    return msgspec.json.decode(msgspec.json.encode(time), type=datetime).timestamp()

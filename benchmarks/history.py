"""The memory of a simulated year: its size, what it writes, and how long questions to it take.

`NGAIR_BENCH_HISTORY_DAYS` says how many days there are (365); the year needs some minutes.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.clients import free_port
from benchmarks.programs import started
from benchmarks.recording import dsmr5_telegram
from benchmarks.row import Row, row
from benchmarks.year import DAY_S, FROM_S, Filled
from ngair.adapters.sqlite.schema import SERIES_BITS, SERIES_MASK
from ngair.model.limits import HISTORY_MINUTE_DAYS, HISTORY_RAW_DAYS

SEED = 1
ROUNDS = 5
REQUESTS = 31
HOURS_DAYS = 30
GOAL_RATIO = 50
GOAL_WRITTEN_MB = 30
GOAL_HTTP_MS = 50
GROUP_BY = "GROUP BY over the 10-s rows"
SEEK = "counters looked up at each border"
ZONE_S = 3600
"""Days of the peer begin at midnight of Stockholm's winter, all year."""


def measure() -> list[Row]:
    """Fill a file by a process of its own, then ask it."""
    days = int(os.environ.get("NGAIR_BENCH_HISTORY_DAYS", "365"))
    with tempfile.TemporaryDirectory(prefix="ngair-bench-") as folder:
        path = Path(folder) / "history.db"
        command = [sys.executable, "-m", "benchmarks.year", str(path), str(days), str(SEED)]
        filled = msgspec.json.decode(subprocess.run(command, check=True, capture_output=True).stdout, type=Filled)
        kept = _copy(path, Path(folder) / "kept", HISTORY_RAW_DAYS, HISTORY_MINUTE_DAYS, filled.to_s)
        books = _copy(kept, Path(folder) / "books", 0, 0, filled.to_s)
        return [
            *_sizes(path, kept, books, days),
            *_filling(filled),
            _balance(path),
            *_questions(path, filled.to_s),
            *_requests(kept, filled.to_s),
        ]


def _sizes(path: Path, kept: Path, books: Path, days: int) -> list[Row]:
    counts = dict(_ask(path, "SELECT kind, rows FROM tallies")[1])
    a_year = 365 / days
    return [
        row(
            f"size of {days} days, 10-s rows kept for ever",
            _mb(path),
            "10-s rows",
            counts["samples"] / 1e6,
            "MB, M rows",
        ),
        row("  minutes", counts["minutes"] / 1e6, "hours", counts["hours"] / 1e6, "M rows"),
        row("  as kept without settings", _mb(kept), "all of it", _mb(path), "MB"),
        row("  of it for ever, a year", _mb(books) * a_year, "all of it", _mb(kept), "MB"),
        row("  of it for ever, ten years", _mb(books) * a_year * 10, "all of it", _mb(kept), "MB"),
    ]


def _filling(filled: Filled) -> list[Row]:
    readings_a_day = DAY_S / 10
    met = None
    if filled.written_mb_a_day:
        met = filled.written_mb_a_day <= GOAL_WRITTEN_MB
    return [
        row("readings into historian and store", filled.readings / filled.seconds, "a house", 0.1, "readings/s"),
        row("  peak memory of that process", filled.peak_mb, "none", 0, "MB"),
        row(
            "written to the disk",
            filled.written_mb_a_day,
            "readings of a day, 100 bytes each",
            readings_a_day * 100 / 1e6,
            "MB a day",
            goal=f"<= {GOAL_WRITTEN_MB}",
            met=met,
        ),
    ]


def _balance(path: Path) -> Row:
    """Wh by which sums of hours, sums of days and counters are apart."""
    apart = 0
    meter = _series(path, "meter")
    counters = _ask(path, "SELECT name, first_wh, value_wh, booked_wh, jumped_wh FROM counters")[1]
    booked_wh = 0
    for name, first, value, booked, jumped in counters:
        place = 2 if name == "export" else 1
        series = meter if name in ("import", "export") else _series(path, name)
        apart += abs(value - first - booked - jumped)
        booked_wh += booked
        for table in ("hours", "days"):
            query = f"SELECT sum(energy{place}_wh) FROM {table} WHERE key & {SERIES_MASK} = {series}"
            apart += abs(_ask(path, query)[1][0][0] - booked)
    return row("energy in no book", apart, "energy booked", booked_wh, "Wh", goal="none", met=apart == 0)


def _questions(path: Path, to_s: int) -> Iterator[Row]:
    """Bare queries, each on a connection of its own with SQLite's own settings, the best of some."""
    meter = _series(path, "meter")
    from_s = max(FROM_S, to_s - (HOURS_DAYS + 100) * DAY_S)
    first, last = from_s - from_s % 3600, min(to_s, from_s - from_s % 3600 + HOURS_DAYS * DAY_S)
    yield from _compared(path, f"hours of {(last - first) // DAY_S} days", "hours", meter, (first, last), 3600)
    whole = (FROM_S - FROM_S % DAY_S - DAY_S, to_s)
    yield from _compared(path, f"days of {(to_s - FROM_S) // DAY_S} days", "days", meter, whole, DAY_S)


def _compared(path: Path, name: str, table: str, meter: int, span: tuple[int, int], step_s: int) -> Iterator[Row]:
    within = f"key >= {span[0] << SERIES_BITS} AND key < {span[1] << SERIES_BITS} AND key & {SERIES_MASK} = {meter}"
    shift_s = ZONE_S if table == "days" else 0
    start = f"((key >> {SERIES_BITS}) + {shift_s}) / {step_s} * {step_s}"
    ours, found = _ask(
        path, f"SELECT key, least1, total1 * 1.0 / n1, most1, energy1_wh, energy2_wh FROM {table} WHERE {within}"
    )
    peer, grouped = _ask(
        path,
        f"SELECT {start} AS start, min(q1), avg(q1), max(q1), max(c1) - min(c1), max(c2) - min(c2) "
        f"FROM samples WHERE {within} GROUP BY start",
        2,
    )
    assert abs(len(found) - len(grouped)) <= max(2, len(found) // 10), (len(found), len(grouped))
    met = peer / ours >= GOAL_RATIO
    yield _speed(name, ours, GROUP_BY, peer, goal=f">= {GOAL_RATIO} times", met=met)
    energy, _ = _ask(path, f"SELECT key, energy1_wh, energy2_wh FROM {table} WHERE {within}")
    value = f"FROM samples WHERE key >= at_s << {SERIES_BITS} AND key & {SERIES_MASK} = {meter} ORDER BY key LIMIT 1"
    seek, _ = _ask(
        path,
        f"WITH RECURSIVE border(at_s) AS (VALUES ({span[0]}) UNION ALL SELECT at_s + {step_s} FROM border "
        f"WHERE at_s < {span[1]}) SELECT at_s, (SELECT c1 {value}), (SELECT c2 {value}) FROM border",
    )
    yield _speed(f"  energy of {name}", energy, SEEK, seek)


def _speed(
    name: str, ours_ms: float, peer_name: str, peer_ms: float, *, goal: str = "", met: bool | None = None
) -> Row:
    """How many times as fast."""
    made = row(name, ours_ms, peer_name, peer_ms, "ms", goal=goal, met=met)
    return msgspec.structs.replace(made, ratio=float(f"{peer_ms / ours_ms:.4g}"))


def _requests(kept: Path, to_s: int) -> Iterator[Row]:
    """The real program with that file in its folder."""
    with tempfile.TemporaryDirectory(prefix="ngair-bench-") as folder:
        (Path(folder) / "history.db").write_bytes(kept.read_bytes())
        recording = Path(folder) / "one.txt"
        recording.write_bytes(dsmr5_telegram(1))
        port = free_port()
        command = [str(Path(sys.executable).parent / "ngair"), "run", "--meter", f"file://{recording}"]
        command += ["--http", f"127.0.0.1:{port}", "--data", folder, "--time-zone", "Europe/Stockholm"]
        with (
            started(command, port),
            contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as client,
        ):
            for name, path in _paths(to_s):
                yield _request(client, name, path)


def _paths(to_s: int) -> Iterator[tuple[str, str]]:
    day, month = to_s - 40 * DAY_S, to_s - 70 * DAY_S
    energy = "/api/v1/history/energy"
    yield "hours of 30 days by HTTP", f"{energy}?from={_date(month)}&to={_date(month + 29 * DAY_S)}&by=hour"
    yield "days of a year by HTTP", f"{energy}?from={_date(FROM_S + DAY_S)}&to={_date(to_s)}&by=day"
    yield "minutes of a day by HTTP", f"/api/v1/history/power?from={day}&to={day + DAY_S}&step=minute"
    yield "sessions by HTTP", f"/api/v1/sessions?from={_date(FROM_S + DAY_S)}&to={_date(to_s)}"
    yield "log by HTTP", "/api/v1/events"


def _request(client: http.client.HTTPConnection, name: str, path: str) -> Row:
    times: list[float] = []
    give_up_s = time.perf_counter() + 30
    size = 0
    while len(times) < REQUESTS:
        began_s = time.perf_counter()
        client.request("GET", path)
        response = client.getresponse()
        size = len(response.read())
        if response.status == http.HTTPStatus.SERVICE_UNAVAILABLE and began_s < give_up_s:
            time.sleep(0.1)
            continue
        if response.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{path}: {response.status}")
        times.append((time.perf_counter() - began_s) * 1000)
    median = statistics.median(times)
    met = median < GOAL_HTTP_MS
    return row(name, median, "kB of its answer", size / 1000, "ms", goal=f"< {GOAL_HTTP_MS}", met=met)


def _date(at_s: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at_s))


def _copy(path: Path, copy: Path, raw_days: int, minute_days: int, to_s: int) -> Path:
    """What is left of a file with so much kept."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("VACUUM INTO ?", (str(copy),))
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        for kind, table, days in ((1, "samples", raw_days), (2, "minutes", minute_days)):
            border = (to_s - days * DAY_S) << SERIES_BITS
            db.execute(f"DELETE FROM {table} WHERE key < ?", (border,))
            db.execute("DELETE FROM changes WHERE kind = ? AND key < ?", (kind, border))
            db.execute(f"UPDATE tallies SET rows = (SELECT count(*) FROM {table}) WHERE kind = ?", (table,))
        db.execute("VACUUM")
        db.execute("PRAGMA journal_mode = WAL")
    return copy


def _ask(path: Path, query: str, rounds: int = ROUNDS) -> tuple[float, list[tuple[Any, ...]]]:
    """Milliseconds of the quickest round, and the answer."""
    times: list[float] = []
    for _ in range(rounds):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            db.execute("SELECT count(*) FROM series").fetchone()
            began_s = time.perf_counter()
            answer = db.execute(query).fetchall()
            times.append((time.perf_counter() - began_s) * 1000)
    return min(times), answer


def _series(path: Path, name: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as db:
        number: int = db.execute("SELECT id FROM series WHERE name = ?", (name,)).fetchone()[0]
        return number


def _mb(path: Path) -> float:
    return path.stat().st_size / 1e6

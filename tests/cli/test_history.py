"""`ngair history`: what is remembered comes out, and into another box, whatever is wrong with the file."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ngair.adapters.folder import Folder
from ngair.adapters.sqlite.reader import SqliteReader
from ngair.app import Ports, live_through
from ngair.app.box import HISTORY
from ngair.cli import history
from ngair.cli.main import main
from ngair.model.history import Row
from ngair.model.settings import Layer, resolve
from tests.program import ngair

KINDS = ("days", "hours", "minutes", "samples", "sessions", "events", "setpoints")
FOREVER_S = 4e9
DAYS = 1
DEMO = {"meter": "sim:", "chargers": "sim:", "main_fuse_a": 25, "prices": "2 SEK", "time_zone": "Europe/Oslo"}


@pytest.fixture(name="lived", scope="module")
def _lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which a day is remembered."""
    folder = tmp_path_factory.mktemp("lived")
    settings = resolve([Layer("here", DEMO)])
    days: list[int] = []
    live_through(settings, Ports(settings, DAYS), Folder(folder), DAYS, days.append)
    assert days == [1]
    return folder


@pytest.fixture(name="exported", scope="module")
def _exported(lived: Path) -> bytes:
    done = ngair("history", "export", "--data", str(lived))
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PROGRESS_S", 1000.0)


def rows(folder: Path) -> dict[str, list[Row]]:
    """All of a memory, without the sequence numbers, which are each store's own."""
    reader = SqliteReader(folder / HISTORY)
    return {kind: [replace(row, seq=0) for row in reader.rows(kind, 0, FOREVER_S)] for kind in KINDS}


def command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit code, output and errors of `ngair history …`."""
    with pytest.raises(SystemExit) as end:
        main(["history", *arguments])
    captured = capsys.readouterr()
    return int(end.value.code or 0), captured.out, captured.err


def test_the_past_is_there(lived: Path) -> None:
    found = rows(lived)
    assert min(len(found[kind]) for kind in KINDS) >= 1
    assert len(found["minutes"]) >= DAYS * 1440


def test_an_export_is_one_document_with_a_row_a_line(exported: bytes, lived: Path) -> None:
    document = json.loads(exported)
    assert (document["ngair_export"], document["currency"]) == (1, None)
    lines = exported.splitlines()
    assert len(lines) - 2 == len(document["rows"]) == sum(map(len, rows(lived).values()))


def test_it_comes_into_another_box_whole_and_once(exported: bytes, lived: Path, tmp_path: Path) -> None:
    (tmp_path / "old.json").write_bytes(exported)
    arguments = ("history", "import", str(tmp_path / "old.json"), "--data", str(tmp_path / "new"))
    done = ngair(*arguments)
    count = sum(map(len, rows(lived).values()))
    assert (done.returncode, complaints(done.stderr)) == (0, [])
    assert done.stdout.decode().startswith(f"{count} of {count} rows taken over, 0 ")
    found = rows(tmp_path / "new")
    for kind, kept in rows(lived).items():
        if kind != "sessions":
            assert found[kind] == kept, kind
    assert [s.energy_wh for s in sessions(found)] == [s.energy_wh for s in sessions(rows(lived))]
    assert ngair(*arguments).stdout.decode().startswith(f"0 of {count} rows taken over")
    assert rows(tmp_path / "new") == found


def sessions(found: dict[str, list[Row]]) -> list[Any]:
    return list(found["sessions"])


def test_it_comes_through_a_pipe(exported: bytes, tmp_path: Path) -> None:
    done = ngair("history", "import", "-", "--data", str(tmp_path / "new"), stdin=exported)
    assert (done.returncode, complaints(done.stderr)) == (0, [])


def complaints(errors: bytes) -> list[str]:
    """What is told besides how far it is."""
    return [line for line in errors.decode().splitlines() if not re.fullmatch(r"ngair: \d+ rows", line)]


def test_bad_lines_are_told_with_their_numbers_and_the_rest_is_taken(
    exported: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, *kept = exported.splitlines(keepends=True)[:60]
    bad = [b"what?\n", b'{"kind":"hours","start_s":-5},\n', b"\xff" * 200_000 + b"\n", b"[" * 50_000 + b"\n", first]
    (tmp_path / "mixed.json").write_bytes(b"".join([first, *bad, b"\n", *kept]))
    code, out, err = command(["import", str(tmp_path / "mixed.json"), "--data", str(tmp_path)], capsys)
    assert code == 0
    assert out.startswith("59 of 59 rows taken over")
    told = err.splitlines()
    assert [line.partition(": ")[2].partition(":")[0] for line in told[:-1]] == [f"line {n}" for n in range(2, 7)]
    assert "no end" in told[-1]
    assert max(map(len, told)) < 200


def test_many_bad_lines_do_not_flood(exported: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = exported.splitlines(keepends=True)[0]
    (tmp_path / "bad.json").write_bytes(first + b"nonsense\n" * 5000)
    code, out, err = command(["import", str(tmp_path / "bad.json"), "--data", str(tmp_path)], capsys)
    assert (code, out.startswith("0 of 0 rows")) == (1, True)
    assert len(err.splitlines()) == history.REFUSALS_SHOWN + 2
    assert f"and {5000 - history.REFUSALS_SHOWN} more lines" in err


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"local time,UTC\n", b"{}\n", b'{"ngair_export":2,"rows":[\n', b"\x00" * 100_000, b"[" * 100_000],
)
def test_what_is_no_export_is_told(content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other").write_bytes(content)
    code, out, err = command(["import", str(tmp_path / "other"), "--data", str(tmp_path / "new")], capsys)
    assert (code, out) == (1, "")
    assert "line 1 is not the beginning of an export" in err
    assert len(err.splitlines()) == 1


def test_a_running_box_is_not_written_behind_its_back(
    exported: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "old.json").write_bytes(exported)
    folder = Folder(tmp_path / "new")
    folder.lock()
    code, _, err = command(["import", str(tmp_path / "old.json"), "--data", str(folder.path)], capsys)
    assert (code, "is used by another ngair: stop it" in err) == (1, True)


@pytest.mark.parametrize(("what", "head"), [("hours", "local time"), ("sessions", "plugged in"), ("events", "local")])
def test_a_spreadsheet(what: str, head: str, lived: Path) -> None:
    arguments = ("--format", "csv", "--what", what, "--time-zone", "Europe/Oslo", "--prices", "2 SEK")
    done = ngair("history", "export", "--data", str(lived), *arguments)
    assert (done.returncode, done.stderr) == (0, b"")
    table = list(csv.reader(io.StringIO(done.stdout.decode())))
    assert table[0][0].startswith(head)
    assert len(table) == 1 + len(rows(lived)[what])
    assert {len(line) for line in table} == {len(table[0])}


def test_a_range_of_days(lived: Path) -> None:
    whole = json.loads(ngair("history", "export", "--data", str(lived), "--what", "days").stdout)
    day = whole["rows"][0]["start_s"]
    name = datetime.fromtimestamp(day, UTC).date().isoformat()
    one = json.loads(
        ngair("history", "export", "--data", str(lived), "--what", "days", "--from", name, "--to", name).stdout
    )
    assert {row["start_s"] for row in one["rows"]} == {day}
    assert one["rows"] == [row for row in whole["rows"] if row["start_s"] == day]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--from", "2026-13-01"], 2, "--from: a local date"),
        (["--from", "2026-02-01", "--to", "2026-01-01"], 2, "--"),
        (["--format", "csv", "--what", "all"], 2, "--what: "),
        (["--data", "/nonexistent/ngair"], 1, "has no memory: name the box's data folder with --data"),
        (["--time-zone", "Mars/Olympus"], 2, "--time-zone = "),
        (["/nonexistent/file.json"], 1, "/nonexistent/file.json: cannot be written: No such file"),
    ],
)
def test_what_cannot_be_asked_is_told_in_a_line(
    arguments: list[str], code: int, told: str, lived: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = command(["export", "--data", str(lived), *arguments], capsys)
    assert (found[0], found[1]) == (code, "")
    assert told in found[2]
    assert len(found[2].splitlines()) == 1


def test_an_export_that_fails_leaves_the_one_before(lived: Path, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert ngair("history", "export", "--data", str(lived), str(path)).returncode == 0
    before = path.read_bytes()
    os.truncate(lived_copy(lived, tmp_path) / HISTORY, 200_000)
    done = ngair("history", "export", "--data", str(tmp_path / "broken"), str(path))
    assert done.returncode == 1, "half of the file is missing"
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_an_export_goes_through_no_link_that_somebody_left(lived: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("somebody's")
    (tmp_path / ".march.json.new").symlink_to(victim)
    assert ngair("history", "export", "--data", str(lived), str(tmp_path / "march.json")).returncode == 0
    assert victim.read_text() == "somebody's"


def lived_copy(lived: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / HISTORY).write_bytes((lived / HISTORY).read_bytes())
    return folder


def test_an_export_changes_nothing(lived: Path) -> None:
    before = snapshot(lived)
    assert ngair("history", "export", "--data", str(lived), "--what", "days").returncode == 0
    assert snapshot(lived) == before


def snapshot(folder: Path) -> dict[str, bytes]:
    files: Iterator[Path] = (file for file in sorted(folder.iterdir()) if stat.S_ISREG(file.stat().st_mode))
    return {file.name: file.read_bytes() for file in files if not file.name.endswith(("-shm", "-wal"))}

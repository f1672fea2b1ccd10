"""A disk that is full, read-only or full of nonsense: charging and the API go on, the page says so, and later all is
kept again."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import msgspec
import pytest

from tests.contracts.disks import FILL, READ_ONLY, on_a_disk
from tests.contracts.programs import NGAIR, told
from tests.program import PASSWORD, Box, running, started, wait_for
from tests.whole.memory import Kept, arguments, change, is_charging, is_told, shown_log, stopped, token_of

ROOMY = "size=4m"
SPEED = 20


def inside(box: Box, folder: Path) -> Path:
    """The folder as the program sees it, from outside of its namespace."""
    return Path(f"/proc/{box.process.pid}/root{folder}")


def fill(folder: Path) -> None:
    """Leave no byte free."""
    with (folder / "filled").open("wb", buffering=0) as file:
        # The program may put a new file in an old one's place meanwhile.
        while os.statvfs(folder).f_bavail:
            with contextlib.suppress(OSError):
                file.write(bytes(1024))


def kinds_shown(box: Box) -> list[str]:
    """Kinds of what is remembered; none while it cannot be read, as in the moment before a new file is begun."""
    answer = box.get("/api/v1/events?limit=500")
    entries = msgspec.json.decode(answer.body)["entries"] if answer.status == 200 else []
    return [entry["kind"] for entry in entries]


def test_a_disk_that_becomes_full_and_has_room_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with started(on_a_disk(ROOMY, data, [*NGAIR, *arguments(data, SPEED)])) as box:
        is_told(box, "up")
        is_charging(box)
        before = shown_log(box)
        fill(inside(box, data))
        memory = is_told(box, "failing")
        assert memory["detail"].startswith("history.db cannot be written (No space left on device")
        assert memory["detail"].endswith("): free some space")
        is_charging(box)
        assert box.get("/meter/").status == 200
        assert before.items() <= shown_log(box).items(), "what was remembered can still be read"
        (inside(box, data) / "filled").unlink()
        assert is_told(box, "up")["detail"] == ""
        told(box, "the memory is kept again")
        telegrams = box.json("/api/v1/site")["meter"]["telegrams"]
        box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] > telegrams + 70)
        with stopped(box):
            kept = Kept(inside(box, data), tmp_path / "copy")
        assert kept.integrity == [("ok",)]
        assert before.items() <= kept.log().items()
        kept.balances()
        assert len([line for line in box.errors if "nothing can be remembered" in line]) == 1
        assert box.stop() == 0


def test_a_disk_that_is_full_from_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with started(on_a_disk(ROOMY, data, [*NGAIR, *arguments(data, SPEED)], FILL.replace("1000000", "9000000"))) as box:
        assert "free some space" in is_told(box, "failing")["detail"]
        is_charging(box)
        assert box.get("/api/v1/events").status == 503
        (inside(box, data) / "filled").unlink()
        is_told(box, "up")
        wait_for(lambda: {"started", "meter up", "plugged", "setpoint"} <= set(kinds_shown(box)))
        assert box.stop() == 0


def test_a_read_only_disk_from_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with started(on_a_disk(READ_ONLY, data, [*NGAIR, *arguments(data, SPEED)])) as box:
        detail = is_told(box, "failing")["detail"]
        assert "Read-only file system" in detail
        assert "look at the disk" in detail
        is_charging(box)
        assert box.stop() == 0


def test_a_disk_that_became_read_only_still_shows_what_it_has(tmp_path: Path) -> None:
    lived, data = tmp_path / "lived", tmp_path / "data"
    data.mkdir()
    with running(*arguments(lived, SPEED)) as box:
        is_told(box, "up")
        is_charging(box)
        assert box.stop() == 0
    kept = Kept(lived, tmp_path / "copy").log()
    prepare = f'cp "{lived}"/* "$1"'
    with started(on_a_disk(READ_ONLY, data, [*NGAIR, *arguments(data, SPEED)], prepare)) as box:
        assert "Read-only file system" in is_told(box, "failing")["detail"]
        is_charging(box)
        assert shown_log(box) == kept
        assert box.stop() == 0


@pytest.mark.parametrize("content", [b"", b"no database" * 1000, b"SQLite format 3\0" + bytes(4096)])
def test_a_file_that_is_none_is_set_aside(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "history.db").write_bytes(content)
    with running(*arguments(tmp_path, SPEED)) as box:
        is_told(box, "up")
        is_charging(box)
        assert box.stop() == 0
    [aside] = tmp_path.glob("history.db.damaged-*")
    assert aside.read_bytes() == content


def test_a_file_that_vanishes_is_begun_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(*arguments(data, SPEED), password=PASSWORD) as box:
        is_told(box, "up")
        is_charging(box)
        with stopped(box):
            for path in data.glob("history.db*"):
                path.unlink()
        [outlet] = box.json("/api/v1/outlets/")
        change(box, f"/api/v1/outlets/{outlet['serial']}/{outlet['id']}/pause", token_of(box))
        wait_for(lambda: "wish" in kinds_shown(box))
        assert box.stop() == 0
    kept = Kept(data, tmp_path / "copy")
    assert kept.integrity == [("ok",)]
    kept.balances()


def test_a_stop_while_the_disk_is_full_is_quick(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    with started(on_a_disk(ROOMY, data, [*NGAIR, *arguments(data, SPEED)])) as box:
        is_told(box, "up")
        is_charging(box)
        fill(inside(box, data))
        is_told(box, "failing")
        assert box.stop(signal.SIGTERM) == 0
        assert any("what happened last is not kept" in line for line in box.errors)
    assert list(data.iterdir()) == []

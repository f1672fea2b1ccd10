"""The data folder's layout: forward by steps, and nothing destroyed by a version that knows it no more."""

from __future__ import annotations

import errno
import logging
import os
from pathlib import Path

import msgspec
import pytest

from ngair.adapters.folder import Folder
from ngair.adapters.layout import FILE, LAYOUT, MIGRATIONS, settle
from tests.program import running


def told(folder: Path) -> dict[str, object]:
    found: dict[str, object] = msgspec.json.decode((folder / FILE).read_bytes())
    return found


def test_there_is_a_way_from_each_layout_to_this_one() -> None:
    assert set(MIGRATIONS) == set(range(1, LAYOUT))


def test_a_new_folder_tells_its_layout_and_who_wrote_it(tmp_path: Path) -> None:
    settle(Folder(tmp_path), "0.7.0")
    assert told(tmp_path) == {"layout": LAYOUT, "written_by": "0.7.0"}
    before = (tmp_path / FILE).stat().st_mtime_ns
    settle(Folder(tmp_path), "0.7.0")
    assert (tmp_path / FILE).stat().st_mtime_ns == before
    settle(Folder(tmp_path), "0.7.1")
    assert told(tmp_path)["written_by"] == "0.7.1"


def test_an_older_folder_is_made_a_newer_one_step_by_step(tmp_path: Path) -> None:
    """A folder without the file is of the first layout. After a power cut it goes on where it was."""
    steps: list[int] = []

    def first(folder: Folder) -> None:
        steps.append(1)

    def second(folder: Folder) -> None:
        steps.append(2)
        if steps.count(2) == 1:
            raise OSError(errno.ENOSPC, "No space left on device")

    settle(Folder(tmp_path), "3.0", 3, {1: first, 2: second})
    assert told(tmp_path) == {"layout": 2, "written_by": "3.0"}
    settle(Folder(tmp_path), "3.0", 3, {1: first, 2: second})
    assert told(tmp_path) == {"layout": 3, "written_by": "3.0"}
    assert steps == [1, 2, 2]


def test_a_version_before_destroys_nothing_of_a_newer_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE).write_text('{"layout": 9, "written_by": "8.0", "more": {"of": "it"}}')
    (tmp_path / "wishes.json").write_text('{"new": "words"}')
    written = (tmp_path / FILE).read_bytes()
    folder = Folder(tmp_path)
    settle(folder, "1.0")
    assert len([record for record in caplog.records if "newer version, 8.0" in record.getMessage()]) == 1
    for text in (b"one", b"two"):
        folder.save("wishes.json", text)
        folder.save("box.json", text)
    assert (tmp_path / FILE).read_bytes() == written
    assert (tmp_path / "wishes.json").read_bytes() == b"two"
    assert (tmp_path / "wishes.json.layout-9").read_text() == '{"new": "words"}'
    # Of what was not there before, the first that was written.
    assert (tmp_path / "box.json.layout-9").read_bytes() == b"one"
    again = Folder(tmp_path)
    settle(again, "1.0")
    again.save("wishes.json", b"three")
    assert (tmp_path / "wishes.json.layout-9").read_text() == '{"new": "words"}'
    assert len(os.listdir(tmp_path)) == 5  # noqa: PTH208 - names, not paths


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b'{"layout": 0, "written_by": ""}', b'{"layout": "2"}'])
def test_a_damaged_file_is_left_and_told(tmp_path: Path, caplog: pytest.LogCaptureFixture, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    settle(Folder(tmp_path), "1.0")
    assert (tmp_path / FILE).read_bytes() == data
    assert "damaged" in caplog.text


def test_a_disk_that_cannot_be_written_is_no_reason_not_to_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.WARNING)

    def full(self: Folder, name: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Folder, "save", full)
    settle(Folder(tmp_path), "1.0")
    assert "No space left on device" in caplog.text


def test_the_program_goes_on_in_a_newer_folder_and_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"layout": 99, "written_by": "99.0"}')
    with running("run", "--meter", "sim:", "--mdns", "off", "--data", str(tmp_path)) as box:
        box.until("/api/v1/site", lambda site: site["memory"]["state"] == "up")
        assert box.stop() == 0
        assert any("laid out by a newer version, 99.0" in line for line in box.errors)
    assert told(tmp_path) == {"layout": 99, "written_by": "99.0"}

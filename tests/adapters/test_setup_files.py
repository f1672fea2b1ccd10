"""The button and the access point's password, as files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ngair.adapters.setup_files import ButtonFile, load_setup_key


class TestButton:
    def test_a_file_that_appears_or_is_touched_is_a_press_and_only_once(self, tmp_path: Path) -> None:
        path = tmp_path / "button"
        button = ButtonFile(path)
        assert not button.pressed()
        path.touch()
        assert button.pressed()
        assert not button.pressed()
        os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
        assert button.pressed()
        assert not button.pressed()

    def test_a_file_that_was_there_at_the_start_is_no_press(self, tmp_path: Path) -> None:
        (tmp_path / "button").touch()
        assert not ButtonFile(tmp_path / "button").pressed()

    def test_a_file_that_goes_is_no_press_and_one_that_comes_again_is(self, tmp_path: Path) -> None:
        path = tmp_path / "button"
        path.touch()
        button = ButtonFile(path)
        path.unlink()
        assert not button.pressed()
        path.touch()
        assert button.pressed()

    def test_a_folder_that_is_not_there_is_no_press(self, tmp_path: Path) -> None:
        assert not ButtonFile(tmp_path / "none" / "button").pressed()


class TestKey:
    @pytest.mark.parametrize("content", [b"correct horse", b"correct horse\n", b"correct horse\r\nsecond line\n"])
    def test_the_first_line_is_the_password(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "key"
        path.write_bytes(content)
        path.chmod(0o600)
        assert load_setup_key(path) == "correct horse"

    @pytest.mark.parametrize("content", [b"", b"secret7\n", b"x" * 65, "lösenordet".encode(), b"\xff" * 12, b"\0" * 9])
    def test_what_no_access_point_takes_is_refused_and_not_told(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "key"
        path.write_bytes(content)
        with pytest.raises(ValueError, match="key") as caught:
            load_setup_key(path)
        assert "secret7" not in str(caught.value)

    def test_no_file_and_no_plain_file_are_refused_at_once(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="cannot be read"):
            load_setup_key(tmp_path / "none")
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="no file"):
            load_setup_key(tmp_path / "pipe")

    def test_one_that_everybody_may_read_is_warned_of(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        path = tmp_path / "key"
        path.write_text("correct horse\n")
        path.chmod(0o644)
        load_setup_key(path)
        assert "chmod 600" in caplog.text
        assert "horse" not in caplog.text

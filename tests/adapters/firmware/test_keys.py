"""Files with keys: made for their owner alone, never written over, not trusted where others could have changed them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ngair.adapters.firmware.keys import load_private_key, load_public_keys, make_keys
from ngair.device.image.keys import PUBLIC, public_of, write_key
from ngair.model.limits import FIRMWARE_KEYS_FILE_MAX_BYTES
from tests.device.images import KEY


def test_keys_that_are_made_belong_together(tmp_path: Path) -> None:
    public = make_keys(tmp_path / "release.key", "ours")
    assert public == tmp_path / "release.key.pub"
    assert load_public_keys(public) == (public_of(load_private_key(tmp_path / "release.key")),)
    assert public.read_text().endswith(" ours\n")


def test_only_the_owner_reaches_a_private_key(tmp_path: Path) -> None:
    make_keys(tmp_path / "k", "")
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600


def test_two_keys_are_two(tmp_path: Path) -> None:
    make_keys(tmp_path / "a", "")
    make_keys(tmp_path / "b", "")
    assert load_private_key(tmp_path / "a") != load_private_key(tmp_path / "b")


@pytest.mark.parametrize("there", ["k", "k.pub"])
def test_no_key_is_written_over(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("precious")
    with pytest.raises(FileExistsError):
        make_keys(tmp_path / "k", "")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {there: "precious"}


def test_a_file_that_is_not_there_has_no_keys(tmp_path: Path) -> None:
    assert load_public_keys(tmp_path / "none") == ()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff", "not UTF-8"),
        (b"#" * (FIRMWARE_KEYS_FILE_MAX_BYTES + 1), "larger than"),
        (b"key", "line 1: a key is the word"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "keys").write_bytes(content)
    with pytest.raises(ValueError, match=f"{tmp_path}/keys: .*{told}"):
        load_public_keys(tmp_path / "keys")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        load_public_keys(tmp_path)


def test_keys_that_everybody_may_change_are_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_text(write_key(PUBLIC, public_of(KEY), ""))
    path.chmod(0o646)
    with pytest.raises(ValueError, match="chmod 644"):
        load_public_keys(path)


def test_a_private_key_that_others_reach_is_not_used(tmp_path: Path) -> None:
    make_keys(tmp_path / "k", "")
    (tmp_path / "k").chmod(0o640)
    with pytest.raises(ValueError, match="chmod 600"):
        load_private_key(tmp_path / "k")
    with pytest.raises(ValueError, match="there is no such file"):
        load_private_key(tmp_path / "none")

"""`ngair firmware`: keys and images from the command line, as whoever releases a version uses it."""

from __future__ import annotations

import base64
import io
import stat
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from ngair.cli.main import main
from tests.adapters.firmware.wheels import make_wheel, program
from tests.device.images import FILES, image
from tests.program import ngair

LIBRARY = "some_lib-1.2-cp311-cp311-manylinux_2_17_x86_64.whl"


@pytest.fixture(name="release", scope="module")
def _release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key, wheels, and an image of them that is signed with it."""
    folder = tmp_path_factory.mktemp("release")
    done = ngair("firmware", "keygen", str(folder / "release.key"))
    assert done.returncode == 0, done.stderr
    assert b"the private key" in done.stdout
    assert (folder / "release.key").stat().st_mode & 0o777 == 0o600
    program(folder)
    make_wheel(folder, LIBRARY, {"some_lib/__init__.py": b""})
    told = firmware("build", *wheels(folder), "--out", folder / "signed.ngfw", "--key", folder / "release.key")
    assert "0.7.0 for linux-x86_64-cpython-311; 2 wheels" in told
    return folder


def wheels(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.whl"))


def firmware(*arguments: object, code: int = 0) -> str:
    """Run it in this process: what it printed where it succeeds, and its error where it fails."""
    out, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(errors), pytest.raises(SystemExit) as end:
        main(["firmware", *map(str, arguments)])
    assert end.value.code == code, (out.getvalue(), errors.getvalue())
    assert code or not errors.getvalue()
    return out.getvalue() + errors.getvalue()


def test_a_box_that_trusts_the_key_would_take_it(release: Path) -> None:
    told = firmware("inspect", release / "signed.ngfw", "--keys", release / "release.key.pub")
    assert "version           0.7.0" in told
    assert "which is trusted" in told
    assert LIBRARY in told


def test_the_same_wheels_make_the_same_bytes_in_whatever_order_they_are_named(release: Path, tmp_path: Path) -> None:
    for name, order in (("one", wheels(release)), ("other", wheels(release)[::-1])):
        firmware("build", *order, "--out", tmp_path / name, "--key", release / "release.key")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes() == _bytes(release / "signed.ngfw")


def test_what_is_signed_later_is_the_same(release: Path, tmp_path: Path) -> None:
    later = tmp_path / "later.ngfw"
    firmware("build", *wheels(release), "--out", later)
    assert "not signed" in firmware("inspect", later, "--keys", release / "release.key.pub", code=1)
    firmware("sign", "--key", release / "release.key", later)
    assert later.read_bytes() == _bytes(release / "signed.ngfw")


def test_what_it_is_for_and_after_can_be_said(release: Path, tmp_path: Path) -> None:
    out = tmp_path / "image.ngfw"
    options = ["--minimum-version", "0.5", "--from-version", "0.4", "--hardware", "linux-x86_64-cpython-311"]
    firmware("build", *wheels(release), "--out", out, "--key", release / "release.key", *options)
    told = firmware("inspect", out, "--keys", release / "release.key.pub")
    assert "nothing older than 0.5 is taken" in told
    assert "from version      0.4" in told


def test_it_is_for_all_that_every_wheel_runs_on(release: Path, tmp_path: Path) -> None:
    told = firmware("build", program(tmp_path), "--out", tmp_path / "image.ngfw")
    assert all(f"linux-{machine}-cpython-313" in told for machine in ("x86_64", "aarch64"))


WRONG_WHEELS = {
    "other hardware": ([LIBRARY], ["--hardware", "linux-aarch64-cpython-311"], "does not run on all hardware"),
    "no program": ([], [], "the wheel of the program itself is missing"),
    "nothing in common": (
        [LIBRARY, LIBRARY.replace("some", "other").replace("x86_64", "aarch64")],
        [],
        "runs on nothing",
    ),
    "a floor above itself": (["ngair"], ["--minimum-version", "0.8"], "older than the least"),
    "a version that is none": (["ngair"], ["--from-version", "newest"], "from_version is none"),
}


@pytest.mark.parametrize(("names", "options", "told"), WRONG_WHEELS.values(), ids=WRONG_WHEELS)
def test_what_cannot_be_built_is_told(tmp_path: Path, names: list[str], options: list[str], told: str) -> None:
    given = [make_wheel(tmp_path, name, {"x.py": b""}) for name in names if name != "ngair"]
    given += [program(tmp_path)] if names else [make_wheel(tmp_path, LIBRARY, {"x.py": b""})]
    assert told in firmware("build", *given, "--out", tmp_path / "image.ngfw", *options, code=1)
    assert not list(tmp_path.glob("*.ngfw*"))
    assert not list(tmp_path.glob(".*"))


def test_a_wheel_that_was_changed_goes_into_no_image(tmp_path: Path) -> None:
    wheel = program(tmp_path, code=b"print('good')\n")
    wheel.write_bytes(wheel.read_bytes().replace(b"RECORD", b"RECORE"))
    (tmp_path / "image.ngfw").write_text("the image before")
    assert wheel.name in firmware("build", wheel, "--out", tmp_path / "image.ngfw", code=1)
    assert (tmp_path / "image.ngfw").read_text() == "the image before"


DAMAGE = {
    "cut": (lambda data: data[:-1], "ends too early"),
    "a bit": (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is damaged"),
    "more": (lambda data: data + b"x", "more behind the image"),
    "another manifest": (lambda data: data.replace(b'"from_version":"0"', b'"from_version":"1"'), "signature is wrong"),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGE.values(), ids=DAMAGE)
def test_damage_is_told(release: Path, tmp_path: Path, damage: object, told: str) -> None:
    assert callable(damage)
    damaged = tmp_path / "damaged.ngfw"
    damaged.write_bytes(damage(_bytes(release / "signed.ngfw")))
    assert told in firmware("inspect", damaged, "--keys", release / "release.key.pub", code=1)
    if told != "signature is wrong":
        before = damaged.read_bytes()
        assert told in firmware("sign", "--key", release / "release.key", damaged, code=1)
        assert damaged.read_bytes() == before


def test_what_a_box_could_not_install_is_told_though_it_is_signed(release: Path, tmp_path: Path) -> None:
    (tmp_path / "image.ngfw").write_bytes(image(FILES))
    told = firmware("inspect", tmp_path / "image.ngfw", "--keys", release / "release.key.pub", code=1)
    assert "ngair-0.7.0-py3-none-any.whl: cannot be read as a wheel" in told
    assert "which is not trusted" in told


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"NGFW\r\n\x1a\x01\xff\xff\xff\xff", b"\0" * 100_000])
def test_what_is_no_image_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    told = firmware("inspect", tmp_path / "x", code=1)
    assert told.startswith(f"ngair: {tmp_path}/x: ")
    assert len(told.splitlines()) == 1


def test_without_a_key_nobody_knows(release: Path, tmp_path: Path) -> None:
    (tmp_path / "none").touch()
    assert "no key is known" in firmware("inspect", release / "signed.ngfw", "--keys", tmp_path / "none", code=1)
    assert "there is no such file" in firmware("inspect", release / "signed.ngfw", "--keys", "/nowhere", code=2)


def test_a_key_is_never_written_over_nor_shown(release: Path, tmp_path: Path) -> None:
    before = (release / "release.key").read_text()
    told = firmware("keygen", release / "release.key", code=1)
    assert "is there already" in told
    assert (release / "release.key").read_text() == before
    secret = before.split()[1]
    assert len(base64.b64decode(secret)) == 32
    for command in (["sign", "--key", release / "release.key", release / "none"], ["keygen", release / "release.key"]):
        assert secret not in firmware(*command, code=1)
    (tmp_path / "keys").write_text(before)
    assert secret not in firmware("inspect", release / "signed.ngfw", "--keys", tmp_path / "keys", code=1)
    assert stat.S_IMODE((release / "release.key").stat().st_mode) == 0o600


def test_a_public_key_signs_nothing(release: Path) -> None:
    told = firmware("sign", "--key", release / "release.key.pub", release / "signed.ngfw", code=1)
    assert "ngair-ed25519-private" in told
    assert "chmod" not in told, "everybody may read it"


def _bytes(path: Path) -> bytes:
    return path.read_bytes()

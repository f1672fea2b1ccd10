"""`ngair install` and `uninstall` in a folder that is to become a system."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from ngair.cli import install as install_module
from ngair.cli.installation import CONFIG, DATA, DEBIAN_LAUNCHER, LAUNCHER, RECORD, UNIT, files, unreachable
from tests.program import clean_environment, ngair

FILES = [file.path for file in files(Path("/usr/bin/python3"), Path("/opt/ngair/bin/ngair"))]


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    return root


def install(root: Path, *arguments: str, word: str = "install", stdin: bytes = b"") -> tuple[int, str]:
    done = ngair(word, "--root", str(root), *arguments, stdin=stdin)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    """Each file below a folder, and when it was written."""
    found = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


def test_it_shows_everything_and_does_nothing_before_it_is_told_to(root: Path) -> None:
    for how in (["--dry-run"], []):
        code, shown = install(root, *how, stdin=b"no\n")
        assert code == 0
        for path in FILES:
            assert f"  write     {path}  (" in shown
        assert f"systemd-sysusers --root={root} ngair.conf" in shown
        assert f"systemctl --root={root} enable ngair.service" in shown
        assert "Nothing was done" in shown
        assert everything(root) == {}


@pytest.mark.parametrize("how", ["--yes", "asked"])
def test_what_it_showed_is_there_afterwards(root: Path, how: str) -> None:
    code, shown = install(root, *([how] if how == "--yes" else []), stdin=b"y\n")
    assert code == 0, shown
    there = {f"/{path}" for path in everything(root)}
    assert there >= {*FILES, RECORD}
    # The tools of systemd write a little of their own, as into any image.
    assert not [path for path in there - {*FILES, RECORD} if "ngair" in path]
    assert stat.S_IMODE((root / CONFIG[1:]).stat().st_mode) == 0o640
    assert "ngair:" in (root / "etc/passwd").read_text()
    if os.geteuid() == 0:
        (line,) = [line for line in (root / "etc/group").read_text().splitlines() if line.startswith("ngair:")]
        assert (root / CONFIG[1:]).stat().st_gid == int(line.split(":")[2])
    assert (root / "etc/systemd/system/multi-user.target.wants/ngair.service").is_symlink()


def test_the_unit_starts_this_very_program_by_the_launcher(root: Path) -> None:
    install(root, "--yes")
    unit = (root / UNIT[1:]).read_text()
    (line,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    words = line.removeprefix("ExecStart=").split()
    assert words[1:3] == ["-I", LAUNCHER]
    program = words[words.index("--factory-command") + 1]
    assert program == str(Path(sys.executable).parent / "ngair")
    assert words[words.index("--") + 1 :] == ["run", "--config", CONFIG]
    told = subprocess.run(
        [words[0], "-I", str(root / LAUNCHER[1:]), "--nonsense"], capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "--slots" in told.stderr


def test_again_it_finds_everything_in_place_and_writes_nothing(root: Path) -> None:
    install(root, "--yes")
    before = everything(root)
    code, shown = install(root, "--yes")
    assert code == 0
    assert "Everything is in place." in shown
    assert "  run " not in shown
    assert everything(root) == before


def test_what_somebody_changed_is_never_overwritten_nor_removed(root: Path) -> None:
    install(root, "--yes")
    (root / CONFIG[1:]).write_text('meter = "sim:"\n')
    (root / UNIT[1:]).write_text("[Service]\n")
    (root / LAUNCHER[1:]).unlink()
    code, shown = install(root, "--yes")
    assert code == 0
    assert f"leave: somebody changed it  {CONFIG}" in shown
    assert (root / CONFIG[1:]).read_text() == 'meter = "sim:"\n'
    assert (root / UNIT[1:]).read_text() == "[Service]\n"
    assert (root / LAUNCHER[1:]).exists()
    code, shown = install(root, "--yes", word="uninstall")
    assert f"keep      {CONFIG}  (somebody changed it)" in shown
    assert (root / CONFIG[1:]).exists()
    assert (root / UNIT[1:]).exists()
    assert not (root / LAUNCHER[1:]).exists()


def test_settings_that_were_there_before_are_left(root: Path) -> None:
    (root / "etc/ngair").mkdir()
    (root / CONFIG[1:]).write_text("# mine\n")
    install(root, "--yes")
    install(root, "--yes", word="uninstall")
    assert (root / CONFIG[1:]).read_text() == "# mine\n"


def test_a_file_of_an_earlier_version_is_renewed(root: Path) -> None:
    install(root, "--yes")
    rule = root / "etc/udev/rules.d/60-ngair-serial.rules"
    now, record = rule.read_text(), root / RECORD[1:]
    earlier = "# an earlier version's\n"
    rule.write_text(earlier)
    sums = subprocess.run(["sha256sum", rule], capture_output=True, text=True, check=True).stdout.split()[0]

    kept = json.loads(record.read_text())
    record.write_text(json.dumps(kept | {"/" + str(rule.relative_to(root)): sums}))
    code, shown = install(root, "--yes")
    assert code == 0
    assert "renew     /etc/udev/rules.d/60-ngair-serial.rules" in shown
    assert rule.read_text() == now


def test_uninstalling_leaves_nothing_of_ours_but_the_data(root: Path) -> None:
    install(root, "--yes")
    data = root / DATA[1:]
    data.mkdir(parents=True)
    (data / "box.json").write_text("{}")
    code, shown = install(root, word="uninstall", stdin=b"\n")
    assert code == 0
    assert "Nothing was done." in shown
    assert (root / UNIT[1:]).exists()
    code, shown = install(root, "--yes", word="uninstall")
    assert code == 0
    assert f"keep      {DATA}" in shown
    left = [path for path in everything(root) if "ngair" in path]
    assert left == ["var/lib/ngair/box.json"]
    code, shown = install(root, "--yes", word="uninstall")
    assert "Nothing was installed here" in shown
    install(root, "--yes", "--purge", word="uninstall")
    assert not data.exists()


def test_purging_takes_settings_and_data(root: Path) -> None:
    install(root, "--yes")
    (root / CONFIG[1:]).write_text("# mine\n")
    (root / DATA[1:]).mkdir(parents=True)
    install(root, "--yes", "--purge", word="uninstall")
    assert [path for path in root.rglob("*ngair*") if not path.is_symlink()] == []


def test_a_damaged_record_makes_everything_somebody_elses(root: Path) -> None:
    install(root, "--yes")
    (root / RECORD[1:]).write_text("{]")
    (root / UNIT[1:]).write_text("[Service]\n")
    code, shown = install(root, "--yes")
    assert code == 0
    assert f"leave: somebody changed it  {UNIT}" in shown


def test_beside_the_debian_package_there_is_nothing_to_do(root: Path) -> None:
    (root / DEBIAN_LAUNCHER[1:]).parent.mkdir(parents=True)
    (root / DEBIAN_LAUNCHER[1:]).write_text("")
    code, shown = install(root, "--yes")
    assert code == 1
    assert "Debian package" in shown


def test_who_may_not_write_is_told_to_become_root(root: Path) -> None:
    for folder in (root, root / "etc"):
        folder.chmod(0o555)
    try:
        command = [sys.executable, "-m", "ngair", "install", "--yes", "--root", str(root)]
        if os.geteuid() == 0:
            # Root may write everywhere; without its rights over files it may not.
            command = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override", *command]
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment(), check=False)
    finally:
        for folder in (root, root / "etc"):
            folder.chmod(0o755)
    assert done.returncode == 1
    assert "rights of root: sudo" in done.stderr
    assert everything(root) == {}


@pytest.mark.parametrize("word", ["install", "uninstall"])
def test_links_in_it_lead_nowhere_else(root: Path, tmp_path: Path, word: str) -> None:
    """Who made the image must not write into, or remove from, the machine that looks after it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("")
    (root / "etc/systemd").mkdir()
    (root / "etc/systemd/system").symlink_to(outside)
    sums = {"/etc/systemd/system/keep": sha256(b"").hexdigest(), "/../outside/keep": sha256(b"").hexdigest()}
    for path in sums:
        (root / "etc/ngair").mkdir(exist_ok=True)
        (root / RECORD[1:]).write_text(json.dumps({path: sums[path]}))
        code, shown = install(root, "--yes", word=word)
        assert (code, "leads out of" in shown) == (1, True)
        assert everything(outside).keys() == {"keep"}


def test_what_it_calls_does_not_depend_on_where_root_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ngair").mkdir()
    (tmp_path / "ngair/__main__.py").write_text("open('ran', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(install_module, "systemd_runs", lambda: True)
    install_module._begin(Path("/"))
    assert "Set the meter in" in capsys.readouterr().out
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    code, shown = install(tmp_path / "no such")
    assert code == 2
    assert "is no folder" in shown


def test_a_program_that_the_service_could_not_enter_is_found(tmp_path: Path) -> None:
    program = tmp_path / "venv" / "bin" / "ngair"
    program.parent.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    closed = unreachable(program)
    (tmp_path / "venv").chmod(0o700)
    assert unreachable(program) == (closed or tmp_path / "venv")
    program.chmod(0o644)
    assert unreachable(program) is not None

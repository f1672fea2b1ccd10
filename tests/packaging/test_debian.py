"""The Debian package, built, installed, started, removed and purged for real, on a machine that is gone afterwards."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import ngair
from ngair.model.settings import Layer, resolve
from tests.packaging.conftest import built
from tests.packaging.machine import Machine, machine

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 60.0
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


WITHOUT_EXECUTABLE_MEMORY = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)
"""PR_SET_MDWE (prctl(2)), as far as the kernel has it: what MemoryDenyWriteExecute= is."""

SIGNAL_LAUNCHER = """
import os, pathlib, signal, sys
for process in pathlib.Path("/proc").glob("[0-9]*"):
    try:
        words = (process / "cmdline").read_bytes().split(b"\\0")
    except OSError:
        continue  # it has ended since
    if b"/usr/lib/ngair/launcher.py" in words:
        os.kill(int(process.name), signal.Signals["SIG" + sys.argv[1]])
"""


def debian_python() -> str:
    """The version of this machine's own Python, for which its packages are; empty without one."""
    command = ["/usr/bin/python3", "-Ic", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except OSError:
        return ""


pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="installing packages needs root, in a namespace too"),
    pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="this is no Debian"),
    pytest.mark.timeout(600),
]


@pytest.fixture(name="box")
def _box(tmp_path: Path) -> Iterator[Machine]:
    if debian_python() != HERE:
        pytest.skip(f"the package is for Python {HERE}, and this machine's own is {debian_python() or 'none'}")
    with machine(tmp_path) as box:
        yield box


def test_the_same_sources_give_the_same_bytes(wheels: Path, deb: Path, tmp_path: Path) -> None:
    again = built(wheels, tmp_path, SOURCE_DATE_EPOCH="1700000000")
    assert again.read_bytes() == deb.read_bytes()
    assert again.name == f"ngair_{ngair.__version__}_{_field(deb, 'Architecture')}.deb"


def test_it_asks_for_the_python_whose_wheels_are_in_it(deb: Path) -> None:
    depends = _field(deb, "Depends").split(", ")
    major, minor = sys.version_info[:2]
    assert depends[:2] == [f"python3 (>= {major}.{minor})", f"python3 (<< {major}.{minor + 1})"]
    listed = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True).stdout
    tags = set(re.findall(r"\.cpython-(\d+)-", listed))
    assert tags == {f"{major}{minor}"}


def test_everything_in_it_belongs_to_root_and_nobody_else_may_write_it(deb: Path) -> None:
    listed = subprocess.run(["dpkg-deb", "-c", deb], capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(listed) > 500
    for line in listed:
        mode, owner = line.split()[:2]
        assert owner == "root/root"
        assert re.fullmatch(r"(drwxr-xr-x|-rw[-x]r-[-x]r-[-x])", mode), line


def test_its_settings_are_all_commented_out_and_all_right() -> None:
    text = (ROOT / "packaging" / "ngair.toml").read_text()
    assert tomllib.loads(text) == {}
    shown = re.sub(r"^#(?=[a-z_]+ = )", "", text, flags=re.MULTILINE)
    values = tomllib.loads(shown)
    assert len(values) > 10
    resolve([Layer("packaging/ngair.toml", values)])


def test_it_is_installed_started_upgraded_removed_and_purged(box: Machine, deb: Path) -> None:
    _install(box, deb)
    assert box.get("/usr/bin/ngair", "--version") == f"ngair {ngair.__version__}\n"
    assert box.get("stat", "-c", "%U:%G %a", "/etc/ngair/ngair.toml") == "root:ngair 640\n"
    assert "dialout" in box.get("id", "-nG", "ngair").split()
    assert "ngair" in box.get("getent", "passwd", "ngair")
    assert box.get("find", "/usr/lib/ngair/site/ngair", "-name", "main*.pyc")
    assert box.run("ngair", "check", "/etc/ngair/ngair.toml").returncode == 2  # no meter is set yet

    _runs_as_the_unit_does(box)

    box.put("/etc/ngair/ngair.toml", b'meter = "sim:"\n')
    _install(box, deb)  # an upgrade
    assert box.get("cat", "/etc/ngair/ngair.toml") == 'meter = "sim:"\n'
    assert box.get("stat", "-c", "%U:%G %a", "/etc/ngair/ngair.toml") == "root:ngair 640\n"

    box.get("dpkg", "-r", "ngair")
    assert not box.has("/usr/lib/ngair")
    assert not box.has("/usr/bin/ngair")
    assert not box.has("/usr/lib/systemd/system/ngair.service")
    assert box.has("/etc/ngair/ngair.toml")
    assert box.has("/var/lib/ngair/box.json")

    box.get("dpkg", "-P", "ngair")
    for path in ("/etc/ngair", "/var/lib/ngair", "/usr/lib/ngair", "/usr/share/doc/ngair"):
        assert not box.has(path), path
    assert box.run("getent", "passwd", "ngair").returncode != 0
    assert box.run("find", "/etc", "-name", "*ngair*").stdout == b""


@pytest.mark.long
def test_it_works_on_a_debian_that_has_nothing_else(tmp_path: Path, deb: Path) -> None:
    """A system of its own, from the mirror that this machine uses."""
    sources = "".join(path.read_text() for path in Path("/etc/apt/sources.list.d").glob("*") if path.is_file())
    if Path("/etc/apt/sources.list").exists():
        sources += Path("/etc/apt/sources.list").read_text()
    mirror = re.search(r"(?:^URIs: *|^deb +(?:\[[^]]*\] +)?)(https?://\S+/debian)/?(?:\s|$)", sources, re.MULTILINE)
    if shutil.which("debootstrap") is None or mirror is None:
        pytest.skip("there is no debootstrap here, or no mirror is known")
    system = tmp_path / "system"
    include = "--include=python3,systemd-standalone-sysusers"
    command = ["debootstrap", "--variant=minbase", include, "bookworm", str(system), mirror[1]]
    subprocess.run(command, check=True, capture_output=True)
    with machine(tmp_path, system) as box:
        test_it_is_installed_started_upgraded_removed_and_purged(box, deb)


def _install(box: Machine, deb: Path) -> None:
    box.put("/tmp/ngair.deb", deb.read_bytes())
    box.get("dpkg", "-i", "/tmp/ngair.deb")


def _runs_as_the_unit_does(box: Machine) -> None:
    """What the unit starts, as its user, with its rights and its folders: it serves on port 80."""
    unit = box.get("cat", "/usr/lib/systemd/system/ngair.service")
    (line,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert "User=ngair\n" in unit
    box.put("/etc/ngair/ngair.toml", b'meter = "sim:"\nmdns = false\nwifi = "off"\n')
    box.get("install", "-d", "-o", "ngair", "-g", "ngair", "-m", "0700", "/var/lib/ngair")
    rights = ["--bounding-set=-all,+net_bind_service", "--inh-caps=-all,+net_bind_service"]
    as_user = ["setpriv", "--reuid=ngair", "--regid=ngair", "--init-groups", *rights]
    as_user += ["--ambient-caps=-all,+net_bind_service", "--no-new-privs"]
    words = [*as_user, "/usr/bin/python3", "-Ic", WITHOUT_EXECUTABLE_MEMORY, *shlex.split(line)]
    program = subprocess.Popen(
        box.command(*words, env={"STATE_DIRECTORY": "/var/lib/ngair"}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        ask = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1/status/', timeout=5).read())"
        end_s = time.monotonic() + DEADLINE_S
        while (done := box.run("/usr/bin/python3", "-Ic", ask)).returncode != 0:
            assert program.poll() is None, done.stderr.decode()
            assert time.monotonic() < end_s, done.stderr.decode()
            time.sleep(0.2)
        assert b"ngair." in done.stdout
        assert box.get("stat", "-c", "%U", "/var/lib/ngair/box.json") == "ngair\n"
    finally:
        # nsenter hands no signals on, and in the namespace there are other numbers.
        box.run("/usr/bin/python3", "-Ic", SIGNAL_LAUNCHER, "TERM")
        try:
            output = program.communicate(timeout=DEADLINE_S)[0].decode()
        except subprocess.TimeoutExpired:
            box.run("/usr/bin/python3", "-Ic", SIGNAL_LAUNCHER, "KILL")
            raise
        finally:
            program.kill()
            program.wait()
    assert program.returncode == 0, output
    assert "stopped" in output


def _field(deb: Path, name: str) -> str:
    return subprocess.run(["dpkg-deb", "-f", deb, name], capture_output=True, text=True, check=True).stdout.strip()

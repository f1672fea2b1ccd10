"""The package under a real systemd, in namespaces: ready, watched, started again, and kept within its bounds."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.packaging.machine import Machine, machine
from tests.packaging.test_debian import HERE, debian_python
from tests.whole.images import Factory

CONFIG = b'meter = "sim:"\nchargers = ["sim:"]\nmain_fuse_a = 25\nmdns = true\n'
QUICK = b"""[Service]
Environment=WATCHDOG_USEC=3000000
ExecReload=/usr/bin/systemd-notify WATCHDOG_USEC=1000000
"""
"""The program tells each second that it lives, while systemd waits for it as long as on a box. When it is asked to
reload, it is told to wait no longer than a second: by a test that knows that the program stands still."""
DEADLINE_S = 60.0
NET_BIND_SERVICE = 1 << 10
ASK = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1/status/', timeout=60).read())"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces with a systemd in them need root"),
    pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="this is no Debian"),
    pytest.mark.timeout(300),
]


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory, deb: Path) -> Iterator[Machine]:
    """Booted, with the package installed, and a watchdog that a test can have bite."""
    if debian_python() != HERE:
        pytest.skip(f"the package is for Python {HERE}, and this machine's own is {debian_python() or 'none'}")
    with machine(tmp_path_factory.mktemp("machine"), booted=True) as box:
        box.put("/tmp/ngair.deb", deb.read_bytes())
        box.get("dpkg", "-i", "/tmp/ngair.deb")
        box.get("mkdir", "-p", "/etc/systemd/system/ngair.service.d")
        box.put("/etc/systemd/system/ngair.service.d/quick.conf", QUICK)
        box.get("systemctl", "daemon-reload")
        yield box


def shown(box: Machine, key: str) -> str:
    """What systemd tells of the unit."""
    return box.get("systemctl", "show", "--value", f"--property={key}", "ngair.service").strip()


def until(condition: Callable[[], object], told: Callable[[], object]) -> None:
    end_s = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < end_s, told()
        time.sleep(0.2)


def told_by(box: Machine) -> str:
    """The service's own words of late."""
    return box.get("journalctl", "--no-pager", "--unit=ngair.service", "--lines=40")


def program(box: Machine) -> str:
    """The process id of what the launcher started."""
    return box.get("sh", "-c", f"cat /proc/{shown(box, 'MainPID')}/task/*/children").split()[0]


def test_without_a_meter_it_is_enabled_and_does_not_run(box: Machine) -> None:
    assert box.get("systemctl", "is-enabled", "ngair.service") == "enabled\n"
    assert shown(box, "ActiveState") == "inactive"


def test_settings_that_cannot_be_are_told_and_not_tried_again(box: Machine) -> None:
    box.put("/etc/ngair/ngair.toml", b"main_fuse_a = 3\n")
    assert box.run("systemctl", "start", "ngair.service").returncode != 0
    assert shown(box, "ActiveState") == "failed"
    assert shown(box, "ExecMainStatus") == "2"
    assert shown(box, "NRestarts") == "0"
    box.get("systemctl", "reset-failed", "ngair.service")


def test_it_is_ready_when_it_answers_and_tells_how_it_fares(box: Machine) -> None:
    box.put("/etc/ngair/ngair.toml", CONFIG)
    box.get("systemctl", "start", "ngair.service")
    assert "ngair." in box.get("/usr/bin/python3", "-Ic", ASK)
    assert shown(box, "ActiveState") == "active"
    line = "meter up; 1 of 1 chargers connected, allowed "
    until(lambda: shown(box, "StatusText").startswith(line), lambda: shown(box, "StatusText"))


def test_it_has_the_rights_that_the_unit_leaves_it_and_no_others(box: Machine) -> None:
    pid = program(box)
    status = dict(line.split(":\t", 1) for line in box.get("cat", f"/proc/{pid}/status").splitlines())
    assert box.get("id", "-u", "ngair").strip() == status["Uid"].split("\t")[0] != "0"
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"
    for kind in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
        assert int(status[kind], 16) == NET_BIND_SERVICE
    mounts = [line.split() for line in box.get("cat", f"/proc/{pid}/mounts").splitlines()]
    writable = {words[1] for words in mounts if "rw" in words[3].split(",")}
    assert "/var/lib/ngair" in writable
    assert not {"/", "/etc", "/usr", "/var", "/home", "/root"} & writable


def test_a_program_that_is_killed_is_started_again_by_its_launcher(box: Machine) -> None:
    main, before = shown(box, "MainPID"), program(box)
    box.get("kill", "-KILL", before)
    until(lambda: box.run("/usr/bin/python3", "-Ic", ASK).returncode == 0 and program(box) != before, lambda: before)
    assert shown(box, "MainPID") == main


def test_a_program_that_stands_still_is_started_again(box: Machine) -> None:
    before, sign = shown(box, "MainPID"), shown(box, "WatchdogTimestampMonotonic")
    until(lambda: shown(box, "WatchdogTimestampMonotonic") != sign, lambda: "no sign of life")
    box.get("kill", "-STOP", program(box))
    # It may end before the reload does, which then fails.
    box.run("systemctl", "reload", "ngair.service")
    until(
        lambda: shown(box, "NRestarts") == "1" and shown(box, "ActiveState") == "active", lambda: shown(box, "Result")
    )
    assert shown(box, "MainPID") != before
    assert "ngair." in box.get("/usr/bin/python3", "-Ic", ASK)


def test_a_launcher_that_is_killed_takes_its_program_along_and_comes_back(box: Machine) -> None:
    gone = program(box)
    box.get("kill", "-KILL", shown(box, "MainPID"))
    until(
        lambda: shown(box, "NRestarts") == "2" and shown(box, "ActiveState") == "active", lambda: shown(box, "Result")
    )
    assert not box.has(f"/proc/{gone}")


def test_it_becomes_the_next_version_within_what_the_unit_leaves_it(box: Machine, tmp_path: Path) -> None:
    """Uploaded, installed, compiled, tried and confirmed, with every bound of the service in force."""
    factory = Factory(tmp_path)
    box.put("/etc/ngair/firmware.pub", factory.public_keys.read_bytes())
    box.put("/etc/ngair/ngair.toml", b'meter = "sim:"\n')  # without a car nobody waits for its driver
    box.get("rm", "/etc/systemd/system/ngair.service.d/quick.conf")
    box.get("systemctl", "daemon-reload")
    box.get("ngair", "password", "--stdin", "--data", "/var/lib/ngair", stdin=b"correct horse\n")
    box.get("systemctl", "restart", "ngair.service")
    box.put("/tmp/image.ngfw", factory.image("9.8.7").read_bytes())
    upload = ["curl", "-sS", "-X", "POST", "-T", "/tmp/image.ngfw", "-u", "ctek:correct horse"]
    told = box.get(*upload, "-w", "%{http_code}", "http://127.0.0.1/upload/image.ngfw")
    assert told.endswith("202"), told
    until(lambda: b'"ngair.9.8.7-' in box.run("/usr/bin/python3", "-Ic", ASK).stdout, lambda: told_by(box))
    boot = "/var/lib/ngair/firmware/boot.json"
    until(lambda: '"trial": null' in box.get("cat", boot), lambda: told_by(box))
    assert '"active": "a"' in box.get("cat", boot)
    assert box.get("find", "/var/lib/ngair/firmware/a/site/ngair/cli", "-name", "main.*.pyc")
    assert (shown(box, "ActiveState"), shown(box, "NRestarts")) == ("active", "0"), told_by(box)


def test_it_stops_when_it_is_asked_to(box: Machine) -> None:
    box.get("systemctl", "stop", "ngair.service")
    assert (shown(box, "ActiveState"), shown(box, "Result")) == ("inactive", "success"), told_by(box)
    assert shown(box, "ExecMainStatus") == "0"


def test_removing_the_package_stops_and_forgets_it(box: Machine) -> None:
    box.get("systemctl", "start", "ngair.service")
    box.get("dpkg", "-r", "ngair")
    assert shown(box, "ActiveState") == "inactive"
    assert box.run("systemctl", "is-enabled", "ngair.service").returncode != 0
    assert box.has("/var/lib/ngair/box.json")


def test_what_pip_installed_makes_itself_a_service_and_goes_away_again(box: Machine, deb: Path) -> None:
    """An environment in /opt, as pip leaves it there, with the libraries that the package has."""
    box.get("dpkg", "-P", "ngair")
    box.get("/usr/bin/python3", "-m", "venv", "--without-pip", "/opt/ngair")
    box.put("/tmp/ngair.deb", deb.read_bytes())
    box.get("dpkg-deb", "-x", "/tmp/ngair.deb", "/tmp/unpacked")
    box.get("sh", "-c", "cp -r /tmp/unpacked/usr/lib/ngair/site/* /opt/ngair/lib/python3*/site-packages/")
    box.put("/opt/ngair/bin/ngair", b"#!/opt/ngair/bin/python\nfrom ngair.cli.main import main\nmain()\n")
    box.get("chmod", "755", "/opt/ngair/bin/ngair")

    shown_first = box.get("/opt/ngair/bin/ngair", "install", "--yes")
    assert "Set the meter in /etc/ngair/ngair.toml" in shown_first
    assert shown(box, "ActiveState") == "inactive"
    box.put("/etc/ngair/ngair.toml", CONFIG)
    box.get("systemctl", "start", "ngair.service")
    assert "ngair." in box.get("/usr/bin/python3", "-Ic", ASK)
    assert box.get("stat", "-c", "%U:%G %a", "/etc/ngair/ngair.toml") == "root:ngair 640\n"
    assert "Everything is in place." in box.get("/opt/ngair/bin/ngair", "install", "--yes")
    assert box.get("cat", "/etc/ngair/ngair.toml").encode() == CONFIG

    told = box.get("/opt/ngair/bin/ngair", "uninstall", "--yes")
    assert "keep      /etc/ngair/ngair.toml" in told
    assert shown(box, "ActiveState") == "inactive"
    assert not box.has("/etc/systemd/system/ngair.service")
    assert box.has("/var/lib/ngair/box.json")
    box.get("/opt/ngair/bin/ngair", "uninstall", "--yes", "--purge")
    assert not box.has("/var/lib/ngair")
    assert box.get("ls", "/etc/ngair") == "firmware.pub\n"  # the owner's own
    assert box.run("getent", "passwd", "ngair").returncode != 0

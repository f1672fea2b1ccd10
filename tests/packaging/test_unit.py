"""The service as systemd sees it, and the program within what the service leaves it."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from ngair.cli.installation import unit
from tests.program import DEADLINE_S, Box, started

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "packaging" / "ngair.service"
DECISION = ROOT / "docs" / "decisions" / "0020-how-it-lives-on-linux.md"
MOST = 2.0
PR_SET_MDWE = 65
"""prctl(2), since Linux 6.3: memory never becomes executable, for this process and those that it becomes."""
WITHOUT_EXECUTABLE_MEMORY = """
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).prctl(65, 1, 0, 0, 0) != 0:
    sys.exit("this kernel has no such protection")
os.execv(sys.executable, [sys.executable, "-m", "ngair", *sys.argv[1:]])
"""


def settings() -> dict[str, list[str]]:
    """What the unit sets: key -> its values."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text().splitlines():
        key, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def test_the_exposure_is_what_the_document_tells() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", "--json=short", str(UNIT)]
    rows = msgspec.json.decode(subprocess.run(command, capture_output=True, check=True).stdout)
    assert len(rows) > 50
    shown = subprocess.run([*command[:-2], str(UNIT)], capture_output=True, text=True, check=True).stdout
    (figure,) = re.findall(r"exposure level for ngair\.service: ([\d.]+)", shown)
    assert f"exposure level of {figure} " in DECISION.read_text()
    assert float(figure) < MOST
    refused = subprocess.run(
        [*command[:-2], f"--threshold={int(MOST * 10)}", str(UNIT)], capture_output=True, check=False
    )
    assert refused.returncode == 0


def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    copy = tmp_path / "ngair.service"
    shutil.copy(UNIT, copy)
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert [line for line in (done.stdout + done.stderr).splitlines() if "ngair" in line] == []


def test_its_times_fit_each_other() -> None:
    """A launcher that waits its longest and a program that starts slowly fit into the watchdog's time."""
    from ngair import launcher
    from ngair.adapters.systemd import PINGS_A_TIMEOUT
    from ngair.model.limits import HISTORY_STOP_S, STOP_TIMEOUT_S

    (watchdog_s,) = map(int, settings()["WatchdogSec"])
    (stop_s,) = map(int, settings()["TimeoutStopSec"])
    (start_s,) = map(int, settings()["TimeoutStartSec"])
    assert watchdog_s * (PINGS_A_TIMEOUT - 1) / PINGS_A_TIMEOUT > launcher.PAUSE_MAX_S
    assert stop_s > 2 * STOP_TIMEOUT_S + HISTORY_STOP_S
    pauses_s = sum(
        min(launcher.PAUSE_FIRST_S * 2**number, launcher.PAUSE_MAX_S) for number in range(launcher.STARTS_MAX)
    )
    assert start_s > 2 * pauses_s


def test_a_program_that_stands_elsewhere_is_started_there() -> None:
    text = unit(UNIT.read_text(), Path("/usr/bin/python3.11"), Path("/home/anna/venv/bin/ngair"))
    assert "ExecStart=/usr/bin/python3.11 -I /usr/local/lib/ngair/launcher.py --slots /var/lib/ngair/firmware " in text
    assert "--factory-command /home/anna/venv/bin/ngair -- run --config /etc/ngair/ngair.toml\n" in text
    assert "ProtectHome=read-only\n" in text
    assert "ProtectHome=yes\n" in unit(UNIT.read_text(), Path("/usr/bin/python3"), Path("/opt/ngair/bin/ngair"))


def test_the_program_lives_without_memory_that_becomes_executable(tmp_path: Path) -> None:
    """With the callbacks from machine code, ciphers and the memory at work."""
    if ctypes.CDLL(None).prctl(PR_SET_MDWE + 1, 0, 0, 0, 0) < 0:
        pytest.skip("this kernel has no such protection")
    command = [sys.executable, "-c", WITHOUT_EXECUTABLE_MEMORY, "demo", "--past", "0", "--speed", "60"]
    command += ["--meter-family", "at-styria", "--mdns", "--http", "127.0.0.1:0"]
    with started(command) as box:
        _lives(box)
        assert box.stop() == 0


def test_it_asks_the_system_for_nothing_that_the_filter_refuses(tmp_path: Path) -> None:
    """Every call into the kernel of a life from start to stop, with a past, pages, and the announcement."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not on this machine")
    trace = tmp_path / "trace"
    command = ["strace", "--follow-forks", "--summary-only", "--summary-columns=calls,name", f"--output={trace}"]
    command += [
        sys.executable,
        "-m",
        "ngair",
        "demo",
        "--past",
        "1",
        "--speed",
        "60",
        "--mdns",
        "--http",
        "127.0.0.1:0",
    ]
    with started(command) as box:
        _lives(box)
        children = Path(f"/proc/{box.process.pid}/task/{box.process.pid}/children").read_text().split()
        os.kill(int(children[0]), 15)
        box.process.wait(DEADLINE_S)
    called = set(re.findall(r"^\s*\d+\s+(\w+)$", trace.read_text(), re.MULTILINE)) - {"total"}
    assert len(called) > 30, trace.read_text()
    # Only where root runs it does SQLite give its files to who owns the database.
    assert called - _allowed() <= ({"fchown"} if os.geteuid() == 0 else set())


def _allowed() -> set[str]:
    allowed: set[str] = set()
    for value in settings()["SystemCallFilter"]:
        names = value.removeprefix("~").split()
        calls = set().union(*(_group(name) for name in names))
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    return allowed | _group("@default")


def _group(name: str) -> set[str]:
    if not name.startswith("@"):
        return {name}
    shown = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    calls: set[str] = set()
    for line in shown.stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            calls |= _group(word)
        elif word and not word.startswith("#"):
            calls.add(word)
    return calls


def _lives(box: Box) -> None:
    box.until("/api/v1/site", lambda site: site["meter"]["reading"] and site["memory"]["state"] == "up")
    for path in ("/", "/api/v1/events", "/api/v1/box", "/api/v1/history/power"):
        assert box.get(path).status == 200
    time.sleep(0.5)


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("udevadm") is None, reason="needs root, and udev's own reader")
def test_udev_understands_the_rule_for_the_cable() -> None:
    script = 'mount -t tmpfs tmpfs /run; mkdir -p /run/udev/rules.d; cp "$0" /run/udev/rules.d/; udevadm test "$1" 2>&1'
    rule = ROOT / "packaging" / "60-ngair-serial.rules"
    device = next(path for path in Path("/sys/class/tty").iterdir() if path.name.startswith("tty"))
    command = ["unshare", "--mount", "sh", "-c", script, str(rule), str(device)]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    assert f"Reading rules file: /run/udev/rules.d/{rule.name}" in told, told
    assert [line for line in told if f"{rule.name}:" in line] == []


def test_polkit_lets_it_do_what_setup_mode_needs_and_nothing_else() -> None:
    """What is named where the radio is explained, and for its user only."""
    rule = (ROOT / "packaging" / "60-ngair.rules").read_text()
    allowed = set(re.findall(r'"org\.freedesktop\.NetworkManager\.([a-z.-]+)"', rule))
    told = (ROOT / "docs" / "decisions" / "0019-how-the-box-joins-a-network.md").read_text()
    assert {name for name in allowed if f"{name}`" in told} == allowed
    assert "own" not in " ".join(allowed)
    assert 'subject.user === "ngair"' in rule

"""The launcher and its child: signals, ends, who may run, disks that take nothing."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ngair import launcher
from tests.contracts.disks import READ_ONLY, on_a_disk
from tests.launcher.programs import WAIT, Launched, copied, factory, launched
from tests.program import DEADLINE_S, clean_environment, wait_for

STANDS = WAIT
DEAF = "    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + WAIT
TELLS_SIGNALS = (
    """
    # Not print: within another print, which a signal may interrupt, it raises.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: os.write(1, b"got %d\\n" % number))
    print("listens", flush=True)
"""
    + WAIT
)
LISTENING = "    print('listens', flush=True)\n" + WAIT


def test_it_hands_signals_on_and_ends_with_the_program(tmp_path: Path) -> None:
    with _running(tmp_path, TELLS_SIGNALS) as box:
        for number in (signal.SIGHUP, signal.SIGINT):
            box.process.send_signal(number)
            box.until(f"got {number.value}")
        box.process.send_signal(signal.SIGTERM)
        assert box.process.wait(DEADLINE_S) == 0
        assert box.said.count("starting version") == 1
    assert box.boot() == launcher.Boot(active="factory", factory="0.1.0")


def test_a_program_that_fails_while_it_stops_tells_so(tmp_path: Path) -> None:
    with _running(tmp_path, "    signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))\n" + LISTENING) as box:
        box.process.send_signal(signal.SIGTERM)
        assert box.process.wait(DEADLINE_S) == 9
    assert box.boot().starts == 1


def test_a_hang_up_that_ends_the_program_ends_it_all(tmp_path: Path) -> None:
    with _running(tmp_path, LISTENING) as box:
        box.process.send_signal(signal.SIGHUP)
        assert box.process.wait(DEADLINE_S) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_before_the_child_is_the_program_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    with _running(tmp_path, WAIT, "os.execvpe = lambda *_: (os.write(1, b'listens'), signal.pause())") as box:
        box.process.send_signal(number)
        assert box.process.wait(DEADLINE_S) == 0
        assert "cannot be started" not in box.said
    assert box.boot().starts == 0


def test_a_stop_in_a_pause_ends_it_at_once(tmp_path: Path) -> None:
    with _running(tmp_path, "    print('listens', flush=True)\n    sys.exit(1)\n") as box:
        box.until("starting again in 2 s")
        box.process.send_signal(signal.SIGTERM)
        assert box.process.wait(DEADLINE_S) == 0
        box.until("starting again in 1 s")


def test_settings_that_cannot_be_end_it(tmp_path: Path) -> None:
    with _running(tmp_path, "    print('listens', flush=True)\n    sys.exit(2)\n") as box:
        assert box.process.wait(DEADLINE_S) == 2
    assert box.boot().starts == 0


@pytest.mark.parametrize("first", ["", "sys.modules['ctypes'] = None"], ids=["by ctypes", "without ctypes"])
def test_the_program_dies_with_it(tmp_path: Path, first: str) -> None:
    with _running(tmp_path, DEAF.replace("    while", "    print('listens', flush=True)\n    while"), first) as box:
        child = box.pid()
        assert _alive(child)
        box.process.kill()
        wait_for(lambda: not _alive(child))
    assert "will not end with it" not in box.said


def test_one_launcher_alone_runs_a_folder(tmp_path: Path) -> None:
    with _running(tmp_path, LISTENING) as box:
        second = _launcher(tmp_path, "--slots", str(box.slots), "--factory", str(tmp_path / "factory"))
        assert second.returncode == 1
        assert f"another launcher runs the versions in {box.slots}" in second.stderr
        # The one that ended leaves nothing behind that would keep the next one out.
        box.process.kill()
        box.process.wait(DEADLINE_S)
    with launched(box.slots, "--factory", str(tmp_path / "factory")) as box:
        box.until("listens", times=2)


def test_a_program_has_only_what_it_is_given(tmp_path: Path) -> None:
    """Neither signals held back, nor the lock, nor a way to write bytecode; and its place in the environment."""
    tells = (
        """
    import json
    held = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    files = [os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    told = [sorted(held), files, sys.dont_write_bytecode, os.environ["LAUNCHED_SLOTS"], sys.argv[1:]]
    print("listens", flush=True)
    print("told", json.dumps(told), flush=True)
"""
        + WAIT
    )
    with _running(tmp_path, tells, "", "run", "--meter", "a b") as box:
        wait_for(lambda: any(line.startswith("told ") and line.endswith("]") for line in box.said.splitlines()))
        line = next(line for line in box.said.splitlines() if line.startswith("told "))
        held, files, no_bytecode, slots, arguments = json.loads(line.removeprefix("told "))
        assert held == []
        assert str(box.slots) not in files
        assert no_bytecode
        assert slots == str(box.slots)
        assert arguments == ["run", "--meter", "a b"]


def test_a_factory_may_be_a_command(tmp_path: Path) -> None:
    packages = tmp_path / "env" / "lib" / "python3.11" / "site-packages" / "ngair-0.7.0.dist-info"
    packages.mkdir(parents=True)
    command = ("--factory-command", str(tmp_path / "env" / "bin" / "ngair"), "-x")
    (tmp_path / "env" / "bin").mkdir()
    (tmp_path / "env" / "bin" / "ngair").write_text('#!/bin/sh\necho "given $LAUNCHED_SLOT: $*"; exit 2\n')
    (tmp_path / "env" / "bin" / "ngair").chmod(0o755)
    done = _launcher(tmp_path, "--slots", str(tmp_path / "slots"), *command, "--", "run", "--", "x")
    assert (done.returncode, done.stdout) == (2, "given factory: -x run -- x\n")
    assert "starting version 0.7.0 in factory" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [(), ("--slots",), ("--factory", "x"), ("--slots", "x", "--color", "blue"), ("--slots", "x", "--grace", "soon")],
)
def test_a_wrong_command_line_is_told(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = _launcher(tmp_path, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("ngair launcher: ")
    assert "Traceback" not in done.stderr


def test_with_nothing_to_start_it_says_so(tmp_path: Path) -> None:
    done = _launcher(tmp_path, "--slots", str(tmp_path / "slots"), "--factory", str(tmp_path / "nothing"))
    assert done.returncode == 1
    assert "nothing that could start" in done.stderr


def test_on_a_read_only_disk_it_starts_what_is_active(tmp_path: Path) -> None:
    folder = tmp_path / "slots"
    folder.mkdir()
    main = tmp_path / "site" / "ngair" / "cli" / "main.py"
    main.parent.mkdir(parents=True)
    (tmp_path / "site" / "ngair" / "__init__.py").touch()
    main.write_text("def main():\n    print('works', flush=True)\n    raise SystemExit(2)\n")
    prepare = f'mkdir "$1/a" && cp -r {tmp_path}/site "$1/a/site" && cp {tmp_path}/boot.json "$1"'
    prepare += f' && cp {tmp_path}/image.json "$1/a/image.json"'
    (tmp_path / "boot.json").write_text(json.dumps({"format": 1, "active": "a", "starts": 0, "factory": "0.1.0"}))
    image = {"format": 1, "version": "0.1.0", "hardware": [launcher.HARDWARE]}
    (tmp_path / "image.json").write_text(json.dumps(image))
    command = _command(tmp_path, "--slots", str(folder), "--factory", str(tmp_path / "site"))
    done = subprocess.run(
        on_a_disk(READ_ONLY, folder, command, prepare),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        env=clean_environment(),
        check=False,
    )
    assert "works" in done.stdout, done.stderr
    assert "starting version 0.1.0 in a" in done.stderr
    assert "starts cannot be counted on the disk" in done.stderr
    assert done.returncode == 2


@contextlib.contextmanager
def _running(folder: Path, main: str, first: str = "", *arguments: str) -> Iterator[Launched]:
    """A launcher whose program listens."""
    site = factory(folder, main=main)
    with launched(folder / "slots", "--factory", str(site), arguments=arguments, first=first) as box:
        box.until("listens")
        yield box


def _launcher(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(folder, *arguments),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        env=clean_environment(),
        check=False,
    )


def _command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-I", copied(folder), *arguments]


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"

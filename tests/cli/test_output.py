"""Whatever standard output is, no command ends in a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.recordings import RECORDING
from tests.program import DEADLINE_S, clean_environment, ngair

COMMANDS = [["--help"], ["--version"], ["run", "--help"], ["decode", "{file}"], ["decode", "{file}", "--explain"]]

BUFFERED = clean_environment() | {"PYTHONUNBUFFERED": ""}
"""What is printed last is written when Python ends, unless the program sees to it."""


@pytest.fixture(name="recording")
def _recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.txt"
    path.write_bytes(RECORDING)
    return path


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_reader_that_goes_away_ends_it_quietly(command: list[str], recording: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = run(command, recording, writing)
    finally:
        os.close(writing)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told(command: list[str], recording: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run(command, recording, full.fileno())
    assert done.stderr.splitlines()[-1] == b"ngair: [Errno 28] No space left on device"
    assert b"Traceback" not in done.stderr
    assert done.returncode == 1


def test_closed_output_is_no_fault(recording: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "ngair", "decode", str(recording)],
        capture_output=True, timeout=DEADLINE_S, env=clean_environment(), check=False,
    )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0


def test_names_are_shown_wherever_they_are_printed(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xe4.toml"))
    path.write_text('meter = "file:///größe.txt"', encoding="utf-8")
    for environment in ({"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}):
        done = ngair("check", str(path), env=environment)
        assert done.returncode == 0, done.stderr
        assert "größe.txt" in done.stdout.decode("utf-8")


def run(command: list[str], recording: Path, output: int) -> subprocess.CompletedProcess[bytes]:
    arguments = [word.format(file=recording) for word in command]
    return subprocess.run(
        [sys.executable, "-m", "ngair", *arguments],
        stdout=output, stderr=subprocess.PIPE, timeout=DEADLINE_S, env=BUFFERED, check=False,
    )  # fmt: skip

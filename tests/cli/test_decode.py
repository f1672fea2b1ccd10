"""`ngair decode`: one JSON reading a line, and what was refused with its reason."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from ngair.model.reading import ReadingDocument
from tests.cli.recordings import CLOCKS, COUNT, RECORDING, TELEGRAMS
from tests.program import DEADLINE_S, clean_environment, ngair

CAPTURE_COUNT = 566


@pytest.fixture(name="recording")
def _recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.txt"
    path.write_bytes(RECORDING)
    return path


def test_each_telegram_is_a_reading_in_a_line(recording: Path) -> None:
    done = ngair("decode", str(recording))
    readings = [msgspec.json.decode(line, type=ReadingDocument) for line in done.stdout.splitlines()]
    assert [reading.time for reading in readings] == CLOCKS
    assert all(reading.checked for reading in readings)
    assert re.match(r"#1 refused, noise: \d+ bytes outside a telegram; bytes that", done.stderr.decode())
    assert done.stderr.count(b"\n") == 1
    assert done.returncode == 0


def test_a_real_meter_s_capture(telegram_folder: Path | None) -> None:
    if telegram_folder is None:
        pytest.skip("telegrams of real meters are not part of this repository")
    done = ngair("decode", str(telegram_folder / "capture" / "nl-dsmr5-isk-2m550t.txt"))
    readings = [msgspec.json.decode(line, type=ReadingDocument) for line in done.stdout.splitlines()]
    assert len(readings) == CAPTURE_COUNT
    assert all(reading.checked and reading.voltage_v[0] for reading in readings)
    assert done.returncode == 0


def test_standard_input_is_read_where_no_file_is_named(recording: Path) -> None:
    expected = ngair("decode", str(recording)).stdout
    assert ngair("decode", stdin=RECORDING).stdout == expected
    assert ngair("decode", "-", stdin=RECORDING).stdout == expected


def test_a_meter_behind_a_pipe_is_decoded_while_it_speaks() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ngair", "decode"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=clean_environment() | {"PYTHONUNBUFFERED": ""},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        for telegram, clock in zip(TELEGRAMS[:3], CLOCKS, strict=False):
            process.stdin.write(telegram)
            process.stdin.flush()
            assert clock in process.stdout.readline().decode()
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0


def test_explain_tells_each_line_before_its_reading(recording: Path) -> None:
    lines = ngair("decode", str(recording), "--explain").stdout.decode().splitlines()
    assert lines[0] == f"#2 checked, {len(TELEGRAMS[0])} bytes"
    explained = [line for line in lines if line.startswith("  ")]
    assert len(explained) == COUNT * (len(explained) // COUNT)
    assert any(line.split()[0] == "1-0:1.7.0" and "kW" in line for line in explained)
    assert sum(line.startswith("{") for line in lines) == COUNT


@pytest.mark.parametrize("content", [b"", b"\n", b"not a telegram", bytes(range(256)) * 40], ids=len)
def test_nothing_decoded_is_told_with_exit_1(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    for done in (ngair("decode", str(tmp_path / "file")), ngair("decode", stdin=content)):
        assert done.returncode == 1
        assert done.stdout == b""
        last = done.stderr.decode().splitlines()[-1]
        assert last == "ngair: nothing was decoded: is this a capture of a meter's customer port?"


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("missing.txt", "cannot be read: No such file or directory"),
        (".", "cannot be read: Is a directory"),
        ("/proc/self/mem", "cannot be read further: Input/output error"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_exit_2(file: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / file
    done = ngair("decode", str(path))
    assert done.stderr.decode() == f"ngair: {path}: {told}\n"
    assert (done.returncode, done.stdout) == (2, b"")


def test_closed_standard_input_is_told() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", sys.executable, "-m", "ngair", "decode"],
        capture_output=True, timeout=DEADLINE_S, env=clean_environment(), check=False,
    )  # fmt: skip
    assert (done.stderr, done.returncode) == (b"ngair: standard input is closed: give a FILE\n", 2)


@pytest.mark.parametrize("kind", ["noise", "zeros", "one line", "starts", "ends"])
def test_16_mib_of_anything_are_read_in_little_memory(kind: str, tmp_path: Path) -> None:
    block = {
        "noise": random.Random(5).randbytes(1 << 20),
        "zeros": bytes(1 << 20),
        "one line": b"/SIM5" + b"1" * ((1 << 20) - 5),
        "starts": b"/SIM" * (1 << 18),
        "ends": b"!0000\r\n/SIM5\r\n\r\n" * (1 << 16),
    }[kind]
    (tmp_path / "file").write_bytes(block * 16)
    measured = _measured("decode", str(tmp_path / "file"))
    nothing = _measured("decode", os.devnull)
    assert measured - nothing < 4 << 10, "KiB more than for an empty file"


def _measured(*arguments: str) -> int:
    """The largest memory in KiB that the program had. Its output goes where it costs nothing."""
    script = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run([sys.executable, '-m', 'ngair', *sys.argv[1:]],"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode\n"
        "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True, text=True, timeout=2 * DEADLINE_S, env=clean_environment(), check=True,
    )  # fmt: skip
    code, size = done.stdout.split()
    assert code == "1", done.stderr
    return int(size)

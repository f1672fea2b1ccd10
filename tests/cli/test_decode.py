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
from tests.meter.telegrams import telegram
from tests.program import DEADLINE_S, clean_environment, ngair

CAPTURE_COUNT = 566
CORPUS = Path(__file__).resolve().parent.parent / "corpus"
CIPHERED = CORPUS / "lu-smarty" / "ciphered.hex"
AIDON = CORPUS / "aidon-no" / "three-phase.hex"


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


def test_explain_ends_with_a_summary(recording: Path) -> None:
    told = ngair("decode", str(recording), "--explain").stderr.decode().splitlines()
    assert told[-3] == f"ngair: {COUNT} telegrams, 1 refused (noise 1)"
    assert told[-2].startswith(f"ngair: framings (P1 {COUNT}), dialects (")
    assert "0-0:96.14.0" in told[-1].removeprefix("ngair: nobody maps ").split(", ")


def test_a_binary_capture_and_its_hex_are_the_same_reading(tmp_path: Path) -> None:
    frame = _frame(AIDON)
    log = "".join(f"2026-01-02 10:00:{at:02d} RX: {frame[at : at + 16].hex(' ')}\n" for at in range(0, len(frame), 16))
    captures = {
        "binary": frame,
        "hex": frame.hex().encode(),
        "log": b"opened /dev/ttyUSB0 at 2400 baud\n" + log.encode() + b"10:01:00 nothing for 10 s\n",
        "mixed": AIDON.read_bytes() + TELEGRAMS[0] + AIDON.read_bytes(),
    }
    expected = _reading(AIDON)
    for name, capture in captures.items():
        (tmp_path / name).write_bytes(capture)
        done = ngair("decode", str(tmp_path / name))
        readings = [msgspec.json.decode(line, type=ReadingDocument) for line in done.stdout.splitlines()]
        assert readings[0] == expected, name
        assert len(readings) == (3 if name == "mixed" else 1)
        assert (done.stderr, done.returncode) == (b"", 0)


def test_explain_tells_of_a_binary_list_what_it_is() -> None:
    lines = ngair("decode", str(AIDON), "--explain").stdout.decode().splitlines()
    assert "  framing  HDLC, not ciphered" in lines
    assert "  dialect  aidon-no: Aidon, Norway" in lines
    assert re.match(r"  meter    maker ADN, type \w+, id [\w-]+, name AIDON_V\d+", lines[3])
    assert any(re.match(r"  1-0:1\.7\.0\*255 +power import +\d+ W +\d+, scaler 0, unit 27 W", line) for line in lines)
    assert any(re.match(r"  1-0:4\.7\.0\*255 +\(not mapped\)", line) for line in lines)


@pytest.mark.parametrize("source", ["file", "environment"])
def test_what_is_ciphered_is_read_with_its_keys(source: str) -> None:
    key_file = CIPHERED.parent / "key.txt"
    words = dict(line.split() for line in key_file.read_text().splitlines() if line and line[0] != "#")
    variables = {"NGAIR_METER_KEY": words["encryption"], "NGAIR_METER_AUTH_KEY": words["authentication"]}
    if source == "file":
        done = ngair("decode", str(CIPHERED), "--explain", "--key-file", str(key_file))
    else:
        done = ngair("decode", str(CIPHERED), "--explain", env=variables)
    lines = done.stdout.decode().splitlines()
    assert "  framing  DB, ciphered" in lines
    assert msgspec.json.decode(lines[-1], type=ReadingDocument) == _reading(CIPHERED)
    assert done.returncode == 0
    assert not any(words["encryption"].lower() in told.decode().lower() for told in (done.stdout, done.stderr))


def test_a_missing_and_a_wrong_key_are_told_as_that(tmp_path: Path) -> None:
    wrong = "0123456789abcdef" * 2
    (tmp_path / "key.txt").write_text(wrong)
    for reason, flags in (("key missing", []), ("key wrong", ["--key-file", str(tmp_path / "key.txt")])):
        done = ngair("decode", str(CIPHERED), *flags)
        assert done.stderr.decode().startswith(f"#1 refused, {reason}: ")
        assert (done.stdout, done.returncode) == (b"", 1)
        assert wrong not in done.stderr.decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("encryption 0123\n", "line 1: a key is 32 hex digits; this has 4"),
        ("", "no key in it: write a line with the word encryption and 32 hex digits"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_key_file_that_is_none_is_told_with_exit_2(text: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "key.txt"
    if text is not None:
        path.write_text(text)
    done = ngair("decode", os.devnull, "--key-file", str(path))
    assert (done.stderr.decode(), done.returncode) == (f"ngair: {path}: {told}\n", 2)


def test_a_key_in_the_environment_that_is_none_is_told_without_it() -> None:
    done = ngair("decode", os.devnull, env={"NGAIR_METER_KEY": "secret but short"})
    told = "ngair: NGAIR_METER_KEY: a key is 32 hex digits; this has something else in it\n"
    assert (done.stderr.decode(), done.returncode) == (told, 2)


def test_a_list_that_nobody_knows_is_explained_with_what_a_dialect_file_would_say(tmp_path: Path) -> None:
    (tmp_path / "new.hex").write_text(UNKNOWN)
    plain = ngair("decode", str(tmp_path / "new.hex"))
    assert plain.stderr.decode().startswith("#1 refused, unrecognised: ")
    assert (plain.stdout, plain.returncode) == (b"", 1)
    done = ngair("decode", str(tmp_path / "new.hex"), "--explain")
    lines = [line.strip() for line in done.stdout.decode().splitlines()]
    assert re.match(r'place 1 +name of the list +NGA_001 +"NGA_001"', lines[1])
    assert re.match(r'place 2 +\(not mapped\) +"\\x1b\[31m"|place 2 +\(not mapped\) +1b 5b 33 31 6d', lines[2])
    assert 'ident="NGA_001",' in lines
    assert '"",  # 1234' in lines
    assert "0f 00 00 00 00 00 02 05 09 07 4e 47 41 5f 30 30 31" in " ".join(lines)
    assert b"\x1b" not in done.stdout + done.stderr
    assert "ngair: 0 telegrams, 1 refused (unrecognised 1)" in done.stderr.decode().splitlines()
    assert done.returncode == 1


def test_of_a_value_that_no_house_can_have_the_telegram_is_told_but_no_dialect_file() -> None:
    data = telegram("NGA5TEST", ["1-0:1.7.0(99999.999*kW)"])
    done = ngair("decode", "-", "--explain", stdin=data)
    assert done.stderr.decode().startswith("#1 refused, implausible: ")
    assert b"(99999.999*kW)" in done.stdout
    assert b"signatures" not in done.stdout
    claimed_by_nobody = ngair("decode", "-", "--explain", stdin=telegram("NGA5TEST", ["1-0:1.7.0(1.000*kW)"]))
    assert b"  dialect  its own codes and units: no dialect claims it" in claimed_by_nobody.stdout
    assert b"signatures" in claimed_by_nobody.stdout


def test_what_was_opened_can_be_decoded_again(tmp_path: Path) -> None:
    (tmp_path / "new.hex").write_text(UNKNOWN)
    told = ngair("decode", str(tmp_path / "new.hex"), "--explain").stdout.decode()
    opened = told.partition("opened, deciphered where it was ciphered:\n")[2].partition("for a dialect file")[0]
    again = ngair("decode", "-", stdin=opened.encode())
    assert again.stderr.decode().startswith("#1 refused, unrecognised: ")


def test_framing_and_dialect_may_be_fixed(recording: Path) -> None:
    assert ngair("decode", str(AIDON), "--framing", "HDLC", "--dialect", "aidon-no").returncode == 0
    assert ngair("decode", str(recording), "--framing", "HDLC").returncode == 1
    refused = ngair("decode", str(recording), "--dialect", "no-such")
    assert refused.returncode == 2
    assert "aidon-no" in refused.stderr.decode()


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


UNKNOWN = "0f00000000 00 0205 0907 4e47415f303031 0905 1b5b33316d 06 000004d2 06 00000000 06 00000001\n"
"""A list from the data-notification on: a name, a text with an escape sequence, three numbers."""


def _frame(path: Path) -> bytes:
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return bytes.fromhex("".join(lines))


def _reading(path: Path) -> ReadingDocument:
    return msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=ReadingDocument)


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

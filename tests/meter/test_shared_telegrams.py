"""Telegrams of real meters end in their verdict, and in the values that another reader finds in them.

They are not part of the repository; where they are absent the run says that these tests were left out.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ngair.model.telegram import Reason
from tests.meter.oracle import our_values, values_by_country
from tests.meter.telegrams import accepted, byte_by_byte, decoded, reasons

CAPTURED = 566
"""Telegrams in the capture of a Dutch meter, which begins inside another."""


class Entry(msgspec.Struct):
    """One line of the index: what the bytes are, and what must come of them."""

    kind: str
    file: str
    verdict: str = ""


@pytest.fixture(name="folder", scope="module")
def _folder(telegram_folder: Path | None) -> Path:
    if telegram_folder is None:
        pytest.skip("telegrams of real meters are not here")
    return telegram_folder


@pytest.fixture(name="entries", scope="module")
def _entries(folder: Path) -> list[Entry]:
    entries = msgspec.json.decode((folder / "INDEX.json").read_bytes(), type=list[Entry])
    return [entry for entry in entries if entry.kind == "p1"]


@pytest.fixture(name="capture", scope="module")
def _capture(folder: Path) -> bytes:
    (path,) = (folder / "capture").glob("*.txt")
    return path.read_bytes()


def test_each_ends_in_its_verdict(folder: Path, entries: list[Entry], subtests: pytest.Subtests) -> None:
    assert len(entries) > 30
    for entry in entries:
        with subtests.test(entry.file):
            out = decoded((folder / entry.file).read_bytes())
            checks = [telegram.reading.checked for telegram in accepted(out)]
            if entry.verdict.startswith("rejected: "):
                assert checks == []
                assert Reason[reason_name(entry.verdict)] in reasons(out)
            else:
                assert checks == [entry.verdict == "reading"], out
                assert entry.verdict in ("reading", "reading, unchecked")
                assert reasons(out) == []


def test_each_is_the_same_byte_by_byte(folder: Path, entries: list[Entry], subtests: pytest.Subtests) -> None:
    for entry in entries:
        with subtests.test(entry.file):
            data = (folder / entry.file).read_bytes()
            assert decoded(*byte_by_byte(data)) == decoded(data)


def test_values_are_those_of_another_reader(folder: Path, entries: list[Entry], subtests: pytest.Subtests) -> None:
    compared = 0
    for entry in entries:
        if not entry.verdict.startswith("reading"):
            continue
        with subtests.test(entry.file):
            data = (folder / entry.file).read_bytes()
            compared += compare(data, most=1)
    assert compared > 300


def test_the_capture_reads_whole(capture: bytes) -> None:
    out = decoded(capture)
    assert len(accepted(out)) == CAPTURED
    assert all(telegram.reading.checked for telegram in accepted(out))
    assert reasons(out) == [Reason.NOISE]
    assert decoded(*byte_by_byte(capture)) == out


def test_the_capture_has_the_values_of_another_reader(capture: bytes) -> None:
    start = capture.index(b"\n/") + 1
    assert compare(capture[start:], most=CAPTURED, country="V5") == CAPTURED * 13


def compare(data: bytes, *, most: int, country: str | None = None) -> int:
    """Compare every value that the other reader finds with ours; how many these were."""
    compared = 0
    telegrams = accepted(decoded(data))
    assert 0 < len(telegrams) <= most
    for telegram in telegrams:
        ours = our_values(telegram.reading)
        for name, theirs in values_by_country(telegram.data.encode("latin-1")):
            if country not in (None, name):
                continue
            compared += len(theirs)
            assert {field: exact(ours[field]) for field in theirs} == theirs, name
    return compared


def exact(value: float | None) -> Decimal | None:
    """A number as its digits say."""
    return None if value is None else Decimal(json.dumps(value))


def reason_name(verdict: str) -> str:
    return verdict.removeprefix("rejected: ").upper().replace(" ", "_")

"""Telegrams of real meters end in their verdict, and in the values that other readers find in them.

They are not part of the repository; where they are absent the run says that these tests were left out.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS, fits
from ngair.model.keys import Keys
from ngair.model.telegram import Reason, Rejection, Telegram
from tests.meter import oracle_han
from tests.meter.differences import DIFFERENCES
from tests.meter.oracle import our_values, values_by_country
from tests.meter.senders import facts_of
from tests.meter.telegrams import accepted, byte_by_byte, decoded, reasons, with_check

LLC = b"\xe6\xe7\x00"
CAPTURED = 566
"""Telegrams in the capture of a Dutch meter, which begins inside another."""


class Entry(msgspec.Struct):
    """One line of the index: what the bytes are, and what must come of them."""

    kind: str
    file: str
    verdict: str = ""
    key: str | None = None
    aad: str | None = None
    expected: Any = None
    note: str = ""
    fcs_ok: bool = True
    segmented: bool = False

    @property
    def keys(self) -> Keys | None:
        """What opens it; without the authentication key where it was made without."""
        if self.key is None:
            return None
        verifiable = self.aad is not None and "tag check off" not in self.note
        return Keys(bytes.fromhex(self.key.split()[0]), bytes.fromhex(self.aad or "") if verifiable else None)

    @property
    def is_bare(self) -> bool:
        """Whether there is no frame around it."""
        return self.kind in ("llc", "apdu")

    @property
    def is_redacted(self) -> bool:
        """Whether somebody put other digits into it and left the check sum as it was."""
        return not self.fcs_ok and not self.segmented

    def decoded(self, *portions: bytes) -> list[Telegram | Rejection]:
        """What comes of it in these portions."""
        return decoded(*portions, decoder=Decoder(self.keys, bare=self.is_bare, unchecked=self.is_redacted))


@pytest.fixture(name="folder", scope="module")
def _folder(telegram_folder: Path | None) -> Path:
    if telegram_folder is None:
        pytest.skip("telegrams of real meters are not here")
    return telegram_folder


@pytest.fixture(name="entries", scope="module")
def _entries(folder: Path) -> list[Entry]:
    entries = msgspec.json.decode((folder / "INDEX.json").read_bytes(), type=list[Entry])
    return [entry for entry in entries if entry.kind != "capture"]


@pytest.fixture(name="capture", scope="module")
def _capture(folder: Path) -> bytes:
    (path,) = (folder / "capture").glob("*.txt")
    return path.read_bytes()


def test_each_ends_in_its_verdict(folder: Path, entries: list[Entry], subtests: pytest.Subtests) -> None:
    assert len(entries) > 60
    for entry in entries:
        with subtests.test(entry.file):
            out = entry.decoded((folder / entry.file).read_bytes())
            checks = [telegram.reading.checked for telegram in accepted(out)]
            if entry.verdict.startswith("rejected: "):
                assert checks == []
                assert Reason[reason_name(entry.verdict)] in reasons(out)
            else:
                assert checks == [entry.verdict == "reading" and not entry.is_bare and not entry.is_redacted], out
                assert entry.verdict in ("reading", "reading, unchecked")
                assert reasons(out) == []


def test_one_whose_check_sum_is_wrong_is_read_only_when_told(folder: Path, entries: list[Entry]) -> None:
    (entry,) = (entry for entry in entries if entry.is_redacted)
    data = (folder / entry.file).read_bytes()
    assert reasons(decoded(data)) == [Reason.CHECK]
    assert len(accepted(entry.decoded(data))) == 1


def test_each_is_the_same_byte_by_byte(folder: Path, entries: list[Entry], subtests: pytest.Subtests) -> None:
    for entry in entries:
        with subtests.test(entry.file):
            data = (folder / entry.file).read_bytes()
            assert entry.decoded(*byte_by_byte(data)) == entry.decoded(data)


def test_each_is_of_one_dialect_at_most(folder: Path, entries: list[Entry], subtests: pytest.Subtests) -> None:
    for entry in entries:
        with subtests.test(entry.file):
            for telegram in accepted(entry.decoded((folder / entry.file).read_bytes())):
                claims = [name for name, dialect in DIALECTS.items() if fits(dialect, facts_of(telegram))]
                assert len(claims) == 1 or (entry.kind == "p1" and not claims), claims


def test_each_has_the_values_that_are_known_of_it(
    folder: Path, entries: list[Entry], subtests: pytest.Subtests
) -> None:
    compared = 0
    for entry in entries:
        if not isinstance(entry.expected, dict):
            continue
        with subtests.test(entry.file):
            (telegram,) = accepted(entry.decoded((folder / entry.file).read_bytes()))
            ours, theirs = our_values(telegram.reading), expected_fields(entry.expected)
            compared += len(theirs)
            assert {name: exact(ours[name]) for name in theirs} == theirs
    assert compared > 50


def test_values_are_those_of_other_readers(folder: Path, entries: list[Entry], subtests: pytest.Subtests) -> None:
    compared, met = 0, set()
    for entry in entries:
        if not entry.verdict.startswith("reading") or entry.kind not in ("p1", "llc", "hdlc"):
            continue
        with subtests.test(entry.file):
            data = (folder / entry.file).read_bytes()
            if entry.kind == "p1":
                compared += compare(data, most=1)
                continue
            theirs = oracle_han.values_of(data) if entry.kind == "llc" else oracle_han.values_of_frame(data)
            (telegram,) = accepted(entry.decoded(data))
            ours = our_values(telegram.reading)
            for name, value in (theirs or {}).items():
                compared += 1
                if exact(ours[name]) != value:
                    met.add((telegram.origin.dialect, name))
                    known = DIFFERENCES.get((telegram.origin.dialect, name))
                    assert known, f"{name}: ours {ours[name]}, theirs {value}"
                    assert known.holds(exact(ours[name]), value), f"{name}: ours {ours[name]}, theirs {value}"
    assert compared > 400
    assert met == set(DIFFERENCES), "a difference that is explained and not there"


def test_what_was_ciphered_has_the_values_of_other_readers(
    folder: Path, entries: list[Entry], subtests: pytest.Subtests
) -> None:
    """What was inside, given to them in the clear: neither opens these by itself."""
    compared = 0
    for entry in entries:
        if entry.key is None:
            continue
        with subtests.test(entry.file):
            (telegram,) = accepted(entry.decoded((folder / entry.file).read_bytes()))
            ours = our_values(telegram.reading)
            if telegram.origin.port == "P1":
                readings = [values for _, values in values_by_country(with_check(telegram.body))]
            else:
                readings = [oracle_han.values_of(LLC + telegram.body) or {}]
            for theirs in readings:
                compared += len(theirs)
                assert {name: exact(ours[name]) for name in theirs} == theirs
    assert compared > 50


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


def expected_fields(expected: dict[str, Any]) -> dict[str, Decimal]:
    """What the index knows of a telegram, by our names."""
    total = expected.get("total", {})
    fields = {
        "power_import_w": expected.get("powerReceivedTotal"),
        "power_export_w": expected.get("powerReturnedTotal"),
        "energy_import_wh": total.get("received"),
        "energy_export_wh": total.get("returned"),
    }
    for ours, theirs in (("current_a", "current"), ("voltage_v", "voltage")):
        fields |= {f"{ours} {phase}": expected.get(theirs, {}).get(f"l{phase}") for phase in (1, 2, 3)}
    return {name: Decimal(repr(round(value, 3))) for name, value in fields.items() if value is not None}


def exact(value: float | None) -> Decimal | None:
    """A number as its digits say."""
    return None if value is None else Decimal(json.dumps(value))


def reason_name(verdict: str) -> str:
    return verdict.removeprefix("rejected: ").upper().replace(" ", "_")

"""What can be seen in an ASCII telegram of who sent it, whose it is then, and what is made of transformers' ratios."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.assemble import no_values
from ngair.meter.dialects import DIALECTS, fits, recognise
from ngair.meter.dialects.aidon_6560 import behind_transformers
from ngair.meter.dialects.dialect import Signature
from ngair.meter.framings.frame import Frame
from ngair.meter.framings.p1 import P1Framing
from ngair.meter.message import Facts
from ngair.meter.objects import ascii_facts, read_objects
from ngair.meter.quantities import Quantity
from ngair.model.telegram import Reason
from tests.meter.examples import Example, examples
from tests.meter.telegrams import DSMR5, accepted, body_of, decoded, only, reasons, telegram, with_check

ASCII = [name for name, dialect in DIALECTS.items() if dialect.signatures[0].encoding == "ascii"]
TEXTS = [pytest.param(example, id=example.name) for example in examples() if example.is_text]

UNCLAIMED = {
    "formattest": "a test of formats: a voltage, but neither an identifier nor a register",
    "UNPADDED_CRC": "a heat meter's reader: no electricity at all",
    "parser_test.cpp_25": "lines of gas and a message: no electricity at all",
    "parser_test.cpp_29": "a list of past peaks: no electricity now",
}
"""Telegrams that are whole and that nobody claims, by a part of the file's name, with the reason why that is right."""


class Entry(msgspec.Struct):
    """One line of the index of telegrams of real meters."""

    kind: str
    file: str
    key: str = ""


@pytest.fixture(name="folder", scope="module")
def _folder(telegram_folder: Path | None) -> Path:
    if telegram_folder is None:
        pytest.skip("telegrams of real meters are not here")
    return telegram_folder


@pytest.mark.parametrize("example", TEXTS)
def test_an_example_is_claimed_by_the_dialect_of_its_folder_alone(example: Example) -> None:
    [body] = bodies(example.data)
    assert claims(body) == [example.family]
    assert claims(body, ciphered=True) == [example.family]


def test_telegrams_of_real_meters_are_claimed_once(folder: Path, subtests: pytest.Subtests) -> None:
    entries = msgspec.json.decode((folder / "INDEX.json").read_bytes(), type=list[Entry])
    seen: set[str] = set()
    unclaimed: set[str] = set()
    for entry in entries:
        data = (folder / entry.file).read_bytes()
        found = list(bodies(data)) if entry.kind == "p1" else opened(data, entry.key) if entry.kind == "gcm" else []
        for body in found:
            with subtests.test(entry.file):
                names = claims(body)
                assert len(names) <= 1
                seen.update(names)
                if not names:
                    unclaimed.add(entry.file)
    assert {"nl-dsmr2", "nl-dsmr4", "nl-dsmr5", "be-emucs", "be-iskra-ie5", "hu", "se-fi-dk", "at-styria"} <= seen
    assert "lu-smarty" in seen, "from the ciphered ones"
    assert {part for part in UNCLAIMED if any(part in file for file in unclaimed)} == set(UNCLAIMED)
    assert len(unclaimed) == len(UNCLAIMED), unclaimed


def test_a_whole_capture_is_of_one_dialect(folder: Path) -> None:
    [path] = (folder / "capture").glob("*.txt")
    names = [claims(body) for body in bodies(path.read_bytes())]
    assert len(names) > 500
    assert all(claim == ["nl-dsmr5"] for claim in names)


@pytest.mark.parametrize("example", TEXTS)
def test_other_meters_on_the_m_bus_do_not_change_whose_telegram_it_is(example: Example) -> None:
    [body] = bodies(example.data)
    channels = (
        b"0-1:24.1.0(003)\r\n0-1:96.1.0(37)\r\n0-2:96.1.1(38)\r\n0-3:0.4.2(40)\r\n0-4:24.2.1(240101000000W)(1*m3)\r\n"
    )
    assert claims(body[:-1] + channels + b"!") == [example.family]


@pytest.mark.parametrize("example", TEXTS)
def test_another_maker_of_the_same_lines_is_of_the_same_dialect(example: Example) -> None:
    [body] = bodies(example.data)
    _, end, lines = body.partition(b"\r\n")
    told_by_name = any(signature.flag for signature in DIALECTS[example.family].signatures)
    names = claims(b"/XYZ5 another" + end + lines)
    assert names == [example.family] or (told_by_name and names == [])


def test_no_telegram_whatever_can_fit_two_dialects() -> None:
    signatures = [(name, signature) for name in ASCII for signature in DIALECTS[name].signatures]
    for (name, one), (other_name, other) in combinations(signatures, 2):
        assert name == other_name or exclusive(one, other), (name, other_name)


def exclusive(one: Signature, other: Signature) -> bool:
    """Whether what one of them asks for is what the other must not have."""
    codes = one.has & other.lacks or other.has & one.lacks
    return bool(codes) or disjoint(one.version, other.version, VERSIONS) or disjoint(one.prefix, other.prefix, PREFIXES)


def disjoint(pattern: str, other: str, texts: list[str]) -> bool:
    """Whether no text fits both patterns; an empty one is not asked for."""
    both = [text for text in texts if re.fullmatch(pattern, text) and re.fullmatch(other, text)]
    return bool(pattern and other) and not both


VERSIONS = ["", *(f"{number:02d}" for number in range(100)), "50217"]
PREFIXES = ["", *(f"{a}-{b}" for a in range(10) for b in range(10))]


def test_facts_of_a_dutch_telegram() -> None:
    facts = facts_of(body_of("ngA5\\2MX500", DSMR5))
    assert (facts.encoding, facts.form, facts.count, facts.ident) == ("ascii", "lines", len(DSMR5), "ngA5\\2MX500")
    assert (facts.flag, facts.version, facts.prefix, facts.ciphered) == ("NGA", "50", "1-0", False)
    assert facts.meter_id == "NGAIR000000000001"
    assert {"0.2.8", "99.97.0", "96.13.0", "1.7.0"} <= facts.codes, "unmapped ones, too"
    assert not {"24.1.0", "24.2.1", "96.1.0"} & facts.codes, "those of the gas meter are not its own"
    assert (facts.current_ratio, facts.voltage_ratio) == (None, None)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("0-0:96.1.4(50217)", "50217"),
        ("1-3:0.2.8*255(42)", "42"),
        ("1-0:0.2.8((ER11))", ""),
        ("1-3:0.2.8(5O)", ""),
        ("0-1:96.1.4(50217)", ""),
    ],
)
def test_the_version_is_digits_or_none(line: str, version: str) -> None:
    assert facts_of(body_of("NGA5", [line])).version == version


def test_the_prefix_is_that_of_the_first_measured_value() -> None:
    assert facts_of(body_of("NGA5", ["1-1:31.4.0(63*A)", "1-0:1.7.0(1*kW)", "1-1:2.7.0(1*kW)"])).prefix == "1-0"
    assert facts_of(body_of("NGA5", ["0-1:1.7.0(1*kW)", "1-1:16.7.0(1*kW)"])).prefix == "1-1"
    assert facts_of(body_of("NGA5", ["0-0:1.0.0(240101000000W)"])).prefix == ""


@pytest.mark.parametrize(
    ("text", "ratio"),
    [("40", 40), ("00040", 40), ("12.5", 12.5), ("0", None), ("200:5", None), ("40*A", None), ("-4", None), ("", None)],
)
def test_a_ratio_is_a_number_or_none(text: str, ratio: float | None) -> None:
    facts = facts_of(body_of("NGA5", [f"1-0:0.4.2({text})", f"1-0:0.4.3({text})"]))
    assert (facts.current_ratio, facts.voltage_ratio) == (ratio, ratio)
    assert {"0.4.2", "0.4.3"} <= facts.codes


@given(body=st.binary(max_size=300))
def test_no_bytes_raise(body: bytes) -> None:
    facts_of(b"/NGA5\r\n\r\n" + body + b"\r\n!")


@given(codes=st.sets(st.sampled_from(["0.2.8", "1.0.0", "96.1.1", "96.1.0", "42.0.0", "1.8.0", "1.8.1", "1.7.0"])))
def test_what_names_a_ratio_is_never_trusted_as_it_is(codes: set[str]) -> None:
    facts = facts_of(body_of("NGA5", [f"1-0:{code}(1*kW)" for code in sorted(codes)] + ["1-0:0.4.2(40)"]))
    found = recognise(facts)
    assert found is not None
    assert found[0] == "aidon-6560"


@given(
    values=st.lists(st.none() | st.integers(0, 10**6), min_size=len(Quantity), max_size=len(Quantity)),
    current=st.none() | st.integers(1, 2000),
    voltage=st.none() | st.integers(1, 200),
)
def test_ratios_are_multiplied_in(values: list[int | None], current: int | None, voltage: int | None) -> None:
    sent = {code for code, ratio in (("0.4.2", current), ("0.4.3", voltage)) if ratio}
    facts = Facts(
        encoding="ascii",
        form="lines",
        count=1,
        codes=frozenset(sent),
        current_ratio=current,
        voltage_ratio=voltage,
    )
    primary: list[float | None] = list(values)
    assert behind_transformers(primary, facts) == ()
    for quantity, before, after in zip(Quantity, values, primary, strict=True):
        name = quantity.name
        ratio = (1 if "VOLTAGE" in name else current or 1) * (1 if "CURRENT" in name else voltage or 1)
        assert after == (None if before is None else before * ratio)


@pytest.mark.parametrize("ratio", [None, 0.025])
@pytest.mark.parametrize("code", ["0.4.2", "0.4.3"])
def test_what_cannot_be_multiplied_is_not_told(code: str, ratio: float | None) -> None:
    facts = Facts(
        encoding="ascii", form="lines", count=1, codes=frozenset({code}), current_ratio=ratio, voltage_ratio=ratio
    )
    values: list[float | None] = [1.0] * len(Quantity)
    behind_transformers(values, facts)
    assert values == no_values()


def test_a_changed_ratio_is_seen_at_once() -> None:
    lines = ["1-0:0.4.2(40)", "1-0:1.7.0(00000100*W)", "1-0:2.7.0(00000000*W)", "1-0:31.7.0(000.500*A)"]
    before = telegram("NGA5\\6560", lines)
    after = telegram("NGA5\\6560", [lines[0].replace("40", "80"), *lines[1:]])
    readings = [each.reading for each in accepted(decoded(before, before, after, after, before))]
    assert [reading.power_import_w for reading in readings] == [4000, 4000, 8000, 8000, 4000]
    assert [reading.current_a[0] for reading in readings] == [20, 20, 40, 40, 20]


def test_a_ratio_that_is_none_leaves_nothing_to_read() -> None:
    lines = ["1-0:0.4.2(200/5)", "1-0:1.7.0(00000100*W)", "1-0:2.7.0(00000000*W)"]
    assert reasons(decoded(telegram("NGA5\\6560", lines))) == [Reason.NOTHING_MEASURED]


def test_a_medium_voltage_meter_is_implausible_rather_than_low() -> None:
    lines = ["1-0:0.4.2(40)", "1-0:0.4.3(200)", "1-0:1.7.0(00000200*W)", "1-0:32.7.0(057.7*V)"]
    assert reasons(decoded(telegram("NGA5\\6560", lines))) == [Reason.IMPLAUSIBLE]


@pytest.mark.parametrize("ident", ["KAM5", "LGF5E360", "NES5"])
def test_nothing_but_a_name_measures_nothing(ident: str) -> None:
    assert reasons(decoded(telegram(ident, []))) == [Reason.NOTHING_MEASURED]


def test_a_telegram_that_nobody_claims_is_read_by_its_own_codes_and_units() -> None:
    found = only(decoded(with_check(body_of("NGA5", ["1-0:1.7.0(01.500*kW)", "1-0:2.7.0(00000000*W)"]))))
    assert found.origin.dialect == ""
    assert found.reading.power_import_w == 1500


def bodies(data: bytes) -> Iterator[bytes]:
    """The telegrams of a stream, whatever its ends are."""
    framing = P1Framing()
    for found in framing.feed(data) + framing.finish():
        if isinstance(found, Frame):
            yield found.payload


def opened(data: bytes, key: str) -> list[bytes]:
    """The telegrams inside a ciphered frame, by the primitive alone."""
    frame = data[data.index(b"\xdb\x08") :]
    start = 11 + (frame[10] & 0x7F if frame[10] & 0x80 else 0)
    initial = frame[2:10] + frame[start + 1 : start + 5] + b"\0\0\0\x02"
    plain = Cipher(AES(bytes.fromhex(key)), CTR(initial)).decryptor().update(frame[start + 5 : -12])
    # Not every published example has a sum inside that matches: what is asked here is only whose lines they are.
    return [plain[: plain.rindex(b"!") + 1]] if plain.startswith(b"/") else []


def facts_of(body: bytes, *, ciphered: bool = False) -> Facts:
    """What is seen in a telegram."""
    return ascii_facts(body, read_objects(body), ciphered=ciphered)


def claims(body: bytes, *, ciphered: bool = False) -> list[str]:
    """All dialects that a telegram fits."""
    facts = facts_of(body, ciphered=ciphered)
    return [name for name, dialect in DIALECTS.items() if fits(dialect, facts)]

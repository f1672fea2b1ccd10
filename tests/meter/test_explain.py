"""What is explained of a telegram: every value of it, what nobody maps, and what a dialect file of it would say."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.decoder import Decoder
from ngair.meter.dialects.dialect import Dialect, Signature
from ngair.meter.draft import draft
from ngair.meter.explain import Line, content_of, derived, explain, facts_of, opened
from ngair.model.reading import Reading
from ngair.model.telegram import Reason, Rejection, Telegram
from tests.meter.examples import Example, examples
from tests.meter.telegrams import CORPUS, only, telegram

EXAMPLES = [pytest.param(example, id=example.name) for example in examples()]

KAIFA = bytes.fromhex(
    "0f40000000 00 0209"
    "0907 4b464d5f303031"
    "0910 36393730363331343031373533393835"
    "0908 4d413330344833 45"
    "06 00000162 06 00000000 06 00000000 06 00000180"
    "06 00001234 06 00000903"
)
"""A list of nine values that tell nothing of themselves, from the data-notification on."""


def one(name: str) -> Telegram:
    """The telegram of an example."""
    (path,) = CORPUS.glob(f"{name}.[th][xe][tx]")
    return only(Example(path).decoded())


def refused(body: bytes) -> Rejection:
    return Rejection(Reason.UNRECOGNISED, "a list that nobody knows", len(body), body)


def lines_of(item: Telegram | Rejection) -> dict[str, Line]:
    return {line.code: line for line in explain(item)}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_value_of_an_example_is_told(example: Example) -> None:
    item = only(example.decoded())
    lines = list(explain(item))
    content = content_of(item)
    if content is None:
        assert len(lines) >= opened(item).count(b"(") / 4
        assert all(line.sent.startswith("(") for line in lines)
    else:
        assert len(lines) == len(content.items)
    assert any(line.measured for line in lines)
    assert all(line.meaning and line.value for line in lines if line.measured)
    assert all(_is_plain(text) for line in lines for text in (line.code, line.meaning or "", line.value, line.sent))


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_is_drafted_of_an_example_is_a_signature_that_fits_it(example: Example) -> None:
    item = only(example.decoded())
    facts = facts_of(item)
    assert facts is not None
    (signature,) = _drafted(item)["signatures"]
    assert signature.fits(facts)
    unlike = msgspec.structs.replace(facts, codes=frozenset(), ident="", count=99)
    assert not signature.fits(unlike)


@pytest.mark.parametrize(
    ("example", "fields"),
    [
        ("hu/no-message", ()),
        ("nl-dsmr5/three-phase", ("energy_import_wh", "energy_export_wh")),
        ("ch-xt211/net-power", ("power_import_w", "power_export_w")),
        ("kaifa-no/three-phase", ()),
    ],
)
def test_what_follows_from_other_values_is_told(example: str, fields: tuple[str, ...]) -> None:
    assert derived(one(example)) == fields


def test_an_ascii_value_is_told_as_read_and_as_sent() -> None:
    lines = lines_of(one("hu/no-message"))
    assert lines["1-0:2.7.0"] == Line("1-0:2.7.0", "power export", "2288 W", "(02.288*kW)", lines["1-0:2.7.0"].measured)
    assert lines["0-0:1.0.0"].value == "2024-06-11T13:32:20"
    assert lines["1-0:14.7.0"] == Line("1-0:14.7.0", None, "", "(50.00*Hz)")


def test_a_list_that_tells_by_the_place_is_told_by_it() -> None:
    lines = list(explain(one("kaifa-no/three-phase")))
    assert [line.code for line in lines] == [f"place {number}" for number in range(1, 14)]
    assert [line.meaning for line in lines[:4]] == ["name of the list", "meter id", "meter type", "power import"]
    assert lines[5].meaning == "not used"
    assert lines[7].value.endswith(" A")


@pytest.mark.parametrize(
    ("example", "code", "meaning", "value"),
    [
        ("lg-e450/five-seconds", "0-8:25.9.0*255", "name of the list", "0-8:25.9.0"),
        ("kamstrup-dk/importing", "place 1", "name of the list", "Kamstrup_V0001"),
        ("de-sml/locked", "1-0:96.1.0*255", "meter id", "1DZG0000000042"),
        ("aidon-no/three-phase-hour", "0-0:1.0.0*255", "clock", "2026-03-09T19:00:10"),
    ],
)
def test_names_numbers_and_clocks_are_told_as_they_are_read(example: str, code: str, meaning: str, value: str) -> None:
    line = lines_of(one(example))[code]
    assert (line.meaning, line.value) == (meaning, value)


def test_a_refused_list_is_told_too() -> None:
    lines = lines_of(refused(KAIFA.replace(b"KFM_001", b"NGA_001")))
    assert lines["place 1"].value == "NGA_001"
    assert lines["place 3"] == Line("place 3", None, "", '"MA304H3E"')
    assert lines["place 4"] == Line("place 4", None, "", "354")


def test_what_is_drafted_of_a_list_without_codes_names_its_places() -> None:
    item = refused(KAIFA.replace(b"KFM_001", b"NGA_001"))
    assert list(draft(item))[:8] == [
        "signatures=(",
        "    Signature(",
        '        encoding="cosem",',
        '        form="positional",',
        "        counts=frozenset({9}),",
        '        ident="NGA_001",',
        "    ),",
        "),",
    ]
    assert '        "",  # 354' in list(draft(item))
    assert _drafted(item)["lists"] == {9: ("ident", *[""] * 8)}


def test_what_is_drafted_of_codes_without_units_asks_for_their_scales() -> None:
    item = one("kamstrup-no/three-phase")
    assert '    "31.7.0": 0,  # ' in "\n".join(draft(item))
    assert _drafted(item)["scales"]["1.7.0"] == 0


def test_of_what_cannot_be_read_nothing_is_told() -> None:
    for body in (b"", b"\x0f", b"\x0f\x00\x00", b"\x76\x05", b"no list"):
        assert list(explain(refused(body))) == []
        assert list(draft(refused(body))) == []


def test_nothing_of_the_wire_reaches_a_terminal_as_it_is() -> None:
    hostile = "\x1b]0;owned\x07\x9b31m\x1b[2J\r"
    data = telegram("NGA5" + hostile.replace("\r", ""), [f"0-0:96.13.0({hostile[:-1]})", "1-0:1.7.0(00.378*kW)"])
    decoder = Decoder()
    (item,) = [found for found in (*decoder.feed(data), *decoder.finish()) if isinstance(found, Telegram)]
    assert "\\x1b]0;owned\\x07\\x9b31m\\x1b[2J" in lines_of(item)["0-0:96.13.0"].sent
    for found in (item, refused(KAIFA.replace(b"MA304H3E", b"\x1b[31mX\x07\x9b")), refused(KAIFA[:-3] + b"\x1b[2J")):
        assert all(_is_plain(line.sent + line.value) for line in explain(found))
        assert all(map(_is_plain, draft(found)))


@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, 97), st.binary(min_size=1, max_size=8))))
def test_whatever_a_frame_holds_it_is_told_in_plain_text(body: bytes | tuple[int, bytes]) -> None:
    if isinstance(body, tuple):
        place, other = body
        body = KAIFA[:place] + other + KAIFA[place + len(other) :]
    for item in (refused(body), refused(b"/" + body), refused(b"\x0f" + body), refused(b"\x76" + body)):
        for line in explain(item):
            assert _is_plain(line.code + line.value + line.sent)
        assert all(map(_is_plain, draft(item)))
        facts = facts_of(item)
        if facts is not None:
            assert _drafted(item)["signatures"][0].fits(facts)


def test_a_telegram_that_holds_no_body_is_explained_by_what_was_sent() -> None:
    data = telegram("NGA5TEST", ["1-0:1.7.0(00.378*kW)"]).decode("latin-1")
    (line,) = explain(Telegram(data, len(data), Reading(ident="NGA5TEST")))
    assert (line.code, line.value) == ("1-0:1.7.0", "378 W")


def _drafted(item: Telegram | Rejection) -> dict[str, Any]:
    """The draft as Python reads it, and a dialect takes it."""
    text = "\n".join(draft(item))
    fields = eval(f"dict({text}\n)", {"Signature": Signature})
    Dialect(title="", meters=(), countries=(), line="", framing="", interval="", **fields)
    assert isinstance(fields, dict)
    return fields


def _is_plain(text: str) -> bool:
    return all(" " <= char <= "~" for char in text)

"""What holds for every meter family: a new dialect file with folder and simulated meter needs no change here."""

from __future__ import annotations

import re

import pytest

from ngair.meter.dialects import DIALECTS, fits
from ngair.meter.quantities import QUANTITIES
from ngair.model.telegram import Telegram
from ngair.sim.telegrams import FAMILIES
from tests.meter.examples import Example, examples, families
from tests.meter.senders import facts_of
from tests.meter.telegrams import CORPUS, only

EXAMPLES = [pytest.param(example, id=example.name) for example in examples()]


def test_each_dialect_has_its_examples_and_its_simulated_meter() -> None:
    assert {path.name for path in families()} == set(DIALECTS)
    assert set(DIALECTS) <= set(FAMILIES)


@pytest.mark.parametrize("example", EXAMPLES)
def test_exactly_one_dialect_recognises_an_example(example: Example) -> None:
    telegram = only(example.decoded())
    claims = [name for name, dialect in DIALECTS.items() if fits(dialect, facts_of(telegram))]
    assert claims == [example.family]
    assert telegram.origin.dialect == example.family


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_shows_who_sent_it(example: Example) -> None:
    telegram = only(example.decoded())
    assert isinstance(telegram, Telegram)
    assert telegram.origin.framing in DIALECTS[example.family].framing
    assert not telegram.origin.ciphered or example.keys
    assert not telegram.origin.vendor or telegram.origin.vendor.isupper()


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_a_table_is_whole(name: str) -> None:
    dialect = DIALECTS[name]
    assert dialect.title
    assert dialect.countries
    assert all(len(country) == 2 and country.isupper() for country in dialect.countries)
    assert dialect.line
    assert dialect.interval
    assert dialect.signatures
    assert len(dialect.flag) in (0, 3)
    known = {code.decode() for code in QUANTITIES} | set(dialect.codes)
    assert set(dialect.scales) <= known, "a scale for what is not mapped"
    for count, names in dialect.lists.items():
        assert len(names) == count
        assert all(re.fullmatch(r"|ident|id|type|clock|\d+\.\d+\.\d+", place) for place in names)
        measured = [code for code in names if code in known]
        assert len(measured) == len(set(measured))
        assert set(measured) <= set(dialect.scales), "a place whose scale nobody tells"
    assert (CORPUS / name).is_dir()

"""The part of a dialect file that a telegram itself tells: for lists that nobody claims yet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap

from ngair.meter.explain import as_sent, content_of, facts_of
from ngair.meter.message import Content, Facts
from ngair.meter.quantities import QUANTITIES
from ngair.model.telegram import Rejection, Telegram


def draft(item: Telegram | Rejection) -> Iterator[str]:
    """Lines of Python in plain ASCII, ready to be pasted into a dialect file; none where nothing can be read.

    A signature shows all that may be asked for: what other meters of the family send differently is to be left out.
    """
    facts = facts_of(item)
    if facts is None:
        return
    yield "signatures=("
    yield "    Signature("
    yield from (f"        {line}" for line in _signature(facts))
    yield "    ),"
    yield "),"
    content = content_of(item)
    if content is not None:
        yield from _scales(content) if facts.codes else _list(content, facts)


def _signature(facts: Facts) -> Iterator[str]:
    yield f"encoding={_literal(facts.encoding)},"
    yield f"form={_literal(facts.form)},"
    if facts.form != "lines":
        yield f"counts=frozenset({{{facts.count}}}),"
    patterns = {
        "ident": facts.ident,
        "flag": facts.flag,
        "meter_type": facts.meter_type,
        "version": facts.version,
        "prefix": facts.prefix,
    }
    for name, text in patterns.items():
        if text:
            yield f"{name}={_pattern(text)},"
    if facts.codes:
        yield "has=frozenset({"
        codes = ", ".join(map(_literal, sorted(facts.codes, key=_by_number)))
        yield from (f"    {line}" for line in wrap(codes, _WIDTH))
        yield "}),"
    if facts.ciphered:
        yield "ciphered=True,"


def _list(content: Content, facts: Facts) -> Iterator[str]:
    """Names to be filled in; the text that the list is recognised by is its ident."""
    yield "lists={"
    yield f"    {len(content.items)}: ("
    for number, item in enumerate(content.items):
        name = "ident" if facts.ident and not number else ""
        yield f"        {_literal(name)},  # {as_sent(item)}"
    yield "    ),"
    yield "},"


def _scales(content: Content) -> Iterator[str]:
    """Codes that are known, but come without a unit: the power of ten is for whoever can read the display."""
    missing = {
        item.cde: as_sent(item)
        for item in content.items
        if item.code and item.unit is None and item.cde.encode("ascii") in QUANTITIES
    }
    if missing:
        yield "scales={"
        yield from (f"    {_literal(code)}: 0,  # {sent}" for code, sent in missing.items())
        yield "},"


def _by_number(code: str) -> list[int]:
    return [int(part) for part in code.split(".")]


def _pattern(text: str) -> str:
    """A regular expression that fits this text alone."""
    literal = _literal(_SPECIAL.sub(lambda match: f"\\{match[0]}", text))
    raw = literal.replace("\\\\", "\\")
    return f"r{raw}" if literal == raw.replace("\\", "\\\\") != raw else literal


def _literal(text: str) -> str:
    return '"' + text.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'


_SPECIAL = re.compile(r"[\\.^$*+?{}\[\]|()]")
_WIDTH = 96

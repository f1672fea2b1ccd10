"""Options from a URL such as `sim:?family=se-fi-dk&seed=3&speed=60&cars=2&lose_after_s=5`."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ngair.sim.options import Options

SCHEME = "sim"


def parse_url(url: str) -> Options:
    """The options that a `sim:` URL asks for; what it leaves out keeps its default.

    Raises `ValueError` naming the key, its value and what is allowed.
    """
    parts = urlsplit(url)
    if parts.scheme != SCHEME:
        raise ValueError(f"{url}: a simulated house is written {SCHEME}: or {SCHEME}:?option=value&…")
    if parts.netloc or parts.path or parts.fragment:
        raise ValueError(f"{url}: nothing but ?option=value&… may follow {SCHEME}:")
    try:
        return Options(**_values(parts.query))
    except ValueError as error:
        raise ValueError(f"{url}: {error}") from None


def _values(query: str) -> dict[str, Any]:
    fields = {field.name: field.type for field in msgspec.structs.fields(Options)}
    values: dict[str, Any] = {}
    for part in filter(None, query.split("&")):
        [(key, text)] = parse_qsl(part, keep_blank_values=True) or [(part, "")]
        if key not in fields:
            raise ValueError(f"{key} is not an option; there are {', '.join(fields)}")
        if key in values:
            raise ValueError(f"{key} is given twice")
        values[key] = _value(key, text, fields[key])
    return values


def _value(key: str, text: str, kind: Any) -> Any:
    """Text as the option's type. An option that may be `None` is that only when left out."""
    if kind is str:
        return text
    number = int if kind is int else float
    try:
        return number(text)
    except ValueError:
        wanted = "a whole number" if number is int else "a number"
        raise ValueError(f"{key}={text}: must be {wanted}") from None

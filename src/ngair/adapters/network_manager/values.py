"""Values of D-Bus as what they should be, or as unknown: nobody promises that they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dbus_fast import Variant

NUMBER_MAX = 2**64 - 1


def plain(value: object) -> object:
    """Without its wrapping."""
    return value.value if isinstance(value, Variant) else value


def number(props: Mapping[str, Any], name: str) -> int:
    """Not negative; 0 where it is none."""
    value = plain(props.get(name))
    return value if type(value) is int and 0 <= value <= NUMBER_MAX else 0


def flag(props: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """Whether it is so."""
    value = plain(props.get(name))
    return value if isinstance(value, bool) else default


def text(props: Mapping[str, Any], name: str) -> str:
    """Empty where it is none."""
    value = plain(props.get(name))
    return value if isinstance(value, str) else ""


def octets(props: Mapping[str, Any], name: str) -> bytes:
    """Empty where they are none."""
    value = plain(props.get(name))
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, list) and all(type(item) is int and 0 <= item <= 255 for item in value):
        return bytes(value)
    return b""


def path(props: Mapping[str, Any], name: str) -> str | None:
    """Of an object; `None` where there is none."""
    value = text(props, name)
    return value if value.startswith("/") and value != "/" else None


def paths(props: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Of objects."""
    value = plain(props.get(name))
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def table(props: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Names and values; empty where it is none."""
    value = plain(props.get(name))
    return value if isinstance(value, dict) else {}


def tables(props: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    """Several of them."""
    value = plain(props.get(name))
    return tuple(item for item in value if isinstance(item, dict)) if isinstance(value, list) else ()

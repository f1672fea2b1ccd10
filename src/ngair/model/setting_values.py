"""Raw values of settings, text or what TOML has, as what they mean; `ValueError` for what cannot be."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Literal

import msgspec

from ngair.model.keys import Key, read_key
from ngair.model.prices import read_prices
from ngair.model.rules import MAIN_FUSE_MAX_A, MAIN_FUSE_MIN_A, OUTLET_MAX_A, Fuse
from ngair.model.site import Profile
from ngair.model.sub_fuses import SUB_FUSES, sub_fuse
from ngair.model.urls import CHARGER_URLS, charger_url, is_host, meter_url


class Address(msgspec.Struct, frozen=True):
    """Where to listen; an empty host is every address."""

    host: str
    port: int


def to_number(raw: object) -> float:
    """A number, whole where it is."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError
    number = float(raw)
    return int(number) if number.is_integer() else number


def to_main_fuse(raw: object) -> float:
    """Rating of a main fuse in A."""
    number = to_number(raw)
    if not MAIN_FUSE_MIN_A <= number <= MAIN_FUSE_MAX_A:
        raise ValueError
    return number


def to_text(raw: object) -> str:
    """Text that is not empty."""
    if not isinstance(raw, str) or not raw:
        raise ValueError
    return raw


def to_path(raw: object) -> str:
    """A file's or folder's path."""
    text = to_text(raw)
    if "\0" in text or text.startswith("~"):
        raise ValueError
    return text


def to_meter(raw: object) -> str:
    """A meter's URL. Its errors tell what is allowed."""
    text = raw if isinstance(raw, str) else ""
    meter_url(text)
    return text


def to_key(raw: object) -> Key:
    """A key. Its errors tell what is allowed, and nothing of the value."""
    if not isinstance(raw, str):
        raise ValueError("32 hex digits in quotes")
    try:
        return Key(read_key(raw))
    except ValueError as error:
        raise ValueError(str(error).removeprefix("a key is ")) from None


def to_chargers(raw: object) -> tuple[str, ...]:
    """Chargers' URLs. Its errors tell what is allowed."""
    texts = raw.split() if isinstance(raw, str) else raw
    if not isinstance(texts, list | tuple):
        raise ValueError(f"a list of {CHARGER_URLS}")
    for text in texts:
        charger_url(text if isinstance(text, str) else "")
    return tuple(texts)


def to_sub_fuses(raw: object) -> tuple[Fuse, ...]:
    """Sub-fuses. Its errors tell what is allowed."""
    items = raw.split() if isinstance(raw, str) else raw
    if not isinstance(items, list | tuple):
        raise ValueError(SUB_FUSES)
    return tuple(sub_fuse(item) for item in items)


def to_between(least: float, most: float) -> Callable[[object], float]:
    """What reads a number in a range."""

    def read(raw: object) -> float:
        number = to_number(raw)
        if not least <= number <= most:
            raise ValueError
        return number

    return read


def to_days(least: int, most: int) -> Callable[[object], int]:
    """What reads a whole number in a range."""

    def read(raw: object) -> int:
        number = to_number(raw)
        if not least <= number <= most or number != int(number):
            raise ValueError
        return int(number)

    return read


def to_zone(raw: object) -> str:
    """A name, and no path: what the system's files know under it."""
    name = to_text(raw)
    if len(name) > ZONE_MAX_CHARS or not name.isascii():
        raise ValueError
    from zoneinfo import ZoneInfo  # here: only those who set it wait for it to load

    try:
        ZoneInfo(name)
    except (OSError, KeyError):  # a folder's name is an OSError, a missing zone a KeyError
        raise ValueError from None
    return name


def to_prices(raw: object) -> str:
    """A price list."""
    text = to_text(raw)
    read_prices(text)
    return text


def to_fallback(raw: object) -> int:
    """A fallback current in A."""
    number = to_number(raw)
    if number != int(number) or not (number == 0 or FALLBACK_MIN_A <= number <= OUTLET_MAX_A):
        raise ValueError
    return int(number)


def to_address(raw: object) -> Address:
    """Where to listen."""
    host, colon, port = to_text(raw).rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or not 0 <= int(port) <= 65535:
        raise ValueError
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        IPv6Address(host)
    elif ":" in host:
        raise ValueError
    if host and not is_host(host):
        raise ValueError
    return Address(host, int(port))


def to_profile(raw: object) -> Profile:
    """Whose Local API."""
    if raw == "1.0":
        return "1.0"
    if raw == "1.3":
        return "1.3"
    raise ValueError


def to_switch(raw: object) -> bool:
    """On or off."""
    if isinstance(raw, bool):
        return raw
    value = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if isinstance(raw, str) and raw.lower() in value:
        return value[raw.lower()]
    raise ValueError


def to_wifi(raw: object) -> Wifi:
    """Who looks after the Wi-Fi."""
    if raw == "sim:":
        return "sim:"
    return "on" if to_switch(raw) else "off"


def to_names(raw: object) -> tuple[str, ...]:
    """Host names."""
    names = raw.split() if isinstance(raw, str) else raw
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) and is_host(name) for name in names):
        raise ValueError
    return tuple(names)


def to_level(raw: object) -> str:
    """How much is told."""
    if raw not in LOG_LEVELS:
        raise ValueError
    return str(raw)


Wifi = Literal["off", "on", "sim:"]
"""Who looks after the Wi-Fi: nobody here, NetworkManager, or a simulated radio."""
WIFI = "on, off, or sim: for a simulated radio"
LOG_LEVELS = ("debug", "info", "warning", "error")
FALLBACK_MIN_A = 6
"""Lowest current of IEC 61851-1 besides a pause."""
MARGIN_MAX_A = 16
WAIT_MAX_S = 3600
"""A raise that waits longer than an hour is a car that does not charge."""
POWER_LEAST_W = 1000
TURN_MIN_S = 60
TURN_MAX_S = 6 * 3600
ZONE_MAX_CHARS = 64
RAW_DAYS_MAX = 366
MINUTE_DAYS_MIN = 7
MINUTE_DAYS_MAX = 3660
"""A year of samples is 230 MB for the meter alone; ten years of minutes are as much."""

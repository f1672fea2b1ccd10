"""Sub-fuses as people write them: `garage?rating=20&chargers=CB1,CB2/1`, or a table of the settings file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from ngair.model.limits import FUSES_MAX
from ngair.model.phases import KnownPhases
from ngair.model.rules import MAIN_FUSE, MAIN_FUSE_MAX_A, Fuse
from ngair.model.urls import METER_URLS, meter_url

SUB_FUSES = (
    "NAME?rating=A&chargers=SERIAL,SERIAL/OUTLET, and as needed &under=NAME, &power_max_w=W, &reserve_a=A or "
    "&meter=URL (with & as %26) and its &meter_key_file=FILE; rating and reserve_a for each phase as 20,20,16"
)


def sub_fuse(raw: object) -> Fuse:
    """One sub-fuse, from text or a table. Raises `ValueError` with what is wrong."""
    if isinstance(raw, str):
        name, _, query = raw.partition("?")
        pairs = parse_qsl(query, keep_blank_values=True)
        values: dict[str, object] = dict(pairs)
        if len(values) != len(pairs):
            raise ValueError(f"each option once: {SUB_FUSES}")
        return _fuse({"name": name, **values})
    if isinstance(raw, Mapping):
        return _fuse(raw)
    raise ValueError(SUB_FUSES)


def checked_tree(sub_fuses: Sequence[Fuse]) -> None:
    """Whether sub-fuses make one tree below the main fuse. Raises `ValueError` with what is wrong."""
    above = {fuse.name: fuse.under for fuse in sub_fuses}
    if len(sub_fuses) > FUSES_MAX:
        raise ValueError(f"at most {FUSES_MAX} of them")
    if len(above) != len(sub_fuses) or MAIN_FUSE in above:
        raise ValueError(f"each name once, and none is {MAIN_FUSE}")
    for fuse in sub_fuses:
        seen, name = {fuse.name}, fuse.under or MAIN_FUSE
        while name != MAIN_FUSE:
            if name not in above:
                raise ValueError(f"{fuse.name} is under {name}, which there is not")
            if name in seen:
                raise ValueError(f"{fuse.name} is under itself")
            seen.add(name)
            name = above[name] or MAIN_FUSE
    listed = [charger for fuse in sub_fuses for charger in fuse.chargers]
    for charger in listed:
        if listed.count(charger) > 1 or ("/" in charger and charger.partition("/")[0] in listed):
            raise ValueError(f"{charger} hangs at two fuses: name the lowest one alone")


def _fuse(values: Mapping[str, object]) -> Fuse:
    unknown = values.keys() - _READERS.keys() - {"rating"}
    if unknown:
        raise ValueError(f"{min(unknown)!r} is no option: {SUB_FUSES}")
    read: dict[str, Any] = {"under": MAIN_FUSE}
    for key, value in values.items():
        target = "rating_a" if key == "rating" else key
        try:
            read[target] = _READERS[target](value)
        except (ValueError, TypeError):
            raise ValueError(f"{key}={value!r}: {_ALLOWED[target]}") from None
    if "name" not in read or "rating_a" not in read:
        raise ValueError(f"a name and a rating: {SUB_FUSES}")
    if "meter" in read and "reserve_a" in read:
        raise ValueError("a meter or a reserve_a, not both: what is measured needs no reserve")
    if "meter_key_file" in read and "meter" not in read:
        raise ValueError("a meter with its meter_key_file: without one there is nothing to open")
    return Fuse(**read)


def _name(raw: object) -> str:
    if not isinstance(raw, str) or not _NAME.fullmatch(raw):
        raise ValueError
    return raw


def _chargers(raw: object) -> tuple[str, ...]:
    names = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(names, list) or not all(isinstance(name, str) and _CHARGER.fullmatch(name) for name in names):
        raise ValueError
    return tuple(names)


def _rating(raw: object) -> KnownPhases:
    amps = _phases(raw)
    if not all(1 <= amp <= MAIN_FUSE_MAX_A for amp in amps):
        raise ValueError
    return amps


def _reserve(raw: object) -> KnownPhases:
    amps = _phases(raw)
    if not all(0 <= amp <= MAIN_FUSE_MAX_A for amp in amps):
        raise ValueError
    return amps


def _phases(raw: object) -> KnownPhases:
    """One number for all phases, or three."""
    parts = raw.split(",") if isinstance(raw, str) else raw if isinstance(raw, list) else [raw]
    numbers = [_number(part) for part in parts]
    if len(numbers) == 1:
        return (numbers[0], numbers[0], numbers[0])
    one, two, three = numbers
    return (one, two, three)


def _power(raw: object) -> float:
    number = _number(raw)
    if not 0 < number <= POWER_MAX_W:
        raise ValueError
    return number


def _number(raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise ValueError
    number = float(raw)
    return int(number) if number.is_integer() else number


def _meter(raw: object) -> str:
    if not isinstance(raw, str) or raw.startswith("sim:"):
        raise ValueError
    meter_url(raw)
    return raw


def _path(raw: object) -> str:
    if not isinstance(raw, str) or not raw or "\0" in raw or raw.startswith("~"):
        raise ValueError
    return raw


POWER_MAX_W = 3 * 230 * MAIN_FUSE_MAX_A
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")
_CHARGER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{3,63}(?:/[12])?")
_READERS: dict[str, Callable[[object], object]] = {
    "name": _name,
    "rating_a": _rating,
    "under": _name,
    "chargers": _chargers,
    "power_max_w": _power,
    "reserve_a": _reserve,
    "meter": _meter,
    "meter_key_file": _path,
}
_ALLOWED = {
    "name": "a name of letters, digits, - and _",
    "rating_a": f"A a phase from 1 to {MAIN_FUSE_MAX_A}, one number or three",
    "under": "the name of another fuse",
    "chargers": "serial numbers, or SERIAL/OUTLET with outlet 1 or 2",
    "power_max_w": f"W above 0 and at most {POWER_MAX_W}",
    "reserve_a": f"A a phase from 0 to {MAIN_FUSE_MAX_A}, one number or three",
    "meter": METER_URLS.replace(" or sim:", ""),
    "meter_key_file": "the path of a file with the keys of that meter, with ~ written out",
}

"""The fuses as a tree: which outlet counts against which limits."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import NamedTuple

from ngair.balance.constants import NOMINAL_V
from ngair.balance.flow import POWER
from ngair.balance.place import Place
from ngair.model.rules import Fuse


class Line(NamedTuple):
    """One limit of one fuse: the rating of a phase, or the power of all phases together."""

    fuse: str
    axis: int
    """0 to 2 for a phase, `POWER` for the power of all."""
    most: float
    """A, or W."""
    reserve: float
    """Drawn besides chargers where no meter measures it, in the same unit."""
    metered: bool


class Tree(NamedTuple):
    """The limits and what counts against them."""

    lines: tuple[Line, ...]
    paths: tuple[tuple[str, ...], ...]
    """By place: the names of the fuses above it, the lowest first."""
    below: dict[str, tuple[int, ...]]
    """By fuse: the places below it."""


def grow(fuses: Sequence[Fuse], places: Sequence[Place]) -> Tree:
    """The tree of some fuses, the main fuse first, with some outlets on it; each place is given its rows."""
    by_name = {fuse.name: fuse for fuse in reversed(fuses)}
    homes = {name: fuse.name for fuse in reversed(fuses) for name in fuse.chargers}
    paths = tuple(_path(place, fuses, by_name, homes) for place in places)
    lines: list[Line] = []
    rows: list[list[tuple[int, float]]] = [[] for _ in places]
    below: dict[str, tuple[int, ...]] = {}
    for fuse in by_name.values():
        members = tuple(i for i, path in enumerate(paths) if fuse.name in path)
        below[fuse.name] = members
        for index in range(4):
            counted = [(i, _weight(places[i], index)) for i in members]
            counted = [(i, weight) for i, weight in counted if weight]
            if not counted or (index == POWER and fuse.power_max_w is None):
                continue
            for i, weight in counted:
                rows[i].append((len(lines), weight))
            lines.append(_line(fuse, index, fuse.name == fuses[0].name))
    for place, row in zip(places, rows, strict=True):
        place.rows = tuple(row)
    return Tree(tuple(lines), paths, below)


def rating(value: float) -> float:
    """A rating that can be counted with: what is no number is no current at all."""
    return value if isfinite(value) else 0.0


def _line(fuse: Fuse, index: int, is_main: bool) -> Line:
    metered = is_main or fuse.meter is not None
    if index == POWER:
        reserve = 0.0 if metered else sum(fuse.reserve_a) * NOMINAL_V
        return Line(fuse.name, POWER, rating(fuse.power_max_w or 0.0), reserve, metered)
    return Line(fuse.name, index, rating(fuse.rating_a[index]), 0.0 if metered else fuse.reserve_a[index], metered)


def _weight(place: Place, index: int) -> float:
    """How much one ampere of an outlet takes of a limit: for power, amperes of all its phases."""
    return float(sum(place.used)) if index == POWER else float(place.used[index])


def _path(place: Place, fuses: Sequence[Fuse], by_name: dict[str, Fuse], homes: dict[str, str]) -> tuple[str, ...]:
    main = fuses[0].name
    name: str | None = homes.get(f"{place.serial}/{place.id}", homes.get(place.serial, main))
    path: list[str] = []
    while name is not None and name in by_name and name not in path:
        path.append(name)
        name = by_name[name].under
    if main not in path:
        path.append(main)
    return tuple(path)

"""The memory as CSV (RFC 4180): one kind of rows, a header line with units, local time beside UTC.

Text that comes from devices is made inert: a spreadsheet would take a cell that begins with `=` for a formula.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator
from datetime import tzinfo
from typing import Any

import msgspec

from ngair.api.export import Export, Kind
from ngair.api.history import cost, shown
from ngair.api.times import day_of_key, local, midnight_s, utc
from ngair.model.history import (
    METER,
    METER_QUANTITIES,
    OUTLET_QUANTITIES,
    Bucket,
    HistoryEvent,
    Sample,
    Session,
    SetpointChange,
    Stat,
    quantities,
)

Cell = str | int | float | None


def csv_pieces(asked: Export) -> Generator[bytes, None, None]:
    """The export as CSV: its header line, then each row as a line. Raises `OSError`."""
    [kind] = asked.kinds
    sources = asked.sources
    yield _line(header(kind, sources.currency))
    cells = _CELLS[kind]
    for row in sources.history.rows(kind, *asked.span_s(kind)):
        yield _line(cells(row, sources.zone))


def header(kind: Kind, currency: str | None) -> list[str]:
    """Names of the columns, each with its unit."""
    money = f"({currency})" if currency else ""
    if kind == "sessions":
        return [name.format(money).strip() for name in _SESSION_HEADER]
    if kind == "setpoints":
        return _SETPOINT_HEADER
    if kind == "events":
        return _EVENT_HEADER
    if kind == "samples":
        return [
            *_AT,
            *(_titled(name) for name in _QUANTITIES),
            *(f"{name} counter (Wh)" for name in _ENERGIES),
            "state",
        ]
    stats = (_titled(name, f" {which}") for name in _QUANTITIES for which in ("mean", "least", "most"))
    return [*_AT, *(f"{name} (Wh)" for name in _ENERGIES), f"cost {money}".strip(), "covered (s)", *stats]


def inert(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: list[Cell] | list[str]) -> bytes:
    line: str = _WRITER.writerow([inert(cell) if isinstance(cell, str) else cell for cell in cells])
    return line.encode("utf-8")


def _sample(row: Sample, zone: tzinfo) -> list[Cell]:
    names = quantities(row.series)
    values = dict(zip(names, row.values, strict=True))
    told = [shown(name, values.get(name)) for name in _QUANTITIES]
    return [*_at(row.at_s, zone), row.series, *told, *_energies(row.series, row.counters_wh), row.state]


def _bucket(row: Bucket, zone: tzinfo) -> list[Cell]:
    at_s = midnight_s(day_of_key(row.start_s), zone) if row.step == "day" else row.start_s
    stats = dict(zip(quantities(row.series), row.stats, strict=True))
    told: list[Cell] = []
    for name in _QUANTITIES:
        stat = stats.get(name, _UNKNOWN)
        told += (shown(name, stat.mean), shown(name, stat.least), shown(name, stat.most))
    energies = _energies(row.series, row.energy_wh)
    return [*_at(at_s, zone), row.series, *energies, cost(row.cost_micro), row.covered_s, *told]


def _energies(series: str, energies: tuple[int | None, ...]) -> list[Cell]:
    """Import and export of the meter, or what an outlet gave."""
    if series == METER:
        return [*(energies or (None, None)), None]
    return [None, None, *(energies or (None,))]


def _session(row: Session, zone: tzinfo) -> list[Cell]:
    ended_s = row.unplugged_at_s
    return [
        *_at(row.plugged_at_s, zone),
        *((None, None) if ended_s is None else _at(ended_s, zone)),
        row.outlet,
        None if ended_s is None else ended_s - row.plugged_at_s,
        row.charging_s,
        row.pauses,
        row.longest_pause_s,
        row.energy_wh,
        cost(row.cost_micro),
        row.most_power_w,
        row.state,
        "yes" if row.plug_unseen else "no",
    ]


def _event(row: HistoryEvent, zone: tzinfo) -> list[Cell]:
    detail = msgspec.json.encode(row.detail).decode() if row.detail else ""
    return [*_at(row.at_s, zone), str(row.kind), row.subject, row.text, detail]


def _setpoint(row: SetpointChange, zone: tzinfo) -> list[Cell]:
    told = (row.before_a, row.setpoint_a, row.rule, row.fuse, row.phase, row.text)
    return [*_at(row.at_s, zone), row.outlet, *told]


def _at(at_s: float, zone: tzinfo) -> tuple[str, str]:
    return local(at_s, zone), utc(at_s)


def _titled(quantity: str, which: str = "") -> str:
    """`current_l1_ma` -> `current L1 mean (A)`."""
    *words, unit = quantity.split("_")
    name = " ".join(word.upper() if word[-1].isdigit() else word for word in words)
    return f"{name}{which} ({_UNITS[unit]})"


class _Echo:
    """What the writer writes is what its call returns."""

    @staticmethod
    def write(line: str) -> str:
        return line


_WRITER = csv.writer(_Echo(), lineterminator="\r\n")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_UNITS = {"w": "W", "ma": "A", "dv": "V"}
_QUANTITIES = tuple(dict.fromkeys((*METER_QUANTITIES, *OUTLET_QUANTITIES)))
_ENERGIES = ("import", "export", "charged")
_UNKNOWN = Stat()
_AT = ["local time", "UTC", "series"]
_SESSION_HEADER = [
    *("plugged in", "plugged in (UTC)", "unplugged", "unplugged (UTC)", "outlet", "plugged in (s)", "charging (s)"),
    *(
        "pauses",
        "longest pause (s)",
        "energy (Wh)",
        "cost {}",
        "most power (W)",
        "state",
        "plugged in before the box saw",
    ),
]
_EVENT_HEADER = ["local time", "UTC", "kind", "subject", "text", "detail (JSON)"]
_SETPOINT_HEADER = [
    *("local time", "UTC", "outlet", "before (A)", "setpoint (A)", "rule", "fuse", "phase", "reason"),
]
_CELLS: dict[Kind, Callable[[Any, tzinfo], list[Cell]]] = {
    "samples": _sample,
    **dict.fromkeys(("minutes", "hours", "days"), _bucket),
    "sessions": _session,
    "events": _event,
    "setpoints": _setpoint,
}

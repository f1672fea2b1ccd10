"""The memory as a file: JSON that is read back, line by line, and CSV for spreadsheets.

The JSON file is one document with one row a line, `ngair_export` first. What is read of it may come from anywhere: a
line that cannot be is a `Rejected` with its reason.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import asdict

from ngair.api.history import DAY, Day, Sources, day_range
from ngair.api.times import UnfitError, day_key_s, midnight_s, utc, zone_name
from ngair.model.history import (
    METER,
    Bucket,
    EventKind,
    HistoryEvent,
    Row,
    Sample,
    Session,
    SetpointChange,
    Stat,
    counters,
    quantities,
)
from ngair.model.site import BoxInfo

Kind = Literal["hours", "days", "minutes", "samples", "sessions", "events", "setpoints"]
KINDS: tuple[Kind, ...] = ("days", "hours", "minutes", "samples", "sessions", "events", "setpoints")
EXPORT_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8; header=present"}
VERSION: Literal[1] = 1
LINE_MAX_BYTES = 64 * 1024
"""Of a line of an export; the longest row has 2 KiB."""


class ExportParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """What to ask `/api/v1/export` for."""

    from_: Annotated[Day | None, Meta(description=f"First day: {DAY}. By default the first of all.")] = None
    to: Annotated[Day | None, Meta(description=f"Last day: {DAY}. By default the last of all.")] = None
    format: Annotated[Literal["json", "csv"], Meta(description="JSON can be imported; CSV has one kind of row.")] = (
        "json"
    )
    what: Annotated[
        Literal["all", "hours", "days", "minutes", "samples", "sessions", "events", "setpoints"] | None,
        Meta(description="Kind of the rows; `all` in JSON only. By default all in JSON, hours in CSV."),
    ] = None


class ExportBox(msgspec.Struct, frozen=True, kw_only=True):
    """Whose memory it is."""

    serial: str
    firmware: str


class ExportHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What stands before the rows."""

    ngair_export: Literal[1]
    """Version of this form."""
    epoch: str
    """Of the store: within one, a row's `seq` never means another."""
    zone: str
    currency: str | None
    made_at: str
    """UTC."""
    first_day: str
    last_day: str
    box: ExportBox


class ExportEnd(msgspec.Struct, frozen=True):
    """What stands behind the rows: an export without it was cut off."""


class Rejected(msgspec.Struct, frozen=True):
    """A line that cannot be."""

    reason: str
    """What is wrong with it."""


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for, ready to be read."""

    form: Literal["json", "csv"]
    kinds: tuple[Kind, ...]
    first: date
    last: date
    """Inclusive."""
    open_end: bool = False
    """Whether all that is later belongs to it as well: a clock that was ahead for a while leaves such rows."""
    sources: Sources
    box: BoxInfo

    @property
    def file_name(self) -> str:
        """How it is called where it is kept."""
        what = self.kinds[0] if len(self.kinds) == 1 else "history"
        return f"ngair-{what}-{self.first.isoformat()}-{self.last.isoformat()}.{self.form}"

    def span_s(self, kind: Kind) -> tuple[float, float]:
        """From when to before when its rows are."""
        after = date.max if self.open_end else self.last + timedelta(1)
        if kind == "days":
            return day_key_s(self.first), day_key_s(after)
        return midnight_s(self.first, self.sources.zone), midnight_s(after, self.sources.zone)


def export(sources: Sources, box: BoxInfo, asked: ExportParameters) -> Export:
    """What an export has in it. Raises `UnfitError`."""
    first, last = day_range(sources, asked.from_, asked.to, lambda last: date(1970, 1, 2))
    if asked.format == "csv" and asked.what == "all":
        raise UnfitError("what: one kind of rows; all kinds together are exported as JSON only.")
    what = asked.what or ("all" if asked.format == "json" else "hours")
    kinds = KINDS if what == "all" else (what,)
    return Export(
        form=asked.format,
        kinds=kinds,
        first=first,
        last=last,
        open_end=asked.to is None,
        sources=sources,
        box=box,
    )


def json_pieces(asked: Export) -> Generator[bytes, None, None]:
    """The export as JSON: its beginning, each row as a line, its end. Raises `OSError`."""
    sources = asked.sources
    header = ExportHeader(
        ngair_export=VERSION,
        epoch=sources.history.facts().epoch,
        zone=zone_name(sources.zone),
        currency=sources.currency,
        made_at=utc(sources.wall_s),
        first_day=asked.first.isoformat(),
        last_day=asked.last.isoformat(),
        box=ExportBox(serial=asked.box.serial, firmware=asked.box.firmware),
    )
    yield encode_header(header)
    between = b"\n"
    for kind in asked.kinds:
        for row in sources.history.rows(kind, *asked.span_s(kind)):
            yield between + encode_row(row)
            between = b",\n"
    yield END


def encode_header(header: ExportHeader) -> bytes:
    """The first line, without its end."""
    return _ENCODER.encode(header)[:-1] + b',"rows":['


def encode_row(row: Row) -> bytes:
    """A row as a line, without the comma and the line end that stand between two."""
    if isinstance(row, HistoryEvent):
        values = asdict(row)
        row_of_its_own = _EventLine(event=values.pop("kind"), **values)
        return b'{"kind":"events",' + _ENCODER.encode(row_of_its_own)[1:]
    return b'{"kind":"%b",' % kind_of(row).encode("ascii") + _ENCODER.encode(row)[1:]


def kind_of(row: Row) -> Kind:
    """Which kind a row is of."""
    if isinstance(row, Bucket):
        return _STEP_KINDS[row.step]
    return _KIND_OF[type(row)]


def decode_line(line: bytes | str) -> Row | ExportHeader | ExportEnd | Rejected:
    """What a line of an export tells. Raises nothing."""
    data = line.encode("utf-8", "surrogateescape") if isinstance(line, str) else line
    data = data.strip().removesuffix(b",")
    if len(data) > LINE_MAX_BYTES:
        return Rejected(f"a line of more than {LINE_MAX_BYTES} bytes")
    if data == END.strip():
        return ExportEnd()
    try:
        if data.startswith(b'{"ngair_export"'):
            return _HEADER.decode(data + b"]}" if data.endswith(b"[") else data)
        row = _row(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Rejected(_cut(str(error)))
    wrong = _wrong(row)
    return Rejected(wrong) if wrong else row


END = b"\n]}\n"


class _Kind(msgspec.Struct, frozen=True):
    kind: Kind


class _EventLine(msgspec.Struct, frozen=True, kw_only=True):
    """An event whose own kind makes way for that of the row."""

    seq: int = 0
    at_s: float
    event: EventKind
    subject: str = ""
    text: str
    detail: dict[str, str | int | float | bool | None] = {}


def _row(data: bytes) -> Row:
    kind = _KIND.decode(data).kind
    if kind == "events":
        values = asdict(_EVENT.decode(data))
        return HistoryEvent(kind=values.pop("event"), **values)
    row: Row = _ROWS[kind].decode(data)
    if isinstance(row, Bucket) and _STEP_KINDS[row.step] != kind:
        raise msgspec.ValidationError(f"a bucket of a {row.step} among {kind}")
    return row


def _wrong(row: Row) -> str:
    """What no row of a memory can be; empty where nothing is."""
    if not 0 <= row.seq <= INT_MAX:
        return "seq is out of range"
    match row:
        case Sample():
            return _wrong_sample(row)
        case Bucket():
            return _wrong_bucket(row)
        case Session():
            return _wrong_session(row)
        case _:
            return _wrong_entry(row)


def _wrong_sample(row: Sample) -> str:
    numbers = (*row.values, *row.counters_wh, row.state)
    if not _is_time(row.at_s) or not _is_series(row.series) or not _are_sane(numbers):
        return "a sample's time, series or value is out of range"
    fits = len(row.values) == len(quantities(row.series)) and len(row.counters_wh) == len(counters(row.series))
    return "" if fits else "a sample has another number of values than its series"


def _wrong_bucket(row: Bucket) -> str:
    length_s, longest_s = _STEP_S[row.step]
    numbers = (*row.energy_wh, row.cost_micro)
    if not _is_time(row.start_s) or row.start_s % length_s or not _is_series(row.series) or not _are_sane(numbers):
        return f"a {row.step}'s begin, series or value is out of range"
    if not 0 <= row.covered_s <= longest_s:
        return f"a {row.step} has more seconds than there are"
    if len(row.stats) != len(quantities(row.series)) or not all(map(_is_stat, row.stats)):
        return f"a {row.step}'s values are not those of its series"
    energies = 0 if row.step == "minute" else len(counters(row.series))
    return "" if len(row.energy_wh) in {0, energies} else f"a {row.step} has another number of energies than its series"


def _wrong_session(row: Session) -> str:
    times = (row.plugged_at_s, row.seen_at_s, row.state_since_s, row.unplugged_at_s or 0)
    numbers = (row.charging_s, row.longest_pause_s, row.pauses, row.energy_wh, row.cost_micro, row.most_power_w)
    if (
        not all(map(_is_time, times))
        or not _is_series(row.outlet)
        or row.outlet == METER
        or not _are_sane((*numbers, row.state))
    ):
        return "a session's time, outlet or value is out of range"
    return ""


def _wrong_entry(row: HistoryEvent | SetpointChange) -> str:
    if isinstance(row, SetpointChange):
        texts: tuple[str, ...] = (row.outlet, row.rule, row.fuse or "", row.phase or "", row.text)
        numbers: tuple[int | None, ...] = (row.before_a, row.setpoint_a)
    else:
        texts = (row.subject, row.text, *row.detail, *(one for one in row.detail.values() if isinstance(one, str)))
        numbers = tuple(one for one in row.detail.values() if isinstance(one, int))
        if len(row.detail) > DETAILS_MAX:
            return "an event has too many details"
    if not _is_time(row.at_s) or not _are_sane(numbers) or any(len(text) > TEXT_MAX_CHARS for text in texts):
        return "an event's or setpoint's time, value or text is out of range"
    return ""


def _is_time(at_s: float) -> bool:
    return 0 <= at_s < TIME_MAX_S


def _is_series(series: str) -> bool:
    return series == METER or (0 < len(series) <= SERIES_MAX_CHARS and _OUTLET.fullmatch(series) is not None)


def _is_stat(stat: Stat) -> bool:
    """Whether there can be values of which this is told."""
    if stat.n == 0:
        return stat == Stat()
    if stat.least is None or stat.most is None or not _are_sane((stat.n, stat.total, stat.least, stat.most)):
        return False
    return stat.n > 0 and stat.n * stat.least <= stat.total <= stat.n * stat.most


def _are_sane(numbers: tuple[int | None, ...]) -> bool:
    return all(number is None or -INT_MAX <= number <= INT_MAX for number in numbers)


def _cut(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"


INT_MAX = 2**53
"""As far as JavaScript counts; the store has a bit of room above it."""
TIME_MAX_S = 7_258_118_400
"""The year 2200, as for requests."""
TEXT_MAX_CHARS = 1_000
DETAILS_MAX = 32
SERIES_MAX_CHARS = 80
_OUTLET = re.compile(r"[^/\x00-\x1f]+/[0-9]{1,3}", re.ASCII)
_STEP_KINDS: dict[str, Kind] = {"minute": "minutes", "hour": "hours", "day": "days"}
_STEP_S = {"minute": (60, 60), "hour": (3600, 3600), "day": (86_400, 26 * 3600)}
"""Of which begins are multiples, and how long it is at most: clocks change by an hour, or two."""
_KIND_OF: dict[type, Kind] = {
    Sample: "samples",
    Session: "sessions",
    HistoryEvent: "events",
    SetpointChange: "setpoints",
}
_ENCODER = msgspec.json.Encoder()
_HEADER = msgspec.json.Decoder(ExportHeader)
_KIND = msgspec.json.Decoder(_Kind)
_EVENT = msgspec.json.Decoder(_EventLine)
_ROWS: dict[Kind, msgspec.json.Decoder[Any]] = {
    **dict.fromkeys(_STEP_KINDS.values(), msgspec.json.Decoder(Bucket)),
    **{kind: msgspec.json.Decoder(row) for row, kind in _KIND_OF.items()},
}

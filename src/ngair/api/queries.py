"""What can be looked up with parameters: a path, what may be asked, how it is answered. A new one is one row here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
from msgspec import Meta

from ngair.api import energy, history, logbook
from ngair.api.box import BoxDocument
from ngair.api.diagnostics import DiagnosticsDocument
from ngair.api.export import EXPORT_TYPES, ExportParameters
from ngair.api.history import Sources
from ngair.api.live import STREAM
from ngair.api.settings_document import SettingsDocument
from ngair.api.telegram import TelegramDocument
from ngair.api.times import UnfitError
from ngair.model.rules import MAIN_FUSE


class NoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked for without parameters."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is read with GET, made when it is asked for."""

    path: str
    """The form with a last slash answers the same."""
    summary: str
    params: type[msgspec.Struct] = NoParameters
    """Every one may be left out, or has no default."""
    content: Mapping[str, Any]
    """Type of the answer's document by its content type; `None` where it is no JSON document."""
    description: str = ""
    refusals: Mapping[str, str] = {}
    """Why it is not answered, by status."""
    file_name: str = ""
    """Of the attachment that it is, with `{serial}` of the box and `{day}`; empty where it is none."""


class Query(Endpoint, frozen=True, kw_only=True):
    """One that is answered by a document made of the memory."""

    answer: Callable[[Sources, Any], msgspec.Struct]
    """Raises `UnfitError` for what cannot be answered as asked, `OSError` where the memory cannot be read."""


class TelegramParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose telegram."""

    fuse: Annotated[
        Annotated[str, Meta(max_length=128)],
        Meta(description="Fuse that the meter measures: `main`, or the name of a sub-fuse."),
    ] = MAIN_FUSE


class StreamParameters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From where to go on."""

    last: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="Id of the last event that was received, where `Last-Event-ID` cannot be sent."),
    ] = None


class TokenDocument(msgspec.Struct, frozen=True):
    """What stands for the password."""

    token: str
    """To be sent as `X-Ngair-Token`. It ends with the next start, and when the password changes."""


class LockDocument(msgspec.Struct, frozen=True):
    """What has to be proven, and where."""

    password_set: bool
    """Whether the box has a password; without one nothing can be changed."""
    read_lock: bool
    """Whether reading needs the password, too."""
    https: int | None
    """Port of HTTPS; then the password is taken there only."""
    setup: bool
    """Whether the box is in setup mode for who asks."""


def asked(endpoint: Endpoint, query: bytes) -> Any:
    """The parameters of a request, from what stands behind its question mark. Raises `UnfitError`."""
    names = ", ".join(endpoint.params.__struct_encode_fields__) or "none"
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_PARAMETERS_MAX
        )
    except ValueError:
        raise UnfitError(f"Parameters are UTF-8, percent-encoded. Allowed are: {names}.") from None
    values = dict(pairs)
    if len(values) < len(pairs):
        raise UnfitError(f"A parameter comes once. Allowed are: {names}.")
    try:
        return msgspec.convert(values, endpoint.params, strict=False)
    except msgspec.ValidationError as error:
        _, _, name = str(error).rpartition("`$.")
        told = _allowed(endpoint.params).get(name.removesuffix("`"))
        raise UnfitError(told or f"Allowed parameters are: {names}.") from None


def endpoint_at(path: str) -> Endpoint | None:
    """What is read at a path with parameters."""
    return _BY_PATH.get(path)


@functools.cache
def _allowed(params: type[msgspec.Struct]) -> dict[str, str]:
    """By the name of each parameter what it may be."""
    _, components = msgspec.json.schema_components([params])
    return {name: f"{name}: {_told(one)}" for name, one in components[params.__name__]["properties"].items()}


def _told(schema: dict[str, Any]) -> str:
    [one, *_] = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    if "enum" in one:
        return f"one of {', '.join(map(str, one['enum']))}."
    if one.get("type") == "integer":
        return f"a whole number from {one['minimum']} to {one['maximum']}."
    return f"{schema['description']}"


_MEMORY = {
    "421": "Sent to a name that is not the box's",
    "422": "A parameter that cannot be, or more rows than one answer may have",
    "503": "There is no memory, it cannot be read now, or too many wait for it",
}
_BUSY = {
    "421": "Sent to a name that is not the box's",
    "422": "A parameter that cannot be",
    "503": "It cannot be read now, or too many wait",
}
_PARAMETERS_MAX = 16

QUERIES: tuple[Query, ...] = (
    Query(
        path="/api/v1/history/power",
        summary="Power, current and voltage of the meter or an outlet over time, in columns",
        params=history.PowerParameters,
        content={"application/json": history.PowerDocument},
        refusals=_MEMORY,
        answer=history.power,
    ),
    Query(
        path="/api/v1/history/energy",
        summary="Energy and cost by hour, local day, month or year",
        params=energy.EnergyParameters,
        content={"application/json": energy.EnergyDocument},
        refusals=_MEMORY,
        answer=energy.energy,
    ),
    Query(
        path="/api/v1/sessions",
        summary="Charging sessions: cars that were plugged in, the newest first",
        params=history.SessionsParameters,
        content={"application/json": history.SessionsDocument},
        refusals=_MEMORY,
        answer=history.sessions,
    ),
    Query(
        path="/api/v1/events",
        summary="What happened, and setpoints that changed with their reasons, the newest first",
        params=logbook.EventsParameters,
        content={"application/json": logbook.EventsDocument},
        refusals=_MEMORY,
        answer=logbook.events,
    ),
    Query(
        path="/api/v1/why",
        summary="Why every outlet gave what it gave at a moment",
        params=logbook.WhyParameters,
        content={"application/json": logbook.WhyDocument},
        refusals=_MEMORY,
        answer=logbook.why,
    ),
)
EXPORT = Endpoint(
    path="/api/v1/export",
    summary="The memory as a file, by local days",
    description="Streamed as an attachment, however much it is. JSON is one document with one row a line; "
    "`ngair history import` reads it.",
    params=ExportParameters,
    content={EXPORT_TYPES["json"]: dict[str, Any], EXPORT_TYPES["csv"]: None},
    refusals=_MEMORY,
)
TOKEN = Endpoint(
    path="/api/v1/token",
    summary="A token that programs may carry instead of the password",
    description="The same for all who ask by HTTP Basic; another one after each start, and when the password changes.",
    content={"application/json": TokenDocument},
    refusals={
        "400": "More than one Authorization header, or not one Host header",
        "401": "Without the password, or with a wrong one",
        "403": "Sent by a browser for a page of another site, there is no password yet, or it is taken by HTTPS only",
        "421": "Sent to a name that is not the box's",
        "429": "Too many wrong passwords: `Retry-After` tells when to try again",
        "503": "Others wait for theirs to be checked",
    },
)
LOCK = Endpoint(
    path="/api/v1/lock",
    summary="What has to be proven to the box, and where; open to all",
    content={"application/json": LockDocument},
    refusals={"421": "Sent to a name that is not the box's"},
)
LIVE = Endpoint(
    path=STREAM,
    summary="The site and the points of its charts, live (server-sent events)",
    description="Events `site`: the document of `/api/v1/site`, when it changes and at least once a second. Events "
    "`points`: lists of `[t_ms, import_w, export_w, i1_a, i2_a, i3_a, charging_w]`, all since the last event that the "
    "reader has, of at most a quarter of an hour.",
    params=StreamParameters,
    content={"text/event-stream": None},
    refusals={"421": "Sent to a name that is not the box's", "503": "Too many streams are open"},
)
INSPECTED: tuple[Endpoint, ...] = (
    Endpoint(
        path="/api/v1/meter/telegram",
        summary="The last telegram of a meter, value by value, and the last refused input",
        params=TelegramParameters,
        content={"application/json": TelegramDocument},
        refusals={"404": "No meter measures this fuse", **_BUSY},
    ),
    Endpoint(
        path="/api/v1/settings",
        summary="Every setting with its value; keys and passwords are left out",
        content={"application/json": SettingsDocument},
        refusals=_BUSY,
    ),
    Endpoint(
        path="/api/v1/box",
        summary="Who the box is, what it runs on, how its links and its memory fare",
        content={"application/json": BoxDocument},
        refusals=_BUSY,
    ),
    Endpoint(
        path="/api/v1/diagnostics",
        summary="All that somebody who helps may need, as a file; keys and passwords are left out",
        content={"application/json": DiagnosticsDocument},
        refusals=_BUSY,
        file_name="ngair-diagnostics-{serial}-{day}.json",
    ),
)
"""Answered by whoever `Asking` was given for them, by path."""
ENDPOINTS: tuple[Endpoint, ...] = (*QUERIES, EXPORT, *INSPECTED, TOKEN, LOCK, LIVE)

_BY_PATH = {path: row for row in ENDPOINTS for path in (row.path, row.path + "/")}

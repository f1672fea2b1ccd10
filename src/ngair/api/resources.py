"""Parts of the site with paths of their own, and the changes that users may ask for. A new one is one row here."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ngair.api.charging import OutletDocument
from ngair.api.site import FuseDocument, SiteDocument
from ngair.api.wishes import FuseChange, OutletChange, Refused, with_fuse_change, with_outlet_change
from ngair.model.rules import Wishes
from ngair.model.site import Site

Parameters = Mapping[str, str]
"""What the braces of a path stand for."""


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the site's document, made when it is asked for."""

    path: str
    """With `{names}`; the form with or without the last slash answers the same."""
    summary: str
    find: Callable[[SiteDocument, Parameters], object | None]
    """The part, or `None` where there is no such thing."""
    schema: Any


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that users may ask for."""

    path: str
    method: str
    summary: str
    body: type[msgspec.Struct]
    """What is sent; one without required keys may be left out with POST."""
    make: Callable[[Site, Parameters, Any], Wishes | Refused]
    answer: Resource
    """What is answered: the thing as it has become."""


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{}`, or no body at all."""


def resource_at(path: str) -> tuple[Resource, Parameters] | None:
    """What is found at a path, whether or not this site has it."""
    return next(((row, match) for row in RESOURCES if (match := _match(row.path, path)) is not None), None)


def changes_at(path: str) -> dict[str, tuple[Change, Parameters]]:
    """What may be asked for at a path, by method."""
    return {row.method: (row, match) for row in CHANGES if (match := _match(row.path, path)) is not None}


def _match(template: str, path: str) -> Parameters | None:
    match = _pattern(template).fullmatch(path)
    return match.groupdict() if match else None


@functools.cache
def _pattern(template: str) -> re.Pattern[str]:
    text = re.escape(template.rstrip("/")).replace(r"\{serial\}", "(?P<serial>[^/]+)")
    return re.compile(text.replace(r"\{id\}", "(?P<id>[0-9]{1,3})") + "/?", re.DOTALL)


def _outlets(site: SiteDocument, at: Parameters) -> list[OutletDocument]:
    return [outlet for charger in site.chargers for outlet in charger.outlets]


def _outlet(site: SiteDocument, at: Parameters) -> OutletDocument | None:
    named = (at["serial"], int(at["id"]))
    return next((outlet for outlet in _outlets(site, at) if (outlet.serial, outlet.id) == named), None)


def _main_fuse(site: SiteDocument, at: Parameters) -> FuseDocument | None:
    return site.fuses[0] if site.fuses else None


def _change_outlet(site: Site, at: Parameters, change: OutletChange) -> Wishes | Refused:
    return with_outlet_change(site, at["serial"], int(at["id"]), change)


def _pause(site: Site, at: Parameters, change: Nothing) -> Wishes | Refused:
    return _change_outlet(site, at, OutletChange(paused=True))


def _resume(site: Site, at: Parameters, change: Nothing) -> Wishes | Refused:
    return _change_outlet(site, at, OutletChange(paused=False))


def _change_main_fuse(site: Site, at: Parameters, change: FuseChange) -> Wishes | Refused:
    return with_fuse_change(site, change)


OUTLETS = Resource(
    path="/api/v1/outlets/", summary="Every outlet of every charger", find=_outlets, schema=list[OutletDocument]
)
OUTLET = Resource(
    path="/api/v1/outlets/{serial}/{id}", summary="One outlet of a charger", find=_outlet, schema=OutletDocument
)
MAIN_FUSE = Resource(
    path="/api/v1/fuses/main", summary="The main fuse; 404 where none is set", find=_main_fuse, schema=FuseDocument
)
RESOURCES = (OUTLETS, OUTLET, MAIN_FUSE)

CHANGES = (
    Change(
        path=OUTLET.path,
        method="PATCH",
        summary="Ask for another maximum, priority, pause or fallback current of an outlet",
        body=OutletChange,
        make=_change_outlet,
        answer=OUTLET,
    ),
    Change(
        path=OUTLET.path + "/pause",
        method="POST",
        summary="Pause charging at an outlet",
        body=Nothing,
        make=_pause,
        answer=OUTLET,
    ),
    Change(
        path=OUTLET.path + "/resume",
        method="POST",
        summary="Let an outlet charge again",
        body=Nothing,
        make=_resume,
        answer=OUTLET,
    ),
    Change(
        path=MAIN_FUSE.path,
        method="PATCH",
        summary="Stay under a lower main fuse than the setting's, or go back to that",
        body=FuseChange,
        make=_change_main_fuse,
        answer=MAIN_FUSE,
    ),
)

REFUSALS = {
    "400": "No JSON, or not one Host header",
    "403": "Sent by a browser for a page of another site, there is no password yet, or it is taken by HTTPS only",
    "404": "There is no such thing",
    "408": "Too slow",
    "409": "This site does not allow it: what is allowed, and why",
    "413": "Too large",
    "415": "Not sent as application/json",
    "421": "Sent to a name that is not the box's",
    "422": "A key or value that cannot be",
    "500": "It could not be kept, and nothing was changed",
    "503": "Changes before it are not kept yet",
    "507": "The box's disk is full, and nothing was changed",
}
"""Why a change is not made, by status."""

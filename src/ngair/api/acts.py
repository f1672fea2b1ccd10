"""What is asked of the box itself with POST: a path, what is sent, what is answered. A new one is one row here."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ngair.api.queries import LOCK, LockDocument, TokenDocument


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked for with POST and a JSON object."""

    path: str
    """The form with a last slash does the same."""
    summary: str
    body: type[msgspec.Struct]
    answer: type[msgspec.Struct]
    status: int = 200
    description: str = ""
    refusals: Mapping[str, str] = {}
    """Why it is not done, by status, besides what `COMMON` has."""


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who knows the password."""

    password: str


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another password."""

    old: str
    new: str
    """8 to 128 characters of any kind but control characters."""


class Logout(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{}`, or no body at all."""


COMMON = {
    "400": "No JSON, or not one Host header",
    "403": "Sent by a browser for a page of another site, there is no password yet, or it is taken by HTTPS only",
    "408": "Too slow",
    "413": "Too large",
    "415": "Not sent as application/json",
    "421": "Sent to a name that is not the box's",
    "422": "A key or value that cannot be",
}
_PROVEN = {
    "401": "The password is wrong",
    "429": "Too many wrong passwords, by this peer or by all: `Retry-After` tells when to try again",
    "503": "Others wait for theirs to be checked: try again in a moment",
}

LOGIN = Act(
    path="/api/v1/login",
    summary="A token for the password, for a page that is not to keep it",
    description="The token is sent as `X-Ngair-Token`. It holds until the password changes, the box starts again, or "
    "nobody uses it for 30 days.",
    body=Login,
    answer=TokenDocument,
    refusals=_PROVEN,
)
LOGOUT = Act(
    path="/api/v1/logout",
    summary="The token that this carries holds no more",
    body=Logout,
    answer=LockDocument,
)
PASSWORD = Act(
    path="/api/v1/password",
    summary="Change the password",
    description="Every token ends, and a new one is given. The first password is set by `ngair password`, or in setup "
    "mode.",
    body=PasswordChange,
    answer=TokenDocument,
    refusals=_PROVEN
    | {"500": "It could not be kept, and the old one stays", "507": "The box's disk is full, and the old one stays"},
)
ACTS: tuple[Act, ...] = (LOGIN, LOGOUT, PASSWORD)


def act_at(path: str) -> Act | None:
    """What is asked for at a path."""
    return _BY_PATH.get(path)


_BY_PATH = {path: act for act in ACTS for path in (act.path, act.path + "/")}
LOCKED_OUT = frozenset(path + end for path in (LOCK.path, LOGIN.path, LOGOUT.path, PASSWORD.path) for end in ("", "/"))
"""Where those who are not let in may go: what they send there is judged there."""

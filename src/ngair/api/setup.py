"""`/ssid/` and `/api/v1/setup`: how the box is given a network, as the setup page and programs are told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from ngair.api.acts import Act
from ngair.api.queries import Endpoint
from ngair.model.network import JoinFailure, Network, Security, SetupReason, SetupState
from ngair.model.ssid import ssid_text

SETUP = "/api/v1/setup"


class SsidDocument(msgspec.Struct, frozen=True):
    r"""`/ssid/`, section 1.5: the networks in reach, the strongest first; bytes that are no UTF-8 as `\xNN`."""

    ssid_string: tuple[str, ...]


class NetworkDocument(msgspec.Struct, frozen=True):
    """A network in reach."""

    ssid: str
    """As `/ssid/` shows it, and `join` takes it."""
    strength: int
    """0 to 100."""
    security: Security
    """`open` needs no password; `enterprise` cannot be joined from here."""


class SetupErrorDocument(msgspec.Struct, frozen=True):
    """Why the last network could not be joined."""

    failure: JoinFailure
    text: str
    """For a person: what is wrong and what to do."""
    ssid: str


class JoinedDocument(msgspec.Struct, frozen=True):
    """The network that was joined, and where the box is found in it."""

    ssid: str
    addresses: tuple[str, ...]
    host_name: str


class SetupDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Setup mode."""

    state: SetupState
    reason: SetupReason
    """Why it is on; empty while it is off."""
    detail: str
    """For a person: what keeps the radio or the access point from working; empty while all is well."""
    error: SetupErrorDocument | None
    """Of the last try to join; `null` where there was none, or another one runs."""
    joined: JoinedDocument | None
    """Once a network was joined in this setup mode."""
    password_set: bool
    """Whether the box has its password."""
    password_needed: bool
    """Whether `join` has to bring a new password for the box: it has none yet."""
    password_may_be_set: bool
    """Whether `join` may bring one: it has none yet, or setup mode was begun at the box itself."""
    access_point: str
    """Name of the box's own network."""
    serial: str
    radio: bool
    """Whether there is a radio that can be used."""
    networks: tuple[NetworkDocument, ...]
    """As they were found last; asking `/ssid/` looks for them anew."""
    closes_in_s: int | None
    """When the access point closes by itself; `null` where it does not."""


class JoinRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which network to join."""

    ssid: Annotated[str, Meta(min_length=1, max_length=128)]
    r"""As `/ssid/` shows it. A hidden network's name is typed."""
    wifi_password: Annotated[str, Meta(max_length=128)] | None = None
    """Of the network; `null` for an open one."""
    password: Annotated[str, Meta(max_length=128)] | None = None
    """The new password of the box, 8 to 128 characters."""


def ssid_document(networks: Iterable[Network]) -> SsidDocument:
    """The names of networks that are given strongest first."""
    return SsidDocument(tuple(ssid_text(network.ssid) for network in networks))


def network_documents(networks: Iterable[Network]) -> tuple[NetworkDocument, ...]:
    """Networks as the setup page shows them."""
    return tuple(NetworkDocument(ssid_text(one.ssid), one.strength, one.security) for one in networks)


class NothingMore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{}`, or no body at all."""


_NOT_HERE = {"404": "This box does not look after its network: `wifi` is off in its settings"}
SSID_LIST = Endpoint(
    path="/ssid/",
    summary="Wi-Fi networks in reach, looked for anew; in setup mode only, by the box's own access point",
    content={"application/json": SsidDocument},
    refusals={
        "403": "Not in setup mode, or not by the access point",
        "421": "Sent to a name that is not the box's",
    },
)
SETUP_STATE = Endpoint(
    path=SETUP,
    summary="Where setup mode stands",
    content={"application/json": SetupDocument},
    refusals=_NOT_HERE | {"421": "Sent to a name that is not the box's"},
)
SETUP_ENDPOINTS = (SSID_LIST, SETUP_STATE)
"""Answered where the box looks after its network."""
_LOCKED = _NOT_HERE | {
    "401": "Without the password, or with a wrong one; by the access point none is needed",
    "429": "Too many wrong passwords: `Retry-After` tells when to try again",
    "503": "Others wait for their password to be checked: try again in a moment",
}
JOIN = Act(
    path=f"{SETUP}/join",
    summary="Join a Wi-Fi network",
    description="Answered at once; `GET /api/v1/setup` tells what becomes of it. Before, the box gets the password "
    "that is sent with it, and keeps it also where the network cannot be joined. A box with one radio closes its "
    "access point for the try, and opens it again to tell.",
    body=JoinRequest,
    answer=SetupDocument,
    status=202,
    refusals=_LOCKED
    | {
        "409": "Setup mode is off, or a network is being joined",
        "507": "The password cannot be kept: look at the disk",
    },
)
DONE = Act(
    path=f"{SETUP}/done",
    summary="Close the access point, and stay with the network that was joined",
    body=NothingMore,
    answer=SetupDocument,
    status=202,
    refusals=_LOCKED | {"409": "There is no network to stay with yet"},
)
START = Act(
    path=f"{SETUP}/start",
    summary="Begin setup mode",
    description="A box with one radio leaves its network for that.",
    body=NothingMore,
    answer=SetupDocument,
    status=202,
    refusals=_LOCKED,
)
STOP = Act(
    path=f"{SETUP}/stop",
    summary="End setup mode, and go back to the network that there was",
    body=NothingMore,
    answer=SetupDocument,
    status=202,
    refusals=_LOCKED,
)
SETUP_ACTS: tuple[Act, ...] = (JOIN, DONE, START, STOP)

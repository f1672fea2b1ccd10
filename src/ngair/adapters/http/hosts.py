"""Under which names the box answers, and who may change something: guards against DNS rebinding and foreign pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address

from ngair.adapters.http.asgi import Scope
from ngair.api.wishes import Refused


def host_is_ours(host: str, names: frozenset[str], *, by_access_point: bool = False) -> bool:
    """Whether a Host header is an IP literal, a configured name, or one that nobody can register in the public DNS.

    Whoever owns a public name may let it lead to the box, and a browser then takes the box's documents for that site's.
    `by_access_point`: all names lead to the box there, those of the house before too, but for `.local`, which phones do
    not ask name servers for.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    if match["address"] is not None:
        return _is_address(match["address"])
    name = match["name"].lower().rstrip(".")
    if name in names or _is_address(name):
        return True
    labels = name.split(".")
    if not all(_LABEL.fullmatch(label) for label in labels):
        return False
    if by_access_point:
        return len(labels) > 1 and labels[-1] == "local"
    # A name of one label is looked up in the house; what looks like a part of an address is one to some programs.
    return name.endswith(_PRIVATE) if len(labels) > 1 else not _NUMERIC.fullmatch(name)


def comes_from_elsewhere(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether a browser sent this for a page that is not this box's own (Fetch standard; W3C Fetch Metadata).

    Programs send neither header. A page that TLS was taken off by a proxy for has another scheme, but the same host.
    """
    host = b"".join(value for name, value in headers if name == b"host")
    for name, value in headers:
        if name == b"origin" and not _same_host(value.decode("latin-1"), host.decode("latin-1")):
            return True
        if name == b"sec-fetch-site" and value not in (b"same-origin", b"none"):
            return True
    return False


def foreign(scope: Scope, *, json: bool = False) -> Refused | None:
    """Why a request is not taken, whatever it proves: a form or script of another site could have sent it.

    `json`: it changes something, and such are sent as JSON, which no form can send.
    """
    headers = scope["headers"]
    if comes_from_elsewhere(headers):
        return Refused(403, "This is taken from the box's own page and from programs, not from other pages.")
    types = [value.partition(b";")[0].strip().lower() for name, value in headers if name == b"content-type"]
    if json and types != [b"application/json"]:
        return Refused(415, "Changes are sent as Content-Type: application/json.")
    return None


def _same_host(origin: str, host: str) -> bool:
    scheme, _, authority = origin.lower().partition("://")
    port = _DEFAULT_PORTS.get(scheme)
    if port is None or not authority:
        return False
    return authority.removesuffix(port) == host.lower().removesuffix(port)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


_HOST = re.compile(r"(?:\[(?P<address>[^]]+)\]|(?P<name>[^]:@/?#[]+))(?::[0-9]*)?", re.ASCII)
"""`uri-host [ ":" port ]` (RFC 9110, 7.2)."""
_LABEL = re.compile(r"[a-z0-9_-]{1,63}", re.ASCII)
_NUMERIC = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_PRIVATE = (".local", ".lan", ".home", ".internal", ".localdomain", ".home.arpa", ".localhost")
"""What routers call houses, none of it a public top-level domain (RFC 6761, 6762 with its appendix G, 8375). `.box` is
one, under which anybody may register a name."""
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

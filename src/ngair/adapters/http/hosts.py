"""Which Host header may come with a request that changes something: the guard against DNS rebinding."""

from __future__ import annotations

import re
from ipaddress import ip_address


def host_is_ours(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header is an IP literal, `localhost`, under `.local`, or one of the configured names."""
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    if match["address"] is not None:
        return _is_address(match["address"])
    name = match["name"].lower().rstrip(".")
    return name == "localhost" or name.endswith(".local") or name in names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


_HOST = re.compile(r"(?:\[(?P<address>[^]]+)\]|(?P<name>[^]:@/?#[]+))(?::[0-9]*)?", re.ASCII)
"""`uri-host [ ":" port ]` (RFC 9110, 7.2)."""

"""Which Host header may come with a request that changes something: the guard against DNS rebinding."""

from __future__ import annotations

from ipaddress import ip_address


def host_is_ours(host: str, names: frozenset[str]) -> bool:
    """Whether a Host header is an IP literal, `localhost`, under `.local`, or one of the configured names."""
    name = _without_port(host).lower().rstrip(".")
    return name == "localhost" or name.endswith(".local") or name in names or _is_address(name)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True

"""The network interfaces on which the box can be found, and its addresses there (Linux)."""

from __future__ import annotations

import fcntl
import ipaddress
import re
import socket
import struct
from collections.abc import Collection, Iterator
from pathlib import Path

import ifaddr
import msgspec

INTERFACES_MAX = 16
"""Each costs two sockets of ours and two of the library's; a house has two or three."""
ADDRESSES_MAX = 16
"""Of one kind on one interface: all of them together must fit into one packet."""

_SIOCGIFFLAGS = 0x8913
_IFF_UP, _IFF_LOOPBACK, _IFF_POINTOPOINT, _IFF_RUNNING, _IFF_MULTICAST = 0x1, 0x8, 0x10, 0x40, 0x1000
_IFA_UNUSABLE = 0x01 | 0x08 | 0x20 | 0x40
"""Temporary, failed, deprecated or still tentative (rtnetlink(7)): not an address to give away."""
_SCOPE_LINK = 0x20
_SCOPE_HOST = 0x10
_INSIDE = re.compile(r"docker\d|br-[0-9a-f]{12}$|podman\d|cni|veth|virbr|lxcbr|lxdbr|vnet")
"""Bridges to containers and virtual machines: nobody outside this machine can reach their addresses."""


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """One usable interface."""

    name: str
    index: int
    ipv4: tuple[str, ...] = ()
    ipv6: tuple[str, ...] = ()
    """Without link-local ones: a browser cannot use those from a name."""
    link_local: str | None = None
    """Where multicast over IPv6 is sent from."""


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """What this machine has at one moment."""

    interfaces: tuple[Interface, ...] = ()
    """Where the box is announced."""
    own: frozenset[bytes] = frozenset()
    """Every address of this machine, packed."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses to announce."""
        return tuple(a for i in self.interfaces for a in (*i.ipv4, *i.ipv6))


def read_network(only: Collection[str] | None = None, *, access_point: str | None = None) -> Network:
    """The interfaces that are up and carry multicast, or, up too, just those named. Raises `OSError`.

    Where one has the address `access_point`, it is left out as long as there is another: who is in a network of the
    box's own cannot reach its other addresses, and the others cannot reach this one.
    """
    ipv4, own = _read_ipv4()
    ipv6 = list(_read_ipv6())
    own |= {packed(address) for _, address, _, _ in ipv6}
    found = []
    for index, name in sorted(socket.if_nameindex()):
        if not _is_wanted(name, only):
            continue
        mine = [(address, scope) for i, address, scope, flags in ipv6 if i == index and not flags & _IFA_UNUSABLE]
        link_local = [address for address, scope in mine if scope == _SCOPE_LINK]
        wide = [address for address, scope in mine if scope != _SCOPE_LINK]
        interface = Interface(
            name=name,
            index=index,
            ipv4=tuple(sorted(ipv4.get(name, ()))[:ADDRESSES_MAX]),
            ipv6=tuple(sorted(wide)[:ADDRESSES_MAX]),
            link_local=min(link_local, default=None),
        )
        if interface.ipv4 or (interface.ipv6 and interface.link_local):
            found.append(interface)
    found = [interface for interface in found if access_point not in interface.ipv4] or found
    return Network(interfaces=tuple(found[:INTERFACES_MAX]), own=frozenset(own))


def interfaces_of(host: str) -> list[str] | None:
    """The interfaces by which a server that listens on `host` is reached; `None` is all of them."""
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        return None
    if address.is_loopback:
        return ["lo"]
    return [
        adapter.name
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if packed(ip.ip if isinstance(ip.ip, str) else ip.ip[0]) == address.packed
    ]


def packed(address: str) -> bytes:
    """The bytes of an address record."""
    return ipaddress.ip_address(address).packed


def _read_ipv4() -> tuple[dict[str, set[str]], set[bytes]]:
    addresses: dict[str, set[str]] = {}
    for adapter in ifaddr.get_adapters():
        # An alias is listed as eth0:1; it has no multicast of its own.
        name = adapter.name.partition(":")[0]
        addresses.setdefault(name, set()).update(ip.ip for ip in adapter.ips if isinstance(ip.ip, str))
    return addresses, {packed(address) for found in addresses.values() for address in found}


def _read_ipv6() -> Iterator[tuple[int, str, int, int]]:
    """Interface index, address, scope and flags. From the kernel's table, for ifaddr does not tell the flags."""
    try:
        table = Path("/proc/self/net/if_inet6").read_text(encoding="ascii")
    except FileNotFoundError:  # IPv6 is switched off
        return
    for line in table.splitlines():
        address, index, _, scope, flags, _ = line.split()
        if int(scope, 16) != _SCOPE_HOST:
            yield (
                int(index, 16),
                str(ipaddress.IPv6Address(bytes.fromhex(address))),
                int(scope, 16),
                int(flags, 16),
            )


def _is_wanted(name: str, only: Collection[str] | None) -> bool:
    try:
        flags = _flags(name)
    except OSError:  # gone since it was listed
        return False
    if not flags & _IFF_UP or not flags & _IFF_RUNNING:
        return False
    if only is not None:
        return name in only
    if flags & (_IFF_LOOPBACK | _IFF_POINTOPOINT) or not flags & _IFF_MULTICAST:
        return False
    return _INSIDE.match(name) is None


def _flags(name: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sH14x", name.encode(), 0)
        (flags,) = struct.unpack_from("H", fcntl.ioctl(control, _SIOCGIFFLAGS, request), 16)
    return int(flags)

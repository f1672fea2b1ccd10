"""Who came by the box's own access point."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def is_inside(local: str, peer: str, point: str) -> bool:
    """Whether a connection from `peer` to the box's address `local` came by the access point, where it is `point`.

    Linux takes packets for any of its addresses by any of its links, so the local address alone says nothing; an
    answer to an address of the access point's network leaves by the access point.
    """
    try:
        addresses = plain_address(local), plain_address(peer)
        network = ip_network(f"{point}/24", strict=False)
    except ValueError:
        return False
    return addresses[0] == ip_address(point) and addresses[1] in network


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """An address, IPv4 where it is that in the form of IPv6. Raises `ValueError`."""
    address = ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address

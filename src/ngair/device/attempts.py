"""How often a password may be tried: by each peer, and by all strangers together. Pure: time is an argument.

Who tries has a few attempts at once, and then one in a while. A peer that had success keeps attempts of its own, so
that strangers, however many addresses they have, can use up theirs only.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from ngair.model.limits import (
    ATTEMPT_EVERY_S,
    ATTEMPT_KNOWN_MAX,
    ATTEMPT_KNOWN_S,
    ATTEMPT_PEERS_MAX,
    ATTEMPTS_AT_ONCE,
    STRANGER_EVERY_S,
    STRANGERS_AT_ONCE,
)


class Attempts:
    """Who may try, and when. Holds a bounded number of peers."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[_Allowance, float]] = OrderedDict()
        """By exact address, with the time of the last success; the longest ago first."""
        self._groups: OrderedDict[str, _Allowance] = OrderedDict()
        """Everybody else by group; the longest unheard first."""
        self._strangers = _Allowance(STRANGERS_AT_ONCE, STRANGER_EVERY_S)

    def begin(self, peer: str, now_s: float) -> float:
        """Take an attempt, and 0; or seconds until there is one. `peer` is an IP address, or some other name."""
        allowances = self._of(peer, now_s)
        wait_s = max(allowance.wait_s(now_s) for allowance in allowances)
        if wait_s > 0:
            return wait_s
        for allowance in allowances:
            allowance.take(now_s)
        return 0.0

    def give_back(self, peer: str, now_s: float) -> None:
        """An attempt that was begun was not made."""
        for allowance in self._of(peer, now_s):
            allowance.give_back()

    def succeeded(self, peer: str, now_s: float) -> None:
        """An attempt that was begun was right: it is given back, and the peer is known from now on."""
        self.give_back(peer, now_s)
        known = self._known.pop(peer, None)
        self._known[peer] = (known[0] if known else _Allowance(ATTEMPTS_AT_ONCE, ATTEMPT_EVERY_S), now_s)
        if len(self._known) > ATTEMPT_KNOWN_MAX:
            self._known.popitem(last=False)

    @property
    def held(self) -> int:
        """Peers that are remembered."""
        return len(self._known) + len(self._groups)

    def _of(self, peer: str, now_s: float) -> tuple[_Allowance, ...]:
        known = self._known.get(peer)
        if known is not None:
            if now_s - known[1] <= ATTEMPT_KNOWN_S:
                return (known[0],)
            del self._known[peer]
        group, at_home = _group(peer)
        allowance = self._groups.pop(group, None) or _Allowance(ATTEMPTS_AT_ONCE, ATTEMPT_EVERY_S)
        self._groups[group] = allowance
        if len(self._groups) > ATTEMPT_PEERS_MAX:
            # Whoever changes addresses to be forgotten has still to share with all strangers.
            self._groups.popitem(last=False)
        return (allowance,) if at_home else (allowance, self._strangers)


class _Allowance:
    """So many attempts at once, and one more in a while."""

    def __init__(self, at_once: int, every_s: float) -> None:
        self._most = float(at_once)
        self._every_s = every_s
        self._left = self._most
        self._at_s = float("-inf")

    def wait_s(self, now_s: float) -> float:
        """Seconds until there is an attempt; 0 when there is one."""
        missing = 1 - self._now(now_s)
        return missing * self._every_s if missing > _NOTHING else 0.0

    def take(self, now_s: float) -> None:
        """Use one that there is."""
        self._left = self._now(now_s) - 1
        self._at_s = max(now_s, self._at_s)

    def give_back(self) -> None:
        """One was not used."""
        self._left = min(self._most, self._left + 1)

    def _now(self, now_s: float) -> float:
        return min(self._most, self._left + max(0.0, now_s - self._at_s) / self._every_s)


def _group(peer: str) -> tuple[str, bool]:
    """Whom an address counts with: whoever has one of an IPv6 network has all of it. And whether it is this machine."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer, False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_loopback:
        # Whoever is on the machine has 16 million addresses.
        return "loopback", True
    return (f"{int(address) >> 64:x}::/64" if isinstance(address, IPv6Address) else str(address)), False


_NOTHING = 1e-9
"""What rounding leaves of a whole attempt."""

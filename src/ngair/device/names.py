"""Which name the box answers to on the local network, and who gives way when two want the same one.

The rules are RFC 6762 sections 8.1 (probing), 8.2 (simultaneous probes) and 9 (conflicts). Between boxes of this
kind, which tell their serial, the smaller serial wins wherever neither was there first.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

BASE_LABEL = "ctek-ng-air"
"""The vendor's host name (Local API document); clients look for it."""
NUMBERED_MAX = 20
"""Far more boxes than one network has. Beyond it the serial itself makes the name."""
LAST_NUMBER = NUMBERED_MAX + 1
SERVICE_TYPE = "_http._tcp.local"


def label(number: int, serial: str) -> str:
    """The `number`th name to try: the vendor's, then numbered ones, at last one made of the serial."""
    if number == 1:
        return BASE_LABEL
    return f"{BASE_LABEL}-{number}" if number <= NUMBERED_MAX else f"{BASE_LABEL}-{serial.lower()}"


def host_name(of_label: str) -> str:
    """The host name of a label, without the final dot."""
    return f"{of_label}.local"


def access_point_name(serial: str) -> str:
    """The name of the box's own network."""
    return f"ngair-{serial[-4:]}"


def service_name(of_label: str) -> str:
    """The service instance of a label, without the final dot: always of the same label as the host."""
    return f"{of_label}.{SERVICE_TYPE}"


class Verdict(StrEnum):
    """What a probe for a name came to."""

    FREE = "free"
    """Nobody else has it, or whoever has it gives way to us."""
    TAKEN = "taken"
    WAIT = "wait"
    """Another one asks for it at this moment and has precedence: see in a second whether it took it."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What we say, or want to say, under a name."""

    label: str
    serial: str
    port: int
    addresses: frozenset[bytes]
    """Announced addresses, packed."""
    own: frozenset[bytes]
    """Every address of this machine, announced or not, and those it had a moment ago: no stranger's."""


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """What one packet on the network says under a name. Empty when it says nothing of it."""

    serial: str | None = None
    """From the service's TXT record: `""` where that has no serial, `None` without such a record."""
    addresses: frozenset[bytes] = frozenset()
    servers: frozenset[tuple[str, int]] = frozenset()
    """Host and port of the service."""


def conflicts(claim: Claim, seen: Sighting) -> bool:
    """Whether somebody else speaks here.

    Our own packets come back to us, through a second interface, a switch or a reflector: same serial, or our own
    addresses and port. Records that say the same as ours are no conflict (RFC 6762 section 9).
    """
    if seen.serial is not None:
        return seen.serial != claim.serial
    return bool(seen.addresses - claim.own) or _other_servers(claim, seen)


def has_precedence(claim: Claim, seen: Sighting) -> bool:
    """Whether a stranger who asks for the name at the same moment as we do gets it.

    A stranger that tells no serial is judged by its addresses: the lexicographically later data wins
    (RFC 6762 section 8.2.1).
    """
    if seen.serial:
        return seen.serial < claim.serial
    return _comparable(seen.addresses) > _comparable(claim.addresses)


class Contest:
    """One round of probing for a name.

    `held` says that we answer to the name already, and probe because somebody else seems to do so too, or because
    the network changed. Then both were there first, and the smaller serial keeps the name.
    """

    def __init__(self, claim: Claim, *, held: bool) -> None:
        self._claim = claim
        self._held = held
        self._rival_addresses: frozenset[bytes] = frozenset()
        self._unnamed_addresses: frozenset[bytes] = frozenset()
        self._unnamed_server = False
        self.stranger: Sighting | None = None
        """Who else was seen, for the log."""

    def answered(self, seen: Sighting) -> Verdict | None:
        """Take in what a response says of the name. A verdict ends the round at once."""
        if not conflicts(self._claim, seen):
            return None
        if self.stranger is None or seen.serial:
            self.stranger = seen
        if not self._held or seen.serial == "":
            return Verdict.TAKEN
        if seen.serial is None:
            self._unnamed_addresses |= seen.addresses
            self._unnamed_server |= _other_servers(self._claim, seen)
            return None
        if seen.serial < self._claim.serial:
            return Verdict.TAKEN
        self._rival_addresses |= seen.addresses
        return None

    def asked(self, seen: Sighting) -> Verdict | None:
        """Take in what another one's probe proposes for the name."""
        if self._held or not conflicts(self._claim, seen) or not has_precedence(self._claim, seen):
            return None
        self.stranger = seen
        return Verdict.WAIT

    def conclude(self) -> Verdict:
        """The verdict after the last probe.

        An answer without a serial counts against us unless it came from a box that told its serial elsewhere and
        gives way: an address record alone does not say whose it is.
        """
        if self._unnamed_addresses - self._rival_addresses - self._claim.own:
            return Verdict.TAKEN
        if self._unnamed_server and not (self.stranger and self.stranger.serial):
            return Verdict.TAKEN
        return Verdict.FREE


def _other_servers(claim: Claim, seen: Sighting) -> bool:
    return bool(seen.servers - {(host_name(claim.label), claim.port)})


def _comparable(addresses: frozenset[bytes]) -> list[tuple[int, bytes]]:
    """In the order of RFC 6762 section 8.2.1: by type (A is 1, AAAA is 28), then by bytes."""
    return sorted((1 if len(address) == 4 else 28, address) for address in addresses)

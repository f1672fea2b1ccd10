"""How many may be connected: for a peer, and all together. When there are too many, the longest idle one goes."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from ngair.model.limits import HTTP_CONNECTIONS_MAX, HTTP_CONNECTIONS_PER_PEER


class Connection(Protocol):
    """What the guard has to know of a connection."""

    active_at_s: float
    """Loop time of its last request, or of its beginning. Bytes alone do not count, or trickling them would."""

    def sweep(self, now_s: float) -> None:
        """End it if it takes too long over something."""

    def drop(self) -> None:
        """Close it at once; it leaves the guard."""


class Guard:
    """The connections that are open, each with its peer."""

    def __init__(self) -> None:
        self.connections: dict[Connection, str] = {}
        self._peers: Counter[str] = Counter()

    def admit(self, connection: Connection, peer: str) -> None:
        """Take a new connection in, at the cost of an old one if need be: a new client is always heard."""
        if self._peers[peer] >= HTTP_CONNECTIONS_PER_PEER:
            self._oldest([c for c, its_peer in self.connections.items() if its_peer == peer]).drop()
        elif len(self.connections) >= HTTP_CONNECTIONS_MAX:
            self._oldest(list(self.connections)).drop()
        self.connections[connection] = peer
        self._peers[peer] += 1

    def leave(self, connection: Connection) -> None:
        """Forget a connection. Safe to call twice."""
        peer = self.connections.pop(connection, None)
        if peer is not None:
            self._peers[peer] -= 1
            if not self._peers[peer]:
                del self._peers[peer]

    def sweep(self, now_s: float) -> None:
        """Let every connection look at the clock. Called once a second."""
        for connection in list(self.connections):
            connection.sweep(now_s)

    def drop_all(self) -> None:
        """Close everything at once."""
        for connection in list(self.connections):
            connection.drop()

    @staticmethod
    def _oldest(connections: list[Connection]) -> Connection:
        return min(connections, key=lambda connection: connection.active_at_s)

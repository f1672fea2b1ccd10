"""The machine's clocks."""

from __future__ import annotations

import time


class SystemClock:
    """Implements `gateway.ports.Clock`."""

    def monotonic_s(self) -> float:
        """Seconds since the machine started."""
        return time.monotonic()

    def wall_s(self) -> float:
        """Seconds since 1970 UTC."""
        return time.time()

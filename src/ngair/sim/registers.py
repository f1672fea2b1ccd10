"""The counters of the meter: exact, never going back."""

from __future__ import annotations

from random import Random

WS_PER_WH = 3600


class Registers:
    """Active and reactive energy in whole watt-seconds, so that nothing is lost however time is cut."""

    def __init__(self, random: Random) -> None:
        self._import_ws = [random.randint(2_000_000, 9_000_000) * WS_PER_WH for _ in range(2)]
        self._export_ws = [random.randint(100_000, 4_000_000) * WS_PER_WH for _ in range(2)]
        self._reactive_vars = [random.randint(100_000, 2_000_000) * WS_PER_WH for _ in range(2)]

    def count(self, net_w: int, net_var: int, tariff: int, seconds: int) -> None:
        """Add what flowed; a meter nets over its phases first."""
        active = self._import_ws if net_w >= 0 else self._export_ws
        active[tariff - 1] += abs(net_w) * seconds
        self._reactive_vars[net_var < 0] += abs(net_var) * seconds

    @property
    def import_wh(self) -> tuple[int, int]:
        """Tariff 1 and 2."""
        return self._import_ws[0] // WS_PER_WH, self._import_ws[1] // WS_PER_WH

    @property
    def export_wh(self) -> tuple[int, int]:
        """Tariff 1 and 2."""
        return self._export_ws[0] // WS_PER_WH, self._export_ws[1] // WS_PER_WH

    @property
    def reactive_varh(self) -> tuple[int, int]:
        """Import and export."""
        return self._reactive_vars[0] // WS_PER_WH, self._reactive_vars[1] // WS_PER_WH

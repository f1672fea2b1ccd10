"""What the meter of the simulated house sees at one moment."""

from __future__ import annotations

import msgspec

from ngair.model.phases import KnownPhases


class HouseState(msgspec.Struct, frozen=True):
    """Everything at the grid connection; cars included. Powers are whole watts, so telegrams lose nothing."""

    time_s: int
    """Simulated seconds since `dates.START`."""
    meter_id: str
    power_w: tuple[int, int, int]
    """Active power a phase, import positive."""
    reactive_var: tuple[int, int, int]
    """Reactive power a phase, inductive load positive."""
    current_a: KnownPhases
    """Magnitude a phase."""
    voltage_v: KnownPhases
    tariff: int
    """1 low, 2 normal."""
    import_wh: tuple[int, int]
    """Register of each tariff, tariff 1 first."""
    export_wh: tuple[int, int]
    reactive_import_varh: int
    reactive_export_varh: int
    gas_l: int
    """Gas register at the last full five minutes."""

    @property
    def net_w(self) -> int:
        """Import minus export, summed over the phases: meters net before they register."""
        return sum(self.power_w)

    @property
    def net_var(self) -> int:
        """Reactive power summed over the phases."""
        return sum(self.reactive_var)

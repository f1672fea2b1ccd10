"""What a person who watches a charger wants to see: a line a change, not a line a second."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from ngair.model.charging import OutletState
from ngair.model.phases import KnownPhases
from ngair.sim.station.outlet import StationOutlet
from ngair.sim.station.station import Station

SETTLED_A = 0.2
"""A current that moves less in a second has settled; ramps are told at their end."""
CHANGED_A = 0.5
STATE_NAMES = {
    OutletState.AVAILABLE: "no car",
    OutletState.PREPARING: "preparing",
    OutletState.CHARGING: "charging",
    OutletState.SUSPENDED_BY_CHARGER: "paused by the charger",
    OutletState.SUSPENDED_BY_VEHICLE: "paused by the car",
    OutletState.FINISHING: "finishing",
    OutletState.RESERVED: "reserved",
    OutletState.UNAVAILABLE: "unavailable",
    OutletState.FAULTED: "faulted",
}


class Change(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One outlet as it has become, or a remark about the whole charger."""

    time: str
    """UTC."""
    serial: str
    outlet: int | None = None
    state: int | None = None
    state_name: str = ""
    setpoint_a: int | None = None
    current_a: KnownPhases | None = None
    """By house phase."""
    energy_wh: int | None = None
    remark: str = ""

    def line(self) -> str:
        """For a person."""
        if self.current_a is None:
            return f"{self.time[11:19]} {self.serial} {self.remark}"
        amps = " ".join(f"{amps:.1f}" for amps in self.current_a)
        return (
            f"{self.time[11:19]} {self.serial} outlet {self.outlet}: {self.state_name}, "
            f"{amps} A on L1 L2 L3, setpoint {self.setpoint_a} A"
        )

    def json(self) -> str:
        """For a program."""
        return msgspec.json.encode(self).decode()


class Watcher:
    """Remembers what was told last."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._told: dict[int, tuple[OutletState, int]] = {}
        self._told_a: dict[int, KnownPhases] = {}
        self._seen_a: dict[int, KnownPhases] = {}

    def changes(self, wall_s: float) -> list[Change]:
        """What has changed since the last call; to be called about once a second."""
        time = datetime.fromtimestamp(wall_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        station = self._station
        remarks = [Change(time=time, serial=station.serial, remark=remark) for remark in station.remarks]
        station.remarks.clear()
        return remarks + [_change(station, outlet, time) for outlet in station.outlets if self._is_news(outlet)]

    def _is_news(self, outlet: StationOutlet) -> bool:
        number, shown, now_a = outlet.number, (outlet.state, outlet.setpoint_a), outlet.current_a
        settled = _moved_a(self._seen_a.get(number, now_a), now_a) < SETTLED_A
        self._seen_a[number] = now_a
        told_a = self._told_a.get(number)
        moved = told_a is not None and settled and _moved_a(told_a, now_a) >= CHANGED_A
        if self._told.get(number) == shown and not moved:
            return False
        self._told[number], self._told_a[number] = shown, now_a
        return True


def _moved_a(before_a: KnownPhases, after_a: KnownPhases) -> float:
    return max(abs(after - before) for before, after in zip(before_a, after_a, strict=True))


def _change(station: Station, outlet: StationOutlet, time: str) -> Change:
    one, two, three = outlet.current_a
    return Change(
        time=time,
        serial=station.serial,
        outlet=outlet.number,
        state=int(outlet.state),
        state_name=STATE_NAMES[outlet.state],
        setpoint_a=outlet.setpoint_a,
        current_a=(round(one, 1), round(two, 1), round(three, 1)),
        energy_wh=outlet.energy_wh,
    )

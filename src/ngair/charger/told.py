"""Everything that a charger has told of one outlet, and the outlet that this makes."""

from __future__ import annotations

from ngair.charger.control import Draw
from ngair.charger.messages import Info, OutletConfiguration, Update
from ngair.charger.rotation import ROTATIONS, rotated
from ngair.model.charging import Outlet, OutletState
from ngair.model.phases import ALL_PHASES, ZERO_PHASES, KnownPhases, PhaseSet


class Told:
    """What is known of one outlet, by the charger's phases."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._configuration = OutletConfiguration()
        self._update: Update | None = None
        self._told_at_s: float | None = None
        self._energy_wh = 0
        self._power_w: float = 0

    def configured(self, configuration: OutletConfiguration) -> None:
        """It told what it can."""
        self._configuration = configuration

    def updated(self, update: Update, now_s: float) -> None:
        """It told its state."""
        self._update, self._told_at_s = update, now_s

    def informed(self, info: Info) -> None:
        """It told its counter, which never falls, and its power."""
        if info.energy_wh is not None:
            self._energy_wh = max(self._energy_wh, int(info.energy_wh))
        if info.power_w is not None:
            self._power_w = info.power_w

    @property
    def odd_state(self) -> int | None:
        """The number of a state that the vendor's document does not have."""
        number = None if self._update is None else int(self._update.number)
        return None if number is None or number in list(OutletState) else number

    @property
    def draw(self) -> Draw | None:
        """What it draws on its strongest phase; `None` before its first update."""
        if self._update is None or self._told_at_s is None:
            return None
        return Draw(max(self._update.current_a), self._told_at_s)

    def legal(self, setpoint_a: int) -> int:
        """The setpoint that it may be sent for one that was decided: never more; 0 for less than its minimum."""
        limited_a = min(setpoint_a, self._configuration.max_a)
        return limited_a if limited_a >= self._configuration.min_a else 0

    def outlet(self, rotation: str | None, *, is_live: bool, foreign_a: int | None) -> Outlet:
        """The outlet by the house's phases. `rotation` is `None` where nobody knows it.

        Then each phase has only what surely flows on it, the least of the three: what an outlet draws is taken off
        the house's load, and what is taken off the wrong phase would be given away a second time.
        """
        current_a = ZERO_PHASES if self._update is None else self._update.current_a
        return Outlet(
            id=self._number,
            state=self._state if is_live else OutletState.UNAVAILABLE,
            current_a=_sure(current_a) if rotation is None else rotated(current_a, rotation),
            told_at_s=self._told_at_s,
            min_a=self._configuration.min_a,
            max_a=self._configuration.max_a,
            phases=ALL_PHASES if rotation is None else rotated(self._configuration.phases, rotation),
            car_phases=self._car_phases(rotation),
            energy_wh=self._energy_wh,
            power_w=self._power_w,
            foreign_a=foreign_a,
        )

    @property
    def _state(self) -> OutletState:
        if self._update is None:
            return OutletState.UNAVAILABLE
        # Whatever a state of later firmware means, a car may be charging in it.
        return OutletState.CHARGING if self.odd_state is not None else OutletState(int(self._update.number))

    def _car_phases(self, rotation: str | None) -> PhaseSet | None:
        phases = None if self._update is None else self._update.car_phases
        return None if phases is None or rotation is None else rotated(phases, rotation)


def known_rotation(text: str | None) -> str | None:
    """A rotation that is known; `None` for any other text."""
    return text if text in ROTATIONS else None


def _sure(current_a: KnownPhases) -> KnownPhases:
    least_a = min(current_a)
    return (least_a, least_a, least_a)

"""What minutes, hours and days gain: statistics of what was measured, energy, and what it cost."""

from __future__ import annotations

from ngair.history.books import Flow
from ngair.history.calendar import Calendar
from ngair.history.slots import Minute
from ngair.history.tally import Tally
from ngair.model.history import Bucket, Step, counters, quantities


class _Gain:
    __slots__ = ("cost_micro", "covered_s", "energy_wh", "tally")

    def __init__(self, series: str) -> None:
        self.tally = Tally(len(quantities(series)))
        self.energy_wh = [0] * len(counters(series))
        self.cost_micro = 0
        self.covered_s = 0


class Buckets:
    """Gathers what is to be added to hours and days, and makes buckets of it and of minutes."""

    def __init__(self, calendar: Calendar, *, priced: bool) -> None:
        self._calendar = calendar
        self._priced = priced
        self._owed: dict[str, int] = {}
        """Thousandths of a millionth that no bucket has had yet, by series."""
        self._gains: dict[tuple[Step, int, str], _Gain] = {}
        self._minutes: list[Bucket] = []

    def book(self, series: str, place: int, flow: Flow) -> int | None:
        """Energy of the counter at this place among those of its series; what it cost, in millionths;
        `None` without prices.

        Hours and days get the same parts. What is given away costs nothing.
        """
        cost_micro = 0
        for cell, part_wh in self._calendar.spread(flow.energy_wh, flow.from_s, flow.to_s):
            cost = self._cost(series, part_wh, cell.micro_per_kwh) if self._priced and place == 0 else 0
            cost_micro += cost
            for gain in (self._gain("hour", cell.hour_s, series), self._gain("day", cell.day_s, series)):
                gain.energy_wh[place] += part_wh
                gain.cost_micro += cost
        return cost_micro if self._priced else None

    def _cost(self, series: str, energy_wh: int, micro_per_kwh: int) -> int:
        cost, self._owed[series] = divmod(self._owed.get(series, 0) + energy_wh * micro_per_kwh, 1000)
        return cost

    def add(self, series: str, minutes: dict[int, Minute]) -> None:
        """What minutes of a series gained, and with them their hours and days."""
        for start_s, minute in minutes.items():
            cell = self._calendar.cell(start_s)
            for gain in (self._gain("hour", cell.hour_s, series), self._gain("day", cell.day_s, series)):
                gain.tally.fold(minute.tally)
                gain.covered_s += minute.covered_s
            self._minutes.append(
                Bucket(
                    step="minute",
                    start_s=start_s,
                    series=series,
                    stats=minute.tally.stats(),
                    covered_s=minute.covered_s,
                )
            )

    def take(self) -> tuple[Bucket, ...]:
        """All that was gathered."""
        taken = [*self._minutes, *(self._bucket(*key, gain) for key, gain in self._gains.items())]
        self._minutes, self._gains = [], {}
        return tuple(taken)

    def _bucket(self, step: Step, start_s: int, series: str, gain: _Gain) -> Bucket:
        return Bucket(
            step=step,
            start_s=start_s,
            series=series,
            stats=gain.tally.stats(),
            energy_wh=tuple(gain.energy_wh),
            cost_micro=gain.cost_micro if self._priced else None,
            covered_s=gain.covered_s,
        )

    def _gain(self, step: Step, start_s: int, series: str) -> _Gain:
        key = (step, start_s, series)
        gain = self._gains.get(key)
        if gain is None:
            gain = self._gains[key] = _Gain(series)
        return gain

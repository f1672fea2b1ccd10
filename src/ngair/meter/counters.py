"""Energy registers that are told seldom: held, carried on by the power between, and their unit found out."""

from __future__ import annotations

from ngair.model.limits import (
    ENERGY_UNIT_CHANGE_SHARE,
    ENERGY_UNIT_CHANGE_WH,
    ENERGY_UNIT_KEPT,
    ENERGY_UNIT_PROOF_WH,
    ENERGY_UNIT_RATIO,
    FRESH_MAX_S,
)


class Integral:
    """Energy from power: straight lines between what is told, and nothing over a silence."""

    __slots__ = ("_at_s", "_power_w", "wh")

    def __init__(self) -> None:
        self.wh = 0.0
        self._power_w = 0.0
        self._at_s: float | None = None

    def add(self, power_w: float | None, at_s: float) -> bool:
        """Take a value, at times that do not go back. Returns whether nothing was missed since the one before."""
        if power_w is None:
            return True
        before_w, before_s = self._power_w, self._at_s
        self._power_w, self._at_s = power_w, at_s
        if before_s is None or not 0 <= at_s - before_s <= FRESH_MAX_S:
            return False
        self.wh += (before_w + power_w) / 2 * (at_s - before_s) / 3600
        return True


class Counter:
    """One energy register. What it tells never goes back, but where the meter itself says twice that it did."""

    __slots__ = ("_fell_to_wh", "_gained", "_sent_at_s", "_sent_wh", "_told_wh")

    def __init__(self) -> None:
        self._gained = Integral()
        self.restart()

    def restart(self) -> None:
        """Forget what was sent and told."""
        self._sent_wh: float | None = None
        self._sent_at_s = 0.0
        self._told_wh: float = 0
        self._fell_to_wh: float | None = None

    def complete(self, sent_wh: float | None, power_w: float | None, at_s: float) -> float | None:
        """What to tell now: what the meter sends, or more than that where more was told or must have flowed since.

        `power_w` flows into this register now, `None` where nothing tells it. Meters may send the hour before once
        more (field: Aidon), which takes nothing back.
        """
        self._gained.add(power_w, at_s)
        if sent_wh is not None:
            self._take(sent_wh, at_s)
        if self._sent_wh is None:
            return None
        self._told_wh = max(self._told_wh, self._sent_wh, int(self._sent_wh + self._gained.wh))
        return self._told_wh

    def _take(self, sent_wh: float, at_s: float) -> None:
        before_wh, fell_to_wh = self._sent_wh, self._fell_to_wh
        self._fell_to_wh = None
        if before_wh is not None and sent_wh < before_wh and (fell_to_wh is None or sent_wh < fell_to_wh):
            self._fell_to_wh = sent_wh
            return
        if before_wh is None or sent_wh < before_wh:
            self._told_wh = sent_wh
        # A register told all the time counts in steps: that it stands still for a moment adds nothing to it.
        if sent_wh != before_wh or at_s - self._sent_at_s <= FRESH_MAX_S:
            self._gained.wh = 0.0
        self._sent_wh, self._sent_at_s = sent_wh, at_s


class EnergyUnit:
    """Whether registers that do not tell their unit count 10 Wh, as they are read, or 1 Wh.

    Which of them, grid operators may change from afar (Kamstrup in Sweden): then all of a register becomes ten times as
    much from one list to the next, or a tenth.
    """

    __slots__ = ("_base_wh", "_divisor", "_fixed", "_flowed", "_kept_wh", "_read_wh", "is_known")

    def __init__(self, unit_wh: int | None = None, kept_wh: float = 0) -> None:
        """`unit_wh` is 1 or 10 where the user knows it; else it is found out, anew at each start.

        `kept_wh` is import as it was told before the start: a register of ten times that is taken to count 1 Wh, until
        that is proven or disproven, so that no start shows tenfold counters for an hour.
        """
        self._divisor = 1 if unit_wh is None else 10 // unit_wh
        self._fixed = unit_wh is not None
        self._kept_wh = kept_wh
        self.is_known = self._fixed
        self._read_wh = 0.0
        """The last of import."""
        self._base_wh: float | None = None
        self._flowed = Integral()

    def learn(self, read_wh: float | None, power_w: float | None, at_s: float) -> bool:
        """Compare how the register of import rises with what flows.

        Returns whether the unit was just found to be another than it was taken for.
        """
        if self._fixed:
            return False
        if read_wh is not None:
            self._compare(read_wh)
        if self.is_known:
            return False
        if not self._flowed.add(power_w, at_s):
            self._base_wh = None
        if read_wh is None:
            return False
        if self._base_wh is None:
            self._base_wh, self._flowed.wh = read_wh, 0.0
            return False
        rise_wh = read_wh - self._base_wh
        if rise_wh == 0 or self._flowed.wh < ENERGY_UNIT_PROOF_WH:
            return False
        ratio, before = rise_wh / self._flowed.wh, self._divisor
        self._base_wh, self._flowed.wh = read_wh, 0.0
        for divisor in (1, 10):
            if divisor / ENERGY_UNIT_RATIO <= ratio <= divisor * ENERGY_UNIT_RATIO:
                self._divisor, self.is_known = divisor, True
        return self._divisor != before

    def _compare(self, read_wh: float) -> None:
        """See whether the unit has become another one, or was another one before the start."""
        kept_wh, self._kept_wh = self._kept_wh, 0.0
        if kept_wh and ENERGY_UNIT_KEPT[0] <= read_wh / kept_wh <= ENERGY_UNIT_KEPT[1]:
            self._divisor = 10
        before_wh, self._read_wh = self._read_wh, read_wh
        if before_wh < ENERGY_UNIT_CHANGE_WH:
            return
        for divisor, change in ((10, 10.0), (1, 0.1)):
            if abs(read_wh / before_wh / change - 1) < ENERGY_UNIT_CHANGE_SHARE:
                self._divisor, self.is_known = divisor, True

    def scaled(self, read_wh: float | None) -> float | None:
        """A value in Wh, by the unit that it is taken for."""
        if read_wh is None or self._divisor != 10:
            return read_wh
        return read_wh // 10 if read_wh % 10 == 0 else read_wh / 10

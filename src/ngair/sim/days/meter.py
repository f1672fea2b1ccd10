"""The meter of a house-day: what a telegram says of the currents at one moment, at once or through true bytes."""

from __future__ import annotations

from datetime import timedelta
from math import sin
from typing import Protocol

from ngair.meter.decoder import Decoder
from ngair.model.phases import KnownPhases
from ngair.model.reading import Reading
from ngair.model.telegram import Reason, Rejection, Telegram
from ngair.sim.dates import DAY_S, is_summer_time, normal_time, tariff
from ngair.sim.days.faults import Fate
from ngair.sim.days.loads import NOON_S
from ngair.sim.days.plan import HousePlan
from ngair.sim.state import HouseState
from ngair.sim.telegrams import FAMILIES

STREET_V = 230.0
SOURCE_OHM = 0.2
"""Street and service cable: 25 A pull the voltage down by 5 V."""

Received = Telegram | Rejection


class DayMeter(Protocol):
    """How a moment of the house becomes what the balancer's side receives."""

    def receive(self, second: int, current_a: KnownPhases, fate: Fate) -> list[Received]:
        """What comes of the telegram sampled at a second after noon; signed currents, negative on export."""
        ...


class DirectMeter:
    """Readings as the family's telegram would give them, rounded alike, without making the telegram.

    Its registers are left out: no setpoint depends on them.
    """

    def __init__(self, plan: HousePlan) -> None:
        family = plan.meter.family
        self._plan = plan
        self._digits = _CURRENT_DIGITS[family]
        self._ident = _IDENTS[family]
        self._summer_time = family in _KEEPS_SUMMER_TIME

    def receive(self, second: int, current_a: KnownPhases, fate: Fate) -> list[Received]:
        """See `DayMeter`."""
        if fate is Fate.LOST:
            return []
        if fate is Fate.CORRUPT:
            return [_CORRUPT]
        telegram = Telegram("", 0, self._reading(second, current_a))
        return [telegram, telegram] if fate is Fate.DOUBLED else [telegram]

    def _reading(self, second: int, current_a: KnownPhases) -> Reading:
        voltage_v, power_w = _voltages(second, current_a), _powers(self._plan, second, current_a)
        net_w = sum(power_w)
        one_a, two_a, three_a = current_a
        digits = self._digits
        return Reading(
            time=self._time(second),
            ident=self._ident,
            power_import_w=max(0, net_w),
            power_export_w=max(0, -net_w),
            current_a=(round(abs(one_a), digits), round(abs(two_a), digits), round(abs(three_a), digits)),
            voltage_v=(round(voltage_v[0], 1), round(voltage_v[1], 1), round(voltage_v[2], 1)),
            phase_power_w=power_w,
            checked=True,
        )

    def _time(self, second: int) -> str:
        moment = normal_time(_time_s(self._plan, second))
        if self._summer_time and is_summer_time(moment):
            moment += _HOUR
        return moment.strftime("%Y-%m-%dT%H:%M:%S")


class ByteMeter:
    """The same through the family's true telegram, byte for byte, and the true decoder."""

    def __init__(self, plan: HousePlan) -> None:
        self._plan = plan
        self._encode = FAMILIES[plan.meter.family].encode
        self._decoder = Decoder()

    def receive(self, second: int, current_a: KnownPhases, fate: Fate) -> list[Received]:
        """See `DayMeter`."""
        if fate is Fate.LOST:
            return []
        data = self._encode(self._state(second, current_a))
        if fate is Fate.CORRUPT:
            # One flipped bit in a digit: what a check sum is there for.
            place = len(data) // 2
            return self._decoded(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        return self._decoded(data * (2 if fate is Fate.DOUBLED else 1))

    def _decoded(self, data: bytes) -> list[Received]:
        """With the pause behind a telegram, in which it shows what nothing could be made of."""
        return [*self._decoder.feed(data), *self._decoder.quiet()]

    def _state(self, second: int, current_a: KnownPhases) -> HouseState:
        time_s = _time_s(self._plan, second)
        one_w, two_w, three_w = _powers(self._plan, second, current_a)
        share = (1 - self._plan.meter.power_factor**2) ** 0.5
        return HouseState(
            time_s=time_s,
            meter_id=f"SIM{self._plan.day:014d}",
            power_w=(one_w, two_w, three_w),
            reactive_var=(round(one_w * share), round(two_w * share), round(three_w * share)),
            current_a=(abs(current_a[0]), abs(current_a[1]), abs(current_a[2])),
            voltage_v=_voltages(second, current_a),
            tariff=tariff(time_s),
            import_wh=(1_000_000 + second // 4, 1_000_000),
            export_wh=(1_000_000, 1_000_000),
            reactive_import_varh=1_000_000,
            reactive_export_varh=1_000_000,
            gas_l=1_000_000,
        )


def _time_s(plan: HousePlan, second: int) -> int:
    return plan.calendar_day * DAY_S + NOON_S + second


def _voltages(second: int, current_a: KnownPhases) -> KnownPhases:
    street_v = STREET_V + 1.5 * sin(second / 1700)
    one_a, two_a, three_a = current_a
    return street_v - SOURCE_OHM * one_a, street_v - SOURCE_OHM * two_a, street_v - SOURCE_OHM * three_a


def _powers(plan: HousePlan, second: int, current_a: KnownPhases) -> tuple[int, int, int]:
    """Whole watts, as meters send them."""
    factor = plan.meter.power_factor
    one_v, two_v, three_v = _voltages(second, current_a)
    one_a, two_a, three_a = current_a
    return round(one_a * one_v * factor), round(two_a * two_v * factor), round(three_a * three_v * factor)


_CORRUPT = Rejection(Reason.CHECK, "the check sum does not match", 0)
_HOUR = timedelta(hours=1)
_CURRENT_DIGITS: dict[str, int | None] = {"dsmr5": None, "se": 1}
"""Behind the point in the family's currents."""
_IDENTS = {"dsmr5": "SIM5\\NGAIR-DSMR5", "se": "SIM5\\NGAIR-SE"}
_KEEPS_SUMMER_TIME = frozenset({"dsmr5"})

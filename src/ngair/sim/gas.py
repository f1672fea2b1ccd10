"""The gas meter of the house: hot water and a little cooking."""

from __future__ import annotations

from ngair.sim.dates import DAY_S

INTERVAL_S = 300
"""The electricity meter reads it every five minutes (DSMR 5.0.2)."""

_NIGHT_L = (0, 0, 0, 0, 0, 20)
_MORNING_L = (160, 300, 120, 20, 10, 30)
_AFTERNOON_L = (60, 20, 10, 10, 30, 90)
_EVENING_L = (110, 60, 80, 50, 20, 0)
_LITRES_BY_HOUR = _NIGHT_L + _MORNING_L + _AFTERNOON_L + _EVENING_L
_LITRES_A_DAY = sum(_LITRES_BY_HOUR)


def register_l(start_l: int, time_s: int) -> int:
    """The register at the last full five minutes of a simulated moment, counted up from `start_l`."""
    day, second = divmod(time_s - time_s % INTERVAL_S, DAY_S)
    hour, rest_s = divmod(second, 3600)
    return start_l + day * _LITRES_A_DAY + sum(_LITRES_BY_HOUR[:hour]) + _LITRES_BY_HOUR[hour] * rest_s // 3600

"""Would the main fuse have opened? A gG fuse and breakers of types B and C, each as quick as its standard allows.

The trip curve is the earliest edge of the standard's band, straight on double-log paper between the points that the
standard demands to be survived:

- gG fuse-links (IEC 60269-1, conventional currents and table of gates): 1.25 In for 1 h, Imin(10 s), Imin(0.1 s);
- breakers B and C (IEC 60898-1, table of time-current characteristics): 1.13 In for 1 h, 2.55 In for 1 s; at 3 In (B)
  or 5 In (C) a breaker opens at once.

Those are times from cold. The device's temperature follows dθ/dt = ((I/In)² − θ)/τ with θ = 1 at In, it opens where θ
passes (I_nt/In)² of its conventional non-tripping current I_nt, and τ is for each current the one with which a cold
device needs the curve's time: so a device warmed up by the load before opens earlier than the curve. Currents up to
I_nt never open it and move it with the τ of the conventional tripping current (1.6 In, 1.45 In).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import exp, log

import msgspec

HOUR_S = 3600.0
GG_GATES_A = {16: (33, 85), 20: (42, 110), 25: (52, 150), 32: (75, 200), 40: (95, 260), 50: (125, 350), 63: (160, 450)}
"""Imin(10 s) and Imin(0.1 s) by rated current (IEC 60269-1, gates of gG fuse-links)."""
STEP_SHARE = 0.01
"""Currents are taken in steps of this share of In, upwards."""


class Device(msgspec.Struct, frozen=True):
    """A protective device in multiples of its rated current."""

    name: str
    points: tuple[tuple[float, float], ...]
    """Current over In and the seconds that it is survived from cold; the first is the conventional non-tripping one."""
    tripping: float
    """Conventional tripping current."""
    at_once: float
    """At and above this it opens at once."""

    def curve_s(self, share: float) -> float:
        """Seconds from cold until it may open at a constant current above the conventional non-tripping one."""
        index = min(max(1, bisect_right([point[0] for point in self.points], share)), len(self.points) - 1)
        (low, low_s), (high, high_s) = self.points[index - 1], self.points[index]
        return exp(log(low_s) + log(share / low) / log(high / low) * log(high_s / low_s))

    def tau_s(self, share: float) -> float:
        """Time constant with which a cold device opens after the curve's time."""
        squared, limit = share * share, self.points[0][0] ** 2
        return self.curve_s(share) / log(squared / (squared - limit))


def gg_fuse(rated_a: int) -> Device:
    """A gG fuse-link. Raises `KeyError` for a rating without gates here."""
    slow_a, quick_a = GG_GATES_A[rated_a]
    points = ((1.25, HOUR_S), (slow_a / rated_a, 10.0), (quick_a / rated_a, 0.1))
    return Device("gG", points, tripping=1.6, at_once=quick_a / rated_a)


BREAKER_B = Device("B", ((1.13, HOUR_S), (2.55, 1.0)), tripping=1.45, at_once=3.0)
BREAKER_C = Device("C", ((1.13, HOUR_S), (2.55, 1.0)), tripping=1.45, at_once=5.0)


def devices(rated_a: int) -> tuple[Device, Device, Device]:
    """What may stand where the main fuse is."""
    return gg_fuse(rated_a), BREAKER_B, BREAKER_C


class Wear(msgspec.Struct, frozen=True):
    """What a day did to one device."""

    openings: int
    """How often it opened; it is put back cold at once, to see whether it does again."""
    nearest: float
    """How near it came to opening at most: 1 is the limit of its temperature."""


def wear(device: Device, rated_a: float, currents_a: Sequence[float]) -> Wear:
    """What a current, a magnitude a second, did to it. It begins as warm as the first value keeps it."""
    limit = device.points[0][0] ** 2
    highest = max(currents_a, default=0.0) / rated_a
    if highest <= 1:
        return Wear(0, round(highest**2 / limit, 3))
    resting_s = device.tau_s(device.tripping)
    decays: dict[int, float] = {}
    heat = (currents_a[0] / rated_a) ** 2
    openings, hottest = 0, heat
    scale = 1 / (rated_a * STEP_SHARE)
    for amps in currents_a:
        step = int(amps * scale + _UPWARDS)
        decay = decays.get(step)
        share = step * STEP_SHARE
        squared = share * share
        if decay is None:
            tau_s = device.tau_s(share) if squared > limit else resting_s
            decay = decays[step] = exp(-1 / tau_s)
        heat = squared + (heat - squared) * decay
        if heat > hottest:
            hottest = heat
        if (heat >= limit and squared > limit) or share > device.at_once:
            openings += 1
            hottest = max(hottest, limit)
            heat = 0.0
    return Wear(openings, round(hottest / limit, 3))


_UPWARDS = 1 - 1e-6
"""Makes whole steps of what lies between, and leaves what is whole but for floating point."""

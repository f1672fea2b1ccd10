"""What cars there are: a table of the behaviours that owners and capture files tell of, without the makers' names."""

from __future__ import annotations

import msgspec


class CarModel(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of car it is and what its people do."""

    name: str
    phases: int
    """1, 2 or 3."""
    max_a: float
    min_a: float = 6
    """It takes nothing under a lower limit; the standard's least is 6 A, some cars want more."""
    idle_a: float
    """Drawn while it wakes up; 0.3 to 1.1 A (field capture)."""
    wake_s: int
    follow_s: int
    """Time it takes to follow a changed limit; IEC 61851-1 allows 5 s."""
    ramp_up_a: float = 2
    """Most by which its current rises in a second; the slowest in the field take half a minute to full."""
    ramp_down_a: float = 2
    taper_min_a: float = 1.5
    """Least that it draws before its battery is full."""
    sleeps_after_s: int | None = None
    """A pause of this length and it sleeps: it then only idles until the offer is taken away and made again."""
    faults_after: int | None = None
    """So many stops within ten minutes and it faults until it is unplugged."""
    preheat_wh: int = 0
    """Wanted again, full or not, for warmth in the last half hour before it leaves."""
    leaves_hour: float
    arrives_hour: float
    used_wh: tuple[int, int]
    """Least and most that a day's driving takes."""


CAR_MODELS = (
    CarModel(
        name="family",
        phases=3,
        max_a=16,
        idle_a=0.4,
        wake_s=8,
        follow_s=2,
        leaves_hour=7.6,
        arrives_hour=17.6,
        used_wh=(6_000, 16_000),
    ),
    CarModel(
        name="small",
        phases=1,
        max_a=16,
        idle_a=1.1,
        wake_s=14,
        follow_s=4,
        leaves_hour=8.2,
        arrives_hour=18.0,
        used_wh=(3_000, 9_000),
    ),
    CarModel(
        name="estate",
        phases=3,
        max_a=16,
        idle_a=0.3,
        wake_s=5,
        follow_s=1,
        leaves_hour=6.9,
        arrives_hour=18.7,
        used_wh=(5_000, 20_000),
    ),
    CarModel(
        name="hybrid",
        phases=1,
        max_a=10,
        idle_a=0.6,
        wake_s=10,
        follow_s=3,
        taper_min_a=6,
        preheat_wh=700,
        leaves_hour=7.4,
        arrives_hour=16.8,
        used_wh=(3_000, 8_000),
    ),
    CarModel(
        name="single",
        phases=1,
        max_a=32,
        idle_a=0.5,
        wake_s=9,
        follow_s=2,
        ramp_up_a=4,
        ramp_down_a=4,
        leaves_hour=8.0,
        arrives_hour=17.2,
        used_wh=(4_000, 14_000),
    ),
    CarModel(
        name="two-phase",
        phases=2,
        max_a=16,
        idle_a=0.7,
        wake_s=12,
        follow_s=3,
        leaves_hour=7.8,
        arrives_hour=17.9,
        used_wh=(4_000, 12_000),
    ),
    CarModel(
        name="van",
        phases=3,
        max_a=16,
        min_a=8,
        idle_a=0.9,
        wake_s=20,
        follow_s=5,
        ramp_up_a=0.6,
        leaves_hour=6.4,
        arrives_hour=16.3,
        used_wh=(10_000, 30_000),
    ),
    CarModel(
        name="fast",
        phases=3,
        max_a=32,
        min_a=8,
        idle_a=1.0,
        wake_s=15,
        follow_s=4,
        taper_min_a=6,
        faults_after=4,
        leaves_hour=8.4,
        arrives_hour=18.3,
        used_wh=(6_000, 25_000),
    ),
    CarModel(
        name="sleeper",
        phases=3,
        max_a=16,
        idle_a=0.3,
        wake_s=25,
        follow_s=3,
        sleeps_after_s=900,
        leaves_hour=7.1,
        arrives_hour=17.0,
        used_wh=(6_000, 18_000),
    ),
    CarModel(
        name="delicate",
        phases=1,
        max_a=16,
        idle_a=0.8,
        wake_s=18,
        follow_s=5,
        faults_after=3,
        leaves_hour=8.6,
        arrives_hour=18.5,
        used_wh=(2_000, 7_000),
    ),
    CarModel(
        name="northern",
        phases=3,
        max_a=13,
        idle_a=0.5,
        wake_s=40,
        follow_s=2,
        ramp_up_a=1,
        preheat_wh=2_000,
        leaves_hour=6.7,
        arrives_hour=16.5,
        used_wh=(8_000, 22_000),
    ),
)
"""A house gets them in this order."""

"""What one house-day is: fuse, meter, cars, panels and appliances, drawn from the seed. Each day is another house."""

from __future__ import annotations

from random import Random

import msgspec
from msgspec.structs import replace

from ngair.sim.car_models import CAR_MODELS, CarModel
from ngair.sim.chargers import ROTATION_NAMES
from ngair.sim.options import CHARGER_MIN_A

FUSES_A = (16, 20, 25)
FUSE_WEIGHTS = (10, 25, 65)
"""How many houses in a hundred have which."""
CAR_WEIGHTS = {16: (100, 0, 0), 20: (95, 5, 0), 25: (86, 12, 2)}
"""How many houses in a hundred have one, two, three cars, by their main fuse."""
BYTES_EVERY = 20
"""One day in so many is run through true telegram bytes too."""
SLOW_CADENCE_S = 10
FAST_CADENCE_S = 1
LATENCIES_S = (0, 1, 2, 3, 5, 8, 10)


class MeterPlan(msgspec.Struct, frozen=True):
    """How the house's meter tells."""

    family: str
    """Whose bytes it speaks: `dsmr5` tells whole amperes, `se` tenths."""
    cadence_s: int
    latency_s: int
    """From the sample to the last byte."""
    power_factor: float
    """Of the house as a whole: active power is current times voltage times this."""


class CarPlan(msgspec.Struct, frozen=True):
    """A car and the outlet that it parks in front of."""

    model: CarModel
    rotation: str
    max_a: int
    """Rating of the outlet."""
    wired_phases: int


class HousePlan(msgspec.Struct, frozen=True):
    """One house on one day, from noon to noon."""

    seed: int
    day: int
    """Number of the house-day; with the seed it decides everything."""
    calendar_day: int
    """Days since `dates.START` at whose noon it begins: the season."""
    fuse_a: int
    """Main fuse, each phase."""
    meter: MeterPlan
    cars: tuple[CarPlan, ...]
    solar_kwp: float
    faulty: bool
    """Whether telegrams, links, clock and box fail now and then."""

    @property
    def random_seed(self) -> str:
        """What everything else about this day is drawn from."""
        return f"{self.seed}/house-day/{self.day}"

    @property
    def through_bytes(self) -> bool:
        """Whether this day is also run through true telegrams, which must change nothing."""
        return self.day % BYTES_EVERY == 0


def house_plan(seed: int, day: int) -> HousePlan:
    """The house-day of this number."""
    random = Random(f"{seed}/house-plan/{day}")
    cadence_s = SLOW_CADENCE_S if random.random() < 0.7 else FAST_CADENCE_S
    slow = cadence_s == SLOW_CADENCE_S
    meter = MeterPlan(
        family=random.choice(("dsmr5", "se")),
        cadence_s=cadence_s,
        latency_s=random.choice(LATENCIES_S if slow or random.random() < 0.2 else LATENCIES_S[:3]),
        power_factor=round(random.uniform(0.96, 1.0), 3),
    )
    fuse_a = random.choices(FUSES_A, FUSE_WEIGHTS)[0]
    count = random.choices((1, 2, 3), CAR_WEIGHTS[fuse_a])[0]
    return HousePlan(
        seed=seed,
        day=day,
        calendar_day=random.randrange(364),
        fuse_a=fuse_a,
        meter=meter,
        cars=tuple(_car(random, model) for model in _models(random, count)),
        solar_kwp=random.choice((0.0, 0.0, 3.0, 5.0, 8.0)),
        faulty=random.random() < 0.7,
    )


def _models(random: Random, count: int) -> list[CarModel]:
    """Different ones; what most cars do comes thrice as often as what few do."""
    models = list(CAR_MODELS)
    chosen: list[CarModel] = []
    for _ in range(count):
        (model,) = random.choices(models, [1 if _is_peculiar(model) else 3 for model in models])
        models.remove(model)
        chosen.append(model)
    return chosen


def _is_peculiar(model: CarModel) -> bool:
    """Whether it wants more than 6 A, falls asleep or faults."""
    return model.min_a > CHARGER_MIN_A or model.sleeps_after_s is not None or model.faults_after is not None


def _car(random: Random, model: CarModel) -> CarPlan:
    """A third of the cars have driven far, so that a night may be too short; some are at home by day."""
    least_wh, most_wh = model.used_wh
    if random.random() < 0.35:
        least_wh, most_wh = 20_000, 55_000
    arrives_hour = random.uniform(13, 15) if random.random() < 0.2 else model.arrives_hour
    return CarPlan(
        model=replace(model, used_wh=(least_wh, most_wh), arrives_hour=arrives_hour),
        rotation=random.choice(ROTATION_NAMES),
        max_a=random.choices((16, 32), (7, 1))[0],
        wired_phases=1 if random.random() < 0.1 else 3,
    )

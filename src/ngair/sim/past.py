"""A past of the simulated house, minute by minute: what its meter and chargers told, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec.structs import replace

from ngair.balance.balancer import Balancer
from ngair.meter.decoder import Decoder
from ngair.model.charging import ChargeBox, OutletState
from ngair.model.events import ChargerSeen, Decided, Event, MeterLinkChanged, TelegramReceived
from ngair.model.phases import KnownPhases
from ngair.model.reading import Reading
from ngair.model.site import Site, apply
from ngair.model.telegram import Telegram
from ngair.sim.dates import DAY_S
from ngair.sim.state import HouseState
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World

MINUTE_S = 60
GIVES_WAY_S = 20
"""A reading sooner after a change, and the balancer would take the meter to lag."""
SPECIMEN_S = 3700
"""Within it each family has sent every list that it has, those of the hour too."""
STEP_WH = 10
"""The coarsest steps in which families tell energy: the next reading must not be lower than the past's last."""


class Happening(NamedTuple):
    """An event of the past, with the site before and after it."""

    before: Site
    event: Event
    site: Site
    age_s: int
    """So many seconds before the present."""


class Past:
    """Lives through it in leaps: each minute is as its end. Afterwards the world is at the present."""

    def __init__(self, world: World, days: int, site: Site) -> None:
        """`world` begins `days` before its options do; `site` is that of the program, before anything happened."""
        self._world = world
        self._seconds = days * DAY_S
        self._site = site
        self._balancer = Balancer()
        self._decides_s = 0
        """Time of the balancer, which stands still while no car wants anything."""
        self._wanting = True
        self._empty: set[str] = set()
        """Chargers that have told that no car is there."""
        self._specimen = _specimen(world)

    def happenings(self) -> Iterator[Happening]:
        """Everything, the oldest first."""
        yield self._apply(MeterLinkChanged("up"), 0)
        for second in range(MINUTE_S, self._seconds + 1, MINUTE_S):
            yield from self._minute(second)
        self._world.arrive()

    def _minute(self, second: int) -> Iterator[Happening]:
        """Where a car may have to give way, it does so within seconds."""
        if self._wanting:
            yield from self._leap(second - MINUTE_S + GIVES_WAY_S, GIVES_WAY_S)
            yield from self._leap(second, MINUTE_S - GIVES_WAY_S)
        else:
            yield from self._leap(second, MINUTE_S)
        self._wanting = any(o.state in _WANTING for box in self._site.charge_boxes for o in box.outlets)

    def _leap(self, second: int, seconds: int) -> Iterator[Happening]:
        self._world.leap(seconds)
        boxes = self._world.charge_boxes(second)
        for box in boxes:
            is_empty = all(outlet.state is OutletState.AVAILABLE for outlet in box.outlets)
            # Of a charger without a car there is nothing to keep.
            if not (is_empty and box.serial in self._empty):
                yield self._apply(ChargerSeen(box), second)
            (self._empty.add if is_empty else self._empty.discard)(box.serial)
        telegram = replace(self._specimen, reading=_reading(self._world.state, self._specimen.reading))
        yield self._apply(TelegramReceived(telegram, second, second * 1000), second)
        if self._wanting or any(o.state in _WANTING for box in boxes for o in box.outlets):
            self._decides_s += seconds
            yield from self._decide(second)

    def _decide(self, second: int) -> Iterator[Happening]:
        decision = self._balancer.decide(_fresh(self._site, self._decides_s), self._decides_s)
        if decision is self._site.decision:
            return
        yield self._apply(Decided(decision), second)
        for setpoint in decision.setpoints:
            self._world.set_setpoint(setpoint.serial, setpoint.outlet_id, setpoint.setpoint_a)

    def _apply(self, event: Event, second: int) -> Happening:
        before = self._site
        self._site = apply(before, event)
        return Happening(before, event, self._site, self._seconds - second)


def _told_at(box: ChargeBox, now_s: float) -> ChargeBox:
    return replace(box, outlets=tuple(replace(outlet, told_at_s=now_s) for outlet in box.outlets))


def _fresh(site: Site, now_s: float) -> Site:
    """The site as if meter and chargers had just told it."""
    boxes = tuple(_told_at(box, now_s) for box in site.charge_boxes)
    return replace(site, meter=replace(site.meter, received_at_s=now_s), charge_boxes=boxes)


def _specimen(world: World) -> Telegram:
    """A telegram of this meter as the decoder tells it, to be filled with other values; its text is left out."""
    family = FAMILIES[world.options.family]
    decoder = Decoder(family.keys)
    twin = World(world.options)
    found: Telegram | None = None
    for second in range(SPECIMEN_S):
        for item in decoder.feed(twin.step()) if second % family.interval_s == 0 else ():
            if isinstance(item, Telegram) and (found is None or item.reading.meter_id is not None):
                found = item
        if found is not None and found.reading.meter_id is not None:
            break
    assert found is not None, "a family's own telegrams are decoded"
    return replace(found, data="", wire_len=0, body=b"")


def _reading(state: HouseState, specimen: Reading) -> Reading:
    return replace(
        specimen,
        time=None,
        power_import_w=max(0, state.net_w),
        power_export_w=max(0, -state.net_w),
        current_a=_rounded(state.current_a),
        voltage_v=_rounded(state.voltage_v),
        energy_import_wh=sum(state.import_wh) // STEP_WH * STEP_WH,
        energy_export_wh=sum(state.export_wh) // STEP_WH * STEP_WH,
        phase_power_w=state.power_w,
        held_current=None,
    )


def _rounded(values: KnownPhases) -> KnownPhases:
    return round(values[0], 1), round(values[1], 1), round(values[2], 1)


_WANTING = (OutletState.PREPARING, OutletState.CHARGING, OutletState.SUSPENDED_BY_CHARGER, OutletState.FINISHING)

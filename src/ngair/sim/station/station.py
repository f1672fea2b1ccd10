"""The charger's side of the MQTT link as a state machine: messages and times in, messages out."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from ngair.model.phases import KnownPhases
from ngair.sim.car_models import CAR_MODELS, CarModel
from ngair.sim.cars import Car
from ngair.sim.options import CHARGER_MIN_A
from ngair.sim.station import messages
from ngair.sim.station.balancing import OwnBalancing
from ngair.sim.station.messages import Publish, Topics, parse_setpoint
from ngair.sim.station.options import StationOptions
from ngair.sim.station.outlet import StationOutlet, total_a
from ngair.sim.station.wire import Wire, now_and_then_nonsense

INFO_EVERY_S = 10
DEBUG_EVERY_S = 6
RESTART_S = 15
"""From the loss of everything to the first message."""
PAYLOAD_MAX_BYTES = 4096
"""Anybody may publish; meterdata has some hundred bytes."""
REMARKS_MAX = 100


class Station:
    """One charger. Times are seconds of the link, from any start; they never go back.

    It subscribes to the topic that it balances on: what it publishes there must come back to it, as from a broker.
    """

    def __init__(self, options: StationOptions, time_s: float = 0.0) -> None:
        self.options = options
        self.serial = options.serial or f"SIMCB{options.seed % 10**8:08d}01"
        self.outlets = tuple(_outlet(options, number) for number in range(1, options.outlets + 1))
        self.remarks: list[str] = []
        """What a person should be told about what it heard, oldest first; whoever shows them clears them."""
        self._topics = Topics(self.serial)
        self._heard = self._wire("hears")
        self._told = self._wire("tells")
        self._nonsense = Random(f"{options.seed}/station/nonsense")
        random = Random(f"{options.seed}/station/balancing")
        self._balancing = OwnBalancing(options.house_fuse, options.fuse, random)
        self._began_s = time_s
        self._seconds = 0
        self._down_until_s = 0

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What it wants to hear."""
        return (*(self._topics.current(outlet.number) for outlet in self.outlets), self._topics.meterdata)

    @property
    def is_up(self) -> bool:
        """Whether it speaks at all; false while it restarts."""
        return self._seconds >= self._down_until_s

    @property
    def current_a(self) -> KnownPhases:
        """What its cars draw now, by house phase: a meter's share of it."""
        return total_a(self.outlets)

    @property
    def due_s(self) -> float:
        """When `step` has something to do next."""
        return min(self._next_second_s, self._heard.due_s, self._told.due_s)

    def announcements(self) -> list[Publish]:
        """What it tells, retained, each time that its link is up."""
        options = self.options
        stations = [messages.station_configuration(self._topics, options.announced_rotation)]
        return stations + [
            messages.outlet_configuration(self._topics, outlet.number, options.fuse, CHARGER_MIN_A, options.phases)
            for outlet in self.outlets
        ]

    def receive(self, topic: str, payload: bytes, time_s: float) -> None:
        """A message from the broker; what it makes of it shows in the steps that follow."""
        if self.is_up and len(payload) <= PAYLOAD_MAX_BYTES:
            self._heard.put(Publish(topic, payload), time_s)

    def step(self, time_s: float) -> list[Publish]:
        """Everything that happens up to a moment, and what it tells meanwhile."""
        out: list[Publish] = []
        while (due_s := self.due_s) <= time_s:
            for message in self._heard.take(due_s):
                self._hear(message, due_s)
            if self._next_second_s <= due_s:
                self._second(due_s)
            out += self._told.take(due_s)
        return out

    @property
    def _next_second_s(self) -> float:
        return self._began_s + self._seconds + 1

    def _second(self, now_s: float) -> None:
        self._seconds += 1
        restart_every = self.options.restart_every
        if restart_every is not None and self._seconds % round(restart_every) == 0:
            self._restart()
        for outlet in self.outlets:
            outlet.second(is_up=self.is_up)
        if self.is_up:
            for message in self._due_messages():
                self._told.put(message, now_s)

    def _restart(self) -> None:
        self._down_until_s = self._seconds + RESTART_S
        self._heard.cut()
        self._told.cut()
        self._balancing.restart()
        for outlet in self.outlets:
            outlet.restart()
        self._remark("restarts")

    def _due_messages(self) -> list[Publish]:
        due = [self._update(outlet) for outlet in self.outlets]
        if self._seconds % INFO_EVERY_S == 0:
            due += [messages.info(self._topics, o.number, o.energy_wh, o.power_w) for o in self.outlets]
        if self._seconds % DEBUG_EVERY_S == 0:
            due.append(messages.debug(self.serial, [int(outlet.state) for outlet in self.outlets]))
        return due

    def _update(self, outlet: StationOutlet) -> Publish:
        update = messages.update(
            self._topics,
            outlet.number,
            int(outlet.state),
            outlet.uses_phase,
            outlet.told_max_a,
            outlet.charger_current_a,
        )
        return now_and_then_nonsense(update, self._nonsense) if self.options.faulty_updates else update

    def _hear(self, message: Publish, now_s: float) -> None:
        if message.topic == self._topics.meterdata:
            self._hear_meterdata(message.payload, now_s)
            return
        for outlet in self.outlets:
            if message.topic == self._topics.current(outlet.number):
                amps = parse_setpoint(message.payload)
                why = "ignores a setpoint that is no whole number" if amps is None else outlet.obey(amps)
                if why:
                    self._remark(f"outlet {outlet.number} {why}")

    def _hear_meterdata(self, payload: bytes, now_s: float) -> None:
        if not self.options.balances:
            return
        targets_a = self._balancing.targets_a(payload, [outlet.setpoint_a for outlet in self.outlets])
        for outlet, amps in zip(self.outlets, targets_a, strict=False):
            setpoint = Publish(self._topics.current(outlet.number), b"%d" % amps)
            self._told.put(setpoint, now_s, self._balancing.delay_s())

    def _remark(self, text: str) -> None:
        del self.remarks[: max(0, len(self.remarks) + 1 - REMARKS_MAX)]
        self.remarks.append(text)

    def _wire(self, direction: str) -> Wire:
        options = self.options
        return Wire(options.lag, options.drop, Random(f"{options.seed}/station/{direction}"))


def _outlet(options: StationOptions, number: int) -> StationOutlet:
    start_s = round(options.start_hour * 3600)
    name = options.car[min(number, len(options.car)) - 1]
    model = _MODELS[name]
    if options.car_phases is not None:
        model = replace(model, phases=options.car_phases)
    car = Car(model, options.seed, number, start_s, at_home=True)
    return StationOutlet(options, number, car, start_s)


_MODELS: dict[str, CarModel] = {model.name: model for model in CAR_MODELS}

"""A simulated charger with a broker and virtual time around it."""

from __future__ import annotations

from typing import Any

import msgspec

from ngair.model.charging import OutletState
from ngair.sim.station.messages import Publish
from ngair.sim.station.options import StationOptions
from ngair.sim.station.station import Station

SERIAL = "CB0123456789"


class Bench:
    """Gives the station what it is sent, and its own messages back where it subscribes to them."""

    def __init__(self, **options: Any) -> None:
        self.station = Station(StationOptions(**({"serial": SERIAL} | options)))
        self.now_s = 0.0
        self.seen: list[tuple[float, Publish]] = []

    def run(self, seconds: float) -> list[tuple[float, Publish]]:
        """Let time pass; what was published meanwhile, each with its time."""
        begin = len(self.seen)
        end_s = self.now_s + seconds
        while (due_s := self.station.due_s) <= end_s:
            self._step(due_s)
        self._step(end_s)
        return self.seen[begin:]

    def send(self, payload: bytes | int, outlet: int = 1) -> None:
        """A setpoint, now."""
        data = b"%d" % payload if isinstance(payload, int) else payload
        self.station.receive(f"ctek/ng-v2/controller/{SERIAL}/{outlet}/current", data, self.now_s)

    def send_meterdata(self, *current_a: float) -> None:
        """What the gateway mirrors of the meter."""
        data = {"activePowerIn": 1.0, "activePowerOut": 0.0, "current": current_a, "voltage": [230.0] * 3}
        self.station.receive(f"ctek/client/{SERIAL}/sma/meterdata", msgspec.json.encode(data), self.now_s)

    def updates(self, seconds: int, outlet: int = 1) -> list[dict[str, Any]]:
        """The updates of the next seconds."""
        topic = f"ctek/ng-v2/client/{SERIAL}/{outlet}/update"
        return [msgspec.json.decode(m.payload) for _, m in self.run(seconds) if m.topic == topic]

    def states(self, seconds: int) -> list[OutletState]:
        """States of outlet 1 in the next seconds."""
        return [OutletState(update["State"]) for update in self.updates(seconds)]

    def amps(self) -> float:
        """The highest current of outlet 1 now."""
        return max(self.station.outlets[0].current_a)

    def _step(self, time_s: float) -> None:
        self.now_s = time_s
        for message in self.station.step(time_s):
            self.seen.append((time_s, message))
            if message.topic in self.station.subscriptions:
                self.station.receive(message.topic, message.payload, time_s)


def charging(**options: Any) -> Bench:
    """A charger whose car charges with all that it may."""
    bench = Bench(**options)
    bench.run(60)
    return bench

"""The program as a service: when it is ready, how it fares in a line, and that its loop goes round."""

from __future__ import annotations

import asyncio
import socket

from ngair.adapters.clock import SystemClock
from ngair.adapters.http.answering import answers
from ngair.adapters.systemd import ServiceManager
from ngair.model.site import Site

ASK_AGAIN_S = 0.1


class Service:
    """Tells the service manager. Does nothing where there is none."""

    def __init__(self, manager: ServiceManager, listener: socket.socket) -> None:
        self._manager = manager
        self._listener = listener
        # The house's clock may be simulated; a service manager waits in real time.
        self._clock = SystemClock()

    async def announce(self) -> None:
        """Tell that the program is ready, once its API answers."""
        if not self._manager.listens:
            return
        while not await answers(self._listener):  # noqa: ASYNC110 - no event tells it: it is asked from outside
            await asyncio.sleep(ASK_AGAIN_S)
        self._manager.ready()

    def tick(self, site: Site) -> None:
        """The gateway has done what it does each second: only then does the program live."""
        if self._manager.listens:
            self._manager.alive(self._clock.monotonic_s())
            self._manager.status(status_line(site))

    def stopping(self) -> None:
        """The program begins to stop."""
        self._manager.stopping()

    def close(self) -> None:
        """Nothing more is told."""
        self._manager.close()


def status_line(site: Site) -> str:
    """The meter and the chargers in a line; it changes only when something does that somebody may look for."""
    meter = f"meter {site.meter.link}" + (f" ({site.meter.link_detail})" if site.meter.link_detail else "")
    if site.meter.link == "up" and site.meter.reading is None:
        meter = "meter up, nothing understood yet"
    if not site.charge_boxes:
        return f"{meter}; no charger"
    there = sum(box.connected for box in site.charge_boxes)
    amps = ", ".join(f"{setpoint.setpoint_a} A" for setpoint in site.decision.setpoints)
    return f"{meter}; {there} of {len(site.charge_boxes)} chargers connected, allowed {amps or 'nothing yet'}"

"""Whether the version that runs is healthy: it confirms itself, or goes back to the one before."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ngair.gateway.gateway import Gateway
from ngair.gateway.ports import Clock, FirmwareSlots, Trial
from ngair.model.limits import TRIAL_STEADY_S
from ngair.model.update import Update

NO_ANSWER = ("no answer", "its own API did not answer")
METER_SILENT = ("meter silent", "it read nothing of the meter, which the version before it did")
NOT_KEPT = ("not kept", "it could not write that it is healthy: look at the box's disk")

log = logging.getLogger("ngair")


class Proving:
    """Healthy is: the API answers, and the meter is read unless it was silent before. For some time without a break."""

    def __init__(
        self, slots: FirmwareSlots, clock: Clock, gateway: Gateway, answers: Callable[[], Awaitable[bool]]
    ) -> None:
        """`answers` asks the program's own API over a real connection."""
        self._slots = slots
        self._clock = clock
        self._gateway = gateway
        self._answers = answers
        self._began_s = clock.monotonic_s()
        self._steady_since_s: float | None = None
        self._missing: tuple[str, str] | None = None
        self._trial: Trial | None = None
        self.done = False
        """Whether it is healthy, and that is kept."""

    def begin(self, trial: Trial | None) -> None:
        """The program was started, on trial or not."""
        self._trial = trial
        if trial is not None:
            log.info("ngair %s is on trial for %d s", trial.version, trial.deadline_s)
            self._gateway.updates(
                Update(
                    state="trial",
                    version=trial.version,
                    from_version=trial.from_version,
                    detail="It has to answer, and to read the meter where that was read before, or the version before "
                    "it comes back.",
                    holding=True,
                )
            )

    async def look(self) -> bool:
        """See how it fares, about once a second until it is `done`. False: on trial, and its time is over."""
        now_s = self._clock.monotonic_s()
        missing = await self._unfit()
        if missing is not None:
            self._steady_since_s = None
        elif self._steady_since_s is None:
            self._steady_since_s = now_s
        if self._steady_since_s is not None and now_s - self._steady_since_s >= TRIAL_STEADY_S:
            missing = await self._keep()
        if missing != self._missing:
            self._missing = missing
            if missing is not None:
                log.debug("not healthy yet: %s", missing[1])
        if self.done or self._trial is None or now_s - self._began_s < self._trial.deadline_s:
            return True
        await self._give_up(missing or NO_ANSWER)
        return False

    async def _unfit(self) -> tuple[str, str] | None:
        if self._trial is not None and self._trial.meter_was_up and not self._gateway.site.meter.telegrams:
            return METER_SILENT
        return None if await self._answers() else NO_ANSWER

    async def _keep(self) -> tuple[str, str] | None:
        try:
            await asyncio.to_thread(self._slots.healthy if self._trial is None else self._slots.confirm)
        except OSError as error:
            if self._missing is not NOT_KEPT:
                log.warning("that this version is healthy cannot be kept: %s", error)
            return NOT_KEPT
        self.done = True
        if self._trial is not None:
            log.info("ngair %s is healthy, and stays", self._trial.version)
            self._gateway.updates(Update())
        return None

    async def _give_up(self, missing: tuple[str, str]) -> None:
        reason, text = missing
        log.error("this version is given up: %s", text)
        try:
            await asyncio.to_thread(self._slots.give_up, reason, text)
        except OSError as error:
            # The launcher gives it up as well, only without knowing why.
            log.warning("why it is given up cannot be kept: %s", error)

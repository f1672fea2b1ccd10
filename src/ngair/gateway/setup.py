"""The box's network: looked at, given by setup mode, tried again when it is lost. Nothing here blocks the loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from math import ceil

import msgspec

from ngair.api.setup import (
    JoinedDocument,
    JoinRequest,
    SetupDocument,
    SetupErrorDocument,
    SsidDocument,
    network_documents,
    ssid_document,
)
from ngair.device.names import BASE_LABEL, access_point_name, host_name
from ngair.device.setup import SetupMode
from ngair.device.setup_effects import Close, Done, Effect, Failed, Join, Joined, Kept, Open, Opened, Result
from ngair.gateway.joining import checked_join
from ngair.gateway.keep import keep_written, loaded
from ngair.gateway.patience import first_of, within
from ngair.gateway.ports import (
    Clock,
    JoinError,
    LinkError,
    PasswordKeeper,
    SetupRefusedError,
    Store,
    WifiPort,
)
from ngair.gateway.scanning import Scanning
from ngair.gateway.setup_log import log_change, log_result
from ngair.model.limits import (
    JOIN_MAX_S,
    SCAN_FRESH_S,
    SCAN_OLD_S,
    SCAN_WAIT_S,
    WIFI_CALL_MAX_S,
    WIFI_LOOK_S,
    WIFI_SCAN_S,
)
from ngair.model.network import NetworkStatus, SetupReason, Wifi
from ngair.model.ssid import ssid_text

NETWORK = "network.json"
BUTTON_LOOK_S = 2.0
TICK_S = 1.0
CLOSE_POINT_S = 0.8
CLOSE_PORT_S = 0.4
"""Both together within the time that the program has to stop."""

log = logging.getLogger("ngair")


class Networking:
    """Drives setup mode over a `WifiPort`. Implements `SetupSink`."""

    def __init__(
        self,
        port: WifiPort,
        clock: Clock,
        store: Store,
        passwords: PasswordKeeper,
        on_status: Callable[[NetworkStatus], None],
        *,
        serial: str,
        key: str | None = None,
        begin: SetupReason = "",
        host: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`key` is the access point's password; `begin` a reason to begin in setup mode; `host` the name on mDNS."""
        self._port = port
        self._clock = clock
        self._store = store
        self._passwords = passwords
        self._on_status = on_status
        self._serial = serial
        self._name = access_point_name(serial)
        self._key = key
        self._host = host
        self._mode = SetupMode(loaded(store, NETWORK, Kept, _NOT_KNOWN) or Kept(), clock.monotonic_s())
        self._scanning = Scanning(port, clock, self._name)
        self._wifi = Wifi()
        self._trouble = ""
        self._told = NetworkStatus()
        self._effects = 0
        """Begun and ended ones: odd while one is under way."""
        self._is_asked = False
        self._wake = asyncio.Event()
        self._look = asyncio.Event()
        self._keep = asyncio.Event()
        self._kept = self._mode.kept
        if begin:
            self._mode.begin(begin, clock.monotonic_s())

    @property
    def is_on(self) -> bool:
        """Whether setup mode is."""
        return bool(self._mode.reason)

    @property
    def address(self) -> str:
        """The box's in its access point; empty while that is not open."""
        return self._mode.address

    def document(self) -> SetupDocument:
        """How things stand."""
        mode, fault, joined = self._mode, self._mode.fault, self._mode.joined
        is_set = self._passwords.is_set
        host = self._host() or host_name(BASE_LABEL)
        closes_at_s = mode.closes_at_s
        return SetupDocument(
            state=mode.state,
            reason=mode.reason,
            detail=self._detail or self._scanning.trouble,
            error=None if fault is None else SetupErrorDocument(fault.failure, fault.text, ssid_text(fault.ssid)),
            joined=None if joined is None else JoinedDocument(ssid_text(joined.ssid), joined.addresses, host),
            password_set=is_set,
            password_needed=not is_set,
            password_may_be_set=not is_set or mode.reason in _AT_THE_BOX,
            access_point=self._name,
            serial=self._serial,
            radio=self._wifi.radio,
            networks=network_documents(self._scanning.found),
            closes_in_s=None if closes_at_s is None else max(0, ceil(closes_at_s - self._clock.monotonic_s())),
        )

    async def networks(self) -> SsidDocument:
        """The networks in reach, looked for anew unless that was a moment ago, or one is being joined."""
        if self._mode.state != "joining":
            await self._scanning.renew(SCAN_FRESH_S, SCAN_WAIT_S)
        return ssid_document(self._scanning.found)

    async def join(self, wanted: JoinRequest) -> None:
        """Begin to join a network; first the box gets its password. Raises `SetupRefusedError`."""
        self._must_be_free()
        ssid = checked_join(wanted, self._scanning.found)
        # Whoever comes second must not set another password.
        self._is_asked = True
        try:
            await self._set_password(wanted.password)
        finally:
            self._is_asked = False
        self._must_be_free()
        self._mode.ask(ssid, wanted.wifi_password, self._clock.monotonic_s())
        self._changed()

    def start(self) -> None:
        """The owner asks for setup mode, from the page."""
        self._begin("page")

    def stop(self) -> None:
        """The owner wants it to end."""
        self._mode.end(self._clock.monotonic_s())
        self._changed()

    def done(self) -> None:
        """The new address was seen. Raises `SetupRefusedError` while there is no network to stay with."""
        if not self._mode.may_end:
            raise SetupRefusedError(409, "There is no network to stay with yet: join one first.")
        self.stop()

    def heard(self, *, told: bool) -> None:
        """A client of the access point asked something, and was `told` how things stand."""
        now_s = self._clock.monotonic_s()
        self._mode.heard(now_s)
        if told:
            self._mode.told(now_s)

    async def run(self, pressed: Callable[[], bool] | None = None) -> None:
        """Look after the network, for ever. `pressed` tells, in a thread, whether the button was since it was asked."""
        self._mode.restart()
        self._effects = 0
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._act())
                tasks.create_task(self._watch())
                tasks.create_task(keep_written(self._store, NETWORK, self._keep, self._encoded, _NOT_KEPT))
                if pressed is not None:
                    tasks.create_task(self._watch_button(pressed))
        except asyncio.CancelledError:
            await self._leave()
            raise
        except ExceptionGroup as group:
            # Whoever starts it again says what went wrong, and not that there was a group of it.
            raise group.exceptions[0] from None

    async def _act(self) -> None:
        """One effect after the other."""
        while True:
            effect = self._mode.next(self._clock.monotonic_s())
            self._tell()
            if effect is None:
                await first_of(TICK_S, _set(self._wake))
                self._wake.clear()
                continue
            self._effects += 1
            result = await self._do(effect)
            self._effects += 1
            self._mode.over(result, self._clock.monotonic_s())
            log_result(effect, result, self._name, self._told.detail)
            self._look.set()

    async def _do(self, effect: Effect) -> Result:
        try:
            return await self._done(effect)
        except JoinError as error:
            return Failed(str(error), error.failure)
        except LinkError as error:
            return Failed(str(error))
        except Exception as error:
            log.error("the radio failed in a way that nobody foresaw: %s: %s", type(error).__name__, error)
            return Failed(f"The radio failed ({type(error).__name__}): the box's log tells more.")

    async def _done(self, effect: Effect) -> Result:
        if isinstance(effect, Open):
            # A radio that is an access point may hear nobody else; in which case this is all that it can show.
            await self._scanning.renew(SCAN_OLD_S, SCAN_WAIT_S if self._port.can_do_both else WIFI_SCAN_S)
            return Opened(await within(JOIN_MAX_S, self._port.open_access_point(self._name, self._key)))
        if isinstance(effect, Join):
            return Joined(await within(JOIN_MAX_S, self._port.join(effect.ssid, effect.password)))
        leaving = self._port.close_access_point() if isinstance(effect, Close) else self._port.rejoin()
        await within(JOIN_MAX_S, leaving)
        return Done()

    async def _watch(self) -> None:
        """How the radio and the connections are, whenever they change and each few seconds."""
        while True:
            self._look.clear()
            before = self._effects
            try:
                wifi = await within(WIFI_CALL_MAX_S, self._port.wifi())
            except LinkError as error:
                self._wifi, self._trouble = Wifi(), str(error)
            except Exception as error:
                log.debug("the radio failed", exc_info=error)
                self._wifi, self._trouble = Wifi(), f"The radio failed ({type(error).__name__})."
            else:
                self._wifi, self._trouble = wifi, ""
                at_rest = before == self._effects and not self._effects % 2
                self._mode.look(wifi, self._clock.monotonic_s(), both=self._port.can_do_both, at_rest=at_rest)
            self._changed()
            # A connection that comes or goes changes in many ways within moments.
            await asyncio.sleep(TICK_S)
            await first_of(WIFI_LOOK_S - TICK_S, self._told_of_change(), _set(self._look))

    async def _told_of_change(self) -> None:
        try:
            await self._port.changed()
        except Exception as error:
            log.debug("nothing tells of changes: %s", error)
            await asyncio.sleep(WIFI_LOOK_S)

    async def _watch_button(self, pressed: Callable[[], bool]) -> None:
        while True:
            with contextlib.suppress(OSError):
                if await asyncio.to_thread(pressed):
                    self._begin("button")
            await asyncio.sleep(BUTTON_LOOK_S)

    async def _leave(self) -> None:
        """The program stops: an access point without it would be a trap."""
        try:
            if self.address:
                await within(CLOSE_POINT_S, self._port.close_access_point())
        except Exception as error:
            log.debug("the access point does not close: %s", error)
        try:
            await within(CLOSE_PORT_S, self._port.close())
        except Exception as error:
            log.debug("the radio is not let go: %s", error)

    async def _set_password(self, password: str | None) -> None:
        await self._passwords.look()
        is_set = self._passwords.is_set
        if password is None:
            if not is_set:
                raise SetupRefusedError(422, "The box has no password yet: choose one, of 8 characters or more.")
            return
        if is_set and self._mode.reason not in _AT_THE_BOX:
            raise SetupRefusedError(
                403, "The box has its password already: leave it out, or begin setup mode with the box's button."
            )
        try:
            await self._passwords.set(password)
        except ValueError as error:
            raise SetupRefusedError(422, str(error)) from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise SetupRefusedError(507, f"The password cannot be kept ({why}): look at the box's disk.") from None

    def _must_be_free(self) -> None:
        if not self.is_on:
            raise SetupRefusedError(409, "Setup mode is off: begin it first.")
        if self._is_asked or not self._mode.may_join:
            raise SetupRefusedError(409, "A network is being joined: wait what becomes of it.")

    def _begin(self, reason: SetupReason) -> None:
        self._mode.begin(reason, self._clock.monotonic_s())
        self._changed()

    def _changed(self) -> None:
        self._wake.set()
        self._tell()

    @property
    def _detail(self) -> str:
        return self._trouble or self._mode.detail

    def _tell(self) -> None:
        """Tell what changed, to the site and to the log, and keep what is to be kept."""
        status = NetworkStatus(managed=True, wifi=self._wifi, setup=self._mode.state, detail=self._detail)
        if status != self._told:
            before, self._told = self._told, status
            log_change(before, status, is_trouble=bool(self._trouble or self._mode.trouble))
            self._on_status(status)
        if self._mode.kept != self._kept:
            self._kept = self._mode.kept
            self._keep.set()

    def _encoded(self) -> bytes:
        return msgspec.json.encode(self._kept)


async def _set(event: asyncio.Event) -> None:
    await event.wait()


_AT_THE_BOX: tuple[SetupReason, ...] = ("button", "start")
"""Who begins setup mode so stands before the box, or may change all of it anyway."""
_NOT_KNOWN = "the box does not know whether a network ever worked"
_NOT_KEPT = "that a network has worked cannot be kept (%s): %s"

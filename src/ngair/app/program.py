"""The program: everything put together, and its life from start to stop."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random

import ngair
from ngair.adapters.clock import SystemClock
from ngair.adapters.folder import Folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.asking import Asking
from ngair.adapters.http.server import Secure, bind, serve
from ngair.adapters.http.setup import Inside
from ngair.adapters.layout import settle
from ngair.adapters.systemd import ServiceManager
from ngair.adapters.threads import Threads
from ngair.adapters.web import content_security_policy, page
from ngair.adapters.web.files import files
from ngair.api.box import Machine
from ngair.api.openapi import openapi
from ngair.api.publisher import Publisher
from ngair.app.box import HISTORY, dates_of, first_site, house_zone
from ngair.app.locks import locks_of
from ngair.app.ports import Ports, fixed_of
from ngair.app.service import Service
from ngair.app.setup import setting_up
from ngair.app.updating import Updating
from ngair.device.dates import Dates
from ngair.gateway.chronicle import Chronicle
from ngair.gateway.found import LineKeeper
from ngair.gateway.gateway import Gateway
from ngair.gateway.inspecting import Inspector
from ngair.gateway.keep import ChargerKeeper
from ngair.gateway.ports import BytePort, ChargerPort, Clock, HistoryReader, HistoryStore, SerialLinePort
from ngair.gateway.supervise import MeterSink, for_ever, keep_up
from ngair.gateway.tuning import Tuning
from ngair.meter.line_search import LineSearch
from ngair.model.backoff import Backoff
from ngair.model.limits import HISTORY_STOP_S, STOP_TIMEOUT_S
from ngair.model.network import ACCESS_POINT_ADDRESS
from ngair.model.settings import Settings

log = logging.getLogger("ngair")

Work = Callable[[], Awaitable[None]]


def listen(settings: Settings) -> socket.socket:
    """The socket to serve on, so that a port in use is told before anything starts. Raises `LinkError`."""
    return bind(settings.http.host, settings.http.port)


async def run(
    settings: Settings, ports: Ports, folder: Folder, listener: socket.socket, secure: Secure | None = None
) -> int:
    """The program, until SIGINT, SIGTERM or an update; everything is stopped within 2 s, unless the disk is slow to
    keep what happened last. The exit code.

    `secure`: where the same is served by TLS.
    """
    asyncio.get_running_loop().set_default_executor(Threads())
    publisher = Publisher(secrets.token_hex(4))
    # A simulated house has its own time, which runs ahead of the files'.
    dates = dates_of(folder) if isinstance(ports.clock, SystemClock) else None
    settle(folder, ngair.__version__)
    keeper = ChargerKeeper(folder, ports.charger_links)
    chargers = await ports.chargers(keeper)
    site = first_site(settings, folder)
    chronicle = _chronicle(settings, ports.clock, folder, dates) if settings.history else None
    gateway = Gateway(site, publisher, ports.clock, folder, keeper, chargers, ports.decoders, chronicle, dates)
    lines = LineKeeper(folder)
    _publish_pages(publisher, settings, ports.clock.wall_s())
    service = Service(ServiceManager(os.environ), listener)
    ending = _Ending()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ending.ask, 0)
    asking = _asking(settings, ports.clock, folder, gateway, chronicle, listener)
    inside = Inside()
    locks = locks_of(settings, folder, secure, inside)
    locks.passwords.on_change = gateway.password_changed
    updating = Updating(settings, ports.clock, gateway, folder, listener, locks, ending.ask, inside, secure)
    setup = await setting_up(settings, ports, folder, gateway, publisher, listener, locks, inside)
    api = local_api(publisher, settings.host_names, gateway, asking, locks, doors=[*setup.doors, updating.door])
    tasks = [
        asyncio.create_task(serve(api, listener, STOP_TIMEOUT_S, secure)),
        asyncio.create_task(_tick(gateway, service)),
        _supervised("the word to the service manager", service.announce),
        *(
            _supervised(name, work)
            for name, work in _works(settings, ports, gateway, keeper, lines, chargers, listener)
        ),
        *(_supervised(name, work) for name, work in (*updating.works, *setup.works)),
        *([] if chronicle is None else [_supervised("the memory", partial(_remember, chronicle, gateway, updating))]),
    ]
    log.debug("serving %s", page_address(listener))
    stopping = asyncio.create_task(ending.wait())
    try:
        done, _ = await asyncio.wait([stopping, *tasks[:2]], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        if ending.is_for_good:
            # A manager that is told so while the launcher only starts another version ends them all after a while.
            service.stopping()
        await _stop([stopping, *tasks], chronicle if updating.is_settled else None)
        gateway.save()
        service.close()
    log.info("stopped")
    return ending.code


class _Ending:
    """When the program ends, and by which exit code it says what its launcher has to do."""

    def __init__(self) -> None:
        self.code = 0
        self._asked = asyncio.Event()

    @property
    def is_for_good(self) -> bool:
        """Whether it was asked to stop, not to make way for a version, and did not fail."""
        return self._asked.is_set() and self.code == 0

    def ask(self, code: int) -> None:
        """End it."""
        self.code = code
        self._asked.set()

    async def wait(self) -> None:
        """Until it is asked to end."""
        await self._asked.wait()


def page_address(listener: socket.socket, scheme: str = "http") -> str:
    """Where a browser on this machine finds the page."""
    host, port = listener.getsockname()[:2]
    if host in ("::", "0.0.0.0"):
        host = "localhost"
    host = f"[{host}]" if ":" in host else host
    usual = 443 if scheme == "https" else 80
    return f"{scheme}://{host}/" if port == usual else f"{scheme}://{host}:{port}/"


def _chronicle(settings: Settings, clock: Clock, folder: Folder, dates: Dates | None) -> Chronicle:
    """What brings the memory to the disk. Its library is loaded in the thread that opens the store."""
    path = folder.path / HISTORY

    def open_store() -> HistoryStore:
        from ngair.adapters.sqlite.store import SqliteStore

        return SqliteStore(path, settings.raw_days, settings.minute_days)

    backoff = Backoff(Random())
    return Chronicle(open_store, clock, house_zone(settings), settings.price_list, ngair.__version__, backoff, dates)


def _asking(
    settings: Settings,
    clock: Clock,
    folder: Folder,
    gateway: Gateway,
    chronicle: Chronicle | None,
    listener: socket.socket,
) -> Asking:
    """What answers questions about the past, once the memory is open, and about the box itself."""
    zone, host = house_zone(settings), str(listener.getsockname()[0])
    started_s = SystemClock().monotonic_s()

    def reader() -> HistoryReader | None:
        if chronicle is None or chronicle.memory.state == "starting":
            return None
        from ngair.adapters.sqlite.reader import SqliteReader

        return SqliteReader(folder.path / HISTORY)

    def machine() -> Machine:
        from ngair.adapters.surroundings import look_around

        return look_around(folder.path, host, SystemClock().monotonic_s() - started_s, zone, clock.wall_s())

    inspector = Inspector(gateway, settings, clock, machine, reader)
    return Asking(lambda: gateway.site, reader, clock, zone, settings.price_list, inspector.answers)


def _publish_pages(publisher: Publisher, settings: Settings, wall_s: float) -> None:
    for file in files():
        publisher.put(file.path, file.body, file.content_type, wall_s, *file.headers, gzip=file.gzip)
    body = page("docs.html")
    policy = content_security_policy(body).encode("ascii")
    for path in ("/docs", "/docs/"):
        publisher.put(path, body, "text/html; charset=utf-8", wall_s, (b"content-security-policy", policy), *_PAGE)
    publisher.put("/openapi.json", openapi(settings.profile, ngair.__version__), "application/json", wall_s, *_PAGE)


def _works(
    settings: Settings,
    ports: Ports,
    gateway: Gateway,
    keeper: ChargerKeeper,
    lines: LineKeeper,
    chargers: list[ChargerPort],
    listener: socket.socket,
) -> list[tuple[str, Work]]:
    """What runs beside the server, each begun again should it fail."""
    works: list[tuple[str, Work]] = [("the keeper of chargers", keeper.run), ("the keeper of serial lines", lines.run)]
    if settings.meter is not None and ports.meter is not None:
        works.append(("the meter's link", _reading(settings.meter, ports.meter, gateway.main_meter, lines)))
    for fuse in settings.fuses:
        if fuse.meter is not None and fuse.name in ports.sub_meters:
            work = _reading(fuse.meter, ports.sub_meters[fuse.name], gateway.sub_meters[fuse.name], lines)
            works.append((f"the link to the meter of fuse {fuse.name}", work))
    works += [(f"the link to {charger.name}", partial(_follow, charger, gateway)) for charger in chargers]
    if settings.mdns:
        works.append(("the announcement by mDNS", partial(_announce, gateway, listener)))
    return works


def _reading(meter: str, port: BytePort, sink: MeterSink, lines: LineKeeper) -> Work:
    """Reads a meter for ever, and finds out how its line is set where it has one."""
    if not isinstance(port, SerialLinePort):
        return partial(keep_up, port, sink, Backoff(Random()))
    search = LineSearch(fixed_of(meter), lines.remembered(port.name))
    tuning = Tuning(port, sink, search, lines.keep)
    return partial(keep_up, tuning, tuning, Backoff(Random()))


def _supervised(name: str, work: Work) -> asyncio.Task[None]:
    def tell(error: Exception) -> None:
        log.error("%s failed and is started again: %s: %s", name, type(error).__name__, error)
        log.debug("the failure", exc_info=error)

    return asyncio.create_task(for_ever(work, Backoff(Random()), tell))


async def _remember(chronicle: Chronicle, gateway: Gateway, updating: Updating) -> None:
    """Not while on trial: a store that new firmware has made its own is none for the version before."""
    await updating.settled()
    await chronicle.run(gateway.remembers)


async def _follow(charger: ChargerPort, gateway: Gateway) -> None:
    async for event in charger.events():
        gateway.charger(event)


async def _announce(gateway: Gateway, listener: socket.socket) -> None:
    """Announce the box once the page is served. The library takes its time to load: not in the loop's."""
    await asyncio.to_thread(importlib.import_module, "zeroconf")
    from ngair.adapters.mdns import MdnsAnnouncer
    from ngair.adapters.mdns_interfaces import interfaces_of

    host, port = listener.getsockname()[:2]
    box = gateway.site.box
    await MdnsAnnouncer(
        port=port,
        serial=box.serial,
        firmware=box.firmware,
        profile=box.profile,
        on_name=gateway.announced,
        interfaces=interfaces_of(host),
        access_point=ACCESS_POINT_ADDRESS,
    ).run()


async def _tick(gateway: Gateway, service: Service) -> None:
    while True:
        gateway.tick()
        service.tick(gateway.site)
        await asyncio.sleep(1)


async def _stop(tasks: list[asyncio.Task[None]], chronicle: Chronicle | None) -> None:
    for task in tasks:
        task.cancel()
    last = None if chronicle is None else asyncio.create_task(chronicle.finish())
    await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
    if last is not None:
        done, _ = await asyncio.wait({last}, timeout=HISTORY_STOP_S)
        if not done:
            log.warning("what happened last is not kept: the disk has not answered for %g s", HISTORY_STOP_S)


_PAGE = ((b"cache-control", b"no-cache"), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))

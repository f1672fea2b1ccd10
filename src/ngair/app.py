"""The composition root: settings -> adapters or simulation -> gateway, and their life from start to stop."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import convert
from msgspec.structs import replace

import ngair
from ngair.adapters.clock import SystemClock
from ngair.adapters.folder import Folder, FolderError, default_folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.asking import Asking
from ngair.adapters.http.server import bind, serve
from ngair.adapters.key_file import load_keys
from ngair.adapters.machine import firmware, interface_mac, load_identity, system_zone
from ngair.adapters.threads import Threads
from ngair.adapters.web import content_security_policy, page
from ngair.adapters.web.files import files
from ngair.api.box import Machine
from ngair.api.openapi import openapi
from ngair.api.publisher import Publisher
from ngair.gateway.chronicle import Chronicle
from ngair.gateway.found import LineKeeper
from ngair.gateway.gateway import Gateway
from ngair.gateway.inspecting import Inspector
from ngair.gateway.keep import ChargerKeeper
from ngair.gateway.ports import BytePort, ChargerPort, Clock, HistoryReader, HistoryStore, LinkError, SerialLinePort
from ngair.gateway.supervise import MeterSink, for_ever, keep_up
from ngair.gateway.tuning import Tuning
from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.meter.framings import FRAMINGS
from ngair.meter.line_search import LineSearch, candidates
from ngair.model.backoff import Backoff
from ngair.model.history import Batch, Row
from ngair.model.keys import Keys
from ngair.model.limits import STOP_TIMEOUT_S
from ngair.model.line import NOTHING_FIXED, Fixed
from ngair.model.rules import MAIN_FUSE
from ngair.model.settings import Settings
from ngair.model.site import BoxInfo, Site
from ngair.model.urls import FileUrl, MqttUrl, SerialUrl, SimUrl, TcpUrl, charger_url, meter_url

if TYPE_CHECKING:
    from ngair.sim.days.report import Report
    from ngair.sim.days.result import DayResult
    from ngair.sim.station.program import StationProgram
    from ngair.sim.world import World

__all__ = [
    "DayResult",
    "Folder",
    "FolderError",
    "LinkError",
    "Ports",
    "Report",
    "default_folder",
    "export_history",
    "import_history",
    "listen",
    "live_through",
    "meter_families",
    "page_address",
    "plot_day",
    "run",
    "simulate",
    "simulated_charger",
]

log = logging.getLogger("ngair")

PAST_SAMPLES_S = 2 * 86_400
"""So much of a simulated past is kept each ten seconds; the rest each minute, which takes half the time."""
Work = Callable[[], Awaitable[None]]
HISTORY = "history.db"
"""File of the memory, in the data folder."""


class Ports:
    """The world as the settings name it. Raises `ValueError` for what cannot be: a simulation, names, key files."""

    def __init__(self, settings: Settings, past_days: int = 0) -> None:
        """`past_days`: so long has a simulated house been there already, for `live_through`."""
        self.clock: Clock = SystemClock()
        self.meter: BytePort | None = None
        self.sub_meters: dict[str, BytePort] = {}
        self.decoders: dict[str, Decoder] = {}
        """Of each meter, by the fuse that it measures."""
        self._charger_urls = settings.chargers
        self._sim_charger: ChargerPort | None = None
        self._past_days = past_days
        self.world: World | None = None
        """The simulated house, where there is one."""
        simulated = [url for url in (settings.meter, *settings.chargers) if url and url.startswith("sim:")]
        keys = settings.meter_keys
        if settings.meter_key_file is not None:
            keys = load_keys(Path(settings.meter_key_file))
        if settings.meter is not None:
            self.meter = _meter(settings.meter)
            self.decoders[MAIN_FUSE] = _decoder(settings.meter, keys)
        for fuse in settings.fuses:
            if fuse.meter is not None and (port := _meter(fuse.meter)) is not None:
                self.sub_meters[fuse.name] = port
                own = None if fuse.meter_key_file is None else load_keys(Path(fuse.meter_key_file))
                self.decoders[fuse.name] = _decoder(fuse.meter, own or keys)
        if simulated:
            self._simulate(settings, simulated)

    @property
    def charger_links(self) -> list[str]:
        """The links to chargers that are bound to one each, as URLs with their ports."""
        return [_link(url) for url in map(charger_url, self._charger_urls) if isinstance(url, MqttUrl)]

    async def chargers(self, keeper: ChargerKeeper) -> list[ChargerPort]:
        """The ports of the chargers, each bound to the charger that `keeper` remembers for it."""
        urls = list(dict.fromkeys(url for url in map(charger_url, self._charger_urls) if isinstance(url, MqttUrl)))
        ports: list[ChargerPort] = [] if self._sim_charger is None else [self._sim_charger]
        if urls:
            await asyncio.to_thread(importlib.import_module, "ngair.adapters.mqtt")
            from ngair.adapters.mqtt import MqttChargerPort

            for url in urls:
                link = _link(url)
                keep_pin = partial(keeper.pin, link)
                pinned = keeper.pinned(link)
                ports.append(
                    MqttChargerPort(url.host, url.port, self.clock, pinned=pinned, keep_pin=keep_pin, random=Random())
                )
        return ports

    def _simulate(self, settings: Settings, urls: list[str]) -> None:
        """One simulated house for the meter and the chargers, made of all their options.

        Where all links are simulated, the program lives in the house's time, so that its waits are fast there, too.
        """
        from ngair.sim.ports import sim_ports
        from ngair.sim.telegrams import FAMILIES
        from ngair.sim.url import parse_url
        from ngair.sim.world import World

        options = parse_url("sim:?" + "&".join(query for url in urls if (query := url.partition("?")[2])))
        alone = self.meter is None and not self.charger_links and not self.sub_meters
        if self._past_days:
            options = replace(options, start_hour=_hour(self.clock.wall_s(), _zone(settings)))
        self.world = World(options, self._past_days)
        house = sim_ports(options, self.clock, own_time=alone, world=self.world)
        self.clock = house.clock
        if self.meter is None:
            self.meter = house.meter
            self.decoders[MAIN_FUSE] = Decoder(FAMILIES[options.family].keys)
        if any(url.startswith("sim:") for url in settings.chargers):
            self._sim_charger = house.charger


def _meter(text: str) -> BytePort | None:
    """A meter's port; its adapter is loaded only when it is the one. `None` for the simulated one."""
    match meter_url(text):
        case SerialUrl(device, fixed):
            from ngair.adapters.serial import SerialPort

            return SerialPort(device, candidates(fixed)[0])
        case TcpUrl(host, port):
            from ngair.adapters.tcp import TcpPort

            return TcpPort(host, port)
        case FileUrl(path, speed, loop):
            from ngair.adapters.replay import ReplayPort

            return ReplayPort(Path(path), speed, loop=loop)
        case SimUrl():
            return None


def _decoder(meter: str, keys: Keys | None) -> Decoder:
    """What decodes a meter. Raises `ValueError` for a name that there is not."""
    fixed = _fixed(meter)
    for kind, name, names in (("framing", fixed.framing, FRAMINGS), ("dialect", fixed.dialect, DIALECTS)):
        if name is not None and name not in names:
            raise ValueError(f"{kind}={name} of {meter}: there is none of this name; there are {', '.join(names)}")
    return Decoder(keys, fixed)


def _fixed(meter: str) -> Fixed:
    """What the user fixed of a meter."""
    url = meter_url(meter)
    return NOTHING_FIXED if isinstance(url, SimUrl) else url.fixed


def _link(url: MqttUrl) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"mqtt://{host}:{url.port}"


def listen(settings: Settings) -> socket.socket:
    """The socket to serve on, so that a port in use is told before anything starts. Raises `LinkError`."""
    return bind(settings.http.host, settings.http.port)


async def run(settings: Settings, ports: Ports, folder: Folder, listener: socket.socket) -> None:
    """The program, until SIGINT or SIGTERM; everything is stopped within 2 s."""
    asyncio.get_running_loop().set_default_executor(Threads())
    publisher = Publisher(secrets.token_hex(4))
    keeper = ChargerKeeper(folder, ports.charger_links)
    chargers = await ports.chargers(keeper)
    site = _site(settings, folder)
    chronicle = _chronicle(settings, ports.clock, folder) if settings.history else None
    gateway = Gateway(site, publisher, ports.clock, folder, keeper, chargers, ports.decoders, chronicle)
    lines = LineKeeper(folder)
    _publish_pages(publisher, settings, ports.clock.wall_s())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    asking = _asking(settings, ports.clock, folder, gateway, chronicle, listener)
    api = local_api(publisher, settings.host_names, gateway, asking)
    tasks = [
        asyncio.create_task(serve(api, listener, STOP_TIMEOUT_S)),
        asyncio.create_task(_tick(gateway)),
        *(
            _supervised(name, work)
            for name, work in _works(settings, ports, gateway, keeper, lines, chronicle, chargers, listener)
        ),
    ]
    log.debug("serving %s", page_address(listener))
    stopping = asyncio.create_task(_wait(stop))
    try:
        done, _ = await asyncio.wait([stopping, *tasks[:2]], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await _stop([stopping, *tasks], chronicle)
        gateway.save()
    log.info("stopped")


def live_through(settings: Settings, ports: Ports, folder: Folder, days: int, on_day: Callable[[int], None]) -> None:
    """Let the simulated house have its past, and remember it. `on_day` is told each day. Raises `OSError`."""
    from ngair.adapters.sqlite.store import SqliteStore
    from ngair.history.historian import Historian
    from ngair.sim.dates import DAY_S
    from ngair.sim.past import Past

    assert ports.world is not None, "only a simulated house has a past"
    began_s = SystemClock().wall_s() - days * DAY_S
    with contextlib.closing(SqliteStore(folder.path / HISTORY, settings.raw_days, settings.minute_days)) as store:
        zone, prices = _zone(settings), settings.price_list
        historian = Historian(store.remembered(), zone, prices, ngair.__version__, began_s, 0.0)
        lived = 0
        for happening in Past(ports.world, days, _site(settings, folder)).happenings():
            now_s = float(days * DAY_S - happening.age_s)
            historian.note(happening.before, happening.event, happening.site, now_s, began_s + now_s)
            if now_s >= (lived + 1) * DAY_S:
                batch = historian.take(now_s, began_s + now_s) or Batch()
                store.write(batch if happening.age_s <= PAST_SAMPLES_S else replace(batch, samples=()))
                lived += 1
                on_day(lived)
        store.write(historian.finish(days * DAY_S, began_s + days * DAY_S))


def export_history(
    settings: Settings, path: Path, first: str | None, last: str | None, form: str, what: str | None
) -> Iterator[bytes]:
    """What is remembered in a data folder, as a file. Raises `ValueError` for what cannot be asked, and `OSError`."""
    from ngair.adapters.sqlite.reader import SqliteReader
    from ngair.api.export import ExportParameters, export, json_pieces
    from ngair.api.history import Sources
    from ngair.api.spreadsheet import csv_pieces

    reader = SqliteReader(path / HISTORY)
    reader.facts()
    prices = settings.price_list
    sources = Sources(
        history=reader,
        zone=_zone(settings),
        currency=prices.currency if prices else None,
        wall_s=SystemClock().wall_s(),
    )
    wanted = {"from": first, "to": last, "format": form, "what": what}
    asked = export(sources, _site(settings, Folder(path)).box, convert(wanted, ExportParameters))
    return json_pieces(asked) if asked.form == "json" else csv_pieces(asked)


class Imported(NamedTuple):
    """What became of an export."""

    read: int
    """Rows that are right."""
    taken: int
    """Of them, those that were missing here."""
    is_whole: bool


def import_history(
    settings: Settings,
    folder: Folder,
    file: BinaryIO,
    refuse: Callable[[int, str], None],
    on_row: Callable[[int], None],
) -> Imported:
    """Take over an export. Raises `ValueError` for a file that is none, and `OSError`."""
    from ngair.adapters.export_file import ExportFile
    from ngair.adapters.sqlite.store import SqliteStore

    export = ExportFile(file, refuse)

    def rows() -> Iterator[Row]:
        for row in export.rows():
            on_row(export.read)
            yield row

    with contextlib.closing(SqliteStore(folder.path / HISTORY, settings.raw_days, settings.minute_days)) as store:
        taken = store.adopt(rows())
    return Imported(export.read, taken, export.is_whole)


def meter_families() -> list[str]:
    """Whose bytes a simulated meter can send."""
    from ngair.sim.telegrams import ALIASES, FAMILIES

    return sorted(FAMILIES.keys() - ALIASES.keys())


def simulated_charger(options: Mapping[str, Any]) -> StationProgram:
    """A charger at a broker, as a program of its own. Raises `ValueError` for one that cannot be."""
    from ngair.sim.station.options import StationOptions
    from ngair.sim.station.program import StationProgram

    return StationProgram(StationOptions(**options), Threads())


def simulate(seed: int, days: int, policy: str, jobs: int, on_day: Callable[[DayResult], None]) -> Report:
    """Many house-days in virtual time; what was done so far on Ctrl-C. Raises `ValueError` for what cannot be."""
    from ngair.sim.days import many

    return many.simulate(seed, days, policy, jobs, on_day)


def plot_day(seed: int, day: int, policy: str, path: Path) -> None:
    """A picture of one of them. Raises `OSError`, and `ImportError` without matplotlib."""
    from ngair.sim.days import plot

    plot.plot_day(seed, day, policy, path)


def page_address(listener: socket.socket) -> str:
    """Where a browser on this machine finds the page."""
    host, port = listener.getsockname()[:2]
    if host in ("::", "0.0.0.0"):
        host = "localhost"
    host = f"[{host}]" if ":" in host else host
    return f"http://{host}/" if port == 80 else f"http://{host}:{port}/"


def _site(settings: Settings, folder: Folder) -> Site:
    identity = load_identity(folder)
    box = BoxInfo(
        serial=identity.serial,
        firmware=firmware(),
        mac=interface_mac() or identity.local_mac,
        profile=settings.profile,
    )
    return Site(box=box, fuses=settings.fuses, pace=settings.pace)


def _chronicle(settings: Settings, clock: Clock, folder: Folder) -> Chronicle:
    """What brings the memory to the disk. Its library is loaded in the thread that opens the store."""
    path = folder.path / HISTORY

    def open_store() -> HistoryStore:
        from ngair.adapters.sqlite.store import SqliteStore

        return SqliteStore(path, settings.raw_days, settings.minute_days)

    return Chronicle(open_store, clock, _zone(settings), settings.price_list, ngair.__version__, Backoff(Random()))


def _hour(wall_s: float, zone: tzinfo) -> float:
    """Of the day there."""
    moment = datetime.fromtimestamp(wall_s, zone)
    return moment.hour + moment.minute / 60 + moment.second / 3600


def _asking(
    settings: Settings,
    clock: Clock,
    folder: Folder,
    gateway: Gateway,
    chronicle: Chronicle | None,
    listener: socket.socket,
) -> Asking:
    """What answers questions about the past, once the memory is open, and about the box itself."""
    zone, host = _zone(settings), str(listener.getsockname()[0])
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


def _zone(settings: Settings) -> tzinfo:
    """Where the house is."""
    return system_zone(os.environ) if settings.time_zone is None else ZoneInfo(settings.time_zone)


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
    chronicle: Chronicle | None,
    chargers: list[ChargerPort],
    listener: socket.socket,
) -> list[tuple[str, Work]]:
    """What runs beside the server, each begun again should it fail."""
    works: list[tuple[str, Work]] = [("the keeper of chargers", keeper.run), ("the keeper of serial lines", lines.run)]
    if chronicle is not None:
        works.append(("the memory", partial(chronicle.run, gateway.remembers)))
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
    search = LineSearch(_fixed(meter), lines.remembered(port.name))
    tuning = Tuning(port, sink, search, lines.keep)
    return partial(keep_up, tuning, tuning, Backoff(Random()))


def _supervised(name: str, work: Work) -> asyncio.Task[None]:
    def tell(error: Exception) -> None:
        log.error("%s failed and is started again: %s: %s", name, type(error).__name__, error)
        log.debug("the failure", exc_info=error)

    return asyncio.create_task(for_ever(work, Backoff(Random()), tell))


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
    ).run()


async def _tick(gateway: Gateway) -> None:
    while True:
        gateway.tick()
        await asyncio.sleep(1)


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


async def _stop(tasks: list[asyncio.Task[None]], chronicle: Chronicle | None) -> None:
    for task in tasks:
        task.cancel()
    last = [] if chronicle is None else [asyncio.create_task(chronicle.finish())]
    await asyncio.wait([*tasks, *last], timeout=STOP_TIMEOUT_S)


_PAGE = ((b"cache-control", b"no-cache"), (b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))

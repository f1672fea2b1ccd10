"""The world as the settings name it: adapters, or a simulated house."""

from __future__ import annotations

import asyncio
import importlib
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ngair.adapters.clock import SystemClock
from ngair.adapters.key_file import load_keys
from ngair.adapters.setup_files import load_setup_key
from ngair.app.box import house_zone
from ngair.gateway.keep import ChargerKeeper
from ngair.gateway.ports import BytePort, ChargerPort, Clock
from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.meter.framings import FRAMINGS
from ngair.meter.line_search import candidates
from ngair.model.keys import Keys
from ngair.model.line import NOTHING_FIXED, Fixed
from ngair.model.rules import MAIN_FUSE
from ngair.model.settings import Settings
from ngair.model.urls import FileUrl, MqttUrl, SerialUrl, SimUrl, TcpUrl, charger_url, meter_url

if TYPE_CHECKING:
    from ngair.sim.world import World


class Ports:
    """The world as the settings name it. Raises `ValueError` for what cannot be: a simulation, names, key files."""

    def __init__(self, settings: Settings, past_days: int = 0) -> None:
        """`past_days`: so long has a simulated house been there already, for `live_through`."""
        self.clock: Clock = SystemClock()
        self.meter: BytePort | None = None
        self.sub_meters: dict[str, BytePort] = {}
        self.decoders: dict[str, Decoder] = {}
        """Of each meter, by the fuse that it measures."""
        self.setup_key = None if settings.setup_key_file is None else load_setup_key(Path(settings.setup_key_file))
        """The password of the access point of setup mode."""
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
            options = replace(options, start_hour=_hour(self.clock.wall_s(), house_zone(settings)))
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
    fixed = fixed_of(meter)
    for kind, name, names in (("framing", fixed.framing, FRAMINGS), ("dialect", fixed.dialect, DIALECTS)):
        if name is not None and name not in names:
            raise ValueError(f"{kind}={name} of {meter}: there is none of this name; there are {', '.join(names)}")
    return Decoder(keys, fixed)


def fixed_of(meter: str) -> Fixed:
    """What the user fixed of a meter."""
    url = meter_url(meter)
    return NOTHING_FIXED if isinstance(url, SimUrl) else url.fixed


def _link(url: MqttUrl) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"mqtt://{host}:{url.port}"


def _hour(wall_s: float, zone: tzinfo) -> float:
    """Of the day there."""
    moment = datetime.fromtimestamp(wall_s, zone)
    return moment.hour + moment.minute / 60 + moment.second / 3600

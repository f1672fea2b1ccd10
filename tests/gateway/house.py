"""A gateway in memory, and telegrams for it."""

from __future__ import annotations

import errno
from typing import Any

import msgspec

from ngair.api.publisher import Publisher
from ngair.gateway.gateway import Gateway
from ngair.gateway.keep import ChargerKeeper
from ngair.model.site import BoxInfo, Site
from ngair.sim.options import Options
from ngair.sim.world import World

TELEGRAMS = World(Options()).advance(30)
"""With check sums, a second apart."""
BOX = BoxInfo(serial="ABCDEFGH01234567", firmware="ngair.0.0.0-0-g0000000", mac="020000000001")


class HandClock:
    """Moves when told. The wall's steps when told, too."""

    def __init__(self) -> None:
        self.now_s = 500.0
        self.wall_step_s = 1.7e9

    def monotonic_s(self) -> float:
        return self.now_s

    def wall_s(self) -> float:
        return self.now_s + self.wall_step_s


class MemoryStore:
    """A data folder, on a disk that may be full."""

    def __init__(self, **files: bytes) -> None:
        self.files = {name.replace("_", "."): data for name, data in files.items()}
        self.full = False
        self.saves = 0

    def load(self, name: str) -> bytes | None:
        return self.files.get(name)

    def save(self, name: str, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.files[name] = data
        self.saves += 1


class House:
    """A gateway with all that it needs."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.clock = HandClock()
        self.store = store or MemoryStore()
        self.publisher = Publisher()
        keeper = ChargerKeeper(self.store, [])
        self.gateway = Gateway(Site(box=BOX), self.publisher, self.clock, self.store, keeper)

    def shows(self, path: str) -> Any:
        """A document as served."""
        return msgspec.json.decode(self.publisher.pages[path].body)

    @property
    def meter(self) -> Any:
        """The meter in `/api/v1/site`."""
        return self.shows("/api/v1/site")["meter"]

    def after(self, seconds: float) -> None:
        """Let time pass, with a tick at its end."""
        self.clock.now_s += seconds
        self.gateway.tick()


def unchecked(power_w: int, current_a: int, energy_wh: int = 1_000_000) -> bytes:
    """A telegram of a meter that sends no check sum (DSMR 3.0 has none)."""
    return (
        "/SIM4NGAIR-DSMR3\r\n\r\n"
        "0-0:96.1.1(53494D30303031)\r\n"
        f"1-0:1.8.1({energy_wh / 1000:09.3f}*kWh)\r\n"
        "1-0:2.8.1(00000.000*kWh)\r\n"
        f"1-0:1.7.0({power_w / 1000:07.2f}*kW)\r\n"
        "1-0:2.7.0(0000.00*kW)\r\n"
        f"1-0:31.7.0({current_a:03d}*A)\r\n"
        "!\r\n"
    ).encode("ascii")


def flipped(telegram: bytes, bit: int) -> bytes:
    """A telegram with one bit of its body changed."""
    damaged = bytearray(telegram)
    damaged[10 + bit // 8 % (len(telegram) - 20)] ^= 1 << bit % 8
    return bytes(damaged)

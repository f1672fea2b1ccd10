"""Setup mode on a machine as a box is one: NetworkManager on its bus, a phone in the access point, a house beside it.

The radio alone is played (python-dbusmock); its access point is a link of the box whose address NetworkManager would
have set.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from tests.adapters.netns import Host, Lan
from tests.adapters.netns import _lan_possible as _lan_possible
from tests.adapters.network_manager.buses import Mocked, mocked_network_manager
from tests.program import DEADLINE_S, Box, started, wait_for

POINT = "192.168.4.1"
SETUP = f"http://{POINT}/api/v1/setup"


class Place:
    """A box, a phone in its access point, and a neighbour in the house's network who knows its other address."""

    def __init__(self, lan: Lan, mocked: Mocked, folder: Path) -> None:
        self.mocked = mocked
        self._host = lan.host(f"{POINT}/24", "10.0.0.7/24")
        self.phone = lan.host("192.168.4.20/24")
        self.neighbour = lan.host("10.0.0.9/24")
        self.neighbour.run("ip", "route", "add", f"{POINT}/32", "via", "10.0.0.7")
        self._folder = folder

    def command(self) -> list[str]:
        meter = self._folder / "meter"
        meter.touch()
        return self._host.inside(
            *(sys.executable, "-m", "ngair", "run", "--meter", f"file://{meter}", "--data", str(self._folder / "data")),
            *("--wifi", "on", "--setup", "--mdns", "off", "--http", ":80"),
        )

    async def until(self, condition: Callable[[Any], object], box: Box) -> Any:
        """Where setup mode stands, as the phone sees it, as soon as it is so."""
        end_s = asyncio.get_running_loop().time() + DEADLINE_S
        while True:
            document = await asyncio.to_thread(get, self.phone, SETUP)
            if condition(document):
                return document
            assert asyncio.get_running_loop().time() < end_s, (document, "".join(box.errors[-20:]))
            await asyncio.sleep(0.1)

    async def until_kept(self, names: list[bytes]) -> None:
        """Until NetworkManager knows these networks and no other."""
        end_s = asyncio.get_running_loop().time() + DEADLINE_S
        kept: object = None
        while kept != names:
            assert asyncio.get_running_loop().time() < end_s, kept
            await asyncio.sleep(0.1)
            try:
                profiles = await self.mocked.profiles()
            except AssertionError as gone:  # one was removed while they were asked for one by one
                kept = gone
            else:
                kept = [profile["802-11-wireless"]["ssid"] for profile in profiles.values()]


def get(who: Host, url: str) -> Any:
    return msgspec.json.decode(who.run("curl", "-sS", url))


def status(who: Host, url: str, *how: str) -> str:
    return who.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", *how, url).strip()


def act(who: Host, name: str, **body: object) -> str:
    data = msgspec.json.encode(body).decode()
    return status(who, f"{SETUP}/{name}", "-H", "Content-Type: application/json", "-d", data)


@pytest_asyncio.fixture(name="place")
async def _place(tmp_path: Path, lan_possible: None) -> AsyncIterator[Place]:
    async with mocked_network_manager(tmp_path) as mocked, Lan() as lan:
        radio = await mocked.radio()
        await mocked.network(radio, b"Home", strength=80)
        await mocked.network(radio, b'caf\xe9 "5G"', strength=50)
        yield Place(lan, mocked, tmp_path)


async def test_a_phone_sets_the_box_up_and_nobody_else_can(place: Place) -> None:
    environment = {"DBUS_SYSTEM_BUS_ADDRESS": place.mocked.address}
    with started(place.command(), environment) as box:
        document = await place.until(lambda document: document["state"] == "open" and document["networks"], box)
        assert document["reason"] == "start"
        assert get(place.phone, f"http://{POINT}/ssid/") == {"ssid_string": ["Home", 'caf\\xe9 "5G"']}
        portal = status(place.phone, f"http://{POINT}/generate_204", "-H", "Host: connectivitycheck.gstatic.com")
        assert portal == f"302 http://{POINT}/setup"

        # The same address, but by another link: whoever is in the house's network is not in the access point.
        assert status(place.neighbour, f"http://{POINT}/status/") == "200"
        assert status(place.neighbour, f"http://{POINT}/ssid/") == "403"
        assert status(place.neighbour, "http://10.0.0.7/ssid/") == "403"
        assert act(place.neighbour, "join", ssid="Home", password="of a burglar") == "403"

        wanted = {"ssid": "Home", "password": "battery staple"}
        assert act(place.phone, "join", **wanted, wifi_password="wrong horse") == "202"
        document = await place.until(lambda document: document["error"] and document["state"] == "open", box)
        assert document["error"]["failure"] == "wrong password"
        assert document["password_set"]

        assert act(place.phone, "join", ssid="Home", wifi_password="correct horse") == "202"
        document = await place.until(lambda document: document["state"] == "telling", box)
        assert document["joined"]["ssid"] == "Home"
        assert document["joined"]["addresses"]
        await place.until(lambda document: document["closes_in_s"], box)
        wait_for(lambda: act(place.phone, "done") == "202")  # the access point opens again to tell
        await place.until(lambda document: document["state"] == "off", box)
        assert status(place.phone, f"http://{POINT}/ssid/") == "403"

        await place.until_kept([b"Home"])
        assert box.stop() == 0
        told = "".join([*box.output, *box.errors])
        assert not any(secret in told for secret in ("correct horse", "wrong horse", "battery staple", "Traceback"))

"""A house whose users' wishes are granted: kept in a real folder, applied, and shown, as the program does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ngair.adapters.folder import Folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.locks import Locks
from ngair.adapters.password import Passwords, set_password
from ngair.api.publisher import Publisher
from ngair.model.events import Event, WishesChanged
from ngair.model.rules import Wishes
from ngair.model.site import Site, apply
from tests.adapters.http.serving import Serving, serving
from tests.adapters.http.wire import Wire
from tests.api.houses import CHARGER, SECOND_CHARGER, decided, seen, site, telegram
from tests.program import PASSWORD, Answer, basic

NOW_S = 10.0
WALL_S = 1_770_000_000
OUTLET = f"/api/v1/outlets/{CHARGER.serial}/1"
MAIN_FUSE = "/api/v1/fuses/main"
EVENTS = (telegram(), seen(), seen(SECOND_CHARGER), decided())


class House:
    """Implements `gateway.ports.WishSink` without a balancer."""

    def __init__(self, folder: Path) -> None:
        self.publisher = Publisher()
        self.begin(folder)

    def begin(self, folder: Path) -> None:
        """As if nobody had asked for anything yet."""
        self.site: Site = site("1.0", EVENTS)
        self.granted: list[Wishes] = []
        self.store = Folder(folder)
        self.show()

    async def wish(self, wishes: Wishes) -> None:
        """Keep, apply, show."""
        self.store.save("wishes.json", msgspec.json.encode(wishes))
        self.granted.append(wishes)
        self.happens(WishesChanged(wishes))

    def happens(self, event: Event) -> None:
        """Something else happens."""
        self.site = apply(self.site, event)
        self.show()

    def show(self) -> None:
        """Make the documents anew."""
        self.publisher.refresh(self.site, NOW_S, WALL_S)


class Asking:
    """A house, its server, and a program that asks it for changes."""

    def __init__(self, house: House, server: Serving) -> None:
        self.house = house
        self.server = server

    def ask(self, path: str, method: str, body: bytes, *headers: bytes, host: bytes = b"127.0.0.1") -> Answer:
        """One request on a connection of its own."""
        with self.server.wire() as wire:
            wire.send(change(path, method, body, *headers, host=host))
            return wire.answer(method)

    def patch(self, path: str, **values: object) -> Answer:
        """A change as programs make it."""
        return self.ask(path, "PATCH", msgspec.json.encode(values), JSON)

    def post(self, path: str) -> Answer:
        """A change without values."""
        return self.ask(path, "POST", b"", JSON)

    def document(self, path: str) -> object:
        """What is served."""
        with self.server.wire() as wire:
            return shown(wire, path)


JSON = b"Content-Type: application/json"
CARRIED = b"Authorization: " + basic(PASSWORD)["Authorization"].encode("ascii")


def shown(wire: Wire, path: str) -> object:
    """A document."""
    answer = wire.ask(path)
    assert answer.status == 200, answer
    return msgspec.json.decode(answer.body)


def change(
    path: str, method: str, body: bytes, *headers: bytes, host: bytes = b"127.0.0.1", carried: bytes = CARRIED
) -> bytes:
    """A request with a body, and the proof that changes carry."""
    lines = [f"{method} {path} HTTP/1.1".encode("latin-1"), b"Host: " + host, b"Content-Length: %d" % len(body)]
    return b"\r\n".join((*lines, *([carried] if carried else []), *headers, b"", body))


@contextlib.contextmanager
def asking(folder: Path) -> Iterator[Asking]:
    """A house that is served."""
    house = House(folder)
    set_password(house.store, PASSWORD)
    locks = Locks(Passwords(house.store))
    with serving(local_api(house.publisher, ["box.example"], house, locks=locks)) as server:
        yield Asking(house, server)

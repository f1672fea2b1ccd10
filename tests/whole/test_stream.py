"""The live stream of the real program: what it tells, how it ends, and that it ends with the program."""

from __future__ import annotations

from ngair.api.live import STREAM
from tests.adapters.http.events import EventReader
from tests.adapters.http.wire import Wire
from tests.program import running


def test_it_tells_what_the_site_tells_and_ends_with_the_program() -> None:
    with running("demo", "--speed", "10") as box:
        box.until("/api/v1/site", lambda site: site["meter"]["fresh"] and site["chargers"])
        with Wire(box.address) as wire:
            sites = EventReader(wire).sites()
            _, event = next(sites)
            telegrams = event.data["meter"]["telegrams"]
            got = []
            while event.data["meter"]["telegrams"] < telegrams + 20:
                points, event = next(sites)
                got += points
            assert event.data.keys() == box.json("/api/v1/site").keys()
            assert len(got) >= 20
            times = [point[0] for point in got]
            assert times == sorted(set(times))
            assert all(power_w is not None for _, power_w, *_ in got)
            assert box.stop() == 0
            while wire.socket.recv(65536):
                pass


def test_who_comes_back_to_the_same_program_has_missed_nothing() -> None:
    with running("demo", "--speed", "20") as box:
        with Wire(box.address) as wire:
            sites = EventReader(wire).sites()
            got, event = next(sites)
        telegrams = event.data["meter"]["telegrams"]
        box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] > telegrams + 20)
        with Wire(box.address) as wire:
            points, event = next(EventReader(wire, last=event.id).sites())
        everything, _ = _all_points(box.address)
        assert len(points) > 10
        assert everything[: len(got) + len(points)] == got + points


def _all_points(address: tuple[str, int]) -> tuple[list[list[float]], str]:
    with Wire(address) as wire:
        points, event = next(EventReader(wire, path=STREAM).sites())
        return points, event.id

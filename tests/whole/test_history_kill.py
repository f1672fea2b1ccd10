"""The program is killed at any moment, again and again over one folder: what it had shown of its memory is there."""

from __future__ import annotations

import contextlib
import http.client
import random
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ngair.model.limits import SAMPLE_S
from tests.program import PASSWORD, Box, running
from tests.whole.memory import Kept, arguments, change, is_charging, is_told, seconds, shown_log, token_of

SPEED = 240


class Shown:
    """What a program has told about its memory, until it was killed."""

    def __init__(self) -> None:
        self.log: dict[int, tuple[str, str]] = {}
        self.sessions: dict[tuple[str, float], int] = {}
        self.seq = 0
        """Of the row that was written last."""

    def watch(self, box: Box, remembers: Callable[[], None]) -> None:
        """Ask, and make things happen, until nobody answers. `remembers` is called once it has told something."""
        with contextlib.suppress(OSError, http.client.HTTPException, msgspec.DecodeError):
            token, paused = token_of(box), False
            while True:
                site = box.json("/api/v1/site")
                if site["memory"]["state"] == "up":
                    was_told = bool(self.log)
                    self._look(box)
                    if self.log and not was_told:
                        remembers()
                if site["chargers"]:
                    outlet = site["chargers"][0]["outlets"][0]
                    wish = "resume" if paused else "pause"
                    change(box, f"/api/v1/outlets/{outlet['serial']}/{outlet['id']}/{wish}", token)
                    paused = not paused

    def _look(self, box: Box) -> None:
        self.log |= shown_log(box)
        found: list[Any] = box.json("/api/v1/sessions?limit=100")["sessions"]
        self.sessions |= {(s["outlet"], seconds(s["plugged_at"])): s["energy_wh"] for s in found}
        self.seq = box.json("/api/v1/box")["memory"]["seq"]


def kill_and_compare(folder: Path, rounds: int, seed: int) -> None:
    """Kill it so often, and look each time at what is left.

    Every other time soon after its start, whatever it does then; else soon after it has told that it remembers.
    """
    chance = random.Random(seed)
    data = folder / "data"
    shown = 0
    for number in range(rounds):
        told = Shown()
        with running(*arguments(data, SPEED), password=PASSWORD) as box:
            after_s = chance.choice((0.05, 0.2, 0.4, 0.4, 2.0)) * chance.random()
            killer = threading.Timer(after_s, box.process.kill)
            if number % 2 == 0:
                killer.start()
            told.watch(box, killer.start if number % 2 else lambda: None)
            killer.join()
        kept = Kept(data, folder / "copy")
        where = f"round {number} of seed {seed}"
        assert kept.integrity == [("ok",)], where
        log, sessions = kept.log(), kept.sessions()
        assert {seq: log.get(seq) for seq in told.log} == told.log, where
        for session, energy_wh in told.sessions.items():
            assert sessions[session[0], int(session[1])] >= energy_wh, where
        assert kept.seq >= told.seq, where
        shown += len(told.log)
    assert shown > rounds
    with running(*arguments(data, SPEED), password=PASSWORD) as box:
        is_told(box, "up")
        [outlet] = box.until("/api/v1/outlets/", bool)
        change(box, f"/api/v1/outlets/{outlet['serial']}/{outlet['id']}/resume", token_of(box))
        is_charging(box)
        entries = box.json("/api/v1/events?kinds=started&limit=500")["entries"]
        assert [entry["detail"]["clean"] for entry in entries] == [False] * (len(entries) - 1) + [True]
        assert len(entries) > rounds / 2, "most of them lived long enough to say that they had started"
        assert box.stop() == 0
    kept = Kept(data, folder / "copy")
    kept.balances()
    assert not list(data.glob("*.damaged*"))


def test_twenty_kills_lose_nothing_that_was_shown(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, rounds=20, seed=1)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_two_hundred_kills_lose_nothing_that_was_shown(tmp_path: Path) -> None:
    kill_and_compare(tmp_path, rounds=200, seed=2)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_loses_nothing(tmp_path: Path, number: int) -> None:
    data = tmp_path / "data"
    with running(*arguments(data, 20)) as box:
        is_told(box, "up")
        is_charging(box)
        house_s = seconds(box.json("/api/v1/site")["time"])
        assert box.stop(number) == 0
    kept = Kept(data, tmp_path / "copy")
    assert kept.integrity == [("ok",)]
    assert kept.newest_sample_s() + SAMPLE_S >= house_s
    assert next(iter(kept.log().values())) == ("stopped", "Stopped")
    kept.balances()
    with running(*arguments(data, 20)) as box:
        is_told(box, "up")
        [newest, _] = box.json("/api/v1/events?kinds=started")["entries"]
        assert newest["detail"]["clean"] is True


def test_a_stop_right_after_the_start_is_kept(tmp_path: Path) -> None:
    with running(*arguments(tmp_path / "data", 1)) as box:
        assert box.get("/meter/").status == 200
        assert box.stop() == 0
    kinds = [kind for kind, _ in Kept(tmp_path / "data", tmp_path / "copy").log().values()]
    assert kinds[0] == "stopped"
    assert kinds[-1] == "started"


def test_without_a_memory_nothing_is_kept(tmp_path: Path) -> None:
    with running(*arguments(tmp_path, 20), "--history", "off") as box:
        is_charging(box)
        assert box.json("/api/v1/site")["memory"] == {"state": "off", "detail": ""}
        assert box.get("/api/v1/events").status == 503
        assert box.stop() == 0
    assert not list(tmp_path.glob("history*"))

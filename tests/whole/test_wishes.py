"""What users ask for, on the whole program: followed at once, kept through a kill, and taken from nobody else."""

from __future__ import annotations

import contextlib
import http.client
import random
import signal
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ngair.adapters.folder import Folder
from ngair.adapters.password import set_password
from tests.contracts.disks import FILL, SMALL, on_a_disk
from tests.contracts.programs import NGAIR, QUIET
from tests.program import PASSWORD, Answer, Box, basic, running, started

FAST = "sim:?speed=20"
"""Twenty seconds in one: what has to be proven for half a minute is, within two seconds."""


def arguments(data: Path) -> list[str]:
    """A house with a charging car behind 25 A."""
    return ["run", "--meter", FAST, "--charger", "sim:", "--main-fuse", "25", "--data", str(data), *QUIET]


def charging(box: Box) -> str:
    """The path of the outlet, as soon as its car charges with more than the minimum."""
    [outlet] = box.until("/api/v1/outlets/", lambda outlets: outlets and max(known(outlets[0])) > 6.5)
    return f"/api/v1/outlets/{outlet['serial']}/{outlet['id']}"


def known(outlet: Any) -> list[float]:
    return [amps or 0 for amps in outlet["current_a"]]


def patched(box: Box, path: str, **values: object) -> Any:
    answer = box.change(path, "PATCH", msgspec.json.encode(values))
    assert answer.status == 200, answer
    return msgspec.json.decode(answer.body)


def posted(box: Box, path: str) -> Any:
    answer = box.change(path, "POST")
    assert answer.status == 200, answer
    return msgspec.json.decode(answer.body)


def detail(answer: Answer, status: int) -> str:
    assert answer.status == status, answer
    return str(msgspec.json.decode(answer.body)["detail"])


def test_pause_and_resume(tmp_path: Path) -> None:
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        path = charging(box)
        outlet = posted(box, path + "/pause")
        assert (outlet["setpoint_a"], outlet["rule"], outlet["wish"]["paused"]) == (0, "paused", True)
        assert outlet["reason"]
        box.until(path, lambda outlet: max(known(outlet)) == 0)
        outlet = posted(box, path + "/resume")
        assert outlet["wish"]["paused"] is False
        box.until(path, lambda outlet: outlet["setpoint_a"] > 0 and max(known(outlet)) > 0)
        assert box.stop() == 0


def test_the_maximum_is_followed_at_once_and_for_good(tmp_path: Path) -> None:
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        path = charging(box)
        outlet = patched(box, path, max_a=8)
        assert outlet["setpoint_a"] <= 8
        box.until(path, lambda outlet: 0 < max(known(outlet)) <= 8)
        seen: list[int] = []
        telegrams = box.json("/api/v1/site")["meter"]["telegrams"]
        box.until("/api/v1/site", lambda site: followed(seen, site) and site["meter"]["telegrams"] >= telegrams + 60)
        assert max(seen) == 8
        patched(box, path, max_a=None)
        box.until(path, lambda outlet: outlet["setpoint_a"] > 8 and max(known(outlet)) > 8)


def followed(seen: list[int], site: Any) -> bool:
    seen.append(site["chargers"][0]["outlets"][0]["setpoint_a"])
    return True


def test_a_lower_main_fuse_is_followed_at_once(tmp_path: Path) -> None:
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        path = charging(box)
        box.until(path, lambda outlet: outlet["setpoint_a"] > 9)
        fuse = patched(box, "/api/v1/fuses/main", rating_a=10)
        assert (fuse["rating_a"], fuse["setting_a"]) == ([10, 10, 10], [25, 25, 25])
        outlet = box.json(path)
        assert outlet["setpoint_a"] <= 9
        assert outlet["reason_detail"]["fuse"] == "main"
        box.until(path, lambda outlet: max(known(outlet)) <= 9)
        assert "from 6 to 25" in detail(box.change("/api/v1/fuses/main", "PATCH", b'{"rating_a": 32}'), 409)
        assert box.json("/api/v1/fuses/main")["rating_a"] == [10, 10, 10]
        patched(box, "/api/v1/fuses/main", rating_a=None)
        box.until(path, lambda outlet: outlet["setpoint_a"] > 9)


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    wishes = {"max_a": 8, "priority": 2, "paused": True, "fallback_a": 0}
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        path = charging(box)
        for round_, wish in enumerate(wishes.items()):
            patched(box, path, **dict([wish]))
            patched(box, "/api/v1/fuses/main", rating_a=10 + round_)
        box.stop(signal.SIGKILL)
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        [outlet] = box.until("/api/v1/outlets/", bool)
        assert outlet["wish"] == wishes
        assert box.json("/api/v1/fuses/main")["rating_a"] == [13, 13, 13]
        box.until(path, lambda outlet: outlet["setpoint_a"] == 0 and outlet["rule"] == "paused")


@pytest.mark.parametrize("seed", range(3))
def test_a_kill_within_a_change_loses_nothing_that_was_answered(tmp_path: Path, seed: int) -> None:
    path, sent_a, answered_a = "/api/v1/fuses/main", 25, 25
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        killer = threading.Timer(random.Random(seed).uniform(0.1, 0.5), box.process.kill)
        killer.start()
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                sent_a = 6 + (sent_a - 5) % 20
                assert patched(box, path, rating_a=sent_a)["rating_a"] == [sent_a] * 3
                answered_a = sent_a
        killer.join()
    assert answered_a != sent_a, "it was killed while it was asked"
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        assert box.json(path)["rating_a"][0] in (answered_a, sent_a)
        assert "wishes.json" not in "".join(box.errors)


def test_strangers_change_nothing(tmp_path: Path) -> None:
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        path = charging(box)
        refused: list[tuple[dict[str, str], int]] = [
            ({"Origin": "http://evil.example"}, 403),
            ({"Origin": "null"}, 403),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Host": "evil.example"}, 421),
            ({"Host": "evil.example", "Origin": "http://evil.example"}, 421),
            ({"Content-Type": "text/plain"}, 415),
            ({"X-Ngair-Token": "0" * 32}, 401),
            ({"X-Ngair-Token": "", **basic("wrong")}, 401),
        ]
        for headers, status in refused:
            assert detail(box.change(path + "/pause", "POST", b"", headers), status)
            assert detail(box.change("/api/v1/fuses/main", "PATCH", b'{"rating_a": 6}', headers), status)
        assert box.json(path)["wish"]["paused"] is False
        assert box.json("/api/v1/fuses/main")["rating_a"] == [25, 25, 25]
        assert not (tmp_path / "wishes.json").exists()
        own = {"Origin": box.url.rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        assert box.change(path + "/pause", "POST", b"", own).status == 200


def test_a_token_is_of_one_run(tmp_path: Path) -> None:
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        before = box.token
        path = charging(box)
        box.stop()
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        assert charging(box) == path
        told = detail(box.change(path + "/pause", "POST", b"", {"X-Ngair-Token": before}), 401)
        assert "/api/v1/login" in told
        assert posted(box, path + "/pause")["wish"]["paused"] is True


@pytest.mark.parametrize("wish", ["/pause", "/resume"])
def test_an_unknown_outlet(tmp_path: Path, wish: str) -> None:
    with running(*arguments(tmp_path), password=PASSWORD) as box:
        assert "/api/v1/outlets/" in detail(box.change(f"/api/v1/outlets/NOBODY/1{wish}", "POST"), 404)


def test_what_a_full_disk_cannot_keep_is_not_done(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    set_password(Folder(tmp_path), PASSWORD)
    prepare = f'cp -p "{tmp_path}/password.json" "$1" && {FILL}'
    command = on_a_disk(SMALL, tmp_path / "box", [*NGAIR, *arguments(tmp_path / "box")], prepare)
    with started(command, password=PASSWORD) as box:
        path = charging(box)
        answer = box.change(path + "/pause", "POST")
        assert "No space left on device" in detail(answer, 507)
        assert box.json(path)["wish"]["paused"] is False
        assert box.json(path)["setpoint_a"] > 0

"""A box is brought the next version by curl, starts as it while a car charges, and goes back when that is no good."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ngair import __version__, launcher
from ngair.adapters.folder import Folder
from ngair.adapters.password import set_password
from tests.contracts.wires import free_port
from tests.program import PASSWORD, Box, running, started, wait_for
from tests.whole.charging import LivingHouse, living_house, until_setpoint
from tests.whole.images import Factory

PYTHON = str(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}")
"""Without this environment's packages."""
UPDATE_S = 200.0
"""Long enough for a loaded machine to install all of it; nobody waits for it when things work."""
pytestmark = pytest.mark.timeout(300)
CRASHES = {"cli/main.py": "raise SystemExit('nobody tried this')"}
DEAF = {
    "adapters/http/app.py": """
def local_api(*arguments, **more):
    async def broken(scope, receive, send):
        raise RuntimeError("nobody tried this")
    return broken
"""
}
LATER_STORE = {"adapters/sqlite/schema.py": "VERSION = 3\n_MIGRATIONS[2] = ('SELECT 1',)"}
"""The memory as the version before could not read it."""
BLIND = {"meter/decoder.py": "Decoder.feed = lambda self, data: []", **LATER_STORE}


class LaunchedBox:
    """A box whose launcher stays while its program changes."""

    def __init__(self, box: Box, slots: Path) -> None:
        self.box = box
        self._slots = slots

    def upload(self, image: Path) -> None:
        """As the document says: with curl."""
        host, port = self.box.address
        command = ["curl", "-sS", "-X", "POST", "-T", str(image), "-u", f"ctek:{PASSWORD}"]
        command += ["-w", "%{http_code}", "-o", "/dev/null", f"http://{host}:{port}/upload/image.ngfw"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=UPDATE_S, check=False)
        assert (done.returncode, done.stdout) == (0, "202"), f"{done.stdout} {done.stderr}"

    def until(self, path: str, condition: Callable[[Any], object]) -> Any:
        """A document as soon as it fulfils a condition, through as many restarts as there are."""
        end_s, last = time.monotonic() + UPDATE_S, None
        while True:
            with contextlib.suppress(OSError, http.client.HTTPException, AssertionError):
                last = self.box.json(path)
                if condition(last):
                    return last
            assert time.monotonic() < end_s, f"{path}: {last}\n{''.join(self.box.errors[-40:])}"
            time.sleep(0.05)

    def until_it_is(self, version: str) -> None:
        """Until this version runs, confirmed, by the vendor's document and by our own."""
        self.until("/api/v1/site", lambda site: site["box"]["firmware"].startswith(f"ngair.{version}-"))
        self.until("/status/", lambda status: status["otaInfo"]["status"] in (0, 6))
        assert self.box.json("/status/")["deviceInfo"]["firmware"].startswith(f"ngair.{version}-")

    def until_update(self, state: str, **more: object) -> Any:
        """Until the update is in a state."""

        def there(site: Any) -> bool:
            update = site["update"]
            return bool(update["state"] == state and all(update[name] == value for name, value in more.items()))

        return self.until("/api/v1/site", there)["update"]

    def log(self, *kinds: str) -> list[dict[str, Any]]:
        """Entries of some kinds, the oldest first."""
        told = self.box.json(f"/api/v1/events?limit=500&kinds={','.join(kinds).replace(' ', '%20')}")
        return list(reversed(told["entries"]))

    def until_told(self, kind: str, version: str) -> dict[str, Any]:
        """The newest entry of a kind, as soon as it is about this version."""
        path = f"/api/v1/events?limit=1&kinds={kind.replace(' ', '%20')}"
        told = self.until(path, lambda told: told["entries"] and told["entries"][0]["detail"]["version"] == version)
        entry: dict[str, Any] = told["entries"][0]
        return entry

    @property
    def boot(self) -> launcher.Boot:
        """What the launcher goes by."""
        return launcher.load_boot(launcher.Disk(), str(self._slots))

    def program(self) -> int | None:
        """The process id of the program, the launcher's only child; none between two starts."""
        pid = self.box.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0]) if children else None


@contextlib.contextmanager
def launched(folder: Path, factory: Factory, python: str, *arguments: str) -> Iterator[LaunchedBox]:
    """The real launcher with this checkout as the factory's version, on a port that stays."""
    data = folder / "data"
    set_password(Folder(data), PASSWORD)
    slots = folder / "slots"
    command = [python, "-I", launcher.__file__, "--slots", str(slots)]
    command += ["--factory-command", sys.executable, "-m", "ngair", "--", *arguments]
    command += ["--data", str(data), "--firmware-keys", str(factory.public_keys)]
    command += ["--http", f"127.0.0.1:{free_port()}", "--profile", "1.3", "--mdns", "off"]
    with started(command, password=PASSWORD) as box:
        yield LaunchedBox(box, slots)


def simulated(folder: Path, parts: Factory, speed: int) -> contextlib.AbstractContextManager[LaunchedBox]:
    """A house whose time is fast, so that a trial is over soon. Nothing disturbs its cars."""
    arguments = ["run", "--meter", f"sim:?speed={speed}", "--charger", "sim:", "--main-fuse", "25", "--fallback", "16"]
    return launched(folder, parts, sys.executable, *arguments)


@contextlib.contextmanager
def charging(folder: Path, factory: Factory, python: str) -> Iterator[tuple[LivingHouse, LaunchedBox]]:
    """A house in real time."""
    with living_house(folder) as (house, _, arguments):
        ours = [one for one in arguments if one not in ("--mdns", "off", "--data", str(folder / "data"))]
        with launched(folder, factory, python, *ours) as box:
            yield house, box


def until_calm(house: LivingHouse, box: LaunchedBox) -> int:
    """Something else needs the current, so that the car is not disturbed: how many setpoints there were by then."""
    house.house_a = (2, 18, 2)
    until_setpoint(house, 6)
    # It may be past waiting by then, and that which it started may have failed.
    box.until("/api/v1/site", lambda site: site["update"]["holding"] or site["update"]["state"] == "failed")
    house.house_a = (2, 2, 2)
    return len(house.seen.setpoints)


def _time_s(entry: dict[str, Any]) -> float:
    """When what an entry tells happened, in seconds since 1970."""
    return datetime.fromisoformat(entry["time"]).timestamp()


def test_the_next_version_runs_and_no_car_ever_has_more_than_is_safe(tmp_path: Path, whole: Factory) -> None:
    image = whole.image("9.0.0", LATER_STORE)
    with charging(tmp_path, whole, PYTHON) as (house, box):
        until_setpoint(house, 16)
        box.upload(image)
        box.until_update("waiting", version="9.0.0", holding=False)
        assert box.box.json("/status/")["otaInfo"] == {"status": 3, "version": "9.0.0", "progress": 100}
        assert house.seen.setpoints[-1] == 16, "a car that charges is not disturbed"
        since = until_calm(house, box)
        told = box.until_told("updated", "9.0.0")
        assert told["detail"] == {"version": "9.0.0", "from_version": __version__}
        box.until_it_is("9.0.0")
        until_setpoint(house, 16)
        assert house.seen.setpoints_before(_time_s(told), since) <= {6}, "until it is healthy, whatever would be left"
        boot = box.boot
        assert (boot.active, boot.trial, boot.failed, boot.floor) == ("a", None, None, "0.1.0")
        assert box.until("/api/v1/box", lambda told: told["memory"]["state"] == "up")["memory"]["schema_version"] == 3
        starts = box.log("started", "stopped")
        assert [entry["kind"] for entry in starts] == ["started", "stopped", "started"]
        assert starts[-1]["detail"]["clean"] is True
        assert not list((tmp_path / "slots" / "uploads").iterdir())
        assert box.box.stop() == 0


def test_a_version_that_cannot_start_leaves_the_car_what_is_safe(tmp_path: Path, parts: Factory) -> None:
    image = parts.image("9.0.1", CRASHES)
    with charging(tmp_path, parts, sys.executable) as (house, box):
        house.house_a = (2, 18, 2)
        until_setpoint(house, 6)
        box.upload(image)
        since = until_calm(house, box)
        told = box.until_told("update failed", "9.0.1")
        assert house.seen.setpoints_before(_time_s(box.log("started")[-1]), since) <= {6}
        assert told["detail"] == {"version": "9.0.1", "reason": "starts"}
        box.until_it_is(__version__)
        assert box.box.json("/status/")["otaInfo"] == {"status": 6, "version": "9.0.1", "progress": 0}
        until_setpoint(house, 16)


@pytest.mark.parametrize(
    ("version", "changed", "reason"),
    [pytest.param("9.0.2", DEAF, "no answer", marks=pytest.mark.long), ("9.0.3", BLIND, "meter silent")],
)
def test_a_version_that_runs_and_is_no_good_gives_itself_up(
    version: str, changed: dict[str, str], reason: str, tmp_path: Path, parts: Factory
) -> None:
    image = parts.image(version, changed)
    with simulated(tmp_path, parts, 90) as box:
        box.until("/api/v1/site", lambda site: site["meter"]["fresh"])
        box.upload(image)
        update = box.until_update("failed", version=version)
        assert (update["reason"], update["holding"]) == (reason, False)
        assert f"version {version} on trial" in update["detail"]
        assert box.until_told("update failed", version)["detail"] == {"version": version, "reason": reason}
        box.until_it_is(__version__)
        assert box.boot.active == "factory"


def test_a_program_that_is_killed_on_trial_ends_well(tmp_path: Path, parts: Factory) -> None:
    with simulated(tmp_path, parts, 5) as box:
        box.upload(parts.image("9.0.4"))
        box.until("/api/v1/site", lambda site: site["box"]["firmware"].startswith("ngair.9.0.4-"))
        killed = box.program()
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: box.program() not in (None, killed))
        trial = box.boot.trial
        assert trial is None or trial.starts == 2, box.boot
        box.until_it_is("9.0.4")
        assert box.boot.active == "a"
        box.until_told("updated", "9.0.4")


def test_without_a_launcher_nothing_is_taken_and_the_remedy_is_told(tmp_path: Path, parts: Factory) -> None:
    image = parts.image("9.0.5")
    with running("run", "--meter", "sim:", "--data", str(tmp_path), "--mdns", "off", password=PASSWORD) as box:
        answer = box.send("/upload/image.ngfw", "POST", image.read_bytes()[:1000], box.proof)
        assert answer.status == 403
        assert b"ngair install" in answer.body


@pytest.fixture(name="whole", scope="module")
def _whole(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """Makes images that need nothing but Python."""
    return Factory(tmp_path_factory.mktemp("images"))


@pytest.fixture(name="parts", scope="module")
def _parts(tmp_path_factory: pytest.TempPathFactory) -> Factory:
    """Makes images of the program alone, which is quick: the launcher's Python has what it needs besides."""
    return Factory(tmp_path_factory.mktemp("parts"), whole=False)

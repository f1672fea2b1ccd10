"""Real updates: the real launcher starts real wheels, which install, switch, confirm and fail."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from ngair import launcher
from tests.launcher.programs import (
    CRASHING,
    FELL_SILENT,
    HEALTHY,
    KILLED,
    NOT_HEALTHY,
    WAIT,
    WRONG_SETTINGS,
    Launched,
    factory,
    image,
    launched,
)
from tests.program import DEADLINE_S


class Bad(NamedTuple):
    """A version that does not work, and what is known of it afterwards."""

    main: str
    reason: str
    starts: int
    text: str


BAD = {
    "crashes": Bad(CRASHING, "starts", 3, "it did not become healthy in 3 starts; the last ended with exit code 1"),
    "is killed": Bad(KILLED, "starts", 3, "the last was killed by signal 9"),
    "finds no meter": Bad(NOT_HEALTHY, "no meter", 1, "the meter was up before"),
    "ends with 76": Bad(FELL_SILENT, "unhealthy", 1, "it found itself not healthy"),
    "refuses the settings": Bad(WRONG_SETTINGS, "settings", 1, "it cannot use the settings"),
    "hangs": Bad(WAIT, "deadline", 1, "it was neither healthy nor ended within 1 s"),
    "hangs deaf": Bad("    signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + WAIT, "deadline", 1, "within 1 s"),
}


@pytest.fixture(scope="module", name="boxes")
def _boxes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Launched]]:
    """Every update at once: most of the time they wait."""
    with contextlib.ExitStack() as stack:
        boxes = {}
        for name, main in {"works": HEALTHY, **{name: bad.main for name, bad in BAD.items()}}.items():
            folder = tmp_path_factory.mktemp("box")
            path, about = image(folder, "0.2.0", main)
            options = ("--grace", "0.5", "--factory", str(factory(folder)))
            deadline_s = "1" if "hangs" in name else "300"
            boxes[name] = stack.enter_context(
                launched(folder / "slots", *options, arguments=(str(path), str(about), deadline_s))
            )
        yield boxes


def test_an_update_that_works_is_confirmed(boxes: dict[str, Launched]) -> None:
    box = boxes["works"]
    box.until("healthy 0.2.0")
    boot = box.boot()
    assert (boot.active, boot.trial, boot.failed, boot.floor) == ("a", None, None, "0.2.0")
    assert "starting version 0.1.0 in factory\n" in box.said
    assert "starting version 0.2.0 in a, on trial, start 1 of 3\n" in box.said
    box.process.send_signal(signal.SIGTERM)
    assert box.process.wait(DEADLINE_S) == 0
    assert box.boot() == boot


@pytest.mark.parametrize("name", BAD)
def test_an_update_that_does_not_work_is_left(boxes: dict[str, Launched], name: str) -> None:
    bad, box = BAD[name], boxes[name]
    box.until("healthy 0.1.0", times=2)
    failed = box.boot().failed
    assert failed
    assert (failed.slot, failed.version, failed.reason) == ("a", "0.2.0", bad.reason)
    assert bad.text in failed.text
    # By the launcher: the program itself may be late for its deadline before it can tell anything.
    assert box.said.count("starting version 0.2.0 in a, on trial, ") == bad.starts
    assert f"ngair launcher: {failed.text}\n" in box.said
    assert (box.boot().active, box.boot().trial, box.boot().floor) == (launcher.FACTORY, None, "")

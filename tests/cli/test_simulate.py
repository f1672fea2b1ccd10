"""`ngair simulate` as a program: table, JSON, picture, refusals, and an interrupt that keeps what was done."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from io import FileIO
from pathlib import Path
from typing import Any

import pytest

from ngair.cli.main import main
from ngair.model.phases import KnownPhases
from ngair.sim.days import many
from ngair.sim.days.faults import Fate
from ngair.sim.days.meter import ByteMeter, Received
from tests.program import clean_environment, ngair

PER_DAY = {"kwh", "kwh_optimum", "ratio", "trips", "seconds_over", "changes_per_hour", "stops_per_hour"}
IN_TOTAL = PER_DAY | {
    "seed",
    "days",
    "limited_hours",
    "depth_a",
    "fairness",
    "full_after_s",
    "worst_days",
    "bytes_days",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, subprocess.CompletedProcess[bytes]]:
    """Two days as JSON, with the second drawn."""
    picture = tmp_path_factory.mktemp("plot") / "day.png"
    ran = ngair("simulate", "--days", "2", "--seed", "2", "--json", "--plot", str(picture), "--plot-day", "1")
    assert ran.returncode == 0, ran.stderr.decode()
    return json.loads(ran.stdout), picture, ran


def test_json_has_the_figures_in_total_and_for_each_day(done: tuple[Any, Path, object]) -> None:
    document, _, _ = done
    assert document.keys() >= IN_TOTAL
    assert document["seed"] == 2
    assert [day["day"] for day in document["days"]] == [0, 1]
    for day in document["days"]:
        assert day.keys() >= PER_DAY
    assert document["kwh"] == pytest.approx(sum(day["kwh"] for day in document["days"]), abs=0.01)
    assert document["kwh_optimum"] > document["kwh"] * 0.5 > 0
    assert (document["bytes_days"], document["bytes_days_equal"]) == (1, 1)


def test_a_picture_is_drawn(done: tuple[Any, Path, subprocess.CompletedProcess[bytes]]) -> None:
    _, picture, ran = done
    assert picture.read_bytes().startswith(b"\x89PNG\r\n")
    assert picture.stat().st_size > 20_000
    assert b"day 1 is drawn" in ran.stderr


@pytest.mark.long
def test_the_same_again_is_the_same(done: tuple[Any, Path, object]) -> None:
    again = json.loads(ngair("simulate", "--days", "2", "--seed", "2", "--json", "--jobs", "1").stdout)
    first = dict(done[0])
    first.pop("speed")
    again.pop("speed")
    assert again == first


def test_a_table_for_people_without_a_bar_where_there_is_no_terminal() -> None:
    ran = ngair("simulate", "--days", "1", "--policy", "max-hold")
    text = ran.stdout.decode()
    assert ran.returncode == 0
    for word in ("1 house-days", "of the optimum", "openings", "over the fuse", "setpoint changes", "worst days"):
        assert word in text
    assert ran.stderr == b""


def test_days_that_true_bytes_change_are_told_with_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class OtherMeter(ByteMeter):
        """Its bytes lose every telegram."""

        def receive(self, second: int, current_a: KnownPhases, fate: Fate) -> list[Received]:
            return super().receive(second, current_a, Fate.LOST)

    monkeypatch.setattr(many, "ByteMeter", OtherMeter)
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--days", "1", "--seed", "2", "--jobs", "1", "--json"])
    shown = capsys.readouterr()
    assert ended.value.code == 1
    assert "came out otherwise than without: 0;" in shown.err
    assert json.loads(shown.out)["bytes_days_equal"] == 0


def test_a_terminal_shows_how_far_it_is() -> None:
    """A real terminal behind standard error; the table goes elsewhere."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ngair", "simulate", "--days", "2", "--policy", "max-hold", "--jobs", "1"]
    environment = clean_environment() | {"TERM": "xterm", "COLUMNS": "100"}
    with FileIO(ours, "rb") as screen:
        program = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=theirs, env=environment)
        os.close(theirs)
        shown = bytearray()
        try:
            while data := _read(screen):
                shown += data
            assert program.wait(timeout=100) == 0
        finally:
            program.kill()
            program.wait()
    assert b"house-days" in shown
    assert b"0/2" in shown
    assert b"1/2" in shown


def _read(screen: FileIO) -> bytes:
    """What the terminal shows next; nothing once the program has closed it."""
    try:
        return screen.read(4096) or b""
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--days", "0"], "whole number"),
        (["--days", "many"], "whole number"),
        (["--days", "1", "--seed", "-1"], "whole number"),
        (["--days", "1", "--policy", "theirs"], "--policy theirs: must be one of ours"),
        (["--days", "1", "--plot", "day.pdf"], ".png"),
        (["--days", "1", "--plot", "no/such/folder/day.png"], "there is no folder"),
        (["--days", "1", "--jobs", "0"], "whole number"),
        ([], "--days"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_cannot_be_is_told_with_exit_2(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["simulate", *arguments])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_without_matplotlib_the_remedy_is_told_before_anything_is_simulated(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit) as ended:
        main(["simulate", "--days", "100000", "--plot", "day.png"])
    assert ended.value.code == 2
    assert "pip install 'ngair[plot]'" in capsys.readouterr().err


def test_an_interrupt_ends_it_with_what_was_done_so_far() -> None:
    asked = ["simulate", "--days", "5000", "--json", "--jobs", "2", "--policy", "max-hold"]
    command = [sys.executable, "-c", INTERRUPTED, *asked]
    ran = subprocess.run(command, capture_output=True, timeout=100, env=clean_environment(), check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    document = json.loads(ran.stdout)
    assert 2 <= len(document["days"]) < 20
    assert document["days_done"] == len(document["days"])
    assert f"interrupted after {document['days_done']} of 5000 days" in ran.stderr.decode()


INTERRUPTED = f"""
import os, signal
from ngair.cli.main import main
import ngair.sim.days.many as many

simulate = many.simulate

def interrupted(seed, days, policy, jobs, on_day):
    done = []
    def heard(day):
        done.append(day)
        if len(done) == 2:
            os.kill(os.getpid(), {signal.SIGINT:d})
    return simulate(seed, days, policy, jobs, heard)

many.simulate = interrupted
if __name__ == "__main__":
    main()
"""
"""The program, which gets Ctrl-C after the second day: a time would say something about the machine."""

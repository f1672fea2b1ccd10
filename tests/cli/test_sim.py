"""`ngair sim charger` on the command line: every switch is told, and what cannot be is refused."""

from __future__ import annotations

import argparse
import subprocess
import sys
from typing import get_args, get_type_hints

import msgspec
import pytest

from ngair.cli.main import main, parser_of_all
from ngair.sim.car_models import CAR_MODELS
from ngair.sim.station.options import StationOptions
from tests.program import clean_environment

BROKER = ["sim", "charger", "--mqtt", "127.0.0.1:1883"]


def charger_parser() -> argparse.ArgumentParser:
    parser = parser_of_all()
    for name in ("sim", "charger"):
        choices = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
        parser = choices[name]
    return parser


def actions() -> dict[str, argparse.Action]:
    """Those about the charger itself."""
    of_program = {"help", "mqtt", "quiet", "json"}
    return {action.dest: action for action in charger_parser()._actions if action.dest not in of_program}


def test_every_option_of_a_charger_has_a_flag() -> None:
    assert set(actions()) == {field.name for field in msgspec.structs.fields(StationOptions)}


@pytest.mark.parametrize("name", actions())
def test_a_flag_tells_what_it_means_and_its_default(name: str) -> None:
    action = actions()[name]
    default = getattr(StationOptions(), name)
    told = (action.help or "").rpartition(" Default: ")
    if isinstance(default, bool):
        flag = f"--{name.replace('_', '-')}"
        on, off = (flag, f"--no-{flag[2:]}") if len(action.option_strings) > 1 else ("it does.", "it does not.")
        assert told[2].rstrip(".") == (on if default else off).rstrip(".")
    elif default is None or default == "":
        assert told[2]
    else:
        shown = default[0] if isinstance(default, tuple) else default
        assert told[2] == (f"{shown:g}." if isinstance(shown, float) else f"{shown}.")
    assert action.default is None, "the charger's own default holds"


@pytest.mark.parametrize("name", ["on_silence", "zero"])
def test_a_flag_names_its_choices(name: str) -> None:
    assert actions()[name].metavar == "|".join(get_args(get_type_hints(StationOptions)[name]))


def test_the_help_names_every_car() -> None:
    text = actions()["car"].help or ""
    assert [model.name for model in CAR_MODELS if model.name not in text] == []


def test_the_help_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sim", "charger", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert "Example: mosquitto -p 1884 & ngair sim charger" in text


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--outlets", "3"], "--outlets 3: must be 1 or 2"),
        (["--car", "tank"], "--car tank: must be at most one an outlet, of family, small, "),
        (["--car", "family", "--car", "small"], "--car family,small: must be at most one an outlet"),
        (["--on-silence", "die"], "--on-silence die: must be one of hold, decay, stop"),
        (["--start-current", "3"], "--start-current 3: must be 0 or from 6 to the fuse's 16"),
        (["--speed", "nan"], "--speed nan: must be above 0 and at most 3600"),
        (["--serial", "a/b/c/d"], "--serial a/b/c/d: must be 4 to 64 letters"),
        (["--mqtt", ""], "--mqtt '': must be HOST or HOST:PORT, such as 127.0.0.1:1883"),
        (["--mqtt", "127.0.0.1:99999"], "--mqtt '127.0.0.1:99999': must be HOST"),
        (["--mqtt", "a b"], "--mqtt 'a b': must be HOST"),
        (["--mqtt", "host:1883/path"], "--mqtt 'host:1883/path': must be HOST"),
        (["--mqtt", "mqtt://host"], "--mqtt 'mqtt://host': must be HOST"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_cannot_be_is_refused_in_a_line(flags: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*BROKER, *flags])
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    [line] = shown.err.splitlines()
    assert line.startswith(f"ngair: {told}")


@pytest.mark.parametrize("arguments", [["sim"], ["sim", "meter"], ["sim", "charger"], [*BROKER, "--fuse", "x"]])
def test_asking_wrongly_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_other_commands_load_nothing_of_it() -> None:
    code = (
        "import sys, ngair.cli.main, ngair.app; ngair.cli.main.parser_of_all(); "
        "sys.exit(any(name.startswith('ngair.sim.station') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], env=clean_environment(), check=False).returncode == 0

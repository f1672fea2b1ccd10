"""`--help` names everything that there is, and asking wrongly is told."""

from __future__ import annotations

import argparse
import re

import pytest

import ngair as package
from ngair.cli.main import COMMANDS, main, parser_of_all
from ngair.model.settings import SETTINGS
from tests.program import ngair

NAMES = [module.__name__.rpartition(".")[2] for module in COMMANDS]
IN_DEMO = {"--main-fuse", "--http", "--profile", "--setup", "--log-level", "--mdns", "--time-zone", "--prices"}
"""The others make no sense for a house that is simulated and keeps nothing."""


def test_the_program_names_its_commands() -> None:
    text = ngair("--help").stdout.decode()
    for name in NAMES:
        assert re.search(rf"^ +{name} +\S", text, re.MULTILINE), f"{name} and what it does"


@pytest.mark.parametrize("name", NAMES)
def test_a_command_names_every_flag_with_what_it_means(name: str) -> None:
    text = " ".join(ngair(name, "--help").stdout.decode().split())
    for action in parser_of(name)._actions:
        for flag in action.option_strings:
            assert flag in text
        assert action.help
        assert " ".join((action.help % (vars(action) | {"prog": "ngair"})).split())[:30] in text
    assert "Example: ngair " + name in text


def test_run_has_every_setting_and_demo_those_that_it_can_have() -> None:
    flags = {setting.flag for setting in SETTINGS if setting.flag is not None}
    assert flags <= {flag for action in parser_of("run")._actions for flag in action.option_strings}
    assert flags & {flag for action in parser_of("demo")._actions for flag in action.option_strings} == IN_DEMO


def test_help_names_the_default_of_each_setting() -> None:
    text = " ".join(ngair("run", "--help").stdout.decode().split())
    assert text.count("Default: ") == len([setting for setting in SETTINGS if setting.flag is not None])


def test_the_version_is_the_package_s() -> None:
    done = ngair("--version")
    assert (done.stdout.decode(), done.returncode) == (f"ngair {package.__version__}\n", 0)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["run", "--colour"],
        ["run", "extra"],
        ["run", "--meter"],
        ["run", "--met", "sim:"],
        ["check"],
        ["decode", "a", "b"],
        ["--verbose"],
    ],
    ids=" ".join,
)
def test_asking_for_what_is_not_there_is_told_with_exit_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert shown.out == ""
    assert "error: " in shown.err.splitlines()[-1]


def parser_of(name: str) -> argparse.ArgumentParser:
    commands = next(a for a in parser_of_all()._actions if isinstance(a, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = commands.choices[name]
    return parser

"""The how-to adds a meter to a copy of the repository with its own files, and the tests find it there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.program import clean_environment

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "howto" / "add-a-meter.md").read_text(encoding="utf-8")
NAME = "example-meter"
MODULE = "example_meter"
DEADLINE_S = 120.0


def blocks(kind: str) -> list[str]:
    """The fenced blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


(CAPTURE,) = blocks("hex")
DIALECT, FAMILY = blocks("python")
(READING,) = blocks("json")


@pytest.fixture(name="copy", scope="module")
def _copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with what the how-to adds."""
    copy = tmp_path_factory.mktemp("copy")
    passed_over = shutil.ignore_patterns("__pycache__", "*.pyc", ".hypothesis")
    for folder in ("src", "tests"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=passed_over)
    shutil.copy(ROOT / "pyproject.toml", copy)
    (copy / "capture.hex").write_text(CAPTURE)
    (copy / "src/ngair/meter/dialects" / f"{MODULE}.py").write_text(DIALECT)
    (copy / "src/ngair/sim/telegrams" / f"{MODULE}.py").write_text(FAMILY)
    example = copy / "tests/corpus" / NAME
    example.mkdir()
    (example / "three-phase.hex").write_text(CAPTURE)
    (example / "three-phase.json").write_text(READING)
    return copy


def started(*arguments: str, source: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """A module of some source, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=source,
        env=clean_environment() | {"PYTHONPATH": str(source / "src"), "PYTHONDONTWRITEBYTECODE": "1"} | dict(env or {}),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def test_before_it_is_explained_as_the_how_to_shows(copy: Path) -> None:
    done = started("ngair", "decode", str(copy / "capture.hex"), "--explain", source=ROOT)
    assert done.returncode == 1
    shown = blocks("text")
    assert len(shown) == 2
    for text in shown:
        assert text in done.stdout


def test_with_its_file_it_is_read_as_the_how_to_shows(copy: Path) -> None:
    done = started("ngair", "decode", str(copy / "capture.hex"), "--explain", source=copy)
    assert done.returncode == 0, done.stderr
    assert f"  dialect  {NAME}: Example, nowhere\n" in done.stdout
    assert done.stdout.splitlines()[-1] == re.sub(r"\n *|(?<=[:,]) ", "", READING)


def test_the_tests_find_it_with_its_example_and_its_simulated_meter(copy: Path) -> None:
    tests = ["tests/meter/test_corpus.py", "tests/meter/test_dialects.py", "tests/meter/test_explain.py"]
    done = started(
        "pytest", "-q", "-p", "no:cacheprovider", "-k", f"{NAME} or each_dialect", "-rA", *tests, source=copy
    )
    assert done.returncode == 0, done.stdout
    for test in (
        f"test_the_reading_is_exact[{NAME}/three-phase]",
        f"test_exactly_one_dialect_recognises_an_example[{NAME}/three-phase]",
        f"test_a_table_is_whole[{NAME}]",
        "test_each_dialect_has_its_examples_and_its_simulated_meter",
    ):
        assert re.search(rf"^PASSED .*{re.escape(test)}$", done.stdout, re.MULTILINE), done.stdout


def test_its_simulated_meter_is_read_as_it_was_meant(copy: Path) -> None:
    script = (
        "from ngair.meter.decoder import Decoder\n"
        "from ngair.sim.options import Options\n"
        "from ngair.sim.world import World\n"
        f"world = World(Options(family={NAME!r}))\n"
        "(telegram,) = [one for sent in world.advance(10) for one in Decoder().feed(sent)]\n"
        "assert telegram.reading.power_import_w == max(0, world.state.net_w)\n"
        "assert telegram.reading.current_a == tuple(round(amps, 2) for amps in world.state.current_a)\n"
        "print(telegram.origin.dialect)\n"
    )
    (copy / "simulated.py").write_text(script)
    done = started("simulated", source=copy, env={"PYTHONPATH": os.pathsep.join((str(copy / "src"), str(copy)))})
    assert (done.stdout, done.stderr) == (f"{NAME}\n", "")

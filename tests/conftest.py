"""How every test runs: Hypothesis profiles, what is left out by default, where shared telegrams are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

LONG = os.environ.get("NGAIR_TEST_LONG") == "1"
ROOT = Path(__file__).resolve().parent.parent
SLOW = (
    "whole/test_update.py",
    "whole/test_charging.py",
    "packaging/test_under_systemd.py",
    "cli/test_simulate.py",
    "cli/test_decode.py",
    "web/test_energy.py",
    "whole/test_demo_charging.py",
    "whole/test_schemathesis.py",
    "meter/test_bounds.py",
    "meter/test_damage.py",
    "whole/test_flat.py",
    "sim/days/test_many.py",
    "sim/days/test_loop.py",
    "packaging/test_debian.py",
    "web/test_now.py",
    "web/test_shell.py",
    "whole/test_history_disk.py",
    "whole/test_history_kill.py",
    "whole/test_setup_on_linux.py",
)
"""Files that take longest, the longest first: at the end none is left that everybody waits for."""

# How long an example takes says something about the machine, not about the program.
settings.register_profile("default", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
# A change is judged by what it does, not by the luck of a seed: CI draws the same examples every time.
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, database=None)
settings.register_profile("long", settings.get_profile("default"), max_examples=10_000)
settings.load_profile("long" if LONG else "ci" if os.environ.get("CI") else "default")


def telegram_folder() -> Path | None:
    """The folder with telegrams of real meters, which are not part of this repository; None where it is absent.

    The environment's NGAIR_TELEGRAMS, else `../shared/telegrams` beside the checkout.
    """
    if named := os.environ.get("NGAIR_TELEGRAMS"):
        if not Path(named).is_dir():
            raise pytest.UsageError(f"NGAIR_TELEGRAMS names {named}, which is not a folder")
        return Path(named)
    beside = ROOT.parent / "shared" / "telegrams"
    return beside if beside.is_dir() else None


@pytest.fixture(name="telegram_folder", scope="session")
def _telegram_folder() -> Path | None:
    return telegram_folder()


def pytest_configure(config: pytest.Config) -> None:
    """Keeps the order of the files where they run side by side: xdist would begin with those of many tests."""
    config.option.loadscopereorder = False


def pytest_report_header() -> list[str]:
    """Says at the start what this run has to work with."""
    where = telegram_folder()
    return [
        f"telegrams of real meters: {where or 'none here'}",
        f"long tests: {'included' if LONG else 'left out (scripts/test --long)'}",
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests marked long unless they were asked for, by NGAIR_TEST_LONG=1 or by -m; begins with SLOW."""
    place = {name: number for number, name in enumerate(SLOW)}
    items.sort(key=lambda item: place.get(item.path.relative_to(ROOT / "tests").as_posix(), len(SLOW)))
    if LONG or config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("long")]
    if left_out:
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says at the end what this run could not try."""
    if telegram_folder() is None:
        terminalreporter.write_line(
            "Left out: the tests on telegrams of real meters. They are not part of this repository; "
            "NGAIR_TELEGRAMS=FOLDER names where they are."
        )

"""The reference pages say what the code says."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = runpy.run_path(str(ROOT / "docs" / "generate.py"))


@pytest.mark.parametrize("name", GENERATOR["PAGES"])
def test_a_page_is_as_the_code_has_it(name: str) -> None:
    if name == "commands.md" and sys.version_info[:2] != (3, 11):
        pytest.skip("argparse lays its help out differently in each Python version; the page is made with 3.11")
    written = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert written == GENERATOR["MADE"] + GENERATOR["PAGES"][name](), "run scripts/docs"


def test_no_page_stands_there_that_nobody_makes() -> None:
    assert {path.name for path in (ROOT / "docs" / "reference").glob("*.md")} == set(GENERATOR["PAGES"])

"""`docs/security.md` names the test that shows each of its promises: here it is seen that they are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", TEXT)))


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_named_test_is_there(path: str, name: str) -> None:
    source = (ROOT / path).read_text("utf-8")
    assert not name or re.search(rf"^ *(?:async )?def {name}\(", source, re.MULTILINE), f"{path} has no {name}"


def test_every_promise_names_a_test() -> None:
    section = TEXT.partition("## Promises")[2].partition("\n## ")[0]
    rows = [
        line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| ---", "| promise"))
    ]
    assert len(rows) > 20
    assert [row for row in rows if "`tests/" not in row] == []

"""Every transcript is replayed, and everything that the link does is compared."""

from __future__ import annotations

import pytest

from tests.charger.transcript import FOLDER, OUTPUTS, House, lines, pinned

TRANSCRIPTS = [pytest.param(path.read_text(), id=path.stem) for path in sorted(FOLDER.glob("*.txt"))]


@pytest.mark.parametrize("text", TRANSCRIPTS)
def test_transcript(text: str) -> None:
    script = list(lines(text))
    house = House(pinned(text))
    house.play(script)
    assert [str(line) for line in house.out] == [str(line) for line in script if line.verb in OUTPUTS]


def test_there_are_transcripts() -> None:
    assert len(TRANSCRIPTS) >= 15

"""Whether a launcher started the program, and from which slot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import ngair
from ngair.adapters.slots.slots import Slots
from ngair.launcher import FACTORY, HARDWARE, SLOTS


class Launched:
    """By a launcher that goes by what the program tells it."""

    def __init__(self, folder: Path, slot: str) -> None:
        self.slots = Slots(folder, slot, Path(ngair.__file__).resolve().parents[1])
        self.hardware = HARDWARE
        """What images must be made for."""
        self.uploads = folder / "uploads"
        """Where images lie while they come in: beside the slots, so that room is looked for on the right disk."""


def launched(environment: Mapping[str, str]) -> Launched | None:
    """As the launcher tells it; `None` where nobody would start another version."""
    folder, slot = environment.get("LAUNCHED_SLOTS", ""), environment.get("LAUNCHED_SLOT", "")
    return Launched(Path(folder), slot) if folder and slot in (*SLOTS, FACTORY) else None

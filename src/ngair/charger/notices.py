"""What is odd about a charger and its link, in words for a person: what it is, and what to do about it."""

from __future__ import annotations

from ngair.charger.messages import Refusal
from ngair.model.limits import CHARGER_SILENT_S, STRANGERS_MAX

CONTROLLER_S = 600.0
"""Another controller is told of for so long after its last setpoint: some speak only when something changes."""
REFUSED_S = 60.0
"""Messages that were refused are told of for so long after the last."""


class Oddities:
    """What was seen that should not be there."""

    def __init__(self) -> None:
        self._strangers: dict[str, None] = {}
        self._controller_at_s = float("-inf")
        self._refused: tuple[Refusal, float] | None = None

    def stranger(self, serial: str) -> None:
        """Another charger told its configuration on the same link."""
        if len(self._strangers) < STRANGERS_MAX:
            self._strangers[serial] = None

    def forget_strangers(self) -> None:
        """The connection ended: who is still there tells it again."""
        self._strangers.clear()

    def other_controller(self, now_s: float) -> None:
        """A setpoint came that is neither ours nor of the charger's own balancing."""
        self._controller_at_s = now_s

    def refused(self, reason: Refusal, now_s: float) -> None:
        """A message of the charger's own was refused."""
        self._refused = (reason, now_s)

    def notice(
        self, serial: str, now_s: float, *, rotation: str | None, odd_states: list[int], never_heard: bool
    ) -> str:
        """All of it as one text; empty while nothing is odd."""
        sentences = []
        if self._strangers:
            sentences.append(_stranger(next(iter(self._strangers)), len(self._strangers), serial))
        if never_heard:
            sentences.append(
                f"The broker answers, but charger {serial} has told nothing for {CHARGER_SILENT_S:.0f} s: "
                "see whether it is switched on, and whether this is its address."
            )
        if now_s - self._controller_at_s < CONTROLLER_S:
            sentences.append(
                "Another controller sends setpoints to this charger: let only one steer it, and switch the other off."
            )
        if rotation is None:
            sentences.append(
                "It does not tell how its phases are connected, so its current cannot be told from the house's: "
                "set the phase rotation (StationPhaseRotation, e.g. RST) in the charger."
            )
        if odd_states:
            sentences.append(f"Its state {odd_states[0]} is not known here and is taken for charging.")
        if self._refused and now_s - self._refused[1] < REFUSED_S:
            sentences.append(
                f"Some of its messages are refused ({self._refused[0]}): its firmware may be newer than this program, "
                "or somebody else sends in its name."
            )
        return " ".join(sentences)


def _stranger(other: str, count: int, serial: str) -> str:
    more = f" and {count - 1} more" if count > 1 else ""
    return (
        f"Another charger ({other}{more}) is on this link, which is bound to {serial}: "
        "give it a link of its own, or, if it has replaced the old one, clear the stored serial number."
    )

"""Finding out how a serial line is set: in which order settings are tried, when to move on, and when to stay.

Only a whole frame says that a setting is right. Bytes that make none say that it is wrong; silence says nothing, but
some adapters drop what arrives with a wrong stop bit, so that a wrong setting may be silent, too.
"""

from __future__ import annotations

import msgspec

from ngair.model.limits import (
    LINE_BURST_GAP_S,
    LINE_BURST_MAX_S,
    LINE_HASTE_S,
    LINE_STAY_S,
    LINE_TRY_MAX_S,
    LINE_TRY_S,
)
from ngair.model.line import NOTHING_FIXED, Fixed, Line, Parity

CANDIDATES = (
    Line(115200),
    Line(2400, "8E1"),
    Line(2400, "8N1"),
    Line(9600),
    Line(115200, "8E1"),
    Line(38400),
)
"""All settings of European customer ports, the usual ones first. A 7E1 line read as 8N1 gives the same bytes with a
parity in bit 7, which the P1 framing verifies and takes off: it needs no setting of its own."""
BURSTS_AGAINST_KNOWN = 2
"""Bursts without a frame that speak against a setting which worked before: one telegram may be damaged."""


def candidates(fixed: Fixed) -> tuple[Line, ...]:
    """The settings that a user leaves open, in the order in which they are tried; at least one."""
    baudrate, parity = fixed.baudrate, fixed.parity
    if baudrate is not None and parity is not None:
        return (Line(baudrate, parity),)
    if baudrate is not None:
        usual = [line for line in CANDIDATES if line.baudrate == baudrate]
        return tuple(dict.fromkeys([*usual, Line(baudrate, "8N1"), Line(baudrate, "8E1")]))
    if parity is not None:
        received: Parity = "8N1" if parity == "7E1" else parity
        usual = [line for line in CANDIDATES if line.parity == received]
        rates = dict.fromkeys(line.baudrate for line in [*usual, *CANDIDATES])
        return tuple(Line(rate, parity) for rate in rates)
    return CANDIDATES


class Move(msgspec.Struct, frozen=True):
    """From one setting to the next."""

    tried: Line
    heard: bool
    """Whether bytes came at it."""
    line: Line
    """The next one."""


class LineSearch:
    """Which setting a line is to be read at. Times are seconds of any clock that never steps.

    While the line is open, tell it what comes (`heard`) and ask it at `due_s` and after each portion (`look`).
    """

    def __init__(self, fixed: Fixed = NOTHING_FIXED, remembered: Line | None = None) -> None:
        self.found = False
        """Whether a frame came at this setting."""
        self._all = candidates(fixed)
        self._frames = 0
        self._at: int
        self._round: int
        self._begin(remembered)

    @property
    def line(self) -> Line:
        """The setting at which the line is to be read now."""
        return self._order[self._at]

    @property
    def settings(self) -> int:
        """How many may be tried; of one nothing is to be found out."""
        return len(self._all)

    def opened(self, frames: int, now_s: float) -> None:
        """The line is open at `line`; so many frames had been seen before."""
        self._frames = frames
        self._try.opened(now_s)

    def closed(self, now_s: float) -> None:
        """The line is closed, by whomever. While it is, no time passes for its setting."""
        self._try.closed(now_s)

    def heard(self, size: int, frames: int, now_s: float) -> None:
        """So many bytes came, and there have been so many frames in all; also without bytes, if a pause made one."""
        if frames > self._frames:
            self._frames = frames
            self.found = True
            self._try = _Try(now_s)
        if size:
            self._try.heard(now_s)

    def look(self, now_s: float) -> Move | None:
        """Whether to move on; then the line has to be closed, and opened at the next setting."""
        if now_s < self.due_s(now_s):
            return None
        if self.found:
            self.found = False
            self._begin(self.line)
            self._try.opened(now_s)
            return None
        return self.move_on(now_s)

    def due_s(self, now_s: float) -> float:
        """When to look again, if nothing comes before."""
        return self._try.due_s(self._patience_s(now_s), now_s)

    def move_on(self, now_s: float) -> Move | None:
        """Leave this setting, also because the line cannot be set so; `None` if there is no other."""
        tried, heard = self.line, self._try.has_heard
        self._note(tried, heard)
        self._known = False
        self._try = _Try()
        self._at += 1
        if self._at == len(self._order):
            self._at = 0
            self._round += 1
        if self.line == tried:
            self._try.opened(now_s)
            return None
        return Move(tried, heard, self.line)

    def _begin(self, known: Line | None) -> None:
        """Begin to search, with a setting that worked before if there is one."""
        self._known = known in self._all
        self._order = sorted(self._all, key=lambda line: line != known)
        self._at = self._round = 0
        self._silent_in_a_row = 0
        self._refuted: set[Line] = set()
        self._try = _Try()

    def _note(self, tried: Line, heard: bool) -> None:
        """Each setting is left in haste once. After silence at all of them it is as at a start."""
        if heard:
            self._refuted.add(tried)
            self._silent_in_a_row = 0
            return
        self._silent_in_a_row += 1
        if self._silent_in_a_row >= len(self._order):
            self._refuted.clear()

    def _patience_s(self, now_s: float) -> float:
        """How long this setting is tried, as it fares."""
        if self.found:
            return LINE_STAY_S
        if self._try.bursts(now_s) >= (BURSTS_AGAINST_KNOWN if self._known else 1):
            return LINE_TRY_S if self.line in self._refuted else LINE_HASTE_S
        if self._known:
            return LINE_TRY_MAX_S
        return min(LINE_TRY_S * 2.0 ** min(self._round, 10), LINE_TRY_MAX_S)


class _Try:
    """How one setting fares since it was opened, or since its last frame."""

    def __init__(self, now_s: float | None = None) -> None:
        self.has_heard = False
        self._open_s = now_s
        self._spent_s = 0.0
        self._burst: tuple[float, float] | None = None
        """When the last burst began, and its last bytes so far."""
        self._cut = False
        """Whether the line may have been opened in the middle of it."""
        self._whole = 0

    def opened(self, now_s: float) -> None:
        self._open_s = now_s

    def closed(self, now_s: float) -> None:
        if self._open_s is not None:
            self._spent_s += now_s - self._open_s
        self._whole = self.bursts(now_s)
        self._open_s = self._burst = None

    def heard(self, now_s: float) -> None:
        self.has_heard = True
        if self._burst is not None and now_s < self._burst[1] + LINE_BURST_GAP_S:
            self._burst = (self._burst[0], now_s)
            return
        self._whole = self.bursts(now_s)
        self._burst = (now_s, now_s)
        self._cut = self._open_s is not None and now_s - self._open_s < LINE_BURST_GAP_S

    def due_s(self, patience_s: float, now_s: float) -> float:
        """When it has been open for so long; but a burst that is coming may end."""
        if self._open_s is None:
            return float("inf")
        if self._burst is not None and self._is_coming(self._burst, now_s):
            return min(self._burst[1] + LINE_BURST_GAP_S, self._burst[0] + LINE_BURST_MAX_S)
        return self._open_s - self._spent_s + patience_s

    def bursts(self, now_s: float) -> int:
        """Those that ended without a frame. One in whose middle the line was opened says nothing by itself."""
        if self._burst is None or self._is_coming(self._burst, now_s):
            return self._whole
        too_long = int((self._burst[1] - self._burst[0]) // LINE_BURST_MAX_S)
        return self._whole + max(too_long, int(not self._cut))

    @staticmethod
    def _is_coming(burst: tuple[float, float], now_s: float) -> bool:
        """Whether it may yet make a frame."""
        return now_s < burst[1] + LINE_BURST_GAP_S and now_s < burst[0] + LINE_BURST_MAX_S

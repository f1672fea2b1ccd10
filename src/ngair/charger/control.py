"""One outlet's control topic: when to send its setpoint, and what to make of what others send there.

The broker sends us our own messages back (MQTT 3.1.1 cannot switch that off), though not always and not by every
broker. What comes back is told by value and order, within a few seconds: whatever is nothing of ours is foreign. The
last value on the topic is what the outlet goes by, whoever sent it.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import NamedTuple

from ngair.model.limits import ECHOES_MAX, SETPOINTS_PER_S_MAX

REPEAT_S = 13.0
"""A setpoint is repeated each 12 to 15 s (field capture); not each 10 s, or it would meet every meterdata."""
RAISE_GAP_S = 1.0
"""A raise comes at least so long after the last setpoint; a lower one at once."""
ANSWER_GAP_S = 1.0
"""A higher foreign setpoint is answered at most so often: never faster than once each of its own."""
ZERO_GAP_S = 5.0
"""Each 0 begins a pause anew (field capture), so at least so long lies between two."""
ZERO_DOUBLINGS_MAX = 3
"""Each repeated 0 waits twice as long as the one before, up to 40 s: a car that needs longer to stop than the pause
takes to begin would otherwise be begun anew for ever and never stop."""
ZERO_EVIDENCE_A = 2.5
"""A car that draws so much is not paused."""
ECHO_S = 5.0
"""Our own messages come back within this, or never."""
DOUBT_S = 1.0
"""So long a setpoint may be under way to the outlet, or its echo to us."""
FOREIGN_S = 30.0
"""A lower foreign setpoint that is not repeated for so long is over."""


class Heard(Enum):
    """Whose a setpoint on the topic is."""

    OURS = "ours"
    LOWER = "lower"
    HIGHER = "higher"
    UNASKED = "unasked"
    """Foreign, while we steer nothing."""


class Draw(NamedTuple):
    """What an outlet draws on its strongest phase, and when it said so."""

    current_a: float
    told_at_s: float


class _Timed(NamedTuple):
    value_a: int
    at_s: float


class Control:
    """The setpoint of one outlet during one connection to its broker."""

    def __init__(self) -> None:
        self._sent: _Timed | None = None
        self._held_a = 0
        """The most that the outlet may go by, as far as we know, unless an answer is due."""
        self._zeros = 0
        """How many times 0 was repeated."""
        self._sends: deque[float] = deque(maxlen=SETPOINTS_PER_S_MAX)
        self._awaited: deque[_Timed] = deque(maxlen=ECHOES_MAX)
        self._foreign: _Timed | None = None
        self._answer_at_s: float | None = None
        self._answered_at_s = float("-inf")

    def heard(self, value_a: float, target_a: int | None, now_s: float) -> Heard:
        """A setpoint came on the topic while ours is `target_a`."""
        while self._awaited and now_s - self._awaited[0].at_s > ECHO_S:
            self._awaited.popleft()
        if any(awaited.value_a == value_a for awaited in self._awaited):
            self._echoed(value_a, target_a, now_s)
            return Heard.OURS
        if target_a is None:
            return Heard.UNASKED
        if value_a > target_a:
            self._foreign = None
            self._answer_at_s = now_s
            return Heard.HIGHER
        self._answer_at_s = None
        # One of ours that is still under way may reach the outlet after this one.
        under_way = [awaited.value_a for awaited in self._awaited if now_s - awaited.at_s <= DOUBT_S]
        self._held_a = max([int(value_a), *under_way])
        self._foreign = _Timed(int(value_a), now_s) if value_a < target_a else None
        return Heard.LOWER if self._foreign else Heard.OURS

    def foreign_a(self, target_a: int | None, now_s: float) -> int | None:
        """The lower setpoint of somebody else by which the outlet goes; `None` without one."""
        foreign = self._foreign
        if foreign is None or target_a is None or foreign.value_a >= target_a or now_s - foreign.at_s >= FOREIGN_S:
            return None
        return foreign.value_a

    def send(self, target_a: int, draw: Draw | None, now_s: float) -> bool:
        """Whether the setpoint has to be sent now; it then counts as sent."""
        if not self._is_due(target_a, draw, now_s):
            return False
        if len(self._sends) == SETPOINTS_PER_S_MAX and now_s - self._sends[0] < 1:
            return False
        if self._answer_at_s is not None:
            self._answered_at_s = now_s
        self._zeros = self._zeros + 1 if target_a == 0 and self._sent is not None and self._sent.value_a == 0 else 0
        self._held_a = target_a
        self._sent = _Timed(target_a, now_s)
        self._sends.append(now_s)
        self._awaited.append(self._sent)
        self._foreign = self._answer_at_s = None
        return True

    def _echoed(self, value_a: float, target_a: int | None, now_s: float) -> None:
        """One of ours came back; the echoes of those before it are lost, for the broker keeps the order."""
        while self._awaited.popleft().value_a != value_a:
            pass
        self._foreign = None
        self._held_a = max((awaited.value_a for awaited in self._awaited), default=int(value_a))
        if not self._awaited:
            self._answer_at_s = None
        elif target_a is not None and value_a > min(target_a, self._awaited[-1].value_a):
            # Rightly this is the echo of a setpoint before our last, but it may be a stranger's of the same value.
            # Above the last that was sent it may also come to be above what is decided while it is in doubt.
            self._answer_at_s = now_s + DOUBT_S

    def _is_due(self, target_a: int, draw: Draw | None, now_s: float) -> bool:
        if self._sent is None or target_a < self._held_a:
            return True
        if self.foreign_a(target_a, now_s) is not None:
            return False
        since_s = now_s - self._sent.at_s
        if target_a > self._held_a:
            return since_s >= RAISE_GAP_S
        if self._answer_at_s is not None and now_s >= self._answer_at_s:
            return now_s - self._answered_at_s >= ANSWER_GAP_S if target_a else since_s >= ZERO_GAP_S
        if target_a:
            return since_s >= REPEAT_S
        gap_s = ZERO_GAP_S * 2 ** min(self._zeros, ZERO_DOUBLINGS_MAX)
        return draw is not None and draw.current_a >= ZERO_EVIDENCE_A and draw.told_at_s - self._sent.at_s >= gap_s

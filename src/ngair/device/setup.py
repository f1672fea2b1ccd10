"""Setup mode: when the box opens its own access point, when it joins a network, when it goes back to one.

What is known, what its owner does and what became of an effect is told in; `next` says what is to be done. At most
one effect is under way, and each has to be reported by `over`.
"""

from __future__ import annotations

from msgspec.structs import replace

from ngair.device.setup_effects import (
    Close,
    Effect,
    Failed,
    Join,
    Joined,
    JoinFault,
    Kept,
    Open,
    Opened,
    Rejoin,
    Result,
)
from ngair.model.limits import (
    ACT_GRACE_S,
    NEVER_WORKED_S,
    REJOIN_FIRST_S,
    REJOIN_MAX_S,
    SETUP_IDLE_S,
    TELL_AFTER_FETCH_S,
    TELL_BOTH_S,
    TELL_MAX_S,
    UNCONFIGURED_S,
)
from ngair.model.network import JoinFailure, SetupReason, SetupState, Wifi


class SetupMode:
    """Decides. Times are monotonic seconds; nothing here waits."""

    def __init__(self, kept: Kept, now_s: float) -> None:
        self.kept = kept
        self.reason: SetupReason = ""
        self.fault: JoinFault | None = None
        self.joined: Wifi | None = None
        """The network that was joined in this setup mode."""
        self.address = ""
        """The box's in its access point; empty while that is not open."""
        self._point_trouble = self._rejoin_trouble = ""
        self._wifi: Wifi | None = None
        self._both = False
        self._ask: Join | None = None
        # At the start one may be open: of a program that was cut off.
        self._is_closed = False
        self._is_leaving = False
        """Between setup mode and the first try of a kept network."""
        self._was_connected = False
        self._doing: Effect | None = None
        self._not_before_s = now_s
        self._point = Waits()
        self._rejoin = Waits()
        self._rejoin.failed(now_s)
        self._connected_at_s = self._configured_at_s = now_s
        self._joined_at_s = self._heard_at_s = now_s
        self._told_at_s: float | None = None

    @property
    def state(self) -> SetupState:
        """Where setup mode stands."""
        if not self.reason:
            return "off"
        if self._ask is not None:
            return "joining"
        if self.joined is not None:
            return "telling"
        return "open" if self.address else "opening"

    @property
    def may_join(self) -> bool:
        """Whether a network may be asked for."""
        return bool(self.reason) and self._ask is None

    @property
    def may_end(self) -> bool:
        """Whether there is a network without setup mode."""
        return self.joined is not None or self._is_configured

    @property
    def closes_at_s(self) -> float | None:
        """When it ends by itself; `None` where it does not."""
        if not self.reason or self._ask is not None:
            return None
        if self.joined is None:
            return self._heard_at_s + SETUP_IDLE_S if self._is_configured else None
        if self._both:
            return self._joined_at_s + TELL_BOTH_S
        at_most_s = self._joined_at_s + TELL_MAX_S
        return at_most_s if self._told_at_s is None else min(at_most_s, self._told_at_s + TELL_AFTER_FETCH_S)

    @property
    def trouble(self) -> str:
        """For a person: what is wrong with the network and what to do; empty while all is well."""
        wifi = self._wifi
        if self._point_trouble or self.reason or wifi is None or wifi.connected or self._is_leaving:
            return self._point_trouble
        if wifi.configured:
            return f"No network: the box tries again and again. {self._rejoin_trouble or _ROUTER}"
        if not wifi.radio:
            return "No network is configured, and there is no Wi-Fi radio: plug in a cable or a Wi-Fi adapter."
        return "No network is connected: plug in its cable, or begin setup mode with the box's button."

    @property
    def detail(self) -> str:
        """The same, and besides why there is setup mode."""
        return self.trouble or _WHY.get(self.reason, "")

    def look(self, wifi: Wifi, now_s: float, *, both: bool, at_rest: bool = True) -> None:
        """How the radio and the connections are. `both`: a network can be joined beside the access point.

        `at_rest`: no effect was under way meanwhile, so that what is told of the access point is how it is left.
        """
        before, self._wifi = self._wifi, wifi
        if self.joined is None:
            self._both = both
        if at_rest and self.address and not wifi.is_access_point:
            # It went with its radio, or with whoever looks after that.
            self.address = ""
            self._point.failed(now_s)
        if before is not None and before.radio != wifi.radio:
            # A new radio deserves a new try.
            self._point.reset()
        if wifi.connected:
            self._works(wifi, now_s)
        elif before is not None and before.connected and not self._is_leaving:
            self._rejoin.reset()
            self._rejoin.failed(now_s)
        if wifi.configured:
            self._configured_at_s = now_s

    def begin(self, reason: SetupReason, now_s: float) -> None:
        """The owner asks for setup mode. At the box itself counts for more than from the page."""
        if self.reason and reason == "page":
            reason = self.reason
        if not self.reason:
            self.fault = self.joined = None
        self.reason = reason
        self._heard_at_s = now_s
        self._act(now_s)

    def ask(self, ssid: bytes, password: str | None, now_s: float) -> None:
        """Join this network; only while `may_join`."""
        if not self.may_join:
            return
        self._ask = Join(ssid, password)
        self.fault = self.joined = None
        self._act(now_s)

    def end(self, now_s: float) -> None:
        """Close the access point, go back to the networks that are kept. A join under way comes to its end."""
        if not self.reason:
            return
        self.reason = ""
        self.fault = self.joined = None
        if self._doing is not self._ask:
            self._ask = None
        self._connected_at_s = self._configured_at_s = now_s
        self._rejoin.reset()
        self._is_leaving = True
        self._act(now_s)

    def restart(self) -> None:
        """Whoever did the effects begins anew: what was under way, and what is open, is not known."""
        self._doing = None
        self.address = ""
        self._is_closed = False

    def heard(self, now_s: float) -> None:
        """Somebody asked something by the access point."""
        self._heard_at_s = now_s

    def told(self, now_s: float) -> None:
        """Somebody there was told which network was joined."""
        if self.joined is not None and self._told_at_s is None:
            self._told_at_s = now_s

    def next(self, now_s: float) -> Effect | None:
        """What is to be done now, if anything. It is under way until `over`."""
        if self._doing is not None:
            return None
        self._look_at_clock(now_s)
        if now_s < self._not_before_s:
            return None
        self._doing = self._wanted(now_s)
        return self._doing

    def over(self, result: Result, now_s: float) -> None:
        """What became of the effect that was under way."""
        doing, self._doing = self._doing, None
        if isinstance(doing, Open):
            self._is_closed = False
            self._open_over(result, now_s)
        elif isinstance(doing, Close):
            self._close_over(result, now_s)
        elif isinstance(doing, Join):
            self._join_over(doing, result, now_s)
        elif isinstance(doing, Rejoin):
            self._rejoin_trouble = result.text if isinstance(result, Failed) else ""
            self._rejoin.failed(now_s)
            self._is_leaving = False

    def _wanted(self, now_s: float) -> Effect | None:
        if self._ask is not None:
            return self._ask if self._both or self._is_closed else Close()
        if self.reason:
            return Open() if not self.address and self._point.is_due(now_s) else None
        if not self._is_closed:
            return Close() if self._point.is_due(now_s) else None
        wifi = self._wifi
        is_lost = wifi is not None and wifi.configured and not wifi.connected
        return Rejoin() if is_lost and self._rejoin.is_due(now_s) else None

    def _look_at_clock(self, now_s: float) -> None:
        closes_at_s = self.closes_at_s
        if closes_at_s is not None and now_s >= closes_at_s:
            self.end(now_s)
        wifi = self._wifi
        if self.reason or self._ask is not None or wifi is None or wifi.connected or not wifi.radio:
            return
        off_s = now_s - self._connected_at_s
        if wifi.configured:
            if not (self.kept.wifi_worked or self.kept.wired_worked) and off_s >= NEVER_WORKED_S:
                self.begin("never worked", now_s)
        elif self.kept.wired_worked:
            # A cable that was pulled out looks like a box that nobody gave a network: only a new start tells.
            if not self._was_connected and off_s >= NEVER_WORKED_S:
                self.begin("nothing configured", now_s)
        elif now_s - self._configured_at_s >= UNCONFIGURED_S:
            self.begin("nothing configured", now_s)

    def _open_over(self, result: Result, now_s: float) -> None:
        if isinstance(result, Opened):
            self.address, self._point_trouble = result.address, ""
            self._point.reset()
            return
        self._point_trouble = result.text if isinstance(result, Failed) else "The access point did not open."
        self._point.failed(now_s)
        if self.joined is not None:
            # Nobody can be told: better in the network than nowhere.
            self.end(now_s)

    def _close_over(self, result: Result, now_s: float) -> None:
        self.address = ""
        if not isinstance(result, Failed):
            self._is_closed, self._point_trouble = True, ""
            self._point.reset()
            return
        self._point_trouble = result.text
        self._point.failed(now_s)
        if self._ask is not None:
            self.fault = JoinFault(self._ask.ssid, "failed", result.text)
            self._ask = None
            self._point.reset()

    def _join_over(self, join: Join, result: Result, now_s: float) -> None:
        self._ask = None
        self._heard_at_s = now_s
        if isinstance(result, Joined):
            self._wifi = result.wifi
            self._works(result.wifi, now_s)
            self._configured_at_s = self._joined_at_s = now_s
            self._told_at_s = None
            if self.reason:
                self.joined = result.wifi
        elif self.reason:
            text = result.text if isinstance(result, Failed) else ""
            failure: JoinFailure = result.failure if isinstance(result, Failed) else "failed"
            self.fault = JoinFault(join.ssid, failure, text or "The network could not be joined.")

    def _works(self, wifi: Wifi, now_s: float) -> None:
        self._was_connected = True
        self._connected_at_s = now_s
        self._rejoin.reset()
        self._rejoin_trouble = ""
        if wifi.ssid:
            self.kept = replace(self.kept, wifi_worked=True)
        else:
            self.kept = replace(self.kept, wired_worked=True)

    def _act(self, now_s: float) -> None:
        self._not_before_s = now_s + ACT_GRACE_S
        self._point.reset()

    @property
    def _is_configured(self) -> bool:
        return self._wifi is not None and self._wifi.configured


_ROUTER = "Is the router on, and in reach?"
_WHY = {
    "nothing configured": "No network is configured: join the box's own Wi-Fi with a phone to choose one.",
    "never worked": "No network has worked yet: join the box's own Wi-Fi with a phone to choose another one.",
    "button": "The box's button was pressed: join its own Wi-Fi with a phone to choose a network.",
    "start": "It was started in setup mode: join the box's own Wi-Fi with a phone to choose a network.",
    "page": "The page asked for it: join the box's own Wi-Fi with a phone to choose a network.",
}


class Waits:
    """Between tries: longer each time, up to a bound, for ever."""

    def __init__(self) -> None:
        self._next_s = REJOIN_FIRST_S
        self._due_s = float("-inf")

    def is_due(self, now_s: float) -> bool:
        """Whether to try now."""
        return now_s >= self._due_s

    def failed(self, now_s: float) -> None:
        """It was tried in vain."""
        self._due_s = now_s + self._next_s
        self._next_s = min(2 * self._next_s, REJOIN_MAX_S)

    def reset(self) -> None:
        """Begin anew, at once."""
        self._next_s = REJOIN_FIRST_S
        self._due_s = float("-inf")

"""Why a connection did not come up, from what NetworkManager says of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from ngair.adapters.network_manager import names
from ngair.adapters.network_manager.watch import Signal
from ngair.gateway.ports import JoinError, LinkError
from ngair.model.network import JoinFailure
from ngair.model.settings import shown_name
from ngair.model.ssid import ssid_text

# NMDeviceStateReason
_NO_REASON, _UNKNOWN, _CONFIG_FAILED = 0, 1, 4
_NO_ADDRESS = frozenset({5, 6, 15, 16, 17})
_NO_SECRETS = 7
_SUPPLICANT_TIMEOUT = 11
_SUPPLICANT = frozenset({8, 10, _SUPPLICANT_TIMEOUT})
_SUPPLICANT_CONFIG = 9
_SHARING = frozenset({5, 18, 19})
"""Of an access point: it was seen to say 5 where dnsmasq could not have its ports."""
_FIRMWARE, _REMOVED, _SLEEPING, _GONE, _USER, _SUPPLICANT_LOST = 35, 36, 37, 38, 39, 42
_NOT_FOUND = 53
# NMActiveConnectionStateReason
_ACTIVE_REASONS = {5: 5, 9: _NO_SECRETS, 10: _NO_SECRETS}
"""Those that tell more than that it ended, as the device's reason."""


class Progress:
    """What became of one activation, read from signals as they come."""

    def __init__(self, device: str) -> None:
        self._device = device
        self.active = ""
        """Its path, once that is known."""
        self.is_up = False
        self.reason: int | None = None
        """Why it ended; `None` while it has not."""
        self.has_ended = False
        """It has; the device may still tell why."""
        self.is_over = False
        """And has told."""
        self.furthest = 0
        """The state of the device that it came to."""
        self.asked_for_password = False

    def take(self, signals: Sequence[Signal]) -> None:
        """Read on."""
        for signal in signals:
            if signal.member != "StateChanged" or not all(type(part) is int for part in signal.body):
                continue
            if signal.path == self._device and len(signal.body) >= 3:
                self._device_is(signal.body[0], signal.body[2])
            elif signal.path == self.active and len(signal.body) >= 2:
                self._active_is(signal.body[0], signal.body[1])

    def _device_is(self, state: int, reason: int) -> None:
        if names.PREPARING <= state <= names.ACTIVATED:
            self.furthest = max(self.furthest, state)
            self.asked_for_password |= state == names.NEED_AUTH
        # Before it begins, the device may have to leave what it was in.
        elif self.furthest and not self.is_over and (state == names.FAILED or state <= names.DISCONNECTED):
            self.reason, self.is_over, self.is_up = reason, True, False

    def _active_is(self, state: int, reason: int) -> None:
        self.is_up = state == names.ACTIVE_UP
        if state == names.ACTIVE_DOWN and not self.is_over:
            self.has_ended = True
            self.reason = _ACTIVE_REASONS.get(reason, _UNKNOWN)


def join_error(progress: Progress, ssid: bytes, *, secured: bool) -> JoinError:
    """Why a network was not joined, and what to do about it. Without a reason it took too long."""
    name = f"“{shown_name(ssid_text(ssid))}”"
    failure, text = _told(progress, secured=secured)
    return JoinError(failure, text.format(name=name) if "{name}" in text else text)


def access_point_error(progress: Progress) -> LinkError:
    """Why the access point did not open, and what to do about it."""
    if progress.reason in _SHARING:
        return LinkError(
            "the access point gave out no addresses: install dnsmasq-base, and let nothing else use port 53"
        )
    if progress.reason is None:
        return LinkError("the access point did not open in time: does the radio's driver support it?")
    if progress.reason == _SUPPLICANT_TIMEOUT:
        return LinkError(
            "the radio did not become an access point: set the country, as by `raspi-config` or `iw reg set`"
        )
    what = _WHAT_ELSE.get(progress.reason, f"reason {progress.reason}")
    return LinkError(f"the access point did not open ({what}): look at `journalctl -u NetworkManager`")


def _told(progress: Progress, *, secured: bool) -> tuple[JoinFailure, str]:
    reason = progress.reason
    if reason is None:
        return _too_long(progress)
    if reason == _NOT_FOUND:
        return "not found", "The network {name} is not in reach: move the box closer to the router, or choose another."
    if reason in _NO_ADDRESS:
        return _NO_ADDRESS_TOLD
    if reason == _NO_SECRETS or (secured and reason in _SUPPLICANT):
        if not secured:
            return "not supported", "The network {name} asks for more than a password: the box cannot join it."
        return "wrong password", "The network {name} did not take the password: type it again."
    if reason == _SUPPLICANT_CONFIG:
        return "not supported", "The radio of this box cannot join networks of the kind of {name}."
    return "failed", f"The network {{name}} was not joined ({_WHAT_ELSE.get(reason, f'reason {reason}')}): try again."


def _too_long(progress: Progress) -> tuple[JoinFailure, str]:
    if progress.furthest >= names.IP_CONFIG:
        return _NO_ADDRESS_TOLD
    if progress.asked_for_password:
        return "wrong password", "The network {name} did not take the password in time: type it again."
    return "failed", "The network {name} did not answer in time: move the box closer to the router, and try again."


_NO_ADDRESS_TOLD: tuple[JoinFailure, str] = (
    "no address",
    "The network {name} gave the box no address: look at the router (DHCP, or a list of devices that it lets in).",
)

_WHAT_ELSE = {
    _NO_REASON: "no reason told",
    _UNKNOWN: "no reason told",
    _CONFIG_FAILED: "the radio could not be set",
    8: "it sent the box away",
    10: "it sent the box away",
    11: "it did not answer",
    _FIRMWARE: "the radio lacks its firmware",
    _REMOVED: "the radio was removed",
    _SLEEPING: "the radio was switched off",
    _GONE: "its profile was removed",
    _USER: "somebody else ended it",
    _SUPPLICANT_LOST: "wpa_supplicant is not running",
}

"""What the log tells of the box's network."""

from __future__ import annotations

import logging
from typing import Any

from ngair.device.setup_effects import Close, Effect, Failed, Join, Joined, Open, Opened, Rejoin, Result
from ngair.model.network import NetworkStatus
from ngair.model.settings import shown_name
from ngair.model.ssid import ssid_text

log = logging.getLogger("ngair")


def log_result(effect: Effect, result: Result, name: str, known: str) -> None:
    """What became of an effect. `known`: the trouble that was told last."""
    if isinstance(result, Failed):
        # One that may be open from before is closed without anybody asking for it, again and again.
        is_told = isinstance(effect, Rejoin) or (isinstance(effect, Close) and result.text == known)
        level = logging.DEBUG if is_told else logging.WARNING
        log.log(level, "%s: %s", _TRIED[type(effect)].format(name=name), result.text)
    elif isinstance(result, Opened):
        log.info("access point %s is open, the box is %s in it", name, result.address)
    elif isinstance(result, Joined):
        log.info("joined %s: %s", shown_name(ssid_text(result.wifi.ssid)), ", ".join(result.wifi.addresses))


def log_change(before: NetworkStatus, status: NetworkStatus, *, is_trouble: bool) -> None:
    """What is told of the network now. `is_trouble`: its detail is about what is wrong."""
    if before.setup != "off" and status.setup == "off":
        log.info("setup mode is off")
    if status.detail and before.detail != status.detail:
        log.log(logging.WARNING if is_trouble else logging.INFO, "setup mode and network: %s", status.detail)


_TRIED: dict[type[Any], str] = {
    Open: "access point {name} cannot be opened",
    Close: "access point {name} cannot be closed",
    Join: "the network cannot be joined",
    Rejoin: "the networks that are kept cannot be tried",
}

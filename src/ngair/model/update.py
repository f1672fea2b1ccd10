"""Where the box stands with its firmware."""

from __future__ import annotations

from typing import Literal

import msgspec

UpdateState = Literal["idle", "receiving", "installing", "waiting", "restarting", "trial", "failed"]
"""`waiting` for a moment that disturbs no car; `trial` is new firmware that has not shown itself healthy yet; `failed`
stays until the next upload."""

OTA_STATUS: dict[UpdateState, int] = {
    "idle": 0,
    "receiving": 1,
    "installing": 2,
    "waiting": 3,
    "restarting": 4,
    "trial": 5,
    "failed": 6,
}
"""What `otaInfo.status` of profile 1.3 says. Its numbers are our own: only 0 is known from the field."""


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """The newest firmware that somebody brought, and how far it is."""

    state: UpdateState = "idle"
    version: str = ""
    """Of that firmware; empty where there is none, or its head has not come yet."""
    progress: int = 0
    """0 to 100, of what the state says."""
    from_version: str = ""
    """Which ran before; empty unless the state is `trial`."""
    reason: str = ""
    """In a word or two why it failed, for programs; empty otherwise."""
    detail: str = ""
    """For a person: why it failed, or what it waits for; without times."""
    holding: bool = False
    """Whether the program is about to restart, or on trial: no outlet may have more than its fallback current."""

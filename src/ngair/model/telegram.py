"""What comes out of a decoder: an accepted telegram, or the reason why input was refused."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from ngair.model.reading import Reading


class Telegram(msgspec.Struct, frozen=True):
    """One accepted telegram."""

    data: str
    """From `/` to the line end behind the check, one character a byte (binary frames: lower-case hex)."""
    wire_len: int
    """Bytes on the wire."""
    reading: Reading


class Reason(StrEnum):
    """Why input from a meter was refused."""

    CHECK = "check"
    CHECK_MISSING = "check missing"
    NOTHING_MEASURED = "nothing measured"
    TRUNCATED = "truncated"
    TOO_LONG = "too long"
    FORMAT = "format"
    PARITY = "parity"
    IMPLAUSIBLE = "implausible"
    UNCONFIRMED = "unconfirmed"
    NOISE = "noise"


REMEDIES: dict[Reason, str] = {
    Reason.CHECK: "the check sum does not match: look for a long or loose cable, or a wrong line speed",
    Reason.CHECK_MISSING: "this meter sends a check sum, but this telegram had none: look at the cable",
    Reason.NOTHING_MEASURED: "the telegram has no power, current or energy: ask the grid operator to open the port",
    Reason.TRUNCATED: "the next telegram began before this one ended: look at the cable and its power supply",
    Reason.TOO_LONG: "no end within the longest telegram that any standard allows: is this a smart meter?",
    Reason.FORMAT: "a line is not as the standard has it, and there is no check sum to trust it by",
    Reason.PARITY: "bytes arrived with the wrong parity: look at the cable",
    Reason.IMPLAUSIBLE: "a value no house can have, or one that the telegrams around it contradict",
    Reason.UNCONFIRMED: "without a check sum a telegram counts when the next one agrees: wait for that",
    Reason.NOISE: "bytes that belong to no telegram: wrong line speed, inverted signal, or another protocol",
}
"""What the owner can do about each."""


class Rejection(msgspec.Struct, frozen=True):
    """Input that was not accepted: a value, never an exception."""

    reason: Reason
    detail: str
    """What was seen, in one line without bytes from the wire."""
    size: int
    """Bytes on the wire that it covers."""

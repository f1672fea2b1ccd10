"""What comes out of a decoder: an accepted telegram, or the reason why input was refused."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

import msgspec

from ngair.model.reading import Reading


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent a telegram, and how: what was found out by itself, to be shown and remembered."""

    port: Literal["P1", "HAN", "SML"] = "P1"
    """ASCII telegram, DLMS push, or SML: what the Local API calls the type of a meter."""
    framing: str = "P1"
    """What told where it begins and ends: a name in `ngair.meter.framings`."""
    dialect: str = ""
    """Whose table its values were read by; empty where they told their own codes and units and nobody claims them."""
    vendor: str = ""
    """The maker's three letters (FLAG Association id); empty where nothing tells."""
    type: str = ""
    """The model as the meter tells it, such as MA304H4E; empty where it does not."""
    ciphered: bool = False
    energy_unit_told: bool = True
    """False where the same list comes in Wh from some meters and in 10 Wh from others."""


class Telegram(msgspec.Struct, frozen=True):
    """One accepted telegram."""

    data: str
    """From `/` to the line end behind the check, one character a byte (binary frames: lower-case hex)."""
    wire_len: int
    """Bytes on the wire."""
    reading: Reading
    origin: Origin = Origin()
    body: bytes = b""
    """What was read, opened: segments joined and deciphered. For `explain`; empty where it is `data` itself."""


class Reason(StrEnum):
    """Why input from a meter was refused."""

    CHECK = "check"
    CHECK_MISSING = "check missing"
    NOTHING_MEASURED = "nothing measured"
    KEY_MISSING = "key missing"
    KEY_WRONG = "key wrong"
    ENCODING = "encoding"
    UNRECOGNISED = "unrecognised"
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
    Reason.KEY_MISSING: "this meter encrypts: ask the grid operator for its key, and set meter_key or NGAIR_METER_KEY",
    Reason.KEY_WRONG: "the key does not open what this meter sends: is it the key of this very meter, all 32 digits?",
    Reason.ENCODING: "the frame is whole, but not what it holds: look at it with ngair decode --explain",
    Reason.UNRECOGNISED: "nobody has told ngair what this meter's list means: see docs/howto/add-a-meter.md",
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
    body: bytes = b""
    """What could be opened of it, for `explain`: only where a frame was whole, but was not understood."""

"""Who a box is: its serial number, hardware address and firmware string."""

from __future__ import annotations

import re
import string

import msgspec

SERIAL_ALPHABET = string.ascii_uppercase + string.digits
SERIAL_LENGTH = 16


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept in the data folder, for ever."""

    serial: str
    """`[A-Z0-9]{16}`."""
    local_mac: str
    """A locally administered address for a machine whose interface shows none: 12 lower-case hex digits."""

    @property
    def is_sound(self) -> bool:
        """Whether both are as they must be."""
        return bool(_SERIAL.fullmatch(self.serial) and _MAC.fullmatch(self.local_mac))


def new_identity(random: bytes) -> Identity:
    """An identity from at least 22 random bytes."""
    serial = "".join(SERIAL_ALPHABET[byte % len(SERIAL_ALPHABET)] for byte in random[:SERIAL_LENGTH])
    address = bytearray(random[SERIAL_LENGTH : SERIAL_LENGTH + 6])
    address[0] = address[0] & 0xFC | 0x02
    return Identity(serial=serial, local_mac=address.hex())


def mac_text(address: str) -> str | None:
    """An interface's address as the Local API writes it, `None` where it is none (loopback, tunnels)."""
    text = address.strip().replace(":", "").lower()
    return text if _MAC.fullmatch(text) and text.strip("0") else None


def firmware_text(version: str, commit: str) -> str:
    """`ngair.<version>-0-g<commit>`, as the field writes it."""
    return f"ngair.{version}-0-g{commit}"


_SERIAL = re.compile(r"[A-Z0-9]{16}")
_MAC = re.compile(r"[0-9a-f]{12}")

"""Who a box is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.device.identity import Identity, firmware_text, mac_text, new_identity


@given(st.binary(min_size=22, max_size=64))
def test_any_random_bytes_make_a_sound_identity(random: bytes) -> None:
    made = new_identity(random)
    assert re.fullmatch(r"[A-Z0-9]{16}", made.serial)
    assert re.fullmatch(r"[0-9a-f]{12}", made.local_mac)
    first = int(made.local_mac[:2], 16)
    assert (first & 1, first & 2) == (0, 2), "no group address, and locally administered (IEEE 802, 8.2)"
    assert made.is_sound
    assert new_identity(random) == made


def test_every_letter_and_digit_is_used() -> None:
    assert len({letter for byte in range(256) for letter in new_identity(bytes([byte]) * 22).serial}) == 36


@pytest.mark.parametrize(
    ("serial", "mac"),
    [
        ("ABCDEFGH0123456", "020000000001"),
        ("ABCDEFGH012345678", "020000000001"),
        ("abcdefgh01234567", "020000000001"),
        ("ABCDEFGH0123456\n", "020000000001"),
        ("ABCDEFGH01234567", "02000000000G"),
        ("ABCDEFGH01234567", "0200000000"),
        ("ABCDEFGH01234567", "02000000000A"),
        ("ABCDEFGH01234567", "020000000001\n"),
        ("", ""),
    ],
)
def test_what_is_no_identity(serial: str, mac: str) -> None:
    assert not Identity(serial=serial, local_mac=mac).is_sound


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("0a:1B:2c:3D:4e:5F\n", "0a1b2c3d4e5f"),
        ("00:00:00:00:00:00", None),
        ("", None),
        ("0a:1b:2c:3d:4e", None),
        ("80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:00:00:01", None),
        ("not an address", None),
    ],
)
def test_an_interface_s_address(address: str, expected: str | None) -> None:
    assert mac_text(address) == expected


def test_the_firmware_string() -> None:
    assert firmware_text("1.2.3", "792c17f") == "ngair.1.2.3-0-g792c17f"

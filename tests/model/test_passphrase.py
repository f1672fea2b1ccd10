"""What can be a Wi-Fi password, and why something cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.passphrase import passphrase_fault

PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


@given(st.text(PRINTABLE, min_size=8, max_size=63) | st.text("0123456789abcdefABCDEF", min_size=64, max_size=64))
def test_passphrases_and_keys_are_taken(password: str) -> None:
    assert passphrase_fault(password) is None


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "at least 8"),
        ("7 chars", "at least 8"),
        ("x" * 64, "at most 63"),
        ("a" * 65, "at most 63"),
        ("a" * 63 + "g", "at most 63"),
        ("pässwörter", "ASCII"),
        ("line\nbreak", "ASCII"),
        ("nul\0byte!", "ASCII"),
        ("delete\x7f!", "ASCII"),
        ("٠" * 64, "ASCII"),
        ("\ud800 half a pair", "ASCII"),
    ],
)
def test_what_can_be_none_is_refused_with_a_reason(password: str, why: str) -> None:
    assert why in str(passphrase_fault(password))


@given(st.text())
def test_a_reason_tells_nothing_of_the_password(password: str) -> None:
    fault = passphrase_fault(password)
    assert fault is None or len(password) < 12 or password not in fault

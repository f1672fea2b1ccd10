"""The simulated meters' ciphering: as the standard says, opened by the primitives and by nothing of ours."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR, GCM
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.keys import Keys
from ngair.sim.telegrams._ciphered import ENCRYPTED, ciphered, length

KEY_BYTES = st.binary(min_size=16, max_size=16)
TITLES = st.binary(min_size=8, max_size=8)
COUNTERS = st.integers(0, 2**32 - 1)


@given(plain=st.binary(max_size=400), key=KEY_BYTES, authentication=KEY_BYTES, title=TITLES, counter=COUNTERS)
def test_the_tag_covers_control_byte_and_authentication_key(
    plain: bytes, key: bytes, authentication: bytes, title: bytes, counter: int
) -> None:
    frame = ciphered(plain, Keys(key, authentication), title=title, counter=counter)
    assert frame[:10] == b"\xdb\x08" + title
    content = behind_the_length(frame)
    assert content[:5] == b"\x30" + counter.to_bytes(4, "big")
    secret, tag = content[5:-12], content[-12:]
    mode = GCM(title + content[1:5], tag, min_tag_length=12)
    opening = Cipher(AES(key), mode).decryptor()
    opening.authenticate_additional_data(b"\x30" + authentication)
    assert opening.update(secret) + opening.finalize() == plain
    wrong = Cipher(AES(key), mode).decryptor()
    wrong.authenticate_additional_data(b"\x30")
    wrong.update(secret)
    with pytest.raises(InvalidTag):
        wrong.finalize()


@given(plain=st.binary(max_size=400), key=KEY_BYTES, title=TITLES, counter=COUNTERS)
def test_without_a_tag_it_is_counter_mode_from_two_on(plain: bytes, key: bytes, title: bytes, counter: int) -> None:
    frame = ciphered(plain, Keys(key), title=title, counter=counter, control=ENCRYPTED)
    content = behind_the_length(frame)
    assert content[:1] == b"\x20"
    assert len(content) == 5 + len(plain)
    opening = Cipher(AES(key), CTR(title + content[1:5] + b"\0\0\0\x02")).decryptor()
    assert opening.update(content[5:]) == plain


@pytest.mark.parametrize(
    ("size", "form", "expected"),
    [
        (0, None, "00"),
        (0x7F, None, "7f"),
        (0x80, None, "8180"),
        (0xFF, None, "81ff"),
        (0x100, None, "820100"),
        (0x10000, None, "8400010000"),
        (5, 1, "8105"),
        (5, 2, "820005"),
        (5, 4, "8400000005"),
    ],
)
def test_forms_of_a_length(size: int, form: int | None, expected: str) -> None:
    assert length(size, form).hex() == expected


def test_what_cannot_be_written_is_refused() -> None:
    keys = Keys(bytes(16))
    with pytest.raises(ValueError, match="8 bytes"):
        ciphered(b"", keys, title=b"short", counter=0)
    with pytest.raises(ValueError, match="authentication key"):
        ciphered(b"", keys, title=bytes(8), counter=0)
    with pytest.raises(ValueError, match="does not fit"):
        length(0x80, 0)
    with pytest.raises(ValueError, match="does not fit"):
        length(0x100, 1)


def behind_the_length(frame: bytes) -> bytes:
    """What the length counts, all of it and nothing more."""
    first = frame[10]
    more = first & 0x7F if first & 0x80 else 0
    size = int.from_bytes(frame[11 : 11 + more], "big") if more else first
    assert len(frame) == 11 + more + size
    return frame[11 + more :]

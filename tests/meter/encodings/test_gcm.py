"""Ciphered frames: they open with the right keys alone, and a tag that does not match never lets anything through."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.meter.encodings.fault import EncodingError, KeyMissingError, KeyWrongError
from ngair.meter.encodings.gcm import PUBLIC_AUTHENTICATION_KEY, decipher
from ngair.model.keys import Keys
from tests.meter.encodings.drawn import error_of
from tests.meter.encodings.writers import ciphered

KEY = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
AUTHENTICATION = bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")
BOTH = Keys(KEY, AUTHENTICATION)
KEYS = st.binary(min_size=16, max_size=16)
TITLES = st.binary(min_size=8, max_size=8)
COUNTERS = st.integers(0, 0xFFFFFFFF)


@given(
    plaintext=st.binary(max_size=600),
    key=KEYS,
    authentication=KEYS,
    title=TITLES,
    counter=COUNTERS,
    control=st.sampled_from((0x30, 0x31, 0x10, 0x70)),
    spare=st.integers(0, 3),
)
def test_a_frame_with_a_tag_opens(
    plaintext: bytes, key: bytes, authentication: bytes, title: bytes, counter: int, control: int, spare: int
) -> None:
    frame = ciphered(
        plaintext,
        key,
        control=control,
        authentication=authentication,
        title=title,
        counter=counter,
        spare=spare,
    )
    opened = decipher(frame, Keys(key, authentication))
    assert (opened.plaintext, opened.authenticated, opened.ciphered) == (plaintext, True, bool(control & 0x20))
    unverified = decipher(frame, Keys(key))
    assert (unverified.plaintext, unverified.authenticated) == (plaintext, authentication == PUBLIC_AUTHENTICATION_KEY)


@given(
    plaintext=st.binary(max_size=600), key=KEYS, title=TITLES, counter=COUNTERS, control=st.sampled_from((0x20, 0x21))
)
def test_a_frame_without_a_tag_opens_unverified(
    plaintext: bytes, key: bytes, title: bytes, counter: int, control: int
) -> None:
    frame = ciphered(plaintext, key, control=control, title=title, counter=counter)
    for keys in (Keys(key), Keys(key, AUTHENTICATION)):
        opened = decipher(frame, keys)
        assert (opened.plaintext, opened.ciphered, opened.authenticated) == (plaintext, True, False)


@pytest.mark.parametrize("known", [PUBLIC_AUTHENTICATION_KEY, None])
def test_a_tag_that_anybody_can_verify_is_verified(known: bytes | None) -> None:
    opened = decipher(ciphered(b"/NGA5", KEY, authentication=known), Keys(KEY))
    assert (opened.plaintext, opened.authenticated, opened.flag) == (b"/NGA5", True, "NGA")


def test_what_is_sent_in_clear_needs_no_key() -> None:
    for keys in (None, Keys(KEY), BOTH):
        opened = decipher(ciphered(b"in clear", KEY, control=0x00), keys)
        assert (opened.plaintext, opened.ciphered, opened.authenticated) == (b"in clear", False, False)
    opened = decipher(ciphered(b"in clear", KEY, control=0x10, authentication=AUTHENTICATION), None)
    assert (opened.plaintext, opened.ciphered, opened.authenticated) == (b"in clear", False, False)


@pytest.mark.parametrize("control", [0x20, 0x21, 0x30, 0x31])
def test_without_a_key_nothing_opens(control: int) -> None:
    with pytest.raises(KeyMissingError):
        decipher(ciphered(b"secret", KEY, control=control, authentication=AUTHENTICATION), None)


@given(plaintext=st.binary(min_size=1, max_size=80), data=st.data(), control=st.sampled_from((0x30, 0x10)))
def test_a_frame_with_one_bit_flipped_never_opens(plaintext: bytes, data: st.DataObject, control: int) -> None:
    """Neither with a bit of the control byte flipped, for what it says there is no tag must not count as one."""
    frame = bytearray(ciphered(plaintext, KEY, control=control, authentication=AUTHENTICATION))
    bit = data.draw(st.integers(0, 8 * len(frame) - 1).filter(lambda bit: bit // 8 != CONTROL_AT))
    frame[bit // 8] ^= 1 << bit % 8
    with pytest.raises(EncodingError):
        decipher(bytes(frame), BOTH)


@given(key=KEYS.filter(lambda key: key != KEY), authentication=KEYS.filter(lambda key: key != AUTHENTICATION))
def test_another_key_does_not_open(key: bytes, authentication: bytes) -> None:
    frame = ciphered(b"secret", KEY, authentication=AUTHENTICATION)
    for keys in (Keys(key, AUTHENTICATION), Keys(KEY, authentication), Keys(key, authentication)):
        with pytest.raises(KeyWrongError):
            decipher(frame, keys)
    assert decipher(frame, Keys(key)).plaintext != b"secret"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xdb",
        b"\xdc" + ciphered(b"", KEY)[1:],
        b"\xdb\x07" + ciphered(b"", KEY)[2:],
        ciphered(b"abc", KEY)[:-1],
        ciphered(b"abc", KEY) + b"\0",
        ciphered(b"abc", KEY, control=0xA0),
        ciphered(b"abc", KEY, control=0x32),
        b"\xdb\x08" + bytes(8) + b"\x04\x30\0\0\0",
        b"\xdb\x08" + bytes(8) + b"\x10\x30\0\0\0\0" + bytes(11),
    ],
)
def test_what_is_no_ciphered_frame_is_refused(frame: bytes) -> None:
    for keys in (None, BOTH):
        with pytest.raises(EncodingError) as refusal:
            decipher(frame, keys)
        assert type(refusal.value) not in (KeyMissingError, KeyWrongError)


@pytest.mark.parametrize(
    ("title", "flag"), [(b"KAM12345", "KAM"), (b"kfm12345", "KFM"), (b"\xff" * 8, ""), (b"A1B12345", "")]
)
def test_the_maker_is_what_the_title_begins_with(title: bytes, flag: str) -> None:
    assert decipher(ciphered(b"", KEY, control=0x20, title=title), Keys(KEY)).flag == flag


@given(data=st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: b"\xdb\x08" + rest))
def test_any_bytes_open_or_are_an_error(data: bytes) -> None:
    for keys in (None, Keys(KEY), BOTH):
        result = error_of(partial(decipher, keys=keys), data)
        assert not isinstance(result, str) or result.isprintable()


CONTROL_AT = 11
"""Where the control byte of a short frame stands. Flipping its bits is for the opener to survive: it may say then that
there is no tag, and what comes out of that is no telegram."""

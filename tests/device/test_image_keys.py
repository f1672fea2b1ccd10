"""Keys in files: read as they are written, and refused without telling anything of a private one."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.device.image.keys import (
    PRIVATE,
    PUBLIC,
    is_signed,
    key_id,
    public_of,
    read_private_key,
    read_public_keys,
    sign,
    write_key,
)
from ngair.model.limits import FIRMWARE_KEYS_MAX
from tests.device.images import KEY, STRANGERS_KEY

OURS, THEIRS = public_of(KEY), public_of(STRANGERS_KEY)


@given(st.binary(min_size=32, max_size=32), st.text("abc é-_@", max_size=20))
def test_what_is_written_is_read(key: bytes, comment: str) -> None:
    assert read_public_keys(write_key(PUBLIC, key, comment)) == (key,)
    assert read_private_key(write_key(PRIVATE, key, comment)) == key


def test_a_file_may_have_several_keys_comments_and_empty_lines() -> None:
    text = f"# ours\n\n{write_key(PUBLIC, OURS, 'ours')}\n   # theirs\n{write_key(PUBLIC, THEIRS, '')}"
    assert read_public_keys(text + write_key(PUBLIC, OURS, "again")) == (OURS, THEIRS)
    assert read_public_keys("") == ()


@pytest.mark.parametrize(
    "line",
    ["x", PUBLIC, f"{PUBLIC} !", f"{PUBLIC} AAAA", f"{PUBLIC} {'A' * 44}", "ssh-" + write_key(PUBLIC, OURS, ""), "\0"],
)
def test_a_line_that_is_no_key_is_told_by_its_number(line: str) -> None:
    with pytest.raises(ValueError, match=r"line 2: a key is the word ngair-ed25519 and 44 characters"):
        read_public_keys(f"# keys\n{line}\n")


def test_a_private_key_among_public_ones_is_told_and_not_shown() -> None:
    line = write_key(PRIVATE, KEY, "")
    with pytest.raises(ValueError, match="this is a private key") as caught:
        read_public_keys(line)
    assert base64.b64encode(KEY).decode()[:8] not in str(caught.value)


def test_a_public_key_is_no_private_one() -> None:
    with pytest.raises(ValueError, match=PRIVATE):
        read_private_key(write_key(PUBLIC, OURS, ""))


def test_there_is_a_bound_on_keys() -> None:
    with pytest.raises(ValueError, match="more than"):
        read_public_keys("".join(write_key(PUBLIC, bytes([n]) * 32, "") for n in range(FIRMWARE_KEYS_MAX + 1)))


def test_a_signature_is_of_one_manifest_by_one_key_for_this_purpose() -> None:
    its_key, signature = sign(KEY, b"a manifest")
    assert its_key == key_id(OURS) == hashlib.sha256(OURS).digest()[:8]
    assert is_signed(OURS, signature, b"a manifest")
    assert not is_signed(OURS, signature, b"another manifest")
    assert not is_signed(THEIRS, signature, b"a manifest")
    assert not is_signed(bytes(31), signature, b"a manifest")
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    assert not is_signed(OURS, Ed25519PrivateKey.from_private_bytes(KEY).sign(b"a manifest"), b"a manifest")

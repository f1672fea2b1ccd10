"""Keys as people have them, and files of keys: read, or refused without repeating anything of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.keys import KEY_BYTES, Key, Keys, read_key, read_key_file

ONE = bytes(range(KEY_BYTES))
TWO = bytes(range(0xF0, 0x100))
keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ONE.hex(), Keys(ONE)),
        (f"\ufeff{ONE.hex(' ').upper()}\r\n", Keys(ONE)),
        (f"# from the operator\n\nencryption {ONE.hex()}\n", Keys(ONE)),
        (f"  Encryption: {ONE.hex('-')}\n\tAUTHENTICATION = {TWO.hex(':')}", Keys(ONE, TWO)),
        (f"authentication\t{TWO.hex()}\n  # and\nencryption {ONE.hex()}\n", Keys(ONE, TWO)),
        (f"{ONE.hex()}\nauthentication {TWO.hex()}", Keys(ONE, TWO)),
    ],
)
def test_a_file_of_keys(text: str, found: Keys) -> None:
    assert read_key_file(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no key in it: write a line with the word encryption and 32 hex digits"),
        ("# nothing\n", "no key in it: write a line with the word encryption and 32 hex digits"),
        (f"authentication {TWO.hex()}", "no key in it: write a line with the word encryption and 32 hex digits"),
        (f"\n{ONE.hex()[:-1]}", "line 2: a key is 32 hex digits; this has 31"),
        (f"{ONE.hex()[:-2]}", "line 1: a key is 32 hex digits; this has 30"),
        (f"encryption {ONE.hex()}00", "line 1: a key is 32 hex digits; this has 34"),
        (f"encrypt {ONE.hex()}", "line 1: a key is 32 hex digits; this has something else in it"),
        (f"{ONE.hex()}\n{TWO.hex()}", "line 2: a second encryption key: a file holds the keys of one meter"),
        (f"encryption {ONE.hex()} # mine", "line 1: a key is 32 hex digits; this has something else in it"),
    ],
)
def test_a_file_that_cannot_be_is_told_without_it(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_key_file(text)
    assert str(refused.value) == why


@given(st.text() | st.lists(st.sampled_from(["encryption ", "authentication:", "#", "\n", " ", ONE.hex(), "é", "0"])))
def test_any_text_is_keys_or_refused(text: str | list[str]) -> None:
    joined = text if isinstance(text, str) else "".join(text)
    found = _keys_or_refusal(joined)
    if isinstance(found, str):
        assert found.isprintable()
        assert ONE.hex() not in found
    else:
        assert len(found.encryption) == KEY_BYTES


def _keys_or_refusal(text: str) -> Keys | str:
    try:
        return read_key_file(text)
    except ValueError as refused:
        return str(refused)


@given(keys, st.none() | keys, st.sampled_from(["", " ", ":", "-"]))
def test_what_is_written_is_read_and_never_shown(one: bytes, two: bytes | None, between: str) -> None:
    written = [key.hex(between) if between else key.hex() for key in (one, two) if key is not None]
    assert [read_key(text) for text in written] == [key for key in (one, two) if key is not None]
    found = read_key_file("\n".join(f"{name} {text}" for name, text in zip(NAMES, written, strict=False)))
    assert found == Keys(one, two)
    for shown in (repr(found), str(found), f"{found}", repr([found]), repr(Key(one))):
        assert one.hex() not in shown
        assert repr(one)[2:-1] not in shown


NAMES = ("encryption", "authentication")

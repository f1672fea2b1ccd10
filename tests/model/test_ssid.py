"""Names of networks as text: nothing is lost, nothing is confused, and nothing but a name is taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.model.ssid import SSID_MAX_BYTES, ssid_bytes, ssid_text

SSIDS = st.binary(min_size=1, max_size=SSID_MAX_BYTES)
TRICKY = st.lists(
    st.sampled_from([b"\\", b"x", b"\\x", b"41", b"5c", b"\\x5c", b"\xff", b"\xc3", b"\xa9", b"\0", b'"', b"\n", b"a"]),
    min_size=1,
    max_size=8,
).map(lambda parts: b"".join(parts)[:SSID_MAX_BYTES])
"""Names that look like escapes, or like halves of them."""

EXAMPLES = {
    b"Home": "Home",
    "Ångström 🚗".encode(): "Ångström 🚗",
    b"caf\xe9": r"caf\xe9",
    b"\xff\xfe": r"\xff\xfe",
    rb"\xe9": r"\x5cxe9",
    rb"\x5cxe9": r"\x5cx5cxe9",
    rb"C:\xylophone": r"C:\xylophone",
    b"\\": "\\",
    b"\0": "\0",
    b"\xed\xa0\x80": r"\xed\xa0\x80",
}


@pytest.mark.parametrize("ssid", EXAMPLES, ids=repr)
def test_examples(ssid: bytes) -> None:
    assert ssid_text(ssid) == EXAMPLES[ssid]
    assert ssid_bytes(EXAMPLES[ssid]) == ssid


@given(SSIDS | TRICKY)
def test_every_name_comes_back_from_its_text(ssid: bytes) -> None:
    assert ssid_bytes(ssid_text(ssid)) == ssid


@given(SSIDS | TRICKY)
def test_the_text_is_fit_for_json_and_utf_8(ssid: bytes) -> None:
    text = ssid_text(ssid)
    assert json.loads(json.dumps(text)) == text
    assert text.encode("utf-8").decode("utf-8") == text


@given(SSIDS | TRICKY, SSIDS | TRICKY)
def test_no_two_names_have_one_text(one: bytes, other: bytes) -> None:
    assert (ssid_text(one) == ssid_text(other)) == (one == other)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\\"), min_size=1, max_size=8))
def test_plain_text_is_its_own(text: str) -> None:
    assert ssid_text(text.encode("utf-8")) == text


@given(st.text(max_size=200))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        ssid = ssid_bytes(text)
    except ValueError:
        return
    assert 0 < len(ssid) <= SSID_MAX_BYTES
    assert ssid_bytes(ssid_text(ssid)) == ssid


@pytest.mark.parametrize("text", ["", "x" * 33, "🚗" * 9, r"\xff" * 33, "\ud800"], ids=repr)
def test_what_no_network_can_be_called_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        ssid_bytes(text)

"""Frames of real meters, where they are at hand: each opens to the list that it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ngair.meter.encodings.notification import read_notification
from ngair.meter.framings.frame import Frame
from ngair.meter.message import Message
from ngair.meter.opener import Opener
from ngair.model.keys import Keys
from ngair.model.telegram import Reason, Rejection
from tests.conftest import telegram_folder

LISTS = {
    "aidon-example-1": ("items", 9),
    "aidon-example-2": ("items", 27),
    "aidon-example-2-segmented": ("items", 27),
    "aidon-example-2-with-aad": ("items", 27),
    "aidon-example-2-without-aad": ("items", 27),
    "described-list": ("described", 24),
    "iskra-1": ("positional", 8),
    "kamstrup-example-1": ("pairs", 13),
    "kamstrup-example-2": ("pairs", 18),
    "kamstrup-example-3": ("pairs", 8),
    "slovenia-list-1": ("positional", 18),
    "slovenia-list-2": ("positional", 12),
    "test_aidon.py_no_list_1": ("items", 1),
    "test_aidon.py_no_list_2": ("items", 12),
    "test_aidon.py_no_list_3": ("items", 17),
    "test_aidon.py_se_list": ("items", 27),
    "test_kaifa.py_no_list_1": ("positional", 1),
    "test_kaifa.py_no_list_2": ("positional", 13),
    "test_kaifa.py_no_list_3": ("positional", 18),
    "test_kaifa.py_se_list": ("pairs", 18),
    "test_kamstrup.py_no_list_1_single_phase_real_sample": ("pairs", 9),
    "test_kamstrup.py_no_list_1_three_phase": ("pairs", 13),
    "test_kamstrup.py_no_list_2_single_phase": ("pairs", 8),
    "test_kamstrup.py_no_list_2_single_phase_real_sample": ("pairs", 14),
    "test_kamstrup.py_no_list_2_three_phase": ("pairs", 18),
    "test_kamstrup.py_se_list_real_sample": ("pairs", 13),
    "austria-example-1": ("pairs", 13),
    "austria-decrypted-1": ("pairs", 13),
}
"""File, as its name begins behind the project's -> form and number of values, counted by hand."""


def shared(kinds: tuple[str, ...]) -> list[Any]:
    folder = telegram_folder()
    entries = json.loads((folder / "INDEX.json").read_text()) if folder else []
    return [pytest.param(entry, id=entry["file"]) for entry in entries if entry["kind"] in kinds]


def frame_of(file: Path, kind: str) -> Frame:
    """The frame in a file, its checks taken for granted."""
    raw = file.read_bytes()
    if raw[0] == 0x7E:
        return Frame("HDLC", raw, b"".join(_information(raw)), checked=True)
    if kind == "mbus":
        return Frame("M-Bus", raw, b"".join(_user_data(raw)), checked=True)
    return Frame("DB" if kind == "gcm" else "bare", raw, raw, checked=False)


def _information(raw: bytes) -> list[bytes]:
    """The information fields of frames glued together: behind two addresses, control and header check."""
    found = []
    while raw:
        length = int.from_bytes(raw[1:3]) & 0x7FF
        at = 3
        for _ in range(2):
            while not raw[at] & 1:
                at += 1
            at += 1
        found.append(raw[at + 3 : length - 1])
        raw = raw[length + 2 :]
    return found


def _user_data(raw: bytes) -> list[bytes]:
    """What is behind control, address, CI and the two SAPs of long frames glued together."""
    found = []
    while raw:
        length = raw[1]
        found.append(raw[9 : 4 + length])
        raw = raw[6 + length :]
    return found


def opened(entry: dict[str, Any], keys: Keys | None) -> Message | Rejection | None:
    folder = telegram_folder()
    assert folder
    return Opener(keys).open(frame_of(folder / entry["file"], entry["kind"]))


def key_of(entry: dict[str, Any]) -> bytes:
    return bytes.fromhex(entry["key"][:32])


@pytest.mark.parametrize("entry", shared(("hdlc", "llc", "mbus", "gcm", "apdu")))
def test_a_shared_frame_opens_to_what_it_holds(entry: dict[str, Any]) -> None:
    keys = Keys(key_of(entry)) if "key" in entry else None
    if "aad" in entry and "note" not in entry:
        keys = Keys(key_of(entry), bytes.fromhex(entry["aad"]))
    message = opened(entry, keys)
    assert isinstance(message, Message)
    assert message.ciphered == ("key" in entry)
    name = entry["file"].split("__")[1].removesuffix(".txt")
    if message.encoding == "cosem":
        content = read_notification(message.body)
        assert (content.form, len(content.items)) == LISTS[name]
    else:
        assert message.checked
        assert message.body.startswith(b"/")
        assert message.body.endswith(b"!")


@pytest.mark.parametrize("entry", shared(("gcm",)))
def test_a_shared_ciphered_frame_says_what_is_wrong_with_the_keys(entry: dict[str, Any]) -> None:
    wrong = Keys(bytes(16), bytes(16))
    for keys, reason in ((None, Reason.KEY_MISSING), (wrong, Reason.KEY_WRONG), (Keys(bytes(16)), Reason.KEY_WRONG)):
        rejection = opened(entry, keys)
        assert isinstance(rejection, Rejection)
        assert rejection.reason == reason
    if "note" in entry:
        rejection = opened(entry, Keys(key_of(entry), bytes.fromhex(entry["aad"])))
        assert isinstance(rejection, Rejection)
        assert rejection.reason == Reason.KEY_WRONG

"""Frames -> messages: whatever a telegram is wrapped in is taken off here, once for all meters."""

from __future__ import annotations

import re

import msgspec

from ngair.meter.encodings.fault import EncodingError, KeyMissingError, KeyWrongError
from ngair.meter.encodings.gbt import GENERAL_BLOCK_TRANSFER, BlockTransfer, MissingBlockError, is_block
from ngair.meter.encodings.gcm import GENERAL_GLO_CIPHERING, decipher
from ngair.meter.encodings.notification import DATA_NOTIFICATION, begins_notification
from ngair.meter.framings.frame import Frame
from ngair.meter.framings.p1 import P1Framing
from ngair.meter.message import Encoding, Message
from ngair.model.keys import Keys
from ngair.model.limits import IDENT_MAX_BYTES, TELEGRAM_MAX_BYTES
from ngair.model.telegram import Reason, Rejection


class Opener:
    """What comes from one meter, frame by frame. Holds at most one transfer of `TELEGRAM_MAX_BYTES`."""

    def __init__(self, keys: Keys | None = None) -> None:
        self._keys = keys
        self._key_proved = False
        self._transfer = BlockTransfer()
        self._blocks: list[_Opening] = []
        self._blocks_size = 0
        self._lost_size = 0

    def open(self, frame: Frame) -> Message | Rejection | None:
        """The telegram in a frame; `None` if it is a block of one that goes on. Never raises for what it is sent."""
        if frame.framing == "P1" and _CIPHERED_LINES.search(frame.payload, 0, IDENT_MAX_BYTES) is None:
            return Message("ascii", frame.payload, frame.raw, "P1", frame.checked)
        if frame.framing == "SML":
            return Message("sml", frame.payload, frame.raw, "SML", frame.checked)
        opening = _opening(frame)
        try:
            return self._open(opening) or self._lost()
        except KeyMissingError as fault:
            return _refused(opening, Reason.KEY_MISSING, str(fault))
        except KeyWrongError as fault:
            return _refused(opening, Reason.CHECK if self._key_proved else Reason.KEY_WRONG, str(fault))
        except EncodingError as fault:
            return _refused(opening, Reason.ENCODING, str(fault), opening.body)

    def finish(self) -> list[Rejection]:
        """The line is gone: nothing will follow. More may be opened afterwards."""
        self._lose_transfer()
        lost = self._lost()
        return [] if lost is None else [lost]

    def _open(self, opening: _Opening) -> Message | Rejection | None:
        """Take off layer by layer, each kind at most once."""
        while True:
            tag = opening.body[:1]
            if tag == _LIST:
                return _list(opening)
            if tag == b"/":
                return _ascii(opening)
            if opening.ident and _OBJECT_LINE.match(opening.body):
                return _message(opening, "ascii", opening.ident + opening.body + b"!")
            if tag == _CIPHERED and not opening.wrapped:
                self._decipher(opening)
            elif tag == _BLOCK and not opening.joined:
                refused = self._join(opening)
                if refused or not opening.joined:
                    return refused
            else:
                raise EncodingError("neither a list nor a telegram")

    def _decipher(self, opening: _Opening) -> None:
        """Raises `EncodingError`; once a tag has matched, the key is right, and each has to."""
        opened = decipher(opening.body, self._keys)
        if opened.ciphered and not opened.authenticated:
            if self._key_proved:
                raise KeyWrongError("the authentication tag does not match, as those before did")
            if not _looks_right(opened.plaintext, opening):
                raise KeyWrongError("what the key makes of it is neither a list nor a telegram")
        self._key_proved |= opened.authenticated
        opening.body = _without_llc(opened.plaintext)
        opening.wrapped = True
        opening.ciphered = opened.ciphered
        opening.authenticated = opened.authenticated
        opening.checked |= opened.authenticated
        opening.flag = opened.flag

    def _join(self, opening: _Opening) -> Rejection | None:
        """Take a block. With the last one the opening becomes that of all of them."""
        try:
            message = self._transfer.take(opening.body)
        except MissingBlockError as fault:
            self._lose_transfer()
            self._lost_size += len(opening.raw)
            return self._lost(str(fault))
        except EncodingError:
            self._lose_transfer()
            raise
        if self._transfer.lost:
            self._lose_blocks()
        self._blocks.append(opening)
        self._blocks_size += len(opening.raw)
        if self._blocks_size > TELEGRAM_MAX_BYTES:
            size = self._blocks_size
            self._forget_blocks()
            self._transfer.clear()
            return Rejection(Reason.TOO_LONG, f"no end of a transfer within {TELEGRAM_MAX_BYTES} bytes", size)
        if message is not None:
            opening.raw = b"".join(block.raw for block in self._blocks)
            opening.checked = all(block.checked for block in self._blocks)
            opening.authenticated = all(block.authenticated for block in self._blocks)
            opening.body = _without_llc(message)
            opening.joined = True
            self._forget_blocks()
        return None

    def _lose_transfer(self) -> None:
        self._transfer.clear()
        self._lose_blocks()

    def _lose_blocks(self) -> None:
        self._lost_size += self._blocks_size
        self._forget_blocks()

    def _forget_blocks(self) -> None:
        self._blocks = []
        self._blocks_size = 0

    def _lost(self, detail: str = "a transfer that did not end") -> Rejection | None:
        """What has to be told of blocks that nothing came of."""
        size, self._lost_size = self._lost_size, 0
        return Rejection(Reason.TRUNCATED, detail, size) if size else None


class _Opening(msgspec.Struct):
    """A frame on its way to a message."""

    body: bytes
    raw: bytes
    framing: str
    checked: bool
    ident: bytes = b""
    """The ident line and the blank one behind it, where only what follows them is ciphered."""
    wrapped: bool = False
    """Whether a layer of ciphering was taken off, even if it was not enciphered."""
    ciphered: bool = False
    authenticated: bool = False
    joined: bool = False
    flag: str = ""


def _opening(frame: Frame) -> _Opening:
    if frame.framing != "P1":
        return _Opening(_without_llc(frame.payload), frame.raw, frame.framing, frame.checked)
    stop = frame.payload.index(_BLANK_LINE) + len(_BLANK_LINE)
    return _Opening(
        _CIPHERED + frame.payload[stop:-1], frame.raw, frame.framing, frame.checked, ident=frame.payload[:stop]
    )


def _ascii(opening: _Opening) -> Message | Rejection:
    """A telegram inside. Behind a tag that matched its check sum is not asked for: published frames have wrong ones."""
    if opening.authenticated:
        stop = opening.body.rfind(b"!") + 1
        if not stop:
            raise EncodingError("a telegram without an end mark")
        return _message(opening, "ascii", opening.body[:stop])
    framing = P1Framing()
    for found in (*framing.feed(opening.body), *framing.finish()):
        if isinstance(found, Rejection):
            return _refused(opening, found.reason, found.detail, opening.body)
        opening.checked |= found.checked
        return _message(opening, "ascii", found.payload)
    raise EncodingError("no telegram")


def _list(opening: _Opening) -> Message | Rejection:
    """A list inside. On a line a ciphered one needs a check around it, or a tag: else one flipped bit would change a
    value unseen, and it may stand in a frame whose check failed. Files may hold it as it is.
    """
    if opening.ciphered and not opening.checked and opening.framing != "bare":
        return _refused(opening, Reason.CHECK_MISSING, "neither a check sum nor a tag that can be verified")
    return _message(opening, "cosem", opening.body)


def _message(opening: _Opening, encoding: Encoding, body: bytes) -> Message:
    framing = opening.framing
    if opening.wrapped:
        framing = "DB" if framing in ("DB", "bare") else f"DB in {framing}"
    return Message(encoding, body, opening.raw, framing, opening.checked, opening.ciphered, opening.flag)


def _refused(opening: _Opening, reason: Reason, detail: str, body: bytes = b"") -> Rejection:
    return Rejection(reason, detail, len(opening.raw), body)


def _looks_right(plaintext: bytes, opening: _Opening) -> bool:
    """Whether what was deciphered begins as it should: of wrong keys one in a million makes that."""
    body = _without_llc(plaintext)
    if opening.ident and _OBJECT_LINE.match(body):
        return True
    return begins_notification(body) or _IDENT.match(body) is not None or is_block(body)


def _without_llc(payload: bytes) -> bytes:
    """Without the three bytes that HDLC has before what it carries (IEC 62056-46, 6.3)."""
    return payload[_LLC_BYTES:] if payload.startswith(_LLC) else payload


_LLC = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
"""From the meter, and to it: some meters send that."""
_LLC_BYTES = 3
_LIST = bytes([DATA_NOTIFICATION])
_CIPHERED = bytes([GENERAL_GLO_CIPHERING])
_BLOCK = bytes([GENERAL_BLOCK_TRANSFER])
_BLANK_LINE = b"\r\n\r\n"
_CIPHERED_LINES = re.compile(_BLANK_LINE + rb"(?:\x08|\x00[\x81\x82])")
"""Behind an ident line in clear the system title, its length before it: ciphered lines, without their tag DB (Poland).
Some meters leave the title out, and nothing but that says what they send."""
_IDENT = re.compile(rb"/[A-Za-z]{3}")
_OBJECT_LINE = re.compile(rb"\d{1,3}-\d{1,3}:\d{1,3}\.")

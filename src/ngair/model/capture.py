"""A capture of a meter's port, in whatever form people have it -> the bytes that stood on the line."""

from __future__ import annotations

import re
from itertools import groupby
from operator import attrgetter
from typing import Literal

import msgspec

from ngair.model.hex_text import HexLine, read_hex, read_more
from ngair.model.limits import (
    CAPTURE_LINE_MAX_BYTES,
    CAPTURE_PROOF_BYTES,
    CAPTURE_PROOF_HEX_BYTES,
    TELEGRAM_MAX_BYTES,
)

Kind = Literal["telegram", "hex", "other"]


class Stretch(msgspec.Struct, frozen=True):
    """Bytes of the line that stood in the capture in one way."""

    data: bytes
    was_hex: bool = False


class CaptureReader:
    """Bytes of a file or a pipe in, bytes of the line out; what comes out does not depend on how they were cut.

    The rule, line by line:

    1. A byte that no text has (NUL, other controls, what is not UTF-8) makes the capture **binary**: all of it,
       from the first byte to the last, is passed on as it is.
    2. From a line that begins with `/` and three letters to the one that begins with `!`, lines are of an **ASCII
       telegram** and passed on as they are, whatever stands in them (the next one may begin on its last line). Object
       lines elsewhere are never hex either.
    3. Any other line that **ends in hex** gives these bytes: pairs of digits, joined or with spaces, commas, colons
       or hyphens between them, each with `0x` or `\\x` before it or none. Brackets and quotes around them are left
       out, a comment behind them, and what stands before: times, words, the offset of a dump (`xxd` and
       `hexdump -C`, these also with their column of text). Behind words it takes four bytes, or the words of the
       last line of hex.
    4. Text that is of no ASCII telegram is held, for what follows says what it is: a binary byte, that the capture is
       binary; `CAPTURE_PROOF_BYTES` from the first line of hex on, or the end, that hex it is. Without a line of hex,
       and beside an ASCII telegram with less than `CAPTURE_PROOF_HEX_BYTES` of it, it is passed on as it is.
    5. Once hex is proven, lines that are neither hex nor of an ASCII telegram are left out: comments, and what else a
       log tells; a binary byte spoils its line only.

    Holds one line, of which `CAPTURE_LINE_MAX_BYTES` are looked at together, and at most twice as much to be
    proven. Raises nothing.
    """

    def __init__(self) -> None:
        self.hex_lines = 0
        """Lines that were read as hex."""
        self.other_lines = 0
        """Lines of text that were left out."""
        self._state: Literal["open", "proving", "binary", "text"] = "open"
        self._waiting = bytearray()
        self._text_bytes = 0
        self._held = bytearray()
        self._held_read: list[Stretch] = []
        self._held_hex_bytes = 0
        self._proof_from: int | None = None
        self._beside_telegram = False
        self._kind: Kind | None = None
        self._telegram_bytes = 0
        self._before: HexLine | None = None
        self._unfinished = b""

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; gives what they show to have been on the line."""
        return b"".join(stretch.data for stretch in self.stretches(data))

    def finish(self) -> bytes:
        """There is no more: what was held back for what might follow."""
        return b"".join(stretch.data for stretch in self.last_stretches())

    def stretches(self, data: bytes) -> list[Stretch]:
        """`feed`, and which of it was hex: what comes from another source may be of another framing."""
        return [Stretch(data)] if self._state == "binary" else _joined(self._read(data, last=False))

    def last_stretches(self) -> list[Stretch]:
        """`finish` in the same way."""
        out = [] if self._state == "binary" else self._read(b"", last=True)
        if self._state == "proving":
            out += self._released("text" if self._is_hex() else "open")
        return _joined(out)

    def _read(self, data: bytes, *, last: bool) -> list[Stretch]:
        waiting, start = self._waiting, 0
        out: list[Stretch] = []
        waiting += data
        binary = self._binary_from(last=last)
        end = len(waiting) if binary is None else binary
        while True:
            if stop := self._telegrams_end(start, end):
                out.append(Stretch(bytes(waiting[start:stop])))
                self._beside_telegram |= waiting.find(b"/", start, stop) >= 0
            elif stop := _piece_end(waiting, start, end, last=last and binary is None):
                out += self._piece(bytes(waiting[start:stop]))
            else:
                break
            start = stop
            if self._state == "text":
                end = len(waiting)
        del waiting[:start]
        self._text_bytes = max(0, self._text_bytes - start)
        if binary is not None and self._state != "text":
            out += [*self._released("binary"), Stretch(bytes(waiting))]
            waiting.clear()
        return out

    def _binary_from(self, *, last: bool) -> int | None:
        """Where in what waits the first byte stands that no text has, while that matters."""
        if self._state == "text":
            return None
        found = _TEXT.match(self._waiting, self._text_bytes)
        self._text_bytes = found.end() if found else self._text_bytes
        open_end = not last and _BEGUN.fullmatch(self._waiting, self._text_bytes)
        return None if open_end or self._text_bytes == len(self._waiting) else self._text_bytes

    def _telegrams_end(self, start: int, end: int) -> int:
        """Where whole ASCII telegrams end that begin here, taken together because most captures are nothing else."""
        if self._state != "open" or self._kind is not None or self._telegram_bytes:
            return 0
        found = _TELEGRAMS.match(self._waiting, start, end)
        return found.end() if found else 0

    def _piece(self, piece: bytes) -> list[Stretch]:
        """What a line, or a piece of a long one, gives."""
        kind, read = self._judged(piece)
        self._kind = None if piece.endswith(b"\n") else kind
        self._beside_telegram |= kind == "telegram"
        if self._state == "text":
            return [Stretch(read, kind == "hex")] if read else []
        if self._state == "open" and (kind == "telegram" or piece.isspace()):
            return [Stretch(piece)]
        self._state = "proving"
        if kind == "telegram" and not self._is_hex():
            return [*self._released("open"), Stretch(piece)]
        if kind == "hex":
            self._proof_from = len(self._held) if self._proof_from is None else self._proof_from
            self._held_hex_bytes += len(read)
        self._held += piece
        self._held_read += [Stretch(read, kind == "hex")] if read else []
        if self._proof_from is None:
            return self._released("open") if len(self._held) >= CAPTURE_LINE_MAX_BYTES else []
        if len(self._held) - self._proof_from < CAPTURE_PROOF_BYTES:
            return []
        return self._released("text" if self._is_hex() else "open")

    def _is_hex(self) -> bool:
        """Whether what is held counts as hex, if nothing binary follows."""
        enough = not self._beside_telegram or self._held_hex_bytes >= CAPTURE_PROOF_HEX_BYTES
        return self._proof_from is not None and enough

    def _released(self, state: Literal["open", "binary", "text"]) -> list[Stretch]:
        """What was held, as what it has been found to be."""
        out = self._held_read if state == "text" else [Stretch(bytes(self._held))]
        if state != "text":
            self.hex_lines = self.other_lines = 0
        self._state, self._proof_from, self._held_hex_bytes = state, None, 0
        self._held_read = []
        self._held.clear()
        return out

    def _judged(self, piece: bytes) -> tuple[Kind, bytes]:
        """What kind of line a piece is of, and what it gives once hex is proven."""
        if self._kind is not None:
            return self._goes_on(piece, self._kind)
        if _IDENT.match(piece):
            self._telegram_bytes = 1
        if self._telegram_bytes:
            self._telegram_bytes += len(piece)
            ends = piece.startswith(b"!") and not _IDENT.search(piece)
            if ends or self._telegram_bytes > TELEGRAM_MAX_BYTES:
                self._telegram_bytes = 0
            return "telegram", piece
        if _OBJECT.match(piece):
            return "telegram", piece
        if piece.isspace():
            return "other", b""
        whole = piece.endswith(b"\n") or len(piece) < CAPTURE_LINE_MAX_BYTES
        for left in range(1 if whole else _UNFINISHED_MAX_BYTES + 1):
            found = read_hex(piece[: len(piece) - left], self._before)
            if found:
                self._before = found
                self._unfinished = piece[len(piece) - left :]
                self.hex_lines += 1
                return "hex", found.data
        self.other_lines += 1
        return "other", b""

    def _goes_on(self, piece: bytes, kind: Kind) -> tuple[Kind, bytes]:
        """The next piece of a line longer than one."""
        if kind == "telegram":
            self._telegram_bytes += len(piece)
            return kind, piece
        if kind == "other":
            return kind, b""
        data, self._unfinished = read_more(self._unfinished + piece)
        return ("hex" if len(self._unfinished) <= _UNFINISHED_MAX_BYTES else "other"), data


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    return [
        Stretch(b"".join(stretch.data for stretch in group), was_hex)
        for was_hex, group in groupby(stretches, attrgetter("was_hex"))
    ]


def _piece_end(waiting: bytearray, start: int, end: int, *, last: bool) -> int:
    """Where the next line ends, or the next piece of a long one; 0 where more has to come."""
    limit = min(end, start + CAPTURE_LINE_MAX_BYTES)
    stop = waiting.find(b"\n", start, limit) + 1
    if stop:
        return stop
    return limit if limit - start == CAPTURE_LINE_MAX_BYTES or (last and limit > start) else 0


_UNFINISHED_MAX_BYTES = 3
"""`\\x7`: the most of a pair that can stand before its last digit."""
_TEXT = re.compile(
    rb"(?:[\t-\r\x1b\x20-\x7e]++|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})*+"
)
_BEGUN = re.compile(rb"[\xc2-\xdf]|[\xe0-\xef][\x80-\xbf]?|[\xf0-\xf4][\x80-\xbf]{0,2}")
_IDENT = re.compile(rb"/[A-Za-z]{3}")
_TELEGRAMS = re.compile(
    rb"(?:/[A-Za-z]{3}[^\n]{0,72}+\n(?:(?:[^!\n][^\n]{0,72}+)?+\n){0,200}+![^\n/]{0,72}+\n|\r?\n)++"
)
"""Their lines are short, and together shorter than `TELEGRAM_MAX_BYTES`."""
_OBJECT = re.compile(rb"\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}[^\r\n(]{0,12}\(")

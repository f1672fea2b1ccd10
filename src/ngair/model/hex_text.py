"""Hex as people have it in files, logs and programs -> bytes, a line at a time."""

from __future__ import annotations

import re

import msgspec

BEHIND_WORDS_MIN_BYTES = 4
"""Fewer digits behind words are words or numbers too, such as `add` or `21`."""
LABEL_DIGITS = range(4, 9)
LABELLED_MIN_BYTES = 4
"""A dump's line has its offset, of four to eight digits, before single bytes."""


class HexLine(msgspec.Struct, frozen=True):
    """What a line of hex says."""

    data: bytes
    words: bytes
    """What stands before the digits, numbers made 0: the next line of the same log has the same."""
    labelled: bool
    """Whether it began with an offset, as lines of a dump do."""


def read_hex(line: bytes, before: HexLine | None = None) -> HexLine | None:
    """The bytes of a line that ends in hex, `None` for any other. `before` is the last line that was hex."""
    text = _COLOUR.sub(b"", line).removeprefix(b"\xef\xbb\xbf").strip()
    if text.startswith(_NEVER) or _OBJECT.match(text):
        return None
    text, labelled = _without_offset(text)
    text = _TIME.sub(b" ", _COMMENT.sub(b"", text)).rstrip(_BEHIND)
    start, tokens = _tail(text)
    if not tokens:
        return None
    words = _DIGITS.sub(b"0", text[:start].strip())
    if not words and not labelled:
        labelled = _has_label(tokens, after=before is not None and before.labelled)
        tokens = tokens[labelled:]
    data = bytes.fromhex(_MARKS.sub(b"", b"".join(tokens)).decode("ascii"))
    if words and len(data) < BEHIND_WORDS_MIN_BYTES and (before is None or before.words != words):
        return None
    return HexLine(data, words, labelled)


def read_more(text: bytes) -> tuple[bytes, bytes]:
    """The bytes of a line of hex that goes on here, and what is left of the text: an unfinished pair, or no hex."""
    found = _MORE.match(text)
    stop = found.end() if found else 0
    return bytes.fromhex(_BETWEEN.sub(b"", _MARKS.sub(b"", text[:stop])).decode("ascii")), text[stop:]


def _without_offset(text: bytes) -> tuple[bytes, bool]:
    """Without the `00000010:` of a dump and its column of text, and whether there was one."""
    offset = _OFFSET.match(text)
    if offset:
        return re.split(rb"\s{2}", text[offset.end() :], maxsplit=1)[0], True
    return _COLUMN.sub(b"", text), False


def _tail(text: bytes) -> tuple[int, list[bytes]]:
    """The hex that the text ends in: where it begins, and its groups of digits."""
    tokens: list[bytes] = []
    start = len(text)
    for token in reversed(list(_TOKEN.finditer(text))):
        group = token[0]
        if not _GROUP.fullmatch(group):
            opener = max(group.rfind(mark) for mark in (_OPENERS if tokens else _OPENERS_ALONE))
            if opener >= 0 and _GROUP.fullmatch(group, opener + 1):
                tokens.append(group[opener + 1 :])
                start = token.start() + opener + 1
            break
        tokens.append(group)
        start = token.start()
    return start, tokens[::-1]


def _has_label(tokens: list[bytes], *, after: bool) -> bool:
    """Whether the first group is the offset of single bytes behind it; `after` a line that had one, also alone."""
    rest = tokens[1:]
    return (
        len(tokens[0]) in LABEL_DIGITS
        and all(len(token) == 2 for token in rest)
        and (after or len(rest) >= LABELLED_MIN_BYTES)
    )


_PAIRS = rb"(?:(?:0[xX]|\\[xX])?+(?:[0-9A-Fa-f]{2})++)++"
_GROUP = re.compile(_PAIRS)
_TOKEN = re.compile(rb"[^\s,:-]+")
_MORE = re.compile(rb"(?:[\s,:-]++|%s)++" % _PAIRS)
_MARKS = re.compile(rb"0[xX]|\\[xX]")
_BETWEEN = re.compile(rb"[\s,:-]+")
_DIGITS = re.compile(rb"[0-9]+")
_NEVER = (b"#", b"//", b"/", b"!", b"(")
"""Comments, and the lines of ASCII telegrams."""
_OBJECT = re.compile(rb"\d{1,3}-\d{1,3}:\d")
_OPENERS = (b"[", b"{", b"<", b"'", b'"')
_OPENERS_ALONE = (*_OPENERS, b"=", b">", b"|")
_BEHIND = b" \t]}'\";,."
_COLOUR = re.compile(rb"\x1b\[[0-9;]{0,16}[A-Za-z]")
_COMMENT = re.compile(rb"\s(?:#|//).*", re.S)
_OFFSET = re.compile(rb"(?:0[xX])?[0-9A-Fa-f]{4,16}:\s+(?=[0-9A-Fa-f]{2})")
_COLUMN = re.compile(rb"\s\|[^\r\n]{1,16}\|$")
_TIME = re.compile(
    rb"(?<![0-9A-Fa-f:.-])(?:"
    rb"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
    rb"|\d{8}(?=[T ]\d\d:\d\d:\d\d)|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    rb")(?=[\s\])>|;,]|:\s)"
)

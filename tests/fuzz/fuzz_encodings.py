"""Fuzz target of the encodings: python -m tests.fuzz.fuzz_encodings -runs=N (needs atheris, as there is for x86).

The last byte says who reads those before it: as a value, a list, an SML file, a block, a ciphered frame; or as what
frames carry in blocks, in clear or ciphered with a right tag, which no fuzzer would find by chance; its upper half says
how large the blocks are. The ordinary tests run `check` as well.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from ngair.meter.encodings.axdr import Node, read
from ngair.meter.encodings.fault import EncodingError
from ngair.meter.encodings.gbt import read_block
from ngair.meter.encodings.gcm import decipher
from ngair.meter.encodings.notification import read_notification
from ngair.meter.encodings.sml import read_sml
from ngair.meter.framings.frame import Frame
from ngair.meter.message import Content, Message
from ngair.meter.opener import Opener
from ngair.model.keys import Keys
from ngair.model.limits import TELEGRAM_MAX_BYTES
from ngair.model.telegram import Rejection
from tests.meter.encodings.drawn import Plain, written
from tests.meter.encodings.writers import blocks, ciphered
from tests.meter.examples import KEY
from tests.meter.telegrams import CORPUS

T = TypeVar("T")
KEYS = Keys(bytes(range(16)), bytes(range(16, 32)))
ALONE = Keys(KEYS.encryption)
LLC = b"\xe6\xe7\x00"
MESSAGES_MAX = 4
HEADER = b"\x0f\x00\x00\x00\x00\x00"


def check(data: bytes) -> None:
    """Raises where a reader breaks a promise."""
    sent, how = _content(data[:-1])[:TELEGRAM_MAX_BYTES], data[-1] if data else 0
    READERS[(how & 0x0F) % len(READERS)](sent, 1 + 40 * (how >> 4))


def seeds() -> list[Path]:
    """The binary examples of the corpus, in hex as they are written. The LF that each ends in is the last byte."""
    return sorted(path for path in CORPUS.glob("*/*.hex") if path.name != KEY)


def _content(data: bytes) -> bytes:
    """What a frame in hex carries, if that is what most bytes are: damaged text has to stay a damaged frame."""
    digits = _NO_DIGITS.sub(b"", data).decode("ascii")
    if 2 * len(digits) <= len(data):
        return data
    data = bytes.fromhex(digits[: len(digits) // 2 * 2])
    at = data.find(LLC)
    return data if at < 0 else data[at + len(LLC) : -3]


def _value(sent: bytes, _: int) -> None:
    node = _read(read, sent)
    if node is not None:
        again = read(written(_plain(node)))
        assert _plain(again) == _plain(node), "a value is not what it is written as"


def _list(reader: Callable[[bytes], Content], sent: bytes, _: int) -> None:
    content = _read(reader, sent)
    if content is None:
        return
    assert len(content.items) <= len(sent), "a list grows"
    for item in content.items:
        assert 0 <= item.start <= item.stop <= len(sent)
        if isinstance(item.value, bytes):
            assert sent[item.start : item.stop] == item.value, "a text stands elsewhere"
        if isinstance(item.value, int):
            assert item.value in _numbers(sent[item.start : item.stop]), "a number stands elsewhere"


def _block(sent: bytes, _: int) -> None:
    block = _read(read_block, sent)
    assert block is None or sent.endswith(block.data)


def _ciphered(sent: bytes, _: int) -> None:
    for keys in (None, KEYS, ALONE):
        opened = _read(partial(decipher, keys=keys), sent)
        assert opened is None or len(opened.plaintext) < len(sent)


def _frames(keys: Keys | None, wrap: Callable[[bytes], list[bytes]], sent: bytes, size: int) -> None:
    opener = Opener(keys)
    for framing in ("HDLC", "bare", "DB", "SML", "P1"):
        _open(opener, [Frame(framing, b"<>" + sent, sent, checked=False)])
    sent = sent[: MESSAGES_MAX * size]
    parts = [part for start in range(0, len(sent), size) for part in wrap(sent[start : start + size])]
    _open(opener, [Frame("HDLC", b"<>" + part, part, checked=True) for part in parts])


def _open(opener: Opener, frames: list[Frame]) -> None:
    """Every byte is accounted for once."""
    told = 0
    for frame in frames:
        found = opener.open(frame)
        if isinstance(found, Rejection):
            assert found.detail.isprintable()
            told += found.size
        elif isinstance(found, Message):
            told += len(found.raw)
    told += sum(rejection.size for rejection in opener.finish())
    assert told == sum(len(frame.raw) for frame in frames), "bytes are told of twice, or never"


def _in_blocks(sent: bytes) -> list[bytes]:
    return blocks(sent, [len(sent) // 3] * 2)


def _in_ciphered_blocks(sent: bytes) -> list[bytes]:
    return [ciphered(block, KEYS.encryption, authentication=KEYS.authentication) for block in _in_blocks(sent)]


def _in_blocks_of_ciphered(sent: bytes) -> list[bytes]:
    return _in_blocks(ciphered(sent, KEYS.encryption, authentication=KEYS.authentication))


def _untagged(sent: bytes) -> list[bytes]:
    return [ciphered(sent, KEYS.encryption, control=0x20)]


def _read(reader: Callable[[bytes], T], sent: bytes) -> T | None:
    """What a reader makes of it. It may raise nothing but what it says."""
    try:
        return reader(sent)
    except EncodingError as fault:
        if not str(fault).isprintable():
            raise
        return None


def _plain(node: Node) -> Plain:
    return node.tag, [_plain(child) for child in node.value] if isinstance(node.value, tuple) else node.value


def _numbers(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data), int.from_bytes(data, signed=True)


_NO_DIGITS = re.compile(rb"#.*|[^0-9A-Fa-f]")
READERS: tuple[Callable[[bytes, int], None], ...] = (
    _value,
    partial(_list, read_notification),
    lambda sent, size: _list(read_notification, HEADER + sent, size),
    partial(_list, read_sml),
    _block,
    _ciphered,
    lambda sent, size: _ciphered(ciphered(sent, KEYS.encryption), size),
    partial(_frames, None, _in_blocks),
    partial(_frames, KEYS, _in_blocks),
    partial(_frames, KEYS, _in_ciphered_blocks),
    partial(_frames, KEYS, _in_blocks_of_ciphered),
    partial(_frames, ALONE, _untagged),
    partial(_frames, ALONE, _in_ciphered_blocks),
)


def main() -> None:
    """Run until a promise breaks, or as many times as told."""
    import atheris  # not at the top: there is none for ARM

    atheris.instrument_all()
    atheris.Setup([*sys.argv, f"-seed_inputs={','.join(map(str, seeds()))}", "-max_len=4096"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

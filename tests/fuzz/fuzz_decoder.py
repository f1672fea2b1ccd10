"""Fuzz target of the whole decoder: python -m tests.fuzz.fuzz_decoder -runs=N (needs atheris, as there is for x86).

The last byte says in what those before it arrive, because no fuzzer would find a right check sum or a right tag by
chance: as they are, or as what a right frame carries, plain or ciphered; and how many bytes arrive at a time. The byte
before it may fix a dialect, so that each one's table and quirks meet every kind of list.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import fastcrc
import msgspec

from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.model.keys import Keys
from ngair.model.limits import FEED_SLICE_BYTES, TELEGRAM_MAX_BYTES
from ngair.model.line import Fixed
from ngair.model.reading import reading_document
from ngair.model.telegram import Rejection, Telegram
from ngair.sim.telegrams._ciphered import ciphered
from ngair.sim.telegrams._hdlc import LLC_HEADER, segments
from ngair.sim.telegrams._mbus import long_frames
from tests.meter.examples import KEY, from_hex
from tests.meter.telegrams import CORPUS

KEYS = Keys(bytes(range(16)), bytes(range(16, 32)))
TITLE = b"NGA\x00\x00\x00\x00\x01"
HELD_MAX_BYTES = 8 * (TELEGRAM_MAX_BYTES + 2 * FEED_SLICE_BYTES)
"""Five framings and what the one that is followed may have to hand on."""
CONTENT_MAX_BYTES = 3000
SIZES = (1, 2, 3, 7, 16, 61, 250, 1 << 20)


def check(data: bytes) -> None:
    """Raises where the decoder breaks a promise."""
    sent, dialect, how = _plain(data[:-2]), data[-2:-1], data[-1] if data else 0
    sent = _wrapped(sent, how & 7)
    names = sorted(DIALECTS)
    number = dialect[0] if dialect else 0xFF
    fixed = Fixed(dialect=names[number] if number < len(names) else None)
    out = _decoded(sent, len(sent) + 1, fixed)
    assert _decoded(sent, SIZES[how >> 3 & 7], fixed) == out, "what comes out depends on how the bytes were cut"
    assert sum(map(_covered, out)) <= len(sent), "more is accounted for than was sent"


@cache
def seeds() -> list[Path]:
    """The examples of the corpus, those in hex as they are written."""
    return sorted(path for path in CORPUS.glob("*/*") if path.suffix in (".txt", ".hex") and path.name != KEY)


def _plain(data: bytes) -> bytes:
    """The bytes of hex text, or what it is."""
    try:
        return from_hex(data.decode("ascii"))
    except ValueError:
        return data


def _wrapped(content: bytes, kind: int) -> bytes:
    """What carries it, right in every check sum."""
    content = content if kind == 0 else content[:CONTENT_MAX_BYTES]
    secret = ciphered(content, KEYS, title=TITLE, counter=7, control=0x20 if kind == 6 else 0x30)
    match kind:
        case 1:
            return _hdlc(content)
        case 2:
            return _hdlc(b"\x0f\x00\x00\x00\x00\x00" + content)
        case 3:
            return long_frames(content, 200) if content else b""
        case 4:
            return secret
        case 5:
            return _hdlc(secret)
        case 6:
            return long_frames(secret, 245)
        case 7:
            return _sml(content)
        case _:
            return content


def _hdlc(message: bytes) -> bytes:
    return segments(LLC_HEADER + message, 1000, destination=b"\x41", source=b"\x08\x83")


def _sml(content: bytes) -> bytes:
    pad = -len(content) % 4
    escaped = content.replace(b"\x1b" * 4, b"\x1b" * 8) + bytes(pad)
    body = b"\x1b" * 4 + b"\x01" * 4 + escaped + b"\x1b" * 4 + bytes([0x1A, pad])
    return body + fastcrc.crc16.ibm_sdlc(body).to_bytes(2, "little")


def _decoded(sent: bytes, size: int, fixed: Fixed) -> list[Telegram | Rejection]:
    decoder = Decoder(KEYS, fixed)
    out: list[Telegram | Rejection] = []
    for start in range(0, len(sent), size):
        out += decoder.feed(sent[start : start + size])
        assert decoder.held_bytes <= HELD_MAX_BYTES, "the buffers grow"
    return out + decoder.finish()


def _covered(item: Telegram | Rejection) -> int:
    """Bytes that an item accounts for, having looked at it closely."""
    if isinstance(item, Rejection):
        assert item.detail.isprintable()
        return item.size
    assert msgspec.json.encode(reading_document(item.reading))
    assert item.origin.vendor.isprintable()
    assert item.origin.type.isprintable()
    assert item.reading.ident.isprintable()
    return item.wire_len


def main() -> None:
    """Run until a promise breaks, or as many times as told."""
    import atheris  # not at the top: there is none for ARM

    atheris.instrument_all()
    atheris.Setup([*sys.argv, f"-seed_inputs={','.join(map(str, seeds()))}", "-max_len=4096"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

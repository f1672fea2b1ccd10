"""Fuzz target of the ASCII decoder: python -m tests.fuzz.fuzz_p1 -runs=N (needs atheris, which there is for x86 alone).

The last byte says how those before it are taken: as they are, or as bodies to which a right check sum is appended,
which no fuzzer would find by chance; and how many arrive at a time. The ordinary tests run `check` as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

import fastcrc
import msgspec

from ngair.meter.decoder import Decoder
from ngair.model.limits import FEED_SLICE_BYTES, TELEGRAM_MAX_BYTES
from ngair.model.reading import reading_document
from ngair.model.telegram import Rejection, Telegram

WITH_CHECK = 0x80
"""Flag in the last byte; its lower bits are how many bytes arrive at a time, less one."""


def check(data: bytes) -> None:
    """Raises where the decoder breaks a promise."""
    sent, how = data[:-1], data[-1] if data else 0
    if how & WITH_CHECK:
        sent = _with_checks(sent)
    size = (how & ~WITH_CHECK) + 1
    out = _decoded(sent, len(sent) + 1)
    assert _decoded(sent, size) == out, "what comes out depends on how the bytes were cut"
    assert sum(map(_covered, out)) <= len(sent), "more is accounted for than was sent"


def seeds() -> list[Path]:
    """The examples of the corpus. The LF that each ends in is taken for the last byte."""
    return sorted((Path(__file__).resolve().parent.parent / "corpus").glob("*/*.txt"))


def _with_checks(bodies: bytes) -> bytes:
    """Each body, up to its `!`, with its check sum behind it."""
    *whole, rest = bodies.split(b"!")
    return b"".join(b"%b!%04X\r\n" % (body, fastcrc.crc16.arc(body + b"!")) for body in whole) + rest


def _decoded(sent: bytes, size: int) -> list[Telegram | Rejection]:
    decoder = Decoder()
    out: list[Telegram | Rejection] = []
    for start in range(0, len(sent), size):
        out += decoder.feed(sent[start : start + size])
        held = decoder.held_bytes
        assert held <= 8 * (TELEGRAM_MAX_BYTES + 2 * FEED_SLICE_BYTES), "the buffer grows"
    return out + decoder.finish()


def _covered(item: Telegram | Rejection) -> int:
    """Bytes that an item accounts for, having looked at it closely."""
    if isinstance(item, Rejection):
        assert item.detail.isprintable()
        return item.size
    assert len(item.data) == item.wire_len
    document = msgspec.json.encode(reading_document(item.reading))
    assert b"null" not in document or document.count(b"null") < 13
    again = _decoded(item.data.encode("latin-1"), len(item.data))
    assert again == [item], "what is shown of a telegram decodes to something else"
    return item.wire_len


def main() -> None:
    """Run until a promise breaks, or as many times as told."""
    import atheris  # not at the top: there is none for ARM

    atheris.instrument_all()
    atheris.Setup([*sys.argv, f"-seed_inputs={','.join(map(str, seeds()))}", "-max_len=4096"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

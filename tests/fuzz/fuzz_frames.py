"""Fuzz target of the framings: python -m tests.fuzz.fuzz_frames -runs=N (needs atheris, which there is for x86 alone).

The input is parts between `|`. The first byte of each says what is made of the rest: a frame of some framing with its
right check sums, which no fuzzer would find by chance; the bytes as they are; or that the line is quiet before them.
The last byte says how many bytes arrive at a time. The ordinary tests run `check` as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ngair.meter.framings import FRAMINGS
from ngair.meter.framings.detect import Detector
from ngair.meter.framings.frame import Frame, Framing
from ngair.model.limits import DETECTOR_HELD_MAX_BYTES, FRAMING_HELD_MAX_BYTES
from ngair.model.telegram import Rejection
from tests.meter.framings.frames import LLC, ciphered, hdlc, mbus, sml
from tests.meter.telegrams import with_check

QUIET = ord("q")
MAKERS: dict[int, Callable[[bytes], bytes]] = {
    ord("h"): lambda data: hdlc(LLC + data[:2000]),
    ord("H"): lambda data: hdlc(LLC + data[:2000], segmented=True),
    ord("s"): lambda data: hdlc(data[:2000], segmented=True),
    ord("e"): lambda data: hdlc(data[:2000])[1:],
    ord("m"): mbus,
    ord("0"): lambda data: mbus(data, last=False),
    ord("1"): lambda data: mbus(data, number=1, last=False),
    ord("2"): lambda data: mbus(data, number=2),
    ord("d"): ciphered,
    ord("S"): sml,
    ord("p"): lambda data: with_check(b"/NGA" + data.replace(b"!", b"") + b"!"),
    ord("u"): lambda data: b"/NGA" + data + b"!\r\n",
}


def check(data: bytes) -> None:
    """Raises where a framing breaks a promise."""
    bursts, how = _bursts(data[:-1]), data[-1] if data else 0
    for bare in (False, True):
        whole = _found(Detector(bare=bare), bursts, 1 << 20, DETECTOR_HELD_MAX_BYTES)
        assert _found(Detector(bare=bare), bursts, how + 1, DETECTOR_HELD_MAX_BYTES) == whole, "cuts matter"
    for name, framing in FRAMINGS.items():
        whole = _found(framing(0), bursts, 1 << 20, FRAMING_HELD_MAX_BYTES)
        assert _found(framing(0), bursts, how + 1, FRAMING_HELD_MAX_BYTES) == whole, f"cuts matter to {name}"


def seeds() -> list[Path]:
    """The examples of frames. The LF that each ends in is taken for the last byte."""
    return sorted((Path(__file__).resolve().parent / "frames").glob("*.txt"))


def _bursts(data: bytes) -> list[bytes]:
    """What arrives between the pauses of the line."""
    bursts = [b""]
    for part in data.split(b"|"):
        if part[:1] and part[0] == QUIET:
            bursts.append(b"")
            part = part[1:]
        maker = MAKERS.get(part[0]) if part else None
        bursts[-1] += part if maker is None else maker(part[1:])
    return bursts


def _found(framing: Framing, bursts: list[bytes], size: int, held_max: int) -> list[Frame | Rejection | None]:
    """What comes out, with `None` where the line was quiet."""
    out: list[Frame | Rejection | None] = []
    for burst in bursts:
        for start in range(0, len(burst), size):
            out += framing.feed(burst[start : start + size])
            assert framing.held_bytes <= held_max, "the buffers grow"
        out += framing.quiet()
        out.append(None)
    out += framing.finish()
    _assert_accounted(out, b"".join(bursts))
    return out


def _assert_accounted(out: list[Frame | Rejection | None], sent: bytes) -> None:
    size = 0
    for item in out:
        if isinstance(item, Rejection):
            assert item.detail.isprintable()
            assert item.size > 0
            size += item.size
        elif item is not None:
            assert item.stop <= len(sent)
            assert item.checked or item.framing in ("P1", "DB", "bare")
            size += len(item.raw) - (item.framing == "HDLC")  # one flag may end a frame and begin the next
    assert size <= len(sent), "more is accounted for than was sent"


def main() -> None:
    """Run until a promise breaks, or as many times as told."""
    import atheris  # not at the top: there is none for ARM

    atheris.instrument_all()
    atheris.Setup([*sys.argv, f"-seed_inputs={','.join(map(str, seeds()))}", "-max_len=4096"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Fuzz target of the charger link: python -m tests.fuzz.fuzz_nanogrid -runs=N (needs atheris, only there for x86).

Input is a transcript (`tests/charger/transcripts/README.md`), taken as bytes and as far as it makes sense: what
happens, a line each. The last byte says what is decided, and whether the link was bound before. The ordinary tests run
`check` as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.charger.transcript import FOLDER, NAMES
from tests.charger.watch import Watch

BOUND = 0x80
"""Flag in the last byte; its lower bits are the setpoint of both outlets, 0 for none."""
LINES_MAX = 300


def check(data: bytes) -> None:
    """Raises where the link breaks a promise."""
    sent, how = data[:-1], data[-1] if data else 0
    for short, serial in NAMES.items():
        sent = sent.replace(short.encode(), serial.encode())
    watch = Watch(NAMES["{CB}"] if how & BOUND else None)
    setpoint_a = how & ~BOUND or None
    for line in sent.split(b"\n", LINES_MAX)[:LINES_MAX]:
        at, verb, rest = (*line.split(maxsplit=2), b"", b"", b"")[:3]
        watch.now_s = _time(at)
        _happen(watch, verb, rest)
        watch.decide(setpoint_a, setpoint_a)
        watch.tick()


def seeds() -> list[Path]:
    """The transcripts. The LF that each ends in is taken for the last byte."""
    return sorted(FOLDER.glob("*.txt"))


def _happen(watch: Watch, verb: bytes, rest: bytes) -> None:
    if verb == b"up":
        watch.up()
    elif verb == b"down":
        watch.down()
    elif verb in (b">", b">r", b"each"):
        topic, _, payload = rest.removeprefix(b"1 ").partition(b" ")
        watch.receive(topic.decode(errors="replace"), payload, verb == b">r")


def _time(text: bytes) -> float:
    """Any time that a clock can show; clocks of programs never run backwards, but this one may."""
    try:
        return min(max(float(text), 0.0), 1e9)
    except ValueError:
        return 0.0


def main() -> None:
    """Run until a promise breaks, or as many times as told."""
    import atheris  # not at the top: there is none for ARM

    atheris.instrument_all()
    atheris.Setup([*sys.argv, f"-seed_inputs={','.join(map(str, seeds()))}", "-max_len=8192"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

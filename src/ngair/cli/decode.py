"""`ngair decode`: telegram bytes to readings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import cast

import msgspec

from ngair.cli.failure import Failure
from ngair.meter.decoder import Decoder
from ngair.meter.explain import Line, explain
from ngair.model.limits import READ_CHUNK_BYTES
from ngair.model.reading import reading_document
from ngair.model.telegram import REMEDIES, Rejection, Telegram


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "decode",
        help="telegram bytes to readings, one JSON object a line",
        description="Decode a capture of a meter's port: one JSON reading a line on standard output, what was refused "
        "with its reason on standard error. Exit 1 if nothing was decoded.",
        allow_abbrev=False,
        epilog="Example: ngair decode capture.txt --explain",
    )
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="The capture; - is standard input.")
    parser.add_argument(
        "--explain", action="store_true", help="Tell each line of each telegram: OBIS code, meaning, values."
    )
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    if options.file == "-":
        if sys.stdin is None:
            raise Failure("standard input is closed: give a FILE", 2)
        return _decode(_portions(cast(BufferedReader, sys.stdin.buffer), "standard input"), explained=options.explain)
    try:
        file = Path(options.file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Failure(f"{options.file}: cannot be read: {error.strerror}", 2) from None
    with file:
        return _decode(_portions(file, options.file), explained=options.explain)


def _portions(file: BufferedReader, name: str) -> Iterator[bytes]:
    """What the file has, as it comes: a meter behind a pipe is decoded while it speaks."""
    try:
        while data := file.read1(READ_CHUNK_BYTES):
            yield data
    except OSError as error:
        raise Failure(f"{name}: cannot be read further: {error.strerror}", 2) from None


def _decode(portions: Iterator[bytes], *, explained: bool) -> int:
    decoder = Decoder()
    decoded = 0
    number = 0
    for data in chain(portions, [None]):
        for item in decoder.finish() if data is None else decoder.feed(data):
            number += 1
            decoded += isinstance(item, Telegram)
            _print(item, number, explained=explained)
        print(end="", flush=True)
    if not decoded:
        print("ngair: nothing was decoded: is this a capture of a meter's customer port?", file=sys.stderr)
    return 0 if decoded else 1


def _print(item: Telegram | Rejection, number: int, *, explained: bool) -> None:
    if isinstance(item, Rejection):
        print(f"#{number} refused, {item.reason}: {item.detail}; {REMEDIES[item.reason]}", file=sys.stderr)
        return
    if explained:
        print(f"#{number} {'checked' if item.reading.checked else 'unchecked'}, {item.wire_len} bytes")
        for line in explain(item.data):
            print(f"  {_line(line)}")
    print(msgspec.json.encode(reading_document(item.reading)).decode("utf-8"))


def _line(line: Line) -> str:
    return f"{line.code:<16} {line.meaning or '(not mapped)':<28} {line.values}"

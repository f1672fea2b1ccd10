"""What `ngair decode` does, apart from its options."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import cast

import msgspec

from ngair.cli.explained import Explainer
from ngair.cli.failure import Failure
from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.meter.framings import FRAMINGS
from ngair.model.capture import CaptureReader
from ngair.model.keys import AUTHENTICATION_KEY_VARIABLE, KEY_VARIABLE, Keys, read_key, read_key_file
from ngair.model.limits import READ_CHUNK_BYTES, SETTINGS_FILE_MAX_BYTES
from ngair.model.line import Fixed
from ngair.model.reading import reading_document
from ngair.model.telegram import REMEDIES, Rejection, Telegram


def decode_capture(options: argparse.Namespace) -> int:
    """Decode as the options say; the exit code. Raises `Failure`."""
    _require("--framing", options.framing, FRAMINGS)
    _require("--dialect", options.dialect, DIALECTS)
    keys = _keys_in_file(options.key_file) if options.key_file else _keys_in_environment()
    decoder = Decoder(
        keys, Fixed(framing=options.framing, dialect=options.dialect), bare=True, unchecked=options.unchecked
    )
    if options.file == "-":
        if sys.stdin is None:
            raise Failure("standard input is closed: give a FILE", 2)
        portions = _portions(cast(BufferedReader, sys.stdin.buffer), "standard input")
        return _decode(decoder, portions, explained=options.explain)
    with _opened(options.file) as file:
        return _decode(decoder, _portions(file, options.file), explained=options.explain)


def _require(option: str, name: str | None, known: Mapping[str, object]) -> None:
    if name is not None and name not in known:
        raise Failure(f"{option} {name!r} is none that there is; there are {', '.join(known)}", 2)


def _keys_in_file(name: str) -> Keys:
    with _opened(name) as file:
        try:
            data = file.read(SETTINGS_FILE_MAX_BYTES)
        except OSError as error:
            raise Failure(f"{name}: cannot be read: {error.strerror}", 2) from None
    try:
        return read_key_file(data.decode("utf-8", errors="replace"))
    except ValueError as error:
        raise Failure(f"{name}: {error}", 2) from None


def _keys_in_environment() -> Keys | None:
    keys: dict[str, bytes] = {}
    for variable in (KEY_VARIABLE, AUTHENTICATION_KEY_VARIABLE):
        try:
            if text := os.environ.get(variable):
                keys[variable] = read_key(text)
        except ValueError as error:
            raise Failure(f"{variable}: {error}", 2) from None
    return Keys(keys[KEY_VARIABLE], keys.get(AUTHENTICATION_KEY_VARIABLE)) if KEY_VARIABLE in keys else None


def _opened(name: str) -> BufferedReader:
    try:
        return Path(name).open("rb")
    except OSError as error:
        raise Failure(f"{name}: cannot be read: {error.strerror}", 2) from None


def _portions(file: BufferedReader, name: str) -> Iterator[bytes]:
    """What the file has, as it comes: a meter behind a pipe is decoded while it speaks."""
    try:
        while data := file.read1(READ_CHUNK_BYTES):
            yield data
    except OSError as error:
        raise Failure(f"{name}: cannot be read further: {error.strerror}", 2) from None


def _decode(decoder: Decoder, portions: Iterator[bytes], *, explained: bool) -> int:
    capture = CaptureReader()
    explainer = Explainer() if explained else None
    decoded = 0
    number = 0
    for found in _found(decoder, capture, portions):
        for item in found:
            number += 1
            decoded += isinstance(item, Telegram)
            _print(item, number, explainer)
        print(end="", flush=True)
    if explainer:
        explainer.summary(capture)
    if not decoded:
        print("ngair: nothing was decoded: is this a capture of a meter's customer port?", file=sys.stderr)
    return 0 if decoded else 1


def _found(decoder: Decoder, capture: CaptureReader, portions: Iterator[bytes]) -> Iterator[list[Telegram | Rejection]]:
    """What comes of each portion. Where hex ends or begins, what stood before it is complete."""
    was_hex = False
    for data in chain(portions, [None]):
        found: list[Telegram | Rejection] = []
        for stretch in capture.last_stretches() if data is None else capture.stretches(data):
            if stretch.was_hex != was_hex:
                found += decoder.quiet()
                was_hex = stretch.was_hex
            found += decoder.feed(stretch.data)
        yield found if data is not None else found + decoder.finish()


def _print(item: Telegram | Rejection, number: int, explainer: Explainer | None) -> None:
    if isinstance(item, Rejection):
        if explainer:
            print(end="", flush=True)
        print(f"#{number} refused, {item.reason}: {item.detail}; {REMEDIES[item.reason]}", file=sys.stderr)
    if explainer:
        explainer.tell(item, number)
    if isinstance(item, Telegram):
        print(msgspec.json.encode(reading_document(item.reading)).decode("utf-8"))

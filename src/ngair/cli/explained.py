"""What `ngair decode --explain` tells of a telegram, and of all of them."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator

from ngair.meter.dialects import DIALECTS
from ngair.meter.draft import draft
from ngair.meter.explain import Line, derived, explain, opened
from ngair.model.capture import CaptureReader
from ngair.model.telegram import Reason, Rejection, Telegram


class Explainer:
    """Prints what each telegram says, and keeps what is told at the end."""

    def __init__(self) -> None:
        self._telegrams = 0
        self._refused: Counter[str] = Counter()
        self._framings: Counter[str] = Counter()
        self._dialects: Counter[str] = Counter()
        self._unmapped: set[str] = set()

    def tell(self, item: Telegram | Rejection, number: int) -> None:
        """One telegram, accepted or refused, on standard output."""
        lines = list(explain(item))
        if len(self._unmapped) < _CODES_MAX:
            self._unmapped.update(line.code for line in lines if line.meaning is None)
        if isinstance(item, Telegram):
            self._telegrams += 1
            self._framings[item.origin.framing] += 1
            self._dialects[item.origin.dialect or "none"] += 1
            print(f"#{number} {'checked' if item.reading.checked else 'unchecked'}, {item.wire_len} bytes")
            _print(_head(item))
        else:
            self._refused[item.reason] += 1
            if opened(item):
                print(f"#{number} refused, {item.reason}, {item.size} bytes; what is in it:")
        _print(map(_row, lines))
        _print(_made_of(item) if isinstance(item, Telegram) else _open_body(item))
        if item.reason in _UNREAD if isinstance(item, Rejection) else not item.origin.dialect:
            _print_draft(item)

    def summary(self, capture: CaptureReader) -> None:
        """What came of all of it, on standard error."""
        rows = [f"{self._telegrams} telegrams, {self._refused.total()} refused{_listed(self._refused)}"]
        if self._telegrams:
            rows.append(f"framings{_listed(self._framings)}, dialects{_listed(self._dialects)}")
        if capture.hex_lines:
            rows.append(f"read from {capture.hex_lines} lines of hex; {capture.other_lines} other lines left out")
        if self._unmapped:
            rows.append(f"nobody maps {', '.join(sorted(self._unmapped, key=_by_number))}")
        for row in rows:
            print(f"ngair: {row}", file=sys.stderr)


def _head(telegram: Telegram) -> Iterator[str]:
    origin, reading = telegram.origin, telegram.reading
    dialect = DIALECTS.get(origin.dialect)
    told = {"maker": origin.vendor, "type": origin.type, "id": reading.meter_id, "name": reading.ident}
    yield f"framing  {origin.framing}, {'ciphered' if origin.ciphered else 'not ciphered'}"
    yield f"dialect  {origin.dialect}: {dialect.title}" if dialect else f"dialect  {_NOBODY_S}"
    yield f"meter    {', '.join(f'{name} {_plain(text)}' for name, text in told.items() if text) or 'tells nothing'}"


def _made_of(telegram: Telegram) -> Iterator[str]:
    fields = derived(telegram)
    if fields:
        yield f"derived: {', '.join(fields)}"
    if telegram.reading.estimated:
        yield f"estimated: {', '.join(telegram.reading.estimated)}"


def _open_body(rejection: Rejection) -> Iterator[str]:
    """All of what could be opened, as hex that `decode` takes again, in lines."""
    if rejection.body:
        yield "opened, deciphered where it was ciphered:"
        for start in range(0, len(rejection.body), _HEX_BYTES):
            yield f"  {rejection.body[start : start + _HEX_BYTES].hex(' ')}"


def _print_draft(item: Telegram | Rejection) -> None:
    """What a dialect file of it would say."""
    lines = list(draft(item))
    if lines:
        print("  for a dialect file, see docs/howto/add-a-meter.md:")
        _print(f"  {line}" for line in lines)


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        print(f"  {line}")


def _row(line: Line) -> str:
    return f"{line.code:<18} {line.meaning or '(not mapped)':<24} {line.value:<20} {line.sent}".rstrip()


def _listed(counts: Counter[str]) -> str:
    return f" ({', '.join(f'{name} {count}' for name, count in counts.most_common())})" if counts else ""


def _by_number(code: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", code)]


def _plain(text: str) -> str:
    return "".join(char if " " <= char <= "~" else f"\\x{ord(char):02x}" for char in text)


_UNREAD = (Reason.UNRECOGNISED, Reason.ENCODING, Reason.NOTHING_MEASURED)
"""Refused for what they are, not for what they say."""
_NOBODY_S = "its own codes and units: no dialect claims it"
_CODES_MAX = 64
_HEX_BYTES = 32

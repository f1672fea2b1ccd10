"""An export that is read back: line by line, whatever stands in it and however long it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

from ngair.api.export import LINE_MAX_BYTES, ExportEnd, ExportHeader, Rejected, decode_line
from ngair.model.history import Row


class NoExportError(ValueError):
    """A file that is no export of ours. The text says what to do."""


class ExportFile:
    """Rows of an export, and what became of its lines."""

    def __init__(self, file: BinaryIO, refuse: Callable[[int, str], None]) -> None:
        """`refuse` is told each line that cannot be, with its number, and why. Raises `NoExportError`, `OSError`."""
        self._file = file
        self._refuse = refuse
        self._number = 0
        self.read = 0
        """Rows so far."""
        self.refused = 0
        self.is_whole = False
        """Whether its end was seen."""
        first = self._line()
        header = Rejected("empty") if first is None else decode_line(first)
        if not isinstance(header, ExportHeader):
            reason = header.reason if isinstance(header, Rejected) else "no header"
            raise NoExportError(
                f"line 1 is not the beginning of an export ({reason}): give a JSON file as ngair history export makes "
                "it, unchanged"
            )

    def rows(self) -> Iterator[Row]:
        """Each row, as it is read. Raises `OSError`."""
        while (line := self._line()) is not None:
            if not line.strip():
                continue
            item = decode_line(line)
            if isinstance(item, ExportEnd):
                self.is_whole = True
            elif isinstance(item, ExportHeader):
                self._reject("a second beginning")
            elif isinstance(item, Rejected):
                self._reject(item.reason)
            else:
                self.read += 1
                yield item

    def _reject(self, reason: str) -> None:
        self.refused += 1
        self._refuse(self._number, reason)

    def _line(self) -> bytes | None:
        """The next line, of one that is far too long only its beginning; `None` at the end."""
        line = self._file.readline(LINE_MAX_BYTES + 2)
        if not line:
            return None
        self._number += 1
        rest = line
        while rest and not rest.endswith(b"\n"):
            rest = self._file.readline(LINE_MAX_BYTES)
        return line

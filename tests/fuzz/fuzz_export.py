"""Fuzz target of the reading of exports: python -m tests.fuzz.fuzz_export -runs=N (needs atheris, only there for x86).

Input is a file of any kind, line by line. What is taken for a row is written again and has to come back the same. The
ordinary tests run `check` as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ngair.api.export import ExportEnd, ExportHeader, Rejected, decode_line, encode_header, encode_row

FOLDER = Path(__file__).parent / "exports"
REASON_MAX_CHARS = 200


def check(data: bytes) -> None:
    """Raises where reading breaks a promise."""
    for line in data.split(b"\n")[:1000]:
        found = decode_line(line)
        if isinstance(found, Rejected):
            assert 0 < len(found.reason) <= REASON_MAX_CHARS, found
        elif isinstance(found, ExportHeader):
            assert decode_line(encode_header(found)) == found
        elif not isinstance(found, ExportEnd):
            assert decode_line(encode_row(found)) == found


def seeds() -> list[Path]:
    """An export with a row of each kind."""
    return sorted(FOLDER.glob("*.json"))


def main() -> None:
    """Run until a promise breaks, or as many times as told."""
    import atheris  # not at the top: there is none for ARM

    atheris.instrument_all()
    atheris.Setup([*sys.argv, f"-seed_inputs={','.join(map(str, seeds()))}", "-max_len=8192"], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

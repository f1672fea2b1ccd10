"""`ngair history`: the memory as a file, and such a file as memory."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from ngair.cli.failure import Failure
from ngair.cli.options import add_settings, settings_from
from ngair.model.settings import shown_name

WHAT = ("all", "hours", "days", "minutes", "samples", "sessions", "events", "setpoints")
REFUSALS_SHOWN = 20
PROGRESS_S = 2.0


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "history",
        help="the memory as a file, and such a file as memory",
        description="What the box remembers, as a file for a spreadsheet or another box; and back.",
        allow_abbrev=False,
        epilog="Example: ngair history export --format csv --what sessions --from 2026-03-01 --to 2026-03-31",
    )
    ways = parser.add_subparsers(title="ways", required=True, metavar="WAY", help="Which way.")
    _add_export(ways)
    _add_import(ways)


def _add_export(ways: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = ways.add_parser(
        "export",
        help="write what is remembered; the box may run meanwhile",
        description="Write what is remembered of some days. The box may run meanwhile.",
        allow_abbrev=False,
        epilog="Example: ngair history export --what hours --format csv --from 2026-03-01 march.csv",
    )
    parser.add_argument("file", metavar="FILE", nargs="?", default="-", help="Where to. Default: standard output.")
    parser.add_argument("--from", dest="from_", metavar="DAY", help="First day, YYYY-MM-DD. Default: the first of all.")
    parser.add_argument("--to", metavar="DAY", help="Last day, YYYY-MM-DD. Default: the last of all.")
    parser.add_argument("--format", choices=("csv", "json"), default="json", help="Default: json.")
    parser.add_argument(
        "--what",
        choices=WHAT,
        help="Kind of the rows; all in JSON only. Default: all in JSON, hours in CSV.",
    )
    _add_settings(parser, ["data", "time_zone", "prices"])
    parser.set_defaults(command=_export)


def _add_import(ways: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = ways.add_parser(
        "import",
        help="take over what another box remembered; the box must be stopped",
        description="Take over a JSON export of another box, where this one remembers nothing itself. "
        "The box must be stopped meanwhile. What was taken over before is not taken twice.",
        allow_abbrev=False,
        epilog="Example: ngair history import old-box.json --data /var/lib/ngair",
    )
    parser.add_argument("file", metavar="FILE", help="The export; - is standard input.")
    _add_settings(parser, ["data", "raw_days", "minute_days"])
    parser.set_defaults(command=_import)


def _add_settings(parser: argparse.ArgumentParser, keys: list[str]) -> None:
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings, that of the box.")
    add_settings(parser, keys, {})


def _export(options: argparse.Namespace) -> int:
    """The program is loaded only now: other commands need none of it."""
    from ngair.app import FolderError, export_history
    from ngair.cli.serving import folder_of

    settings = settings_from(options, {}, options.config)
    folder = folder_of(settings)
    try:
        pieces = export_history(settings, folder, options.from_, options.to, options.format, options.what)
        first = next(pieces)
    except ValueError as error:
        raise Failure(f"--{error}", 2) from None
    except FolderError as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(_unread(folder, error)) from None
    if options.file == "-":
        for piece in _pieces(first, pieces, folder):
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        _write(Path(options.file), _pieces(first, pieces, folder))
    return 0


def _pieces(first: bytes, pieces: Iterator[bytes], folder: Path) -> Iterator[bytes]:
    yield first
    try:
        yield from pieces
    except OSError as error:
        raise Failure(f"the export was cut off: {_unread(folder, error)}") from None


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """To a file of another name first: an export that fails must not cost the one before."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        unfinished.unlink(missing_ok=True)
        with unfinished.open("xb") as file:  # never through a link that somebody else left there
            for piece in pieces:
                file.write(piece)
        unfinished.replace(path)
    except OSError as error:
        raise Failure(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _unread(folder: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{folder} has no memory: name the box's data folder with --data"
    return f"the memory in {folder} cannot be read: {error.strerror or error}"


def _import(options: argparse.Namespace) -> int:
    from ngair.app import Folder, FolderError, import_history
    from ngair.cli.serving import folder_of

    settings = settings_from(options, {}, options.config)
    progress = _Progress()
    try:
        with ExitStack() as opened:
            file: BinaryIO = sys.stdin.buffer
            if options.file != "-":
                file = opened.enter_context(Path(options.file).open("rb"))
            folder = Folder(folder_of(settings))
            folder.lock()
            done = import_history(settings, folder, file, progress.refuse, progress.row)
    except (FolderError, ValueError) as error:
        raise Failure(str(error)) from None
    except OSError as error:
        name = error.filename or options.file
        raise Failure(f"{shown_name(str(name))}: {error.strerror or error}") from None
    if progress.refused > REFUSALS_SHOWN:
        print(f"ngair: and {progress.refused - REFUSALS_SHOWN} more lines", file=sys.stderr)
    if not done.is_whole:
        print("ngair: the export has no end: it was cut off", file=sys.stderr)
    print(f"{done.taken} of {done.read} rows taken over, {done.read - done.taken} were not needed or not kept so long")
    return 0 if done.read else 1


class _Progress:
    """Tells what is going on, to those who have to wait."""

    def __init__(self) -> None:
        self.refused = 0
        self._told_s = time.monotonic()

    def refuse(self, number: int, reason: str) -> None:
        """A line cannot be."""
        self.refused += 1
        if self.refused <= REFUSALS_SHOWN:
            print(f"ngair: line {number}: {shown_name(reason)}", file=sys.stderr)

    def row(self, count: int) -> None:
        """So many rows were read."""
        if time.monotonic() - self._told_s >= PROGRESS_S:
            self._told_s = time.monotonic()
            print(f"ngair: {count} rows", file=sys.stderr, flush=True)

"""`ngair`: which command, and how a failure looks."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

import ngair
from ngair.cli import check, decode, demo, firmware, history, install, password, run, sim, simulate, upload
from ngair.cli.failure import Failure
from ngair.cli.output import drop_output

COMMANDS = (run, demo, decode, check, history, password, upload, firmware, simulate, sim, install)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 not, 2 asked for something that cannot be."""
    # What is printed is UTF-8 wherever it goes, and a file's name that is none must not end the program.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = _run(arguments)
        print(end="", flush=True)
    except OSError as error:
        code = _cannot_print(error)
    sys.exit(code)


def parser_of_all() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="ngair",
        description="An open Nanogrid Air: reads the house's smart meter, keeps car charging under the main fuse, "
        "and serves the Local API and a page.",
        epilog="Try it without any hardware: ngair demo",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ngair {ngair.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = parser_of_all().parse_args(arguments)
        code: int = options.command(options)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except Failure as failure:
        print(f"ngair: {failure}", file=sys.stderr)
        code = failure.code
    except KeyboardInterrupt:
        code = 130
    return code


def _cannot_print(error: OSError) -> int:
    """Nobody reads on, as behind `head`, or the disk is full."""
    drop_output()
    if isinstance(error, BrokenPipeError):
        return 0
    print(f"ngair: {error}", file=sys.stderr)
    return 1

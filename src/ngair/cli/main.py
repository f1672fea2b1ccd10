"""`ngair`: which command, and how a failure looks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import ngair
from ngair.cli import check, decode, demo, run
from ngair.cli.failure import Failure

COMMANDS = (run, demo, decode, check)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 not, 2 asked for something that cannot be."""
    parser = parser_of_all()
    options = parser.parse_args(arguments)
    try:
        code = options.command(options)
    except Failure as failure:
        print(f"ngair: {failure}", file=sys.stderr)
        code = failure.code
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    sys.exit(code)


def parser_of_all() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="ngair",
        description="An open Nanogrid Air: reads the house's smart meter, keeps car charging under the main fuse, "
        "and serves the Local API and a page.",
        epilog="Try it without any hardware: ngair demo",
    )
    parser.add_argument("--version", action="version", version=f"ngair {ngair.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser

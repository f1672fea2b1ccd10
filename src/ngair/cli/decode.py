"""`ngair decode`: captures of a meter's port to readings."""

from __future__ import annotations

import argparse

from ngair.cli.names import NamesAction
from ngair.model.keys import AUTHENTICATION_KEY_VARIABLE, KEY_VARIABLE


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "decode",
        help="captures of a meter to readings, one JSON object a line",
        description="Decode a capture of a meter's port, binary, ASCII or hex in any notation, also from a log: one "
        "JSON reading a line on standard output, what was refused with its reason on standard error. Exit 1 if nothing "
        "was decoded.",
        allow_abbrev=False,
        epilog="Example: ngair decode capture.txt --explain. The keys of a meter that encrypts come from a file, or "
        f"from {KEY_VARIABLE} and {AUTHENTICATION_KEY_VARIABLE}, never from the command line, which others can see.",
    )
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="The capture; - is standard input.")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="Tell what each telegram is and what it says, also of those refused: each OBIS code, its meaning, its "
        "value, and those that nobody maps; at the end a summary.",
    )
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help="The meter's keys: a line `encryption` and 32 hex digits, perhaps one `authentication` and 32 hex digits.",
    )
    parser.add_argument(
        "--framing",
        action=NamesAction,
        names=_framings,
        metavar="NAME",
        help="Look for this framing alone: %(names)s. Default: found out by itself.",
    )
    parser.add_argument(
        "--dialect",
        action=NamesAction,
        names=_dialects,
        metavar="NAME",
        help="Read every list as this meter family's: %(names)s. Default: found out by itself.",
    )
    parser.add_argument(
        "--unchecked",
        action="store_true",
        help="Read also HDLC frames whose check sum does not match, and mark them so: for captures in which somebody "
        "has made serial numbers unrecognisable.",
    )
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    """The decoder is loaded only now: other commands need none of it."""
    from ngair.cli.decoding import decode_capture

    return decode_capture(options)


def _framings() -> list[str]:
    from ngair.meter.framings import FRAMINGS

    return list(FRAMINGS)


def _dialects() -> list[str]:
    from ngair.meter.dialects import DIALECTS

    return list(DIALECTS)

"""`ngair password`: set the password of the box."""

from __future__ import annotations

import argparse
import getpass
import sys

from ngair.cli.failure import Failure
from ngair.cli.options import add_settings, settings_from
from ngair.model.limits import PASSWORD_FILE_MAX_BYTES


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "password",
        help="set the password that changes need",
        description="Set the password of the box, 8 to 128 characters. It is asked for twice, and kept as a hash that "
        "only the box's own user can read. A program that runs notices it within seconds; whoever was logged in is not "
        "any more.",
        allow_abbrev=False,
        epilog="Example: ngair password --data /var/lib/ngair",
    )
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings, for the data folder that it sets.")
    add_settings(parser, ["data"], {})
    parser.add_argument(
        "--stdin", action="store_true", help="Read it from the first line of standard input, and ask nothing."
    )
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    """The program is loaded only now: other commands need none of it."""
    from ngair.app import Folder, FolderError, PasswordError, set_password
    from ngair.cli.serving import folder_of

    path = folder_of(settings_from(options, {}, options.config))
    try:
        folder = Folder(path)
        set_password(folder, _from_stdin() if options.stdin else _asked())
    except PasswordError as error:
        raise Failure(str(error), 2) from None
    except FolderError as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{path}: the password cannot be kept ({error.strerror}), so it is the one it was") from None
    print("The password is set. The user is ctek.")
    return 0


def line_of(data: bytes) -> str:
    """The password that stands in the first line. Raises `Failure`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Failure("the password has to be UTF-8", 2) from None
    return text.partition("\n")[0].removesuffix("\r")


def _from_stdin() -> str:
    return line_of(sys.stdin.buffer.readline(PASSWORD_FILE_MAX_BYTES))


def _asked() -> str:
    if not sys.stdin.isatty():
        raise Failure("there is no terminal to ask for the password: give it by --stdin", 2)
    try:
        first, again = getpass.getpass("New password: "), getpass.getpass("Again: ")
    except EOFError:
        raise Failure("no password was given", 2) from None
    if first != again:
        raise Failure("these were not the same: nothing is changed", 2)
    return first

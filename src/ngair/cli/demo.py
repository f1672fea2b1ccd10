"""`ngair demo`: the box on a simulated house."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from ngair.cli.failure import Failure
from ngair.cli.names import NamesAction
from ngair.cli.options import add_settings, settings_from
from ngair.cli.password import line_of
from ngair.model.limits import PASSWORD_FILE_MAX_BYTES
from ngair.model.settings import shown_name

OVEN_AFTER_S = 60
"""Soon enough that nobody has to wait to see the car give way."""
PAST_DAYS = 30
PAST_DAYS_MAX = 400
DEFAULTS = {"http": "127.0.0.1:8080", "mdns": "off", "main_fuse_a": "25", "prices": "1.95 SEK 22-06=1.20"}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="the same program on a simulated house: no hardware, no servers",
        description="The same program on a simulated house with solar panels, a heat pump and cars. "
        "Its meter sends true telegram bytes. After a minute an oven goes on, and the car gives way to it. "
        "It remembers a month of the house as if it had been there. Nothing is kept, and nobody but this machine "
        "sees it.",
        allow_abbrev=False,
        epilog="Example: ngair demo --speed 60 --cars 2",
    )
    parser.add_argument("--speed", metavar="N", default="1", help="Simulated seconds a second. Default: 1.")
    parser.add_argument("--seed", metavar="N", default="1", help="Decides everything random. Default: 1.")
    parser.add_argument(
        "--meter-family",
        action=NamesAction,
        names=_families,
        metavar="NAME",
        default="nl-dsmr5",
        help="Whose bytes the meter sends: %(names)s. Default: nl-dsmr5.",
    )
    parser.add_argument("--cars", metavar="N", default="1", help="Cars of the house, 1 to 3. Default: 1.")
    parser.add_argument(
        "--past",
        type=_days,
        metavar="DAYS",
        default=PAST_DAYS,
        help=f"Days of the house that are remembered at the start, 0 to {PAST_DAYS_MAX}; with any, its time of day is "
        f"this machine's, else it is five in the afternoon. Default: {PAST_DAYS}.",
    )
    add_settings(parser, ["main_fuse_a", "http", "profile", "time_zone", "prices", "log_level"], DEFAULTS)
    parser.add_argument(
        "--password-file",
        metavar="FILE",
        help="A file whose first line is the password that changes need. Default: a new one at each start, which is "
        "printed.",
    )
    parser.add_argument(
        "--setup",
        action="store_const",
        const="on",
        help="Begin in setup mode, with a simulated radio and no password yet. The right password of each simulated "
        "network is: correct horse",
    )
    parser.add_argument("--mdns", dest="mdns", action="store_const", const="on", help="Announce it as a real box is.")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    """The program is loaded only now: other commands need none of it."""
    from ngair.app import new_password
    from ngair.cli.serving import serve

    house = urlencode(
        {
            "speed": options.speed,
            "seed": options.seed,
            "family": options.meter_family,
            "cars": options.cars,
            "oven_after_s": OVEN_AFTER_S,
        }
    )
    defaults = DEFAULTS | {"meter": f"sim:?{house}", "chargers": "sim:"}
    if options.setup:
        defaults["wifi"] = "sim:"
    settings = settings_from(options, defaults, None)
    if settings.meter != defaults["meter"]:
        raise Failure("demo has a meter of its own: unset NGAIR_METER and NGAIR_CONFIG, or use ngair run", 2)
    # In setup mode it is a box fresh from its carton, and gets its password there.
    made = "" if options.setup else new_password()
    password = _password(Path(options.password_file)) if options.password_file else made
    shown = "" if options.password_file else made
    with tempfile.TemporaryDirectory(prefix="ngair-demo-") as folder:
        return serve(settings, Path(folder), "ngair demo serves a simulated house", options.past, password, shown)


def _password(path: Path) -> str:
    from ngair.app import PasswordError, check_password

    try:
        with path.open("rb") as file:
            password = line_of(file.read(PASSWORD_FILE_MAX_BYTES))
        check_password(password)
    except PasswordError as error:
        raise Failure(f"{path}: {error}", 2) from None
    except OSError as error:
        raise Failure(f"{path}: cannot be read: {error.strerror}", 2) from None
    return password


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4 or int(text) > PAST_DAYS_MAX:
        raise argparse.ArgumentTypeError(f"{shown_name(text)}: must be a whole number from 0 to {PAST_DAYS_MAX}")
    return int(text)


def _families() -> list[str]:
    from ngair.app import meter_families

    return list(meter_families())

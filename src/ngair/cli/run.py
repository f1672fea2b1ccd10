"""`ngair run`: the box, on a real meter."""

from __future__ import annotations

import argparse

from ngair.cli.failure import Failure
from ngair.cli.options import add_settings, settings_from
from ngair.model.settings import SETTINGS
from ngair.model.urls import METER_URLS


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "run",
        help="read a meter and serve the Local API and the page",
        description="Read a meter and serve the Local API and the page, until stopped by Ctrl-C or SIGTERM.",
        allow_abbrev=False,
        epilog="Example: ngair run --meter serial:///dev/ttyUSB0 --http :8080",
    )
    parser.add_argument("--config", metavar="FILE", help="TOML file with settings. Flags and NGAIR_… go before it.")
    add_settings(parser, [setting.key for setting in SETTINGS], {})
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    """The program is loaded only now: other commands need none of it."""
    from ngair.cli.serving import folder_of, serve

    settings = settings_from(options, {}, options.config)
    if settings.meter is None:
        raise Failure(f"no meter is set: give --meter with one of {METER_URLS}; without hardware try: ngair demo", 2)
    return serve(settings, folder_of(settings), "ngair serves")

"""`ngair sim charger`: a simulated charger for other people's software, and for ours."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from ngair.cli.failure import Failure
from ngair.model.urls import MqttUrl, charger_url

ROOM = ("mqtt", "quiet", "json", "command")
"""What is not about the charger."""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "sim",
        help="simulated devices of their own, for other people's software",
        description="Simulated devices as programs of their own, speaking to other people's software as real ones do.",
        allow_abbrev=False,
        epilog="Example: ngair sim charger --mqtt 127.0.0.1:1883",
    )
    devices = parser.add_subparsers(title="devices", required=True, metavar="DEVICE", help="What to simulate.")
    _add_charger(devices)


def _add_charger(devices: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = devices.add_parser(
        "charger",
        help="a charger with its cars, on its MQTT link",
        description="A charger that speaks its side of the MQTT link (topics ctek/ng-v2/…) at a broker: it announces "
        "itself, tells its state each second, and obeys the setpoints that it hears. A real charger is its own broker; "
        "this one needs one beside it. It prints a line a change.",
        allow_abbrev=False,
        epilog="Example: mosquitto -p 1884 & ngair sim charger --mqtt 127.0.0.1:1884 --balances --on-silence decay",
    )
    parser.add_argument("--mqtt", metavar="HOST[:PORT]", required=True, help="The broker. Port, unless given: 1883.")
    parser.add_argument("--quiet", action="store_true", help="Print no changes.")
    parser.add_argument("--json", action="store_true", help="Print changes as JSON, one object a line.")
    _add_device(parser.add_argument_group("the charger and its cars"))
    _add_behaviour(parser.add_argument_group("what real ones may or may not do"))
    parser.set_defaults(command=_charger)


def _add_device(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--serial", metavar="CB", help="Serial number. Default: made from the seed.")
    group.add_argument("--outlets", type=int, metavar="1|2", help="Outlets. Default: 1.")
    group.add_argument(
        "--rotation",
        metavar="RST|RTS|SRT|STR|TRS|TSR",
        help="House phases that its phases are wired to, R S T being L1 L2 L3. Default: RST.",
    )
    group.add_argument("--phases", type=int, metavar="1|3", help="How many of its phases are connected. Default: 3.")
    group.add_argument("--fuse", type=int, metavar="A", help="FuseRating of each outlet, 6 to 32. Default: 16.")
    group.add_argument(
        "--start-current",
        type=int,
        metavar="A",
        help="What it gives after its start until the first setpoint. Default: its fuse rating.",
    )
    group.add_argument(
        "--car",
        action="append",
        metavar="NAME",
        help="Car at an outlet, once an outlet: family, small, estate, hybrid, single, two-phase, van, fast, sleeper, "
        "delicate or northern; the last one stands for further outlets, too. Default: family.",
    )
    group.add_argument("--car-phases", type=int, metavar="1|2|3", help="Phases of the cars. Default: the car's own.")
    group.add_argument(
        "--start-hour", type=float, metavar="H", help="Hour of the day at which the cars' time starts. Default: 17."
    )
    group.add_argument(
        "--speed",
        type=float,
        metavar="N",
        help="Seconds of the cars' time a second; messages keep their pace. Default: 1.",
    )
    group.add_argument("--seed", type=int, metavar="N", help="Decides everything random. Default: 1.")


def _add_behaviour(group: argparse._ArgumentGroup) -> None:
    _add_switch(
        group,
        "--balances",
        "It balances by itself: 0.1 to 0.3 s after each meterdata it publishes a setpoint of its own, 6 A for the "
        "first three, then what --house-fuse leaves. The last setpoint wins.",
    )
    group.add_argument(
        "--house-fuse", type=int, metavar="A", help="Main fuse that it balances by itself under. Default: 25."
    )
    group.add_argument(
        "--on-silence",
        metavar="hold|decay|stop",
        help="What it does when no setpoint comes: hold the last one, take back 1 A each 10 s down to 6 A, or stop. "
        "Default: hold.",
    )
    group.add_argument("--silence", type=float, metavar="S", help="Seconds until it does that. Default: 60.")
    group.add_argument(
        "--zero",
        metavar="pause|ignore",
        help="What a setpoint of 0 does: pause, each one beginning a sequence of states 2, 3, 4 anew, or nothing. "
        "Default: pause.",
    )
    group.add_argument(
        "--echo",
        action=argparse.BooleanOptionalAction,
        help="MaxAllowedCurrent repeats the setpoint that it uses, or stays at its rating. Default: --no-echo.",
    )
    group.add_argument(
        "--ev-phases",
        action=argparse.BooleanOptionalAction,
        help="EvUsesPhase tells on which phases the car charges, or always all. Default: --ev-phases.",
    )
    group.add_argument("--lag", type=float, metavar="S", help="All that it hears and tells is so late. Default: 0.")
    group.add_argument(
        "--drop", type=float, metavar="SHARE", help="Share of messages lost both ways, from 0 to 1. Default: 0."
    )
    _add_switch(group, "--wrong-rotation", "It announces another rotation than it is wired by.")
    _add_switch(group, "--faulty-updates", "One update in twenty is nonsense, of many kinds.")
    group.add_argument(
        "--restart-every",
        type=float,
        metavar="S",
        help="It restarts so often, is gone for 15 s and forgets its setpoint. Default: never.",
    )


def _add_switch(group: argparse._ArgumentGroup, flag: str, meaning: str) -> None:
    group.add_argument(flag, action="store_const", const=True, help=f"{meaning} Default: it does not.")


def _charger(options: argparse.Namespace) -> int:
    """The program is loaded only now: other commands need none of it."""
    from ngair.app import simulated_charger

    url = _broker(options.mqtt)
    given = {name: value for name, value in vars(options).items() if value is not None and name not in ROOM}
    if "car" in given:
        given["car"] = tuple(given["car"])
    try:
        program = simulated_charger(given)
    except ValueError as error:
        name, _, rest = str(error).partition("=")
        raise Failure(f"--{name.replace('_', '-')} {rest}", 2) from None

    def tell(change: Any) -> None:
        if not options.quiet:
            print(change.json() if options.json else change.line(), flush=True)

    asyncio.run(program.run(url.host, url.port, tell, _warn))
    return 0


def _broker(text: str) -> MqttUrl:
    try:
        url = charger_url(f"mqtt://{text}")
    except ValueError:
        url = None
    if not isinstance(url, MqttUrl):
        raise Failure(f"--mqtt {text!r}: must be HOST or HOST:PORT, such as 127.0.0.1:1883 or [::1]:1883", 2)
    return url


def _warn(text: str) -> None:
    print(f"ngair: {text}", file=sys.stderr, flush=True)

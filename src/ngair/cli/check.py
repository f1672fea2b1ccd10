"""`ngair check`: is a configuration right, and what will it do."""

from __future__ import annotations

import argparse
from pathlib import Path

from ngair.cli.failure import Failure
from ngair.cli.options import file_layer, resolved
from ngair.meter.line_search import candidates
from ngair.model.line import Fixed
from ngair.model.network import where_phones_miss
from ngair.model.rules import Fuse
from ngair.model.settings import SETTINGS, Settings
from ngair.model.urls import METER_URLS, FileUrl, SerialUrl, SimUrl, TcpUrl, meter_url


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check",
        help="is this configuration right, and what will it do",
        description="Check a TOML file with settings and tell what a box started with it will do. Exit 2 if wrong.",
        allow_abbrev=False,
        epilog="Example: ngair check /etc/ngair.toml",
    )
    parser.add_argument("file", metavar="FILE", help="The TOML file.")
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    """The program is loaded only now: other commands need none of it."""
    from ngair.app import Ports

    settings = resolved([file_layer(Path(options.file))])
    if settings.meter is None:
        raise Failure(f"{options.file}: meter is not set: give one of {METER_URLS}", 2)
    try:
        Ports(settings)
    except ValueError as error:
        raise Failure(f"{options.file}: {error}", 2) from None
    print(f"{options.file} is right. A box started with it will")
    for line in plan(settings):
        print(f"  - {line}")
    return 0


def plan(settings: Settings) -> list[str]:
    """What a box with these settings does, a line each."""
    address = settings.http
    where = f"on {address.host}" if address.host else "on all addresses"
    fuse = "none is set: it watches, and steers no charger"
    if settings.main_fuse_a is not None:
        fuse = f"{settings.main_fuse_a:g} A a phase"
    return [
        f"read the meter {_meter(settings.meter or '')}",
        *_found_out(settings),
        f"steer {len(settings.chargers)} charger link(s): {', '.join(settings.chargers) or 'none'}",
        f"keep to the main fuse: {fuse}",
        *(f"keep to the fuse {sub_fuse.name}: {_sub_fuse(sub_fuse)}" for sub_fuse in settings.sub_fuses),
        *([f"keep the house below {settings.power_max_w:g} W"] if settings.power_max_w is not None else []),
        *([_pace(settings)] if settings.chargers else []),
        f"serve the Local API as profile {settings.profile} and the page {where}, port {address.port}",
        *_locks(settings),
        *_network(settings),
        f"take firmware that is signed by a key in {settings.firmware_keys or _default('firmware_keys')}",
        "announce itself as ctek-ng-air.local" if settings.mdns else "not announce itself by mDNS",
        f"keep its identity and counters in {settings.data or _default('data')}",
        _memory(settings),
    ]


def _meter(text: str) -> str:
    match meter_url(text):
        case SerialUrl(device, fixed):
            return f"on the serial line {device}, {_line(fixed)}"
        case TcpUrl(host, port):
            return f"over TCP from {host}, port {port}"
        case FileUrl(path, speed, loop):
            return f"from the recording {path} at {speed:g} times its speed{', again and again' if loop else ''}"
        case SimUrl():
            return "of a simulated house"


def _line(fixed: Fixed) -> str:
    lines = candidates(fixed)
    if len(lines) == 1:
        return f"set to {lines[0]}"
    return f"whose setting it finds out: {', '.join(map(str, lines[:-1]))} or {lines[-1]}"


def _found_out(settings: Settings) -> list[str]:
    """What of the meter's telegrams is fixed, and whether keys are given, never which."""
    url = meter_url(settings.meter or "")
    if isinstance(url, SimUrl):
        return []
    fixed = [
        *([f"framing {url.fixed.framing}"] if url.fixed.framing is not None else []),
        *([f"dialect {url.fixed.dialect}"] if url.fixed.dialect is not None else []),
        *([f"energy in steps of {url.fixed.energy_unit_wh} Wh"] if url.fixed.energy_unit_wh is not None else []),
    ]
    keys = "without a key: a meter that encrypts is told as that"
    if settings.meter_key_file is not None:
        keys = f"with the key in {settings.meter_key_file}, should it encrypt"
    elif settings.meter_key is not None:
        keys = (
            f"with the key given{' and the authentication key' if settings.meter_auth_key else ''}, should it encrypt"
        )
    return [f"take its telegrams as {', '.join(fixed) or 'it finds them'}, {keys}"]


def _sub_fuse(fuse: Fuse) -> str:
    amps = sorted(set(fuse.rating_a))
    rating = f"{amps[0]:g} A a phase" if len(amps) == 1 else f"{', '.join(f'{a:g}' for a in fuse.rating_a)} A"
    chargers = ", ".join(fuse.chargers) or "nothing yet: no charger is named below it"
    return f"{rating}, under {fuse.under}, above {chargers}"


def _pace(settings: Settings) -> str:
    return (
        f"leave {settings.margin_a:g} A free, lower at once, raise after {settings.raise_after_s:g} s, restart after "
        f"{settings.restart_after_s:g} s, and without data allow {settings.fallback_a} A"
    )


def _locks(settings: Settings) -> list[str]:
    reads = "all" if settings.read_lock else "changes"
    if settings.https is None:
        return [f"ask for the password for {reads}"]
    certificate = settings.tls_certificate or "a certificate that it makes itself"
    where = f"on {settings.https.host}" if settings.https.host else "on all addresses"
    return [
        f"serve the same by TLS {where}, port {settings.https.port}, with {certificate}",
        f"ask for the password for {reads}, and take it by TLS only",
    ]


def _network(settings: Settings) -> list[str]:
    if settings.wifi == "off":
        return []
    key = "open to all who are near"
    if settings.setup_key_file is not None:
        key = f"with the password in {settings.setup_key_file}"
    button = f", and when {settings.setup_button} is touched" if settings.setup_button is not None else ""
    when = "at its start" if settings.setup else "without a network"
    missed = where_phones_miss(settings.http.host, settings.http.port)
    return [f"look after its Wi-Fi, and open an access point {when}{button}, {key}", *([missed] if missed else [])]


def _memory(settings: Settings) -> str:
    if not settings.history:
        return "remember nothing of what happens"
    zone = settings.time_zone or "this system's time zone"
    prices = "without prices" if settings.prices is None else f"at {settings.prices}"
    return (
        f"remember readings for {settings.raw_days} days, minutes for {settings.minute_days}, the rest for years, "
        f"by the days of {zone}, {prices}"
    )


def _default(key: str) -> str:
    return next(setting.default for setting in SETTINGS if setting.key == key).partition(";")[0]

"""Writes the reference pages from the code, so that they cannot tell anything else. `scripts/docs` runs it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from ngair.api.acts import ACTS
from ngair.api.openapi import query_parameters
from ngair.api.publisher import Publisher
from ngair.api.queries import ENDPOINTS
from ngair.api.resources import CHANGES, REFUSALS, RESOURCES
from ngair.api.routes import ROUTES
from ngair.api.setup import SETUP_ACTS, SETUP_ENDPOINTS
from ngair.cli.main import parser_of_all
from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.meter.dialects.dialect import Dialect
from ngair.meter.explain import derived
from ngair.model.capture import CaptureReader
from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.decision import Decision, FailSafe, FailSafeKind, Headroom, Rule, Setpoint, SetpointReason
from ngair.model.events import ChargerLinkChanged, ChargerLost, ChargerSeen, Decided, InputRejected, TelegramReceived
from ngair.model.keys import read_key_file
from ngair.model.reading import Reading
from ngair.model.rules import Fuse
from ngair.model.settings import SETTINGS, Setting
from ngair.model.site import BoxInfo, Profile, Site, apply
from ngair.model.telegram import REMEDIES, Reason, Rejection, Telegram

FOLDER = Path(__file__).parent / "reference"
CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
MADE = "<!-- Made by scripts/docs from the code: change it there. -->\n\n"


def settings() -> str:
    """Every setting with its three names."""
    parts = [
        SETTINGS_INTRO,
        "```toml",
        'meter = "serial:///dev/ttyUSB0"',
        "main_fuse_a = 25",
        'http = ":8080"',
        "```\n",
    ]
    for setting in SETTINGS:
        parts += [
            f"## `{setting.key}`\n",
            f"{setting.meaning}\n",
            "| | |\n|---|---|",
            f"| flag | {_flag(setting)} |",
            f"| environment | `{setting.variable}`{' (several: separated by spaces)' if setting.many else ''} |",
            f"| allowed | {setting.allowed} |",
            f"| default | {setting.default} |\n",
        ]
    return "\n".join(parts)


def _flag(setting: Setting) -> str:
    if setting.flag is None:
        return "none: arguments are seen by everybody on the machine"
    return f"`{setting.flag} {setting.metavar}`".replace("|1.3", "\\|1.3").replace("on|off", "on\\|off")


def commands() -> str:
    """The help of every command, as the command line prints it."""
    parser = parser_of_all()
    texts = [_help(words) for words in _commands(parser, [])]
    exits = "Exit codes: 0 done, 1 not done, 2 asked for something that cannot be.\n"
    return "\n".join([f"# Commands\n\n{parser.description}\n\n{exits}", *texts])


def local_api() -> str:
    """Every document in every profile, before the first telegram and with one."""
    parts = [
        LOCAL_API_INTRO,
    ]
    for route in ROUTES:
        parts += [f"## `{route.path}`\n", f"{route.summary}.\n"]
        for profile in ("1.0", "1.3"):
            if profile == "1.3" and not route.path.startswith("/api/"):
                parts += ["Profile `1.3`:\n"]
            if profile == "1.0" or not route.path.startswith("/api/"):
                parts += [f"```json\n{_example(profile, route.path)}\n```\n"]
    for resource in RESOURCES:
        parts += [f"## `{resource.path}`\n", f"{resource.summary}: a part of `/api/v1/site`.\n"]
    parts += [QUESTIONS_INTRO]
    for row in (*ENDPOINTS, *SETUP_ENDPOINTS):
        parts += [f"### `{row.path}`\n", f"{row.summary}. {row.description}".rstrip() + "\n"]
        if row.params.__struct_fields__:
            parts += ["| parameter | | |\n|---|---|---|", *map(_parameter, query_parameters(row)), ""]
    parts += [
        CHANGES_INTRO,
        "| change | | body |\n|---|---|---|",
        *(f"| `{c.method} {c.path}` | {c.summary} | {_keys(c.body)} |" for c in CHANGES),
        "",
        "| status | why it is not made |\n|---|---|",
        *(f"| {status} | {why} |" for status, why in REFUSALS.items()),
        "",
    ]
    parts += [ACTS_INTRO, "| path | | body |\n|---|---|---|"]
    parts += [f"| `POST {act.path}` | {act.summary} | {_keys(act.body)} |" for act in (*ACTS, *SETUP_ACTS)]
    parts += [
        "",
        "## States\n",
        "| state | `/evse/` | `/status/` chargeboxInfo |\n|---|---|---|",
        "| no charger | `[]` | left out |",
        '| connected | `"Connected"` | `"connected"` |',
        '| lost | `"Disconnected"`, outlets in state 7, last currents held | `"disconnected"` |\n',
        "| outlet state | |\n|---|---|",
        *(f"| {state.value} | {state.name.replace('_', ' ').capitalize()} |" for state in OutletState),
    ]
    return "\n".join(parts) + "\n"


def _parameter(parameter: dict[str, Any]) -> str:
    schema = parameter["schema"]
    told = [", ".join(f"`{value}`" for value in schema.get("enum", ()))]
    if schema.get("type") == "integer":
        told = [f"{schema['minimum']} to {schema['maximum']}"]
    if "default" in schema:
        told.append(f"by default `{schema['default']}`")
    return f"| `{parameter['name']}` | {'; '.join(filter(None, told))} | {parameter['description']} |"


def rejections() -> str:
    """Why input is refused, and what to do."""
    rows = "\n".join(f"| `{reason}` | {REMEDIES[reason]} |" for reason in Reason)
    return (
        "# Why meter input is refused\n\n"
        "Input that cannot be trusted is never guessed at. It is counted by reason on the page and in `/api/v1/site`\n"
        "(`meter.rejected`), and logged at most once a minute a reason.\n\n"
        f"| reason | what to do |\n|---|---|\n{rows}\n"
    )


def meters() -> str:
    """Every meter family, from its table and its examples."""
    families = [Family(name, dialect) for name, dialect in DIALECTS.items()]
    rows = sorted(
        (COUNTRIES.get(country, country), family.dialect.title, family)
        for family in families
        for country in family.dialect.countries
    )
    parts = [
        METERS_INTRO,
        "| country | meters | line | framing | key | interval |\n|---|---|---|---|---|---|",
        *(
            f"| {country} | [{title}](#{family.name}) | {family.dialect.line} | {family.dialect.framing} | "
            f"{family.key} | {family.dialect.interval} |"
            for country, title, family in rows
        ),
        "",
    ]
    for _, family in sorted((family.dialect.title, family) for family in families):
        parts += [f'<a id="{family.name}"></a>\n', *family.section()]
    return "\n".join(parts)


class Family(NamedTuple):
    """A meter family and what comes of its examples."""

    name: str
    dialect: Dialect

    @property
    def key(self) -> str:
        """Whether it takes a key."""
        ciphered = {telegram.origin.ciphered for telegram in self.telegrams()}
        if ciphered == {True, False}:
            return "where it encrypts"
        return "yes" if ciphered == {True} else "where it encrypts" if "DB" in self.dialect.framing else "no"

    def telegrams(self) -> list[Telegram]:
        """Its examples, decoded."""
        folder = CORPUS / self.name
        key = folder / "key.txt"
        found: list[Telegram | Rejection] = []
        for path in sorted(folder.glob("*.*")):
            if path.suffix in (".txt", ".hex") and path != key:
                decoder = Decoder(read_key_file(_text(key)) if key.exists() else None)
                reader = CaptureReader()
                found += decoder.feed(reader.feed(path.read_bytes()) + reader.finish())
                found += decoder.finish()
        return [item for item in found if isinstance(item, Telegram)]

    def section(self) -> list[str]:
        """All that is to be told of it."""
        dialect, telegrams = self.dialect, self.telegrams()
        unchecked = sum(not telegram.reading.checked for telegram in telegrams)
        return [
            f"## {dialect.title}\n",
            f"`{self.name}`: {'; '.join(dialect.meters)}.\n",
            "| | |\n|---|---|",
            f"| line | {dialect.line} |",
            f"| framing | {dialect.framing} |",
            f"| key | {self.key} |",
            f"| interval | {dialect.interval} |",
            f"| gives | {_fields(telegrams, lambda telegram: FIELDS)} |",
            f"| derived | {_fields(telegrams, derived)} |",
            f"| estimated | {_fields(telegrams, lambda telegram: telegram.reading.estimated)} |",
            f"| check | {'none' if unchecked == len(telegrams) else 'not in all' if unchecked else 'yes'} |\n",
            *(f"- {note}" for note in dialect.notes),
            *([""] if dialect.notes else []),
        ]


def _fields(telegrams: list[Telegram], of: Callable[[Telegram], Iterable[str]]) -> str:
    """Fields of the readings that have them, and which of them not all have."""
    counts = Counter(field for telegram in telegrams for field in of(telegram) if _is_known(telegram, field))
    always = [f"`{field}`" for field in FIELDS if telegrams and counts[field] == len(telegrams)]
    sometimes = [f"`{field}`" for field in FIELDS if 0 < counts[field] < len(telegrams)]
    if not sometimes:
        return ", ".join(always) or "nothing"
    return "; ".join([*([", ".join(always)] if always else []), f"in some telegrams {', '.join(sometimes)}"])


def _is_known(telegram: Telegram, field: str) -> bool:
    value = getattr(telegram.reading, field)
    return value is not None and value != (None, None, None)


FIELDS = (
    "power_import_w",
    "power_export_w",
    "current_a",
    "voltage_v",
    "energy_import_wh",
    "energy_export_wh",
    "time",
    "meter_id",
)

COUNTRIES = {
    "AT": "Austria",
    "BE": "Belgium",
    "CH": "Switzerland",
    "CY": "Cyprus",
    "DE": "Germany",
    "DK": "Denmark",
    "FI": "Finland",
    "HU": "Hungary",
    "LT": "Lithuania",
    "LU": "Luxembourg",
    "NL": "Netherlands",
    "NO": "Norway",
    "SE": "Sweden",
    "SI": "Slovenia",
}
"""By ISO 3166 alpha-2."""

METERS_INTRO = """\
# Meters

What is read, by country. Nothing of it need be told: framing, meter family, baud rate and parity are found out by
themselves; only a meter that encrypts needs its key. The country says where a family was seen: a meter elsewhere that
sends the same is read just so, and one that tells codes and units with its values is read by them without a family.

What a family gives is what the readings of its [examples](../../tests/corpus/README.md) have. *Derived* is what
follows exactly from other values (sums, nets, transformer ratios); *estimated* is marked so in every reading. How a
meter is added: [in ten minutes](../howto/add-a-meter.md).
"""

SETTINGS_INTRO = """\
# Settings

From a TOML file (`ngair run --config FILE`, or `NGAIR_CONFIG`), from `NGAIR_…` environment variables, and from
flags; a later one goes before an earlier one. A value that cannot be is told in one line with its place, key, value
and what is allowed, and the program exits with 2. `ngair check FILE` tells before anything starts.
"""

LOCAL_API_INTRO = """\
# The Local API

Profile `1.0` is the vendor's document (power in W); profile `1.3` is later firmware as seen in the field (power in
kW, raw telegrams in an array, more keys). `ngair run --profile 1.3` chooses. Energy is in kWh in both.

The vendor's documents have no word for unknown: before the first telegram `/meter/` shows 0, but for energy the last
value kept; later each value is the last one known. What is known, and how old it is, tells `/api/v1/site`, where
unknown is `null`.

Every path answers with and without its last slash. Answers carry `ETag` and `Last-Modified`; a request with
`If-None-Match` or `If-Modified-Since` gets 304 while nothing has changed. `HEAD` works; other methods get 405,
unknown paths 404. Errors are `application/problem+json` (RFC 9457). `/ssid/` answers 403 outside setup mode, and
`POST /upload/<filepath>` takes signed firmware, with the password. With `--read-lock` everything but `/api/v1/lock`
needs the password, by HTTP Basic as user `ctek`: 401 without.

The vendor's documents answer under any name. Everything else (the pages, `/docs`, `/openapi.json`, `/api/v1/`, and
every request that would change something) answers under the box's IP address, `localhost`, names without a dot, names
that nobody can register (`.local`, `.lan`, `.home`, `.internal`, `.localdomain`, `.home.arpa`) and those in
`host_names`; else 421. [Why](../decisions/0014-names-and-tokens.md).
"""

QUESTIONS_INTRO = """\
## Questions

Asked with `GET` and parameters behind a question mark; every parameter may be left out. Made for each request: no
`ETag`, `Cache-Control: no-store`. A parameter that cannot be, that nobody knows or that comes twice is refused with
422, and so is a question with more rows than one answer may have; 503 says that there is no memory, why, and what to
do. What answers look like is in `/openapi.json`, which `/docs` shows. How to:
[use the history](../howto/use-the-history.md).
"""

CHANGES_INTRO = """\
## Changes

Sent as `Content-Type: application/json`, by programs and by the box's own page, with the password by HTTP Basic (user
`ctek`) or with a token for it as `X-Ngair-Token`. Applied at once, and answered with the thing as it has become when
that is kept for the next start. How to: [control charging](../howto/control-charging.md).
"""

ACTS_INTRO = """\
## The box itself

Sent with `POST` as `Content-Type: application/json`, by programs and by the box's own page. How to:
[lock the box](../howto/lock-the-box.md).
"""

PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings,
    "commands.md": commands,
    "local-api.md": local_api,
    "rejections.md": rejections,
    "meters.md": meters,
}


def main() -> int:
    """Write the pages, or with `--check` tell which differ."""
    parser = argparse.ArgumentParser(prog="scripts/docs", description="Write docs/reference from the code.")
    parser.add_argument("--check", action="store_true", help="only tell which pages are not as the code has it")
    options = parser.parse_args()
    stale = [name for name, make in PAGES.items() if _text(FOLDER / name) != MADE + make()]
    for name in stale:
        print(f"docs/reference/{name} {'is not as the code has it: run scripts/docs' if options.check else 'written'}")
        if not options.check:
            (FOLDER / name).write_text(MADE + PAGES[name](), encoding="utf-8")
    return int(options.check and bool(stale))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _commands(parser: argparse.ArgumentParser, words: list[str]) -> list[list[str]]:
    """Each command with those below it, in the order of the help."""
    found = [words]
    for name, command in _subparsers(parser).items():
        found += _commands(command, [*words, name])
    return found


def _help(command: list[str]) -> str:
    """`--help` at a fixed width. `prog` and columns must not depend on the terminal."""
    os.environ["COLUMNS"] = "100"
    parser = parser_of_all()
    for word in command:
        parser = _subparsers(parser)[word]
    name = " ".join(["ngair", *command])
    return f"## `{name}`\n\n```text\n{parser.format_help()}```\n"


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    actions = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return actions[0].choices if actions else {}


def _keys(body: type[msgspec.Struct]) -> str:
    return ", ".join(f"`{key}`" for key in body.__struct_fields__) or "none"


def _example(profile: Profile, path: str) -> str:
    publisher = Publisher()
    publisher.refresh(_example_site(profile), 100.4, 1_767_225_600)
    text = msgspec.json.format(publisher.pages[path].body, indent=2).decode("utf-8")
    return _NUMBERS.sub(lambda match: f"[{', '.join(match[1].split())}]".replace(",,", ","), text)


def _example_site(profile: Profile) -> Site:
    """A site with a reading and two chargers, the second of them lost."""
    box = BoxInfo(serial="A1B2C3D4E5F6G7H8", firmware="ngair.0.1.0-0-g1234567", mac="02a1b2c3d4e5", profile=profile)
    site = Site(box=box, fuses=(Fuse(name="main", rating_a=(25, 25, 25)),))
    reading = Reading(
        time="2026-01-01T00:00:00",
        ident="NGA5\\EXAMPLE",
        meter_id="EXAMPLE0000000001",
        power_import_w=3178,
        power_export_w=0,
        current_a=(11.1, 2.4, 0.4),
        voltage_v=(230.1, 231.2, 229.8),
        energy_import_wh=12345678,
        energy_export_wh=1234,
        checked=True,
    )
    outlet = Outlet(
        id=1,
        state=OutletState.CHARGING,
        current_a=(10.0, 0.0, 0.0),
        told_at_s=100.0,
        car_phases=(True, False, False),
        energy_wh=7824262,
        power_w=2300,
    )
    charger = ChargeBox(
        serial="EXAMPLECB0000001",
        identity="EXAMPLECB0000001",
        firmware="r3.2.2",
        endpoint="mqtt://192.0.2.7",
        port=1883,
        outlets=(outlet,),
    )
    second = ChargeBox(serial="EXAMPLECB0000002", identity="EXAMPLECB0000002", outlets=(Outlet(id=1, told_at_s=37.0),))
    reason = SetpointReason(
        rule=Rule.PROVING,
        text="L1 has 16 A left; more when it stays so",
        fuse="main",
        phase="L1",
        since_s=95.0,
        until_s=125.0,
    )
    silent = FailSafe(
        kind=FailSafeKind.CHARGER_SILENT,
        subject=second.serial,
        text="What it may draw at most stays reserved until it answers: look at its power and its network",
        since_s=50.0,
    )
    decision = Decision(
        setpoints=(Setpoint(serial=charger.serial, outlet_id=1, setpoint_a=10, reason=reason),),
        headrooms=(Headroom(fuse="main", other_a=(1.1, 2.4, 0.4), left_a=(16.9, 15.6, 17.6)),),
        fail_safes=(silent,),
    )
    for event in (
        InputRejected(Rejection(Reason.CHECK, "", 890)),
        TelegramReceived(Telegram("/NGA5\\EXAMPLE\r\n\r\n…\r\n!1A2B\r\n", 890, reading), 100.0, 98765),
        ChargerLinkChanged("mqtt://192.0.2.7:1883", "up"),
        ChargerLinkChanged("mqtt://192.0.2.8:1883", "lost", "nobody answers: is the charger on?"),
        ChargerSeen(charger),
        ChargerSeen(second),
        ChargerLost(second.serial),
        Decided(decision),
    ):
        site = apply(site, event)
    return site


_NUMBERS = re.compile(r"\[((?:\s*(?:-?[\d.]+|true|false),?)+)\s*\]")

if __name__ == "__main__":
    sys.exit(main())

"""Every setting, once: its name in file, environment and command line, its type, its default, what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from ngair.model.keys import Key, Keys
from ngair.model.limits import HISTORY_MINUTE_DAYS, HISTORY_RAW_DAYS
from ngair.model.prices import PRICES, Prices, read_prices
from ngair.model.rules import MAIN_FUSE, MAIN_FUSE_MAX_A, MAIN_FUSE_MIN_A, OUTLET_MAX_A, Fuse, Pace
from ngair.model.setting_values import (
    FALLBACK_MIN_A,
    LOG_LEVELS,
    MARGIN_MAX_A,
    MINUTE_DAYS_MAX,
    MINUTE_DAYS_MIN,
    POWER_LEAST_W,
    RAW_DAYS_MAX,
    TURN_MAX_S,
    TURN_MIN_S,
    WAIT_MAX_S,
    WIFI,
    Address,
    Wifi,
    to_address,
    to_between,
    to_chargers,
    to_days,
    to_fallback,
    to_key,
    to_level,
    to_main_fuse,
    to_meter,
    to_names,
    to_path,
    to_prices,
    to_profile,
    to_sub_fuses,
    to_switch,
    to_wifi,
    to_zone,
)
from ngair.model.site import Profile
from ngair.model.sub_fuses import POWER_MAX_W, SUB_FUSES, checked_tree
from ngair.model.urls import CHARGER_URLS, METER_URLS


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the program runs by."""

    meter: str | None = None
    meter_key: Key | None = None
    meter_auth_key: Key | None = None
    meter_key_file: str | None = None
    chargers: tuple[str, ...] = ()
    main_fuse_a: float | None = None
    power_max_w: float | None = None
    sub_fuses: tuple[Fuse, ...] = ()
    margin_a: float = Pace().margin_a
    fallback_a: int = Pace().fallback_a
    raise_after_s: float = Pace().raise_after_s
    restart_after_s: float = Pace().restart_after_s
    turn_s: float = Pace().turn_s
    http: Address = Address("", 80)
    profile: Profile = "1.0"
    read_lock: bool = False
    https: Address | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    data: str | None = None
    mdns: bool = True
    host_names: tuple[str, ...] = ()
    history: bool = True
    time_zone: str | None = None
    prices: str | None = None
    raw_days: int = HISTORY_RAW_DAYS
    minute_days: int = HISTORY_MINUTE_DAYS
    wifi: Wifi = "off"
    setup: bool = False
    setup_button: str | None = None
    setup_key_file: str | None = None
    firmware_keys: str | None = None
    log_level: str = "info"

    @property
    def meter_keys(self) -> Keys | None:
        """The keys that are given by themselves; those of `meter_key_file` are in the file."""
        if self.meter_key is None:
            return None
        return Keys(self.meter_key.value, None if self.meter_auth_key is None else self.meter_auth_key.value)

    @property
    def price_list(self) -> Prices | None:
        """What a kilowatt-hour costs; `None` where nobody said."""
        return None if self.prices is None else read_prices(self.prices)

    @property
    def pace(self) -> Pace:
        """How careful and how patient the balancer is."""
        return Pace(
            margin_a=self.margin_a,
            fallback_a=self.fallback_a,
            raise_after_s=self.raise_after_s,
            restart_after_s=self.restart_after_s,
            turn_s=self.turn_s,
        )

    @property
    def fuses(self) -> tuple[Fuse, ...]:
        """The tree of fuses, the main fuse first; empty without one."""
        rating_a = self.main_fuse_a
        if rating_a is None:
            return ()
        main = Fuse(name=MAIN_FUSE, rating_a=(rating_a, rating_a, rating_a), power_max_w=self.power_max_w)
        return (main, *self.sub_fuses)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as people meet it. The environment variable is `NGAIR_` and the key in capitals."""

    key: str
    """Its name in the file, and in `Settings`."""
    flag: str | None
    """`None` for what must not be an argument: those are seen by everybody on the machine."""
    metavar: str
    meaning: str
    allowed: str
    default: str
    read: Callable[[Any], Any]
    """A raw value (text, or what TOML has) -> the value of `Settings`; raises `ValueError`."""
    secret: bool = False
    """Whether its value is never shown."""
    many: bool = False
    """Whether the flag may be given several times; the environment separates by spaces, the file has a list."""

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"NGAIR_{self.key.upper()}"


Names = Literal["key", "flag", "variable"]


class Layer(msgspec.Struct, frozen=True):
    """Values from one place; a later layer goes before an earlier one."""

    name: str
    """What the user calls it, for errors: a file's path, `environment`, `command line`."""
    values: Mapping[str, Any]
    names: Names = "key"
    """What a setting is called there."""


class SettingError(Exception):
    """A value that cannot be. The text is one line with place, key, value and what is allowed."""


def resolve(layers: Sequence[Layer]) -> Settings:
    """The settings from all layers. Raises `SettingError` for the first value that cannot be."""
    values: dict[str, Any] = {}
    for layer in layers:
        for key, raw in layer.values.items():
            setting = _BY_KEY.get(key)
            if setting is None:
                raise SettingError(f"{layer.name}: {shown_name(key)}: is no setting; there are {', '.join(_BY_KEY)}")
            try:
                values[key] = setting.read(raw)
            except (ValueError, OverflowError) as error:
                allowed = str(error) if setting.read in _TELLING else setting.allowed
                shown = "(not shown)" if setting.secret else _shown(raw)
                called = _name_in(layer.names, setting)
                raise SettingError(f"{layer.name}: {called} = {shown}: allowed is {allowed}") from None
    settings = Settings(**values)
    name = partial(_name, layers)
    if settings.meter_key_file is not None and (settings.meter_key or settings.meter_auth_key):
        file, key, auth_key = name("meter_key_file"), name("meter_key"), name("meter_auth_key")
        raise SettingError(f"{file} and {key} or {auth_key} are set: give the keys in one place")
    if settings.meter_auth_key is not None and settings.meter_key is None:
        key, auth_key = name("meter_key", "meter_auth_key"), name("meter_auth_key")
        raise SettingError(f"{auth_key} is set without {key}: an authentication key opens nothing by itself")
    if settings.chargers and settings.main_fuse_a is None:
        raise SettingError(
            f"{name('main_fuse_a', 'chargers')} is not set: a charger needs a main fuse to stay under; "
            "give --main-fuse A as printed on it"
        )
    certificate = name("tls_certificate", "tls_key")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        key = name("tls_key", "tls_certificate")
        raise SettingError(f"{certificate} and {key} belong together: set both, or neither for one that is made")
    if settings.tls_certificate is not None and settings.https is None:
        https = name("https", "tls_certificate")
        raise SettingError(f"{certificate} is set without {https}: say where to serve it, such as --https :443")
    if settings.setup and settings.wifi == "off":
        if "wifi" in values:
            raise SettingError(
                f"{name('setup')} is on while {name('wifi')} is off: setup mode needs a radio; give --wifi on"
            )
        settings = replace(settings, wifi="on")
    try:
        checked_tree(settings.sub_fuses)
    except ValueError as error:
        raise SettingError(f"{name('sub_fuses')}: {error}") from None
    return settings


def _name(layers: Sequence[Layer], key: str, *beside: str) -> str:
    """What a setting is called where it was set; where it was set nowhere, as where those beside it were."""
    for one in (key, *beside):
        for layer in reversed(layers):
            if one in layer.values:
                return _name_in(layer.names, _BY_KEY[key])
    return key


def _name_in(names: Names, setting: Setting) -> str:
    if names == "variable":
        return setting.variable
    # What has no flag is no argument of anybody's.
    return (names == "flag" and setting.flag) or setting.key


def shown_name(name: str) -> str:
    """A name that somebody else chose, such that it fits a line and moves no terminal."""
    return _cut(name if name.isprintable() and name else repr(name))


def _shown(raw: object) -> str:
    try:
        text = repr(raw) if isinstance(raw, str) else str(raw)
    except ValueError:
        text = "a number of thousands of digits"
    return _cut(text if text.isprintable() else repr(text))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"


SHOWN_MAX = 80
"""Characters of a name or value that an error repeats."""


_TELLING = frozenset((to_meter, to_key, to_chargers, to_sub_fuses))
"""Readers whose errors say better than the table what is allowed."""

SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="meter",
        flag="--meter",
        metavar="URL",
        meaning="Where the smart meter's bytes come from.",
        allowed=METER_URLS,
        default="none; `ngair run` needs one",
        read=to_meter,
    ),
    Setting(
        key="meter_key",
        flag=None,
        metavar="32HEX",
        meaning="The key of a meter that encrypts, from the grid operator. Never shown, and no flag: arguments are "
        "seen by everybody on a machine.",
        allowed="32 hex digits",
        default="none; such a meter is refused, with that reason",
        read=to_key,
        secret=True,
    ),
    Setting(
        key="meter_auth_key",
        flag=None,
        metavar="32HEX",
        meaning="The authentication key of such a meter, beside meter_key, where the operator gives one: with it each "
        "telegram's tag is verified.",
        allowed="32 hex digits",
        default="none; the tag is not verified",
        read=to_key,
        secret=True,
    ),
    Setting(
        key="meter_key_file",
        flag="--meter-key-file",
        metavar="FILE",
        meaning="A file with these keys instead: a line with the word encryption and 32 hex digits, and if there is "
        "one a line with the word authentication and 32 more.",
        allowed="the path of a file, with ~ written out",
        default="none",
        read=to_path,
    ),
    Setting(
        key="chargers",
        flag="--charger",
        metavar="URL",
        meaning="A charger to keep under the main fuse. May be given several times; a list in the file.",
        allowed=CHARGER_URLS,
        default="none",
        read=to_chargers,
        many=True,
    ),
    Setting(
        key="main_fuse_a",
        flag="--main-fuse",
        metavar="A",
        meaning="Rating of the house's main fuse in A a phase, as printed on it. Needed with a charger.",
        allowed=f"a number from {MAIN_FUSE_MIN_A} to {MAIN_FUSE_MAX_A}",
        default="none",
        read=to_main_fuse,
    ),
    Setting(
        key="power_max_w",
        flag="--max-power",
        metavar="W",
        meaning="Limit on the power of the whole house in W, such as that of a tariff; cars give way to stay below it.",
        allowed=f"a number from {POWER_LEAST_W} to {POWER_MAX_W}",
        default="none",
        read=to_between(POWER_LEAST_W, POWER_MAX_W),
    ),
    Setting(
        key="sub_fuses",
        flag="--sub-fuse",
        metavar="FUSE",
        meaning="A fuse below the main one with chargers under it, such as that of a garage. May be given several "
        "times; in the file also a list of tables.",
        allowed=SUB_FUSES,
        default="none; every charger hangs at the main fuse",
        read=to_sub_fuses,
        many=True,
    ),
    Setting(
        key="margin_a",
        flag="--margin",
        metavar="A",
        meaning="Left free on each phase of each fuse, in A: meters round to whole amps, and loads move between two "
        "telegrams. With 0 a fuse is used to its last ampere.",
        allowed=f"a number from 0 to {MARGIN_MAX_A}",
        default=f"{Pace().margin_a:g}",
        read=to_between(0, MARGIN_MAX_A),
    ),
    Setting(
        key="fallback_a",
        flag="--fallback",
        metavar="A",
        meaning="Current of an outlet while there is no data to decide by, in A: the reserve that the house always "
        "has, whatever runs in it. 0 pauses. A user may set another one for each outlet.",
        allowed=f"0, or a whole number from {FALLBACK_MIN_A} to {OUTLET_MAX_A}",
        default=f"{Pace().fallback_a}",
        read=to_fallback,
    ),
    Setting(
        key="raise_after_s",
        flag="--raise-after",
        metavar="S",
        meaning="So many seconds must more be left before a setpoint is raised: cars should not follow each pan on "
        "the hob. Setpoints are lowered at once, always.",
        allowed=f"a number from 0 to {WAIT_MAX_S}",
        default=f"{Pace().raise_after_s:g}",
        read=to_between(0, WAIT_MAX_S),
    ),
    Setting(
        key="restart_after_s",
        flag="--restart-after",
        metavar="S",
        meaning="So many seconds must enough be left before a stopped car starts again: some cars report a fault "
        "after several quick stops and starts.",
        allowed=f"a number from 0 to {WAIT_MAX_S}",
        default=f"{Pace().restart_after_s:g}",
        read=to_between(0, WAIT_MAX_S),
    ),
    Setting(
        key="turn_s",
        flag="--turn",
        metavar="S",
        meaning="With too little for all cars, one charges at least so many seconds before the next has its turn.",
        allowed=f"a number from {TURN_MIN_S} to {TURN_MAX_S}",
        default=f"{Pace().turn_s:g}",
        read=to_between(TURN_MIN_S, TURN_MAX_S),
    ),
    Setting(
        key="http",
        flag="--http",
        metavar="[HOST]:PORT",
        meaning="Where to serve the Local API and the page. Without a host on all addresses; port 0 takes a free one.",
        allowed="[HOST]:PORT with a port from 0 to 65535, such as :8080, 127.0.0.1:8080 or [::1]:8080",
        default=":80; `ngair demo`: 127.0.0.1:8080",
        read=to_address,
    ),
    Setting(
        key="profile",
        flag="--profile",
        metavar="1.0|1.3",
        meaning="Whose Local API to speak: 1.0 is the vendor's document, 1.3 the later firmware in the field.",
        allowed='"1.0" or "1.3"',
        default="1.0",
        read=to_profile,
    ),
    Setting(
        key="read_lock",
        flag="--read-lock",
        metavar="on|off",
        meaning="Whether reading, too, needs the password, by HTTP Basic as user ctek. Changes always need it.",
        allowed="on or off",
        default="off, as in the document",
        read=to_switch,
    ),
    Setting(
        key="https",
        flag="--https",
        metavar="[HOST]:PORT",
        meaning="Where to serve the same by TLS besides. The password is then taken here only, and plain HTTP only "
        "shows.",
        allowed="[HOST]:PORT with a port from 0 to 65535, such as :443",
        default="none; no TLS",
        read=to_address,
    ),
    Setting(
        key="tls_certificate",
        flag="--tls-certificate",
        metavar="FILE",
        meaning="The certificate for https, PEM, with those that it hangs on.",
        allowed="the path of a file, with ~ written out",
        default="one that the box makes at its first start",
        read=to_path,
    ),
    Setting(
        key="tls_key",
        flag="--tls-key",
        metavar="FILE",
        meaning="The private key of that certificate, PEM, without a password of its own.",
        allowed="the path of a file, with ~ written out",
        default="one that the box makes at its first start",
        read=to_path,
    ),
    Setting(
        key="data",
        flag="--data",
        metavar="DIR",
        meaning="Folder for what must survive a restart: identity, counters, users' wishes and the memory.",
        allowed="the path of a folder, with ~ written out",
        default="/var/lib/ngair for root, else ~/.local/state/ngair (XDG); `ngair demo`: a temporary folder",
        read=to_path,
    ),
    Setting(
        key="mdns",
        flag="--mdns",
        metavar="on|off",
        meaning="Whether to announce the box as ctek-ng-air.local.",
        allowed="on or off",
        default="on; `ngair demo`: off",
        read=to_switch,
    ),
    Setting(
        key="host_names",
        flag="--host-name",
        metavar="NAME",
        meaning="A further host name under which requests that change something are taken (a reverse proxy's). "
        "May be given several times; a list in the file.",
        allowed="host names",
        default="none; IP addresses, localhost and *.local are always taken",
        read=to_names,
        many=True,
    ),
    Setting(
        key="history",
        flag="--history",
        metavar="on|off",
        meaning="Whether to remember readings, charging sessions and events, in history.db in the data folder.",
        allowed="on or off",
        default="on",
        read=to_switch,
    ),
    Setting(
        key="time_zone",
        flag="--time-zone",
        metavar="ZONE",
        meaning="Where the house is: its days begin at midnight there, and prices hold by its clock.",
        allowed="a name of the IANA time zone database, such as Europe/Stockholm",
        default="the system's, or UTC where it has none",
        read=to_zone,
    ),
    Setting(
        key="prices",
        flag="--prices",
        metavar="PRICES",
        meaning="What a kWh from the grid costs, for the costs of charging. Holds for what flows from now on: what was "
        "paid before stays as it was.",
        allowed=PRICES,
        default="none; costs are not shown",
        read=to_prices,
    ),
    Setting(
        key="raw_days",
        flag="--raw-days",
        metavar="DAYS",
        meaning="So many days are readings kept each 10 seconds; a day of the meter and an outlet is about 1 MB.",
        allowed=f"a whole number from 1 to {RAW_DAYS_MAX}",
        default=f"{HISTORY_RAW_DAYS}",
        read=to_days(1, RAW_DAYS_MAX),
    ),
    Setting(
        key="minute_days",
        flag="--minute-days",
        metavar="DAYS",
        meaning="So many days are minutes kept, with mean, least and most. Hours, days, sessions and events stay for "
        "years.",
        allowed=f"a whole number from {MINUTE_DAYS_MIN} to {MINUTE_DAYS_MAX}",
        default=f"{HISTORY_MINUTE_DAYS}",
        read=to_days(MINUTE_DAYS_MIN, MINUTE_DAYS_MAX),
    ),
    Setting(
        key="wifi",
        flag="--wifi",
        metavar="on|off|sim:",
        meaning="Whether the box looks after its Wi-Fi, through NetworkManager: it opens an access point of its own "
        "where no network is configured, and joins the one that is chosen there.",
        allowed=WIFI,
        default="off",
        read=to_wifi,
    ),
    Setting(
        key="setup",
        flag="--setup",
        metavar="on|off",
        meaning="Whether to begin in setup mode, whatever network there is. The box then looks after its Wi-Fi.",
        allowed="on or off",
        default="off",
        read=to_switch,
    ),
    Setting(
        key="setup_button",
        flag="--setup-button",
        metavar="FILE",
        meaning="Setup mode begins when this file appears or is touched: what a button on the box does.",
        allowed="the path of a file, with ~ written out",
        default="none",
        read=to_path,
    ),
    Setting(
        key="setup_key_file",
        flag="--setup-key-file",
        metavar="FILE",
        meaning="A file whose first line is the password of the access point of setup mode, 8 to 63 characters, as "
        "printed on the box.",
        allowed="the path of a file, with ~ written out",
        default="none; the access point is open",
        read=to_path,
    ),
    Setting(
        key="firmware_keys",
        flag="--firmware-keys",
        metavar="FILE",
        meaning="A file with the public keys of those whose firmware is taken, one a line, as `ngair firmware keygen` "
        "writes them.",
        allowed="the path of a file, with ~ written out",
        default="/etc/ngair/firmware.pub; without any key no firmware is taken",
        read=to_path,
    ),
    Setting(
        key="log_level",
        flag="--log-level",
        metavar="LEVEL",
        meaning="How much to tell on standard error.",
        allowed=f"one of {', '.join(LOG_LEVELS)}",
        default="info",
        read=to_level,
    ),
)
_BY_KEY = {setting.key: setting for setting in SETTINGS}

"""`/api/v1/settings`: every setting, what is allowed and what is in force. Keys and passwords are never told."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from ngair.model.keys import Key
from ngair.model.rules import MAIN_FUSE, Fuse
from ngair.model.setting_values import Address
from ngair.model.settings import SETTINGS, Setting, Settings


class SettingDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as people meet it."""

    key: str
    """Its name in the settings file."""
    flag: str | None
    """Its flag on the command line; `null` where it must not be an argument."""
    variable: str
    """Its environment variable."""
    metavar: str
    """What stands behind the flag."""
    meaning: str
    allowed: str
    default: str
    value: str | None
    """What is in force, as one would write it, with `***` for passwords; `null` where nothing is set, and of keys."""
    set: bool
    """Whether it is another than the default; of keys whether there is one."""
    secret: bool
    many: bool
    """Whether it may be given several times."""


class SettingsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting."""

    settings: tuple[SettingDocument, ...]


def settings_document(settings: Settings) -> SettingsDocument:
    """What the program runs by."""
    return SettingsDocument(settings=tuple(_setting(row, settings) for row in SETTINGS))


def without_passwords(text: str) -> str:
    """A text with `***` for what may be a password in a URL: before its host, or an option that is called so."""
    return _OPTION.sub(r"\1***", _USER.sub(r"\1***@", text))


def _setting(row: Setting, settings: Settings) -> SettingDocument:
    value = getattr(settings, row.key)
    text = None if row.secret or value is None or value == () else without_passwords(_text(value))
    return SettingDocument(
        key=row.key,
        flag=row.flag,
        variable=row.variable,
        metavar=row.metavar,
        meaning=row.meaning,
        allowed=row.allowed,
        default=row.default,
        value=text,
        set=value != getattr(_DEFAULTS, row.key),
        secret=row.secret,
        many=row.many,
    )


def _text(value: object) -> str:
    """A value as one would write it."""
    match value:
        case Key():
            return "***"
        case bool():
            return "on" if value else "off"
        case float():
            return f"{value:g}"
        case Address(host, port):
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        case Fuse():
            return _fuse(value)
        case tuple() | list():
            return " ".join(_text(one) for one in value)
        case _:
            return str(value)


def _fuse(fuse: Fuse) -> str:
    """A sub-fuse as its flag takes it (see `SUB_FUSES`)."""
    options = [("rating", _phases(fuse.rating_a))]
    if fuse.under not in (None, MAIN_FUSE):
        options.append(("under", fuse.under or ""))
    if fuse.power_max_w is not None:
        options.append(("power_max_w", f"{fuse.power_max_w:g}"))
    if fuse.chargers:
        options.append(("chargers", ",".join(fuse.chargers)))
    if any(fuse.reserve_a):
        options.append(("reserve_a", _phases(fuse.reserve_a)))
    if fuse.meter is not None:
        options.append(("meter", without_passwords(fuse.meter).replace("%", "%25").replace("&", "%26")))
    if fuse.meter_key_file is not None:
        options.append(("meter_key_file", fuse.meter_key_file.replace("%", "%25").replace("&", "%26")))
    return f"{fuse.name}?{'&'.join(f'{key}={value}' for key, value in options)}"


def _phases(values: Sequence[float]) -> str:
    """One number where the three are the same."""
    return ",".join(f"{value:g}" for value in (values[:1] if len(set(values)) == 1 else values))


_DEFAULTS = Settings()
_USER = re.compile(r"(://)[^/?#\s]*@")
_OPTION = re.compile(r"([?&;][^=&\s]*(?:pass|pwd|secret|token|key(?!_file))[^=&\s]*=)[^&\s]*", re.IGNORECASE)

"""Settings from the command line, the environment and the file, in falling order."""

from __future__ import annotations

import argparse
import logging
import os
import stat
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from ngair.cli.failure import Failure
from ngair.model.limits import SETTINGS_FILE_MAX_BYTES
from ngair.model.setting_values import to_switch
from ngair.model.settings import SETTINGS, Layer, SettingError, Settings, resolve, shown_name

CONFIG_VARIABLE = "NGAIR_CONFIG"
PRIVATE_PREFIXES = ("NGAIR_TEST", "NGAIR_TELEGRAMS", "NGAIR_PASSWORD")

log = logging.getLogger("ngair")


def add_settings(parser: argparse.ArgumentParser, keys: Collection[str], defaults: Mapping[str, str]) -> None:
    """Add the flags of some settings. `defaults` tells those that differ from the settings' own."""
    for setting in SETTINGS:
        if setting.key in keys and setting.flag is not None:
            default = defaults.get(setting.key, setting.default.partition(";")[0])
            parser.add_argument(
                setting.flag,
                dest=setting.key,
                metavar=setting.metavar,
                action="append" if setting.many else "store",
                # A switch by itself is on.
                nargs="?" if setting.read is to_switch else None,
                const="on" if setting.read is to_switch else None,
                help=f"{setting.meaning} Default: {default}.".replace("%", "%%"),
            )


def settings_from(options: argparse.Namespace, defaults: Mapping[str, Any], config: str | None) -> Settings:
    """The settings of a command. Raises `Failure` with exit code 2."""
    flags = {s.key: getattr(options, s.key) for s in SETTINGS if getattr(options, s.key, None) is not None}
    layers = [Layer("defaults of this command", defaults)]
    path = config or os.environ.get(CONFIG_VARIABLE)
    if path:
        layers.append(file_layer(Path(path)))
    layers += [environment_layer(os.environ), Layer("command line", flags, "flag")]
    return resolved(layers)


def resolved(layers: list[Layer]) -> Settings:
    """The settings of some layers. Raises `Failure` with exit code 2."""
    try:
        return resolve(layers)
    except SettingError as error:
        raise Failure(str(error), 2) from None


def file_layer(path: Path) -> Layer:
    """What a TOML file sets. Raises `Failure` with exit code 2."""
    try:
        with path.open("rb") as file:
            everybodys = os.fstat(file.fileno()).st_mode & stat.S_IROTH
            data = file.read(SETTINGS_FILE_MAX_BYTES + 1)
    except OSError as error:
        raise Failure(f"{path}: cannot be read: {error.strerror}", 2) from None
    if len(data) > SETTINGS_FILE_MAX_BYTES:
        raise Failure(f"{path}: is larger than {SETTINGS_FILE_MAX_BYTES} bytes: is it the right file?", 2)
    try:
        values = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Failure(f"{path}: is not UTF-8 text: is it the right file?", 2) from None
    except RecursionError:
        raise Failure(f"{path}: is nested far too deep: is it the right file?", 2) from None
    except ValueError as error:
        raise Failure(f"{path}: is not TOML: {error}", 2) from None
    if everybodys and any(setting.secret and setting.key in values for setting in SETTINGS):
        log.warning("%s: everybody on this machine may read the meter's key in it: chmod 600 %s", path, path)
    return Layer(str(path), values)


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """What `NGAIR_…` variables set. Raises `Failure` with exit code 2 for one that is no setting."""
    known = {setting.variable: setting.key for setting in SETTINGS}
    values: dict[str, str] = {}
    for name, value in environment.items():
        if not name.startswith("NGAIR_") or name == CONFIG_VARIABLE or name.startswith(PRIVATE_PREFIXES):
            continue
        if name not in known:
            raise Failure(f"environment: {shown_name(name)}: is no setting; there are {', '.join(known)}", 2)
        values[known[name]] = value
    return Layer("environment", values, "variable")

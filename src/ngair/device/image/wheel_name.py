"""What the name of a wheel tells: whose it is, its version, and where it runs."""

from __future__ import annotations

import re

import msgspec

from ngair.device.image.version import order

MACHINES = ("x86_64", "aarch64")
PYTHONS = ("cpython-311", "cpython-312", "cpython-313")
HARDWARE = tuple(f"linux-{machine}-{python}" for machine in MACHINES for python in PYTHONS)
"""What images are made for, unless somebody says otherwise."""


class WheelName(msgspec.Struct, frozen=True):
    """A wheel's name, taken apart."""

    project: str
    """As names are compared: lower case, with `-`."""
    version: str
    pythons: tuple[str, ...]
    abis: tuple[str, ...]
    platforms: tuple[str, ...]

    def fits(self, hardware: str) -> bool:
        """Whether it runs on hardware with such an id."""
        match = _HARDWARE.fullmatch(hardware)
        if match is None:
            return False
        minor = int(match["minor"])
        machine = match["machine"]
        return any(_runs(python, self.abis, minor) for python in self.pythons) and any(
            platform == "any" or (_LINUX.fullmatch(platform) and platform.endswith(f"_{machine}"))
            for platform in self.platforms
        )


def wheel_name(name: str) -> WheelName:
    """Raises `ValueError` for what is no name of a wheel, or not a safe one for a file."""
    match = _WHEEL.fullmatch(name)
    if match is None:
        raise ValueError("is not named as a wheel is")
    project = re.sub(r"[-_.]+", "-", match["project"]).lower()
    tags = (tuple(match[part].split(".")) for part in ("python", "abi", "platform"))
    return WheelName(project, match["version"], *tags)


def is_version(wheel: WheelName, version: str) -> bool:
    """Whether a wheel is of a version, however that is written."""
    try:
        return order(wheel.version) == order(version)
    except ValueError:
        return False


def _runs(python: str, abis: tuple[str, ...], minor: int) -> bool:
    """As installers have it: what is made for an older Python runs on a newer one unless it is tied to its insides."""
    match = _PYTHON.fullmatch(python)
    if match is None:
        return False
    made_for = int(match["minor"] or 0)
    if match["kind"] == "py":
        return "none" in abis and made_for <= minor
    if made_for == minor:
        return bool({"none", "abi3", f"cp3{minor}"} & set(abis))
    return "abi3" in abis and 0 < made_for < minor


_WHEEL = re.compile(
    r"(?P<project>[A-Za-z0-9](?:[A-Za-z0-9._]{0,80}[A-Za-z0-9])?)-(?P<version>[0-9][A-Za-z0-9.+!_]{0,40})"
    r"(?:-[0-9][A-Za-z0-9_.]{0,40})?"
    r"-(?P<python>[a-z0-9_.]{1,80})-(?P<abi>[a-z0-9_.]{1,80})-(?P<platform>[A-Za-z0-9_.]{1,160})\.whl",
    re.ASCII,
)
_HARDWARE = re.compile(r"linux-(?P<machine>[a-z0-9_]{1,32})-cpython-3(?P<minor>[0-9]{1,3})", re.ASCII)
_LINUX = re.compile(r"(?:many)?linux[0-9_]*_[a-z0-9_]+|manylinux[0-9]+_[a-z0-9_]+", re.ASCII)
_PYTHON = re.compile(r"(?P<kind>py|cp)3(?P<minor>[0-9]{1,3})?", re.ASCII)

"""Images of this very checkout under other version numbers, made and signed as a release is."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from collections.abc import Mapping
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

import ngair
from ngair.adapters.firmware.keys import load_private_key, make_keys
from ngair.adapters.firmware.making import make_image

SOURCE = Path(ngair.__file__).resolve().parent
NEVER_LOADED = frozenset({"pygments"})
"""By a box. It is half of all the lines that an installation compiles."""


class Factory:
    """Makes images in a folder, with a key of its own."""

    def __init__(self, folder: Path, *, whole: bool = True) -> None:
        """`whole`: with all that the program needs besides, as releases are, but for NEVER_LOADED."""
        self._folder = folder
        self._whole = whole
        self.public_keys = make_keys(folder / "release.key", "of the tests")

    def image(self, version: str, changed: Mapping[str, str] | None = None) -> Path:
        """`changed`: files of the package -> what stands at their end besides."""
        folder = self._folder / version
        folder.mkdir()
        wheels = [_own_wheel(folder, version, changed or {})]
        if self._whole:
            wheels += _needed_wheels(self._folder / "needed")
        out = folder / "image.ngfw"
        make_image(wheels, out, load_private_key(self._folder / "release.key"), minimum_version="0.1.0")
        return out


def _own_wheel(folder: Path, version: str, changed: Mapping[str, str]) -> Path:
    files = {
        f"ngair/{path.relative_to(SOURCE)}": path.read_bytes()
        for path in sorted(SOURCE.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    own = files["ngair/__init__.py"].decode()
    files["ngair/__init__.py"] = re.sub(r'__version__ = ".*"', f'__version__ = "{version}"', own).encode()
    for name, text in changed.items():
        files[f"ngair/{name}"] += f"\n{text}\n".encode()
    info = f"ngair-{version}.dist-info"
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.3\nName: ngair\nVersion: {version}\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    return _wheel(folder / f"ngair-{version}-py3-none-any.whl", info, files)


def _needed_wheels(folder: Path) -> list[Path]:
    """Of all that the program needs, as it is installed here: no index is asked."""
    if not folder.exists():
        folder.mkdir()
        for name in sorted(_needed("ngair") - {"ngair"} - NEVER_LOADED):
            _repacked(folder, distribution(name))
    return sorted(folder.glob("*.whl"))


@cache
def _needed(name: str) -> frozenset[str]:
    found = {name}
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            found |= _needed(re.sub(r"[-_.]+", "-", requirement.name).lower())
    return frozenset(found)


def _repacked(folder: Path, installed: Distribution) -> Path:
    """A wheel of what was installed from one (by its RECORD)."""
    files: dict[str, bytes] = {}
    tags: list[tuple[str, ...]] = []
    info = ""
    for entry in installed.files or ():
        name = str(entry)
        if name.startswith("..") or name.endswith(".pyc") or name.rpartition("/")[2] in _INSTALLERS:
            continue
        files[name] = Path(str(entry.locate())).read_bytes()
        if name.endswith(".dist-info/WHEEL"):
            info = name.rpartition("/")[0]
            tags = [tuple(tag.split("-")) for tag in re.findall(r"^Tag: (\S+)", files[name].decode(), re.MULTILINE)]
    together = "-".join(".".join(dict.fromkeys(part)) for part in zip(*tags, strict=True))
    return _wheel(folder / f"{info.removesuffix('.dist-info')}-{together}.whl", info, files)


def _wheel(path: Path, info: str, files: dict[str, bytes]) -> Path:
    files.pop(f"{info}/RECORD", None)
    record = "".join(f"{name},{_digest(data)},{len(data)}\n" for name, data in files.items())
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n".encode()}.items():
            wheel.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return path


def _digest(data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"sha256={digest}"


_INSTALLERS = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})

"""Small real wheels and images of a program that is nothing but its version."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from ngair import launcher
from ngair.device.image.manifest import File, Manifest, encode_manifest, read_manifest
from ngair.device.image.writing import make_head

Sources = Mapping[str, str]


def wheel(project: str, version: str, files: Sources) -> tuple[str, bytes]:
    """Its name and bytes."""
    info = f"{project}-{version}.dist-info"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    return f"{project}-{version}-py3-none-any.whl", packed.getvalue()


def image_of(path: Path, version: str, wheels: Mapping[str, bytes], minimum: str | None = None) -> Manifest:
    """Write an unsigned image with these wheels, and what it says of itself as a box reads it."""
    files = tuple(File(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in wheels.items())
    manifest = Manifest(
        format=1,
        product="ngair",
        version=version,
        hardware=(launcher.HARDWARE, "linux-riscv64-cpython-311"),
        minimum_version=version if minimum is None else minimum,
        from_version="0",
        files=files,
    )
    path.write_bytes(make_head(manifest, None) + b"".join(wheels.values()))
    return read_manifest(encode_manifest(manifest))


def program(version: str, main: str) -> dict[str, bytes]:
    """The wheels of a version: the program, whose `main` is this text, and a package that it needs."""
    ours = {
        "ngair/__init__.py": f"__version__ = {version!r}\n",
        "ngair/cli/__init__.py": "",
        "ngair/cli/main.py": main,
        "ngair/page.txt": f"the page of {version}\n" * 40,
    }
    needed = {"needed/__init__.py": f"FOR = {version!r}\n"}
    return dict((wheel("ngair", version, ours), wheel("needed", f"{version}.0", needed)))


def unpacked(wheels: Mapping[str, bytes]) -> dict[str, bytes]:
    """What of them stands in a slot, without bytecode: path -> bytes."""
    found = {}
    for data in wheels.values():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            found.update({name: archive.read(name) for name in archive.namelist()})
    return found

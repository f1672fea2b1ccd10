"""Builds the Debian package, of a wheel of this checkout and those that the lock file names. `scripts/deb` runs it.

The same sources, lock and SOURCE_DATE_EPOCH (the commit's time where it is not set) give the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
LOCK = ROOT / "requirements" / "run.txt"
SITE = "usr/lib/ngair/site"
PLACES = {
    "ngair.service": "usr/lib/systemd/system/ngair.service",
    "60-ngair-serial.rules": "usr/lib/udev/rules.d/60-ngair-serial.rules",
    "60-ngair.rules": "usr/share/polkit-1/rules.d/60-ngair.rules",
    "sysusers.conf": "usr/lib/sysusers.d/ngair.conf",
    "ngair.toml": "etc/ngair/ngair.toml",
    "debian/copyright": "usr/share/doc/ngair/copyright",
}
PROGRAM = f"""#!/usr/bin/python3 -I
import sys

sys.path.insert(0, "/{SITE}")
from ngair.cli.main import main

main()
"""
DESCRIPTION = """an open Nanogrid Air: charging under the main fuse, the Local API
 Reads the customer port of the house's smart meter, keeps car charging under
 the main fuse, and serves the documented Local API and a page."""


def main() -> int:
    """Build it and print its path."""
    parser = argparse.ArgumentParser(prog="scripts/deb", description="Build the Debian package of this checkout.")
    parser.add_argument("--out", metavar="DIR", type=Path, default=ROOT / "dist", help="where to; default: dist")
    parser.add_argument("--wheels", metavar="DIR", type=Path, help="wheels that are there already, of the lock file")
    parser.add_argument("--wheel", metavar="FILE", type=Path, help="a wheel of ngair that is built already")
    options = parser.parse_args()
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or _output("git", "log", "-1", "--format=%ct"))
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ngair-deb-") as folder:
        work = Path(folder)
        own = options.wheel or _own_wheel(work / "own")
        libraries = _wheels(options.wheels or _downloaded(work / "wheels"))
        print(_package(work / "package", own, libraries, options.out, epoch))
    return 0


def _package(tree: Path, own: Path, libraries: list[Path], out: Path, epoch: int) -> Path:
    for wheel in (own, *libraries):
        _unpack(wheel, tree / SITE)
    shutil.copy(tree / SITE / "ngair" / "launcher.py", tree / "usr/lib/ngair/launcher.py")
    places = dict(PLACES)
    for path in sorted((PACKAGING / "dnsmasq-shared.d").glob("*.conf")):
        places[f"dnsmasq-shared.d/{path.name}"] = f"etc/NetworkManager/dnsmasq-shared.d/{path.name}"
    for name, place in places.items():
        (tree / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PACKAGING / name, tree / place)
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    (tree / "usr/share/doc/ngair/changelog.gz").write_bytes(gzip.compress(changes, 9, mtime=0))
    program = tree / "usr/bin/ngair"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM, encoding="ascii")
    # What comes before a release sorts before it, by a tilde.
    version = re.sub(r"\.?(a|b|rc|dev)(?=\d)", r"~\1", own.name.split("-")[1])
    control = tree / "DEBIAN"
    control.mkdir()
    for name in ("postinst", "prerm", "postrm"):
        shutil.copy(PACKAGING / "debian" / name, control / name)
    (control / "conffiles").write_text("".join(f"/{place}\n" for place in places.values() if place.startswith("etc/")))
    (control / "control").write_text(_control(version, [own, *libraries], _size_kb(tree)), encoding="utf-8")
    (control / "md5sums").write_text("".join(_sums(tree)), encoding="utf-8")
    _settle(tree, {program, *(control / name for name in ("postinst", "prerm", "postrm"))}, epoch)
    deb = out / f"ngair_{version}_{_architecture()}.deb"
    # One thread: how many there are would show in the bytes.
    build = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z2", "--threads-max=1", "--build", str(tree), str(deb)]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    return deb


def _control(version: str, wheels: list[Path], size_kb: int) -> str:
    here = sys.version_info
    return f"""Package: ngair
Version: {version}
Architecture: {_architecture()}
Maintainer: The ngair authors <ngair@localhost>
Installed-Size: {size_kb}
Depends: {", ".join(_depends(wheels, here[0], here[1]))}
Recommends: udev, polkitd, network-manager, dnsmasq-base
Section: net
Priority: optional
Description: {DESCRIPTION}
"""


def _depends(wheels: list[Path], major: int, minor: int) -> list[str]:
    """The Python that the wheels' tags ask for, and the C library that those with machine code were built on."""
    tags = [re.findall(r"manylinux_(\d+)_(\d+)", wheel.name) for wheel in wheels]
    # A wheel names every library that it runs on; the oldest will do.
    needs = max((min((int(a), int(b)) for a, b in told) for told in tags if told), default=(2, 17))
    return [
        f"python3 (>= {major}.{minor})",
        f"python3 (<< {major}.{minor + 1})",
        "systemd | systemd-standalone-sysusers",
        f"libc6 (>= {needs[0]}.{needs[1]})",
        "libgcc-s1",
    ]


def _unpack(wheel: Path, site: Path) -> None:
    with ZipFile(wheel) as archive:
        for entry in archive.infolist():
            parts = PurePosixPath(entry.filename).parts
            if entry.is_dir() or parts[0].endswith(".data"):
                if parts[1:2] in (("purelib",), ("platlib",)):
                    raise SystemExit(f"{wheel.name}: has to be installed, not unpacked")
                continue
            if ".." in parts or entry.filename.startswith("/"):
                raise SystemExit(f"{wheel.name}: has a file that leads out of its folder")
            target = site.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(entry))


def _settle(tree: Path, programs: set[Path], epoch: int) -> None:
    """The same modes and times, whoever builds."""
    for path in sorted(tree.rglob("*"), reverse=True):
        path.chmod(0o755 if path.is_dir() or path in programs else 0o644)
        os.utime(path, (epoch, epoch))
    tree.chmod(0o755)
    os.utime(tree, (epoch, epoch))


def _files(tree: Path) -> Iterator[Path]:
    return (path for path in sorted(tree.rglob("*")) if path.is_file() and tree / "DEBIAN" not in path.parents)


def _sums(tree: Path) -> Iterator[str]:
    for path in _files(tree):
        digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
        yield f"{digest}  {path.relative_to(tree)}\n"


def _size_kb(tree: Path) -> int:
    return sum(-(-path.stat().st_size // 1024) for path in _files(tree))


def _own_wheel(folder: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return next(folder.glob("*.whl"))


def _downloaded(folder: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"]
    pip += [
        "--no-deps",
        "--require-hashes",
        "--only-binary",
        ":all:",
        "--requirement",
        str(LOCK),
        "--dest",
        str(folder),
    ]
    subprocess.run(pip, check=True)
    return folder


def _wheels(folder: Path) -> list[Path]:
    """Those of the libraries, a version of each that the lock file names."""
    found = sorted(path for path in folder.glob("*.whl") if not path.name.startswith("ngair-"))
    if not found:
        raise SystemExit(f"{folder}: there are no wheels of libraries")
    return found


def _architecture() -> str:
    return _output("dpkg", "--print-architecture")


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())

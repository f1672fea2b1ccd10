"""Programs for the real launcher: real wheels with the real hand on the slots, and a `main` of a few lines."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

import ngair
from ngair import launcher
from ngair.device.image.manifest import Manifest
from tests.adapters.slots.wheels import image_of, unpacked, wheel
from tests.program import DEADLINE_S, clean_environment, wait_for

PACKAGE = Path(ngair.__file__).parent
_PARTS = (
    "launcher.py",
    "adapters/__init__.py",
    "adapters/firmware/__init__.py",
    "adapters/firmware/span.py",
    "adapters/slots/*.py",
    "device/__init__.py",
    "device/image/*.py",
)

_HEAD = """
import os, signal, sys, time
from pathlib import Path

VERSION = {version!r}

def main():
    slot = os.environ["LAUNCHED_SLOT"]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("version", VERSION, "in", slot, os.getpid(), flush=True)
    from ngair.adapters.slots.slots import Slots
    slots = Slots(Path(os.environ["LAUNCHED_SLOTS"]), slot, Path(sys.path[0]))
"""
WAIT = """
    while True:
        signal.pause()
"""
HEALTHY = (
    """
    slots.confirm()
    print("healthy", VERSION, flush=True)
"""
    + WAIT
)
UPDATING = (
    """
    import msgspec
    from ngair.device.image.manifest import Manifest
    slots.healthy()
    print("healthy", VERSION, flush=True)
    image, about, deadline_s = sys.argv[1:4]
    if slots.failed is None:
        manifest = msgspec.json.decode(Path(about).read_bytes(), type=Manifest)
        slots.switch(slots.install(Path(image), manifest), manifest, float(deadline_s), meter_was_up=False)
        sys.exit(75)
"""
    + WAIT
)
RESTLESS = """
    import msgspec
    from ngair.device.image.manifest import Manifest
    slots.confirm()
    slots.healthy()
    print("healthy", VERSION, flush=True)
    image = Path(sys.argv[2 if VERSION.startswith("0.2") else 1])
    manifest = msgspec.json.decode(image.with_suffix(".json").read_bytes(), type=Manifest)
    slots.switch(slots.install(image, manifest), manifest, 300, meter_was_up=False)
    sys.exit(75)
"""
"""Updates itself to the other of two versions, for ever."""
CRASHING = "    raise SystemExit('this version does not work')\n"
NOT_HEALTHY = "    slots.give_up('no meter', 'the meter was up before')\n    sys.exit(76)\n"
FELL_SILENT = "    sys.exit(76)\n"
WRONG_SETTINGS = "    sys.exit(2)\n"
KILLED = "    os.kill(os.getpid(), signal.SIGKILL)\n"


def version_of(version: str, main: str) -> dict[str, bytes]:
    """The wheels of a version that behaves like this."""
    sources = {str(path.relative_to(PACKAGE.parent)): path.read_text() for part in _PARTS for path in _found(part)}
    sources |= {str(path.relative_to(PACKAGE.parent)): path.read_text() for path in sorted(PACKAGE.glob("model/*.py"))}
    sources |= {
        "ngair/__init__.py": f"__version__ = {version!r}\n",
        "ngair/cli/__init__.py": "",
        "ngair/cli/main.py": _HEAD.format(version=version) + main,
    }
    return dict([wheel("ngair", version, sources)])


def _found(part: str) -> list[Path]:
    return sorted(PACKAGE.glob(part))


def factory(folder: Path, version: str = "0.1.0", main: str = UPDATING) -> Path:
    """The installation that came with the launcher."""
    site = folder / "factory"
    for path, data in unpacked(version_of(version, main)).items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_bytes(data)
    return site


def image(folder: Path, version: str, main: str) -> tuple[Path, Path]:
    """An image of a version that behaves like this, and what is known of it."""
    path, about = folder / f"{version}.ngfw", folder / f"{version}.json"
    manifest: Manifest = image_of(path, version, version_of(version, main))
    about.write_bytes(msgspec.json.encode(manifest))
    return path, about


class Launched:
    """A running launcher."""

    def __init__(self, slots: Path, process: subprocess.Popen[bytes], said: Path) -> None:
        self.slots = slots
        self.process = process
        self._said = said

    @property
    def said(self) -> str:
        """What launcher and programs told so far."""
        return self._said.read_text()

    def boot(self) -> launcher.Boot:
        return launcher.load_boot(launcher.Disk(), str(self.slots))

    def until(self, text: str, times: int = 1) -> None:
        """Wait until it was said."""
        wait_for(lambda: self.said.count(text) >= times, lambda: f"{text}: {self.said}")

    def pid(self) -> int:
        """Of the program that was started last."""
        lines = [line.split() for line in self.said.splitlines() if line.startswith("version ")]
        return int(lines[-1][-1])


@contextlib.contextmanager
def launched(slots: Path, *options: str, arguments: tuple[str, ...] = (), first: str = "") -> Iterator[Launched]:
    """The launcher, as it is copied out of the package. Killed at the end, and its program with it.

    `first` is what its Python does before.
    """
    slots.parent.mkdir(parents=True, exist_ok=True)
    said = slots.parent / "said.txt"
    given = ["--slots", str(slots), *options, "--", *arguments]
    command = [sys.executable, "-I", copied(slots.parent), *given]
    if first:
        then = "sys.argv[:1] = []; runpy.run_path(sys.argv[0], run_name='__main__')"
        command[2:3] = ["-c", f"import os, runpy, signal, sys; {first}; {then}", command[2]]
    # Whoever runs the tests under nohup, or behind other work, has these ignored, and all children with them.
    command[:0] = ["env", "--default-signal=HUP,INT"]
    with said.open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=clean_environment()
        )
    try:
        yield Launched(slots, process, said)
    finally:
        process.kill()
        process.wait(DEADLINE_S)


def copied(folder: Path) -> str:
    """The launcher alone, away from its package."""
    path = folder / "launcher.py"
    path.write_bytes((PACKAGE / "launcher.py").read_bytes())
    return str(path)

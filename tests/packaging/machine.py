"""A machine to install things on: this one, seen through a layer that takes all changes and is gone at the end.

A mount namespace holds an overlay over the root, with a memory disk as its upper layer, and a network of its own. What
is done in it is done for real, and nothing of it reaches this machine. Where a folder with a system is given, that is
the machine instead.
"""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

TIMEOUT_S = 120.0
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LAYER = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount -t tmpfs -o mode=755 tmpfs "$1/root/run"
mount -t tmpfs -o mode=1777 tmpfs "$1/root/tmp"
ip link set lo up
echo made
exec sleep 900
"""


class Machine:
    """One of them. Its files are reached by `run` only: they are in a namespace of their own."""

    def __init__(self, holder: int, root: str) -> None:
        self._enter = ["nsenter", "--mount", "--net", "--pid", f"--target={holder}", "chroot", root]

    def command(self, *words: str, env: Mapping[str, str] | None = None) -> list[str]:
        """What runs a command in it."""
        named = [f"{name}={value}" for name, value in (env or {}).items()]
        return [*self._enter, "/usr/bin/env", "-i", f"PATH={PATH}", "LC_ALL=C.UTF-8", *named, *words]

    def run(self, *words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end, however it ends."""
        return subprocess.run(self.command(*words), input=stdin, capture_output=True, timeout=TIMEOUT_S, check=False)

    def get(self, *words: str, stdin: bytes = b"") -> str:
        """What a command prints, which has to be right."""
        done = self.run(*words, stdin=stdin)
        assert done.returncode == 0, f"{words}: {done.stdout.decode()}{done.stderr.decode()}"
        return done.stdout.decode()

    def put(self, path: str, data: bytes) -> None:
        """Write a file in it."""
        self.get("sh", "-c", 'cat >"$0"', path, stdin=data)

    def has(self, path: str) -> bool:
        """Whether something is there."""
        return self.run("test", "-e", path).returncode == 0


@contextlib.contextmanager
def machine(folder: Path, lower: Path = Path("/")) -> Iterator[Machine]:
    """A machine that is made of what is in a folder, in which nothing is changed."""
    place = folder / "layer"
    place.mkdir()
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    holder = subprocess.Popen(
        [*command, "sh", "-c", _LAYER, "sh", str(place), str(lower)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        assert holder.stdout is not None
        said = holder.stdout.readline().decode()
        if said != "made\n":
            pytest.skip(f"no layer over this machine can be made here: {said}{holder.stdout.read().decode()}")
        children = Path(f"/proc/{holder.pid}/task/{holder.pid}/children").read_text().split()
        yield Machine(int(children[0]), str(place / "root"))
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()

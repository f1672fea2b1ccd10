"""A machine to install things on: this one, seen through a layer that takes all changes and is gone at the end.

A mount namespace holds an overlay over the root, with a memory disk as its upper layer, and a network of its own. What
is done in it is done for real, and nothing of it reaches this machine. Where a folder with a system is given, that is
the machine instead.
"""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

TIMEOUT_S = 120.0
BOOT_S = 60.0
"""A loaded machine may take its time; where systemd cannot run, it ends at once or is waited for in vain."""
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LAYER = """
set -e
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount -t tmpfs -o mode=755 tmpfs "$1/root/dev"
for device in null zero full random urandom tty; do
    touch "$1/root/dev/$device"
    mount --bind "/dev/$device" "$1/root/dev/$device"
done
mkdir "$1/root/dev/shm" "$1/root/dev/pts"
ln -s /proc/self/fd "$1/root/dev/fd"
mount -t tmpfs -o mode=755 tmpfs "$1/root/run"
mount -t tmpfs -o mode=1777 tmpfs "$1/root/tmp"
ip link set lo up
"""
_SLEEPING = """
echo made
exec sleep 900
"""
_BOOTED = """
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/root/dev/pts"
ln -s pts/ptmx "$1/root/dev/ptmx"
mount -t sysfs -o ro sysfs "$1/root/sys"
mount -t cgroup2 cgroup2 "$1/root/sys/fs/cgroup"
printf '[Unit]\\nAllowIsolate=yes\\n' >"$1/root/etc/systemd/system/nothing-else.target"
echo made
cd "$1/root"
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$1/root" /lib/systemd/systemd --system \\
    --unit=nothing-else.target --log-target=null --show-status=no
"""


class Machine:
    """One of them. Its files are reached by `run` only: they are in a namespace of their own."""

    def __init__(self, enter: list[str]) -> None:
        """`enter` runs the words that follow it within."""
        self._enter = enter

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
def machine(folder: Path, lower: Path = Path("/"), *, booted: bool = False) -> Iterator[Machine]:
    """A machine that is made of what is in a folder, in which nothing is changed; `booted` by systemd, or asleep."""
    place = folder / "layer"
    place.mkdir()
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"]
    command += ["--ipc", "--uts", "--cgroup"] if booted else []
    holder = subprocess.Popen(
        [*command, "sh", "-c", _LAYER + (_BOOTED if booted else _SLEEPING), "sh", str(place), str(lower)],
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
        enter = ["nsenter", "--mount", "--net", "--pid", f"--target={children[0]}"]
        if booted:
            _wait_for_systemd(children[0])
            yield _as_soon_as_it_runs(Machine([*enter, "--ipc", "--uts", "--cgroup", "--root", "--wdns=/"]))
        else:
            yield Machine([*enter, "chroot", str(place / "root")])
    finally:
        holder.kill()
        holder.wait()
        if holder.stdout is not None:
            holder.stdout.close()


def _wait_for_systemd(process: str) -> None:
    """Before it is that, the process stands in this machine's own root, and asking it would ask this machine."""
    end_s = time.monotonic() + BOOT_S
    name = Path(f"/proc/{process}/comm")
    while name.exists() and time.monotonic() < end_s:
        with contextlib.suppress(OSError):  # it may end between the two
            if name.read_text() == "systemd\n":
                return
        time.sleep(0.02)
    pytest.skip("systemd does not start in a namespace here")


def _as_soon_as_it_runs(box: Machine) -> Machine:
    end_s = time.monotonic() + BOOT_S
    while time.monotonic() < end_s:
        done = box.run("systemctl", "is-system-running")
        if done.stdout.strip() in (b"running", b"degraded"):
            return box
        time.sleep(0.1)
    pytest.skip(f"systemd does not run in a namespace here: {(done.stdout + done.stderr).decode()}")

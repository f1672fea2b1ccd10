"""The launcher: starts the version of the program that works, and goes back to another one when it does not.

    python3 -I launcher.py --slots DIR [--grace SECONDS] (--factory SITE | --factory-command COMMAND...) -- ARGUMENTS...

It is copied out of the package when the box is set up and outlives every version that it starts, so it knows nothing of
them but `ngair.cli.main.main`, and it is standard library only. DIR has `boot.json` (`Boot`) and the slots `a` and `b`,
each with `image.json`, which tells that the slot is whole, and `site/`, the version's packages. The factory is the
installation that the launcher came with: never written, the last resort. The program, which finds its slot and DIR in
LAUNCHED_SLOT and LAUNCHED_SLOTS, tells by its exit code what is to be done: 75 start again, 76 not healthy on trial.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

USAGE = "--slots DIR [--grace SECONDS] (--factory SITE | --factory-command COMMAND...) -- ARGUMENTS..."
FORMAT = 1
FACTORY = "factory"
SLOTS = ("a", "b")
TRIAL_STARTS_MAX = 3
STARTS_MAX = 5
"""Starts of a confirmed version without one in which it became healthy."""
DEADLINE_MAX_S = 3600
GRACE_S = 60.0
"""How long after its deadline a trial is killed that neither confirms nor ends."""
EXIT_SETTINGS, EXIT_RESTART, EXIT_UNHEALTHY = 2, 75, 76
PAUSE_FIRST_S, PAUSE_MAX_S, LONG_RUN_S = 1.0, 30.0, 60.0
"""Restarts are paced; one after a long run begins with the shortest pause again."""
FILE_MAX_BYTES = 256 * 1024
TEXT_MAX = 500
HARDWARE = f"{sys.platform}-{os.uname().machine}-{sys.implementation.cache_tag}"
"""What a version's packages must be made for, as images name it."""
_VERSION = re.compile(r"(\d{1,9}(?:\.\d{1,9}){0,7})(?:(a|b|rc)(\d{1,9}))?(?:\.dev(\d{1,9}))?(?:\+[A-Za-z0-9.]{1,40})?")


class Trial(NamedTuple):
    """A version that runs on trial: it confirms itself, or the one before comes back."""

    slot: str
    version: str
    from_version: str = ""
    starts: int = 0
    deadline_s: int = 300
    """Within this from its start it has to be healthy."""
    meter_was_up: bool = False


class Failed(NamedTuple):
    """The last version that was given up."""

    slot: str
    version: str
    reason: str
    """`damaged`, `starts`, `deadline`, `unhealthy`, `settings`, or what the program says."""
    text: str
    """For a person."""


class Boot(NamedTuple):
    """What `boot.json` tells: which version starts next."""

    active: str = ""
    """The confirmed one: `a`, `b` or `factory`; empty where it is not known."""
    starts: int = 0
    """Of the active one, since it was last healthy."""
    trial: Trial | None = None
    failed: Failed | None = None
    floor: str = ""
    """No image of an older version is taken."""
    factory: str = ""
    """The factory's version when it was last seen."""
    given_up: tuple[str, ...] = ()
    """Where is no way back to, until another version stands there."""
    proven: bool = True
    """Whether the active one was ever healthy, or nobody knows better: else its refusal of the settings counts too."""
    home: str = ""
    """The last that was healthy, once it was left: there is the way back to when nothing else works either."""


class End(NamedTuple):
    """How the program ended."""

    code: int
    """Its exit code; negative for the signal that killed it."""
    asked: bool = False
    """Whether it was told to stop."""
    late: bool = False
    """Whether it was killed for its trial's deadline."""

    @property
    def how(self) -> str:
        if self.code == EXIT_RESTART:
            return "asked to be started again"
        return f"was killed by signal {-self.code}" if self.code < 0 else f"ended with exit code {self.code}"


class Disk:
    """What is done to the disk, one operation each. All raise OSError."""

    def read(self, path: str, limit: int) -> bytes:
        """A file's content, at most so many bytes of it."""
        with open(path, "rb") as file:
            return file.read(limit)

    def is_folder(self, path: str) -> bool:
        return os.path.isdir(path)

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        """Write a whole file, not yet lasting."""
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "wb") as file:
            for chunk in chunks:
                file.write(chunk)

    def sync(self, path: str) -> None:
        """Make what a file or a folder holds last."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, path: str, onto: str) -> None:
        os.rename(path, onto)


def version_key(text: str) -> tuple[tuple[int, ...], int, int, float]:
    """What versions are compared by; anything that is no version is older than any."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return (), 0, 0, 0.0
    numbers = [int(part) for part in match[1].split(".")]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    phase = ("a", "b", "rc").index(match[2]) if match[2] else (3 if match[4] is None else -1)
    return tuple(numbers), phase, int(match[3] or 0), float("inf") if match[4] is None else float(match[4])


def read_boot(data: bytes | None) -> Boot:
    """What of a `boot.json` can be used, whatever it holds; one of a later format for what it has in common."""
    document = _object(data)
    active = _one_of(document.get("active"), (*SLOTS, FACTORY))
    trial, failed, given_up = document.get("trial"), document.get("failed"), document.get("given_up")
    return Boot(
        active=active,
        starts=_number(document.get("starts"), STARTS_MAX),
        trial=_read_trial(trial, active) if isinstance(trial, dict) else None,
        failed=_read_failed(failed) if isinstance(failed, dict) else None,
        floor=_version(document.get("floor")),
        factory=_version(document.get("factory")),
        given_up=tuple(sorted({_one_of(slot, (*SLOTS, FACTORY)) for slot in given_up[:8]} - {""}))
        if isinstance(given_up, list)
        else (),
        proven=document.get("proven") is not False,
        home=_one_of(document.get("home"), (*SLOTS, FACTORY)),
    )


def _read_trial(trial: dict[str, Any], active: str) -> Trial | None:
    slot, version = _one_of(trial.get("slot"), SLOTS), _version(trial.get("version"))
    if not slot or not version or slot == active:
        return None
    return Trial(
        slot,
        version,
        _version(trial.get("from_version")),
        _number(trial.get("starts"), TRIAL_STARTS_MAX),
        _number(trial.get("deadline_s"), DEADLINE_MAX_S),
        trial.get("meter_was_up") is True,
    )


def _read_failed(failed: dict[str, Any]) -> Failed | None:
    slot = _one_of(failed.get("slot"), (*SLOTS, FACTORY))
    if not slot:
        return None
    return Failed(slot, _version(failed.get("version")), _text(failed.get("reason"))[:40], _text(failed.get("text")))


def write_boot(disk: Disk, folder: str, boot: Boot) -> None:
    """Replace `boot.json`: after a power cut there is the old or the new one. Raises OSError."""
    document = {"format": FORMAT, **boot._asdict()}
    document["trial"] = boot.trial._asdict() if boot.trial else None
    document["failed"] = boot.failed._asdict() if boot.failed else None
    path, new = os.path.join(folder, "boot.json"), os.path.join(folder, ".boot.json.new")
    disk.write(new, [json.dumps(document, indent=1).encode() + b"\n"])
    disk.sync(new)
    disk.rename(new, path)
    disk.sync(folder)


def load_boot(disk: Disk, folder: str) -> Boot:
    """What stands on the disk; nothing known where there is nothing, or it cannot be read."""
    return read_boot(_read(disk, os.path.join(folder, "boot.json")))


def slot_image(disk: Disk, folder: str, slot: str) -> dict[str, Any]:
    """A sound slot's `image.json`; empty where the slot is not whole, or not made for this machine and Python."""
    document = _object(_read(disk, os.path.join(folder, slot, "image.json")))
    made_for = document.get("hardware")
    sound = (
        document.get("format") == FORMAT
        and _version(document.get("version"))
        and isinstance(made_for, list)
        and HARDWARE in made_for
        and disk.is_folder(os.path.join(folder, slot, "site", "ngair"))
    )
    return document if sound else {}


def sound_slots(disk: Disk, folder: str, factory: str | None) -> dict[str, str]:
    """Slot -> version of all that could start; `factory` is the version there, empty if unknown, None if absent."""
    found = {slot: str(slot_image(disk, folder, slot).get("version", "")) for slot in SLOTS}
    return {slot: version for slot, version in found.items() if version} | (
        {} if factory is None else {FACTORY: factory}
    )


def choose(boot: Boot, sound: Mapping[str, str]) -> tuple[Boot, str]:
    """What starts now, and the book with this start counted. An empty slot: there is nothing that could."""
    if not sound:
        return boot, ""
    if not boot.active:
        best = max(sound, key=lambda slot: (not _on_trial(boot, slot), version_key(sound[slot]), slot))
        boot = boot._replace(active=best, starts=0, given_up=(), trial=None if _on_trial(boot, best) else boot.trial)
    boot = _see_factory(boot, sound)
    trial = boot.trial
    if trial and sound.get(trial.slot) != trial.version:
        boot = fail_trial(boot, "damaged", "it is not whole, or not made for this machine and its Python")
    elif trial and trial.starts >= TRIAL_STARTS_MAX:
        boot = fail_trial(boot, "starts", f"it did not become healthy in {trial.starts} starts")
    elif trial:
        return boot._replace(trial=trial._replace(starts=trial.starts + 1)), trial.slot
    if boot.active not in sound:
        boot = _fall(boot, sound, "damaged", "it is not whole, or not made for this machine and its Python")
    elif boot.starts >= STARTS_MAX:
        boot = _fall(boot, sound, "starts", f"it did not become healthy in {boot.starts} starts")
    return boot._replace(starts=min(boot.starts + 1, STARTS_MAX)), boot.active


def ended(boot: Boot, slot: str, end: End, sound: Mapping[str, str]) -> tuple[Boot, int | None]:
    """What the end of the program means: the book, and with which code the launcher ends, or None to start again."""
    code, asked, late = end
    trial = boot.trial if _on_trial(boot, slot) else None
    if trial and late:
        boot = fail_trial(boot, "deadline", f"it was neither healthy nor ended within {trial.deadline_s} s and some")
    elif trial and code == EXIT_UNHEALTHY:
        boot = fail_trial(boot, "unhealthy", "it found itself not healthy")
    elif trial and code == EXIT_SETTINGS:
        boot = fail_trial(boot, "settings", "it cannot use the settings")
    elif asked:
        clean = code in (0, EXIT_RESTART) or -code in _STOPPING
        return (_uncount(boot, slot) if clean else boot), (0 if clean else code if code > 0 else 128 - code)
    elif trial and trial.starts >= TRIAL_STARTS_MAX:
        boot = fail_trial(boot, "starts", f"it did not become healthy in {trial.starts} starts; the last {end.how}")
    elif not boot.trial and slot == boot.active and code == EXIT_SETTINGS:
        if boot.proven:
            return _uncount(boot, slot), code
        boot = _fall(boot, sound, "settings", "it cannot use the settings")
        if boot.active == slot:
            return boot, code
    elif not boot.trial and slot == boot.active and boot.starts >= STARTS_MAX:
        boot = _fall(boot, sound, "starts", f"it did not become healthy in {boot.starts} starts; the last {end.how}")
    return boot, 0 if asked else None


def fail_trial(boot: Boot, reason: str, why: str) -> Boot:
    """The trial is over and the version before comes back."""
    trial = boot.trial
    if trial is None:
        return boot
    text = f"version {trial.version} on trial in slot {trial.slot} was given up: {why}; {boot.active} stays"
    failed = Failed(trial.slot, trial.version, reason, _text(text))
    return boot._replace(trial=None, failed=failed, given_up=_with(boot.given_up, trial.slot))


def _fall(boot: Boot, sound: Mapping[str, str], reason: str, why: str) -> Boot:
    """Go on to where was nothing tried yet: the newest slot, the factory last.

    Where all was tried, it is rather the world that is wrong: then the last that was healthy starts again and again.
    """
    gone, given_up, home = boot.active, _with(boot.given_up, boot.active), boot.active if boot.proven else boot.home
    untried = [slot for slot in sound if slot not in given_up]
    left = untried or [slot for slot in (home, gone) if slot in sound][:1] or list(sound)
    next_slot = max(left, key=lambda slot: (slot != FACTORY, version_key(sound[slot])), default=gone)
    if next_slot == gone:
        return boot
    what = f"version {sound[gone]} in {gone}" if gone in sound else f"what is in {gone}"
    text = f"{what} was given up: {why}; version {sound[next_slot] or 'unknown'} in {next_slot} starts instead"
    failed = Failed(gone, sound.get(gone, ""), reason, _text(text))
    return boot._replace(active=next_slot, starts=0, failed=failed, given_up=given_up, proven=False, home=home)


def _see_factory(boot: Boot, sound: Mapping[str, str]) -> Boot:
    """A newer factory than the active version is an upgrade of the package, by the owner: it starts."""
    version = sound.get(FACTORY, "")
    if version in ("", boot.factory):
        return boot
    boot = boot._replace(factory=version, given_up=tuple(slot for slot in boot.given_up if slot != FACTORY))
    if boot.active == FACTORY or version_key(version) > version_key(sound.get(boot.active, "")):
        trial = boot.trial if boot.trial and version_key(boot.trial.version) > version_key(version) else None
        boot = boot._replace(active=FACTORY, starts=0, trial=trial, proven=boot.active == FACTORY and boot.proven)
    return boot


def _on_trial(boot: Boot, slot: str) -> bool:
    return boot.trial is not None and boot.trial.slot == slot


def _uncount(boot: Boot, slot: str) -> Boot:
    if boot.trial and _on_trial(boot, slot):
        return boot._replace(trial=boot.trial._replace(starts=max(0, boot.trial.starts - 1)))
    return boot._replace(starts=max(0, boot.starts - 1)) if boot.active == slot else boot


def _with(slots: tuple[str, ...], slot: str) -> tuple[str, ...]:
    return tuple(sorted({*slots, slot}))


class Book:
    """`boot.json` as the launcher keeps it: on a disk that takes nothing it counts in memory."""

    def __init__(self, disk: Disk, folder: str, factory: str | None) -> None:
        self._disk = disk
        self._folder = folder
        self._factory = factory
        self._seen: bytes | None = None
        self._unsaved: Boot | None = None
        self._told = self.read().failed

    def start(self) -> tuple[Boot, str]:
        """Choose what starts now, and count its start."""
        before = self.read()
        boot, slot = choose(before, self._sound())
        self._keep(before, boot)
        return boot, slot

    def end(self, slot: str, end: End) -> int | None:
        """Keep what the end of the program means; the launcher's exit code, or None to start again."""
        before = self.read()
        boot, result = ended(before, slot, end, self._sound())
        self._keep(before, boot)
        return result

    def read(self) -> Boot:
        """The program writes it too, while it runs: what it wrote last holds."""
        data = _read(self._disk, os.path.join(self._folder, "boot.json"))
        if self._unsaved is None or data != self._seen:
            self._seen, self._unsaved = data, None
        return self._unsaved or read_boot(data)

    def version(self, slot: str) -> str:
        return self._sound().get(slot, "") or "unknown"

    def _sound(self) -> dict[str, str]:
        return sound_slots(self._disk, self._folder, self._factory)

    def _keep(self, before: Boot, boot: Boot) -> None:
        if boot.failed and boot.failed != self._told:
            say(boot.failed.text)
        self._told = boot.failed
        if boot == before and self._unsaved is None:
            return
        try:
            write_boot(self._disk, self._folder, boot)
            self._unsaved = None
        except OSError as error:
            if self._unsaved is None:
                say(f"starts cannot be counted on the disk: {self._folder}: {error.strerror or error}")
            self._unsaved = boot


class Options(NamedTuple):
    """The command line."""

    slots: str
    factory: list[str]
    """The command of the factory's program."""
    factory_version: str | None
    grace_s: float
    arguments: list[str]


def run(options: Options, disk: Disk) -> int:
    """Start the program, and again when it ends, until it is told to stop; the exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    book = Book(disk, options.slots, options.factory_version)
    pause_s, last = PAUSE_FIRST_S, ""
    while True:
        boot, slot = book.start()
        if not slot:
            say(f"nothing that could start, neither in {options.slots} nor as factory: install the package anew")
            return 1
        trial = boot.trial if _on_trial(boot, slot) else None
        trying = f", on trial, start {trial.starts} of {TRIAL_STARTS_MAX}" if trial else ""
        say(f"starting version {book.version(slot)} in {slot}{trying}")
        began_s = time.monotonic()
        child = _start(_command(options, slot), _environment(options, slot))
        end = _watch(child, slot, None if trial is None else trial.deadline_s + options.grace_s, book)
        result = book.end(slot, end)
        if result is not None:
            return result
        if slot != last or end.code == EXIT_RESTART or time.monotonic() - began_s >= LONG_RUN_S:
            pause_s, last = PAUSE_FIRST_S, slot
        say(f"the program {end.how}; starting again in {pause_s:g} s")
        if signal.sigtimedwait(_STOPPING, pause_s) is not None:
            return 0
        pause_s = min(2 * pause_s, PAUSE_MAX_S)


def _watch(child: int, slot: str, within_s: float | None, book: Book) -> End:
    """Wait for the child's end, and hand signals on to it."""
    told: set[int] = set()
    late = False
    end_s = None if within_s is None else time.monotonic() + within_s
    while True:
        if end_s is None:
            got: signal.struct_siginfo | None = signal.sigwaitinfo(_SIGNALS)
        else:
            got = signal.sigtimedwait(_SIGNALS, max(0.0, end_s - time.monotonic()))
        if got is None:
            end_s, late = None, _on_trial(book.read(), slot)
            if late:
                os.kill(child, signal.SIGKILL)
        elif got.si_signo != signal.SIGCHLD:
            told.add(got.si_signo)
            os.kill(child, got.si_signo)
        else:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                # A hang-up asks many programs to read their settings anew: it is no stop unless it ends this one.
                asked = bool(told - {signal.SIGHUP}) or (signal.SIGHUP in told and code in (0, -signal.SIGHUP))
                return End(code, asked and not late, late)


def _start(command: list[str], environment: Mapping[str, str]) -> int:
    """The program as a child that dies with the launcher, even by SIGKILL; its process id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        os.setpgid(0, 0)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            # An exception would be taken for a program that cannot be started.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        tied = _die_with_parent()
        if os.getppid() != parent:
            os._exit(127)
        if not tied:
            try:
                os.execvpe("setpriv", ["setpriv", "--pdeathsig", "KILL", *command], environment)
            except OSError:
                say("should the launcher be killed, the program will not end with it: no ctypes, no setpriv")
        os.execvpe(command[0], command, environment)
    except BaseException as error:
        say(f"{command[0]} cannot be started: {error}")
    finally:
        os._exit(127)


def _die_with_parent() -> bool:
    try:
        # Here, so that only the child pays for it, and not before it becomes another program.
        import ctypes

        return int(ctypes.CDLL(None).prctl(1, int(signal.SIGKILL), 0, 0, 0)) == 0
    except (ImportError, OSError, AttributeError):
        return False


def _command(options: Options, slot: str) -> list[str]:
    if slot == FACTORY:
        return [*options.factory, *options.arguments]
    return [*site_command(os.path.join(options.slots, slot, "site")), *options.arguments]


def site_command(site: str) -> list[str]:
    """What starts the program that a folder of packages holds. It writes no bytecode there."""
    code = f"import sys; sys.path.insert(0, {site!r}); from ngair.cli.main import main; main()"
    return [sys.executable, "-I", "-B", "-c", code]


def _environment(options: Options, slot: str) -> dict[str, str]:
    return {**os.environ, "LAUNCHED_SLOT": slot, "LAUNCHED_SLOTS": options.slots}


def parse(arguments: Sequence[str]) -> Options:
    """The command line. Raises ValueError."""
    split = arguments.index("--") if "--" in arguments else len(arguments)
    given = dict(zip(arguments[:split:2], arguments[1:split:2], strict=False))
    command: list[str] = []
    version: str | None = None
    if "--factory-command" in arguments[:split]:
        at = list(arguments).index("--factory-command")
        command = list(arguments[at + 1 : split])
        given = dict(zip(arguments[:at:2], arguments[1:at:2], strict=False))
        version = "" if command else None
        for library in _list(packages := os.path.join(os.path.dirname(os.path.dirname(command[0])), "lib")):
            version = _version_in(os.path.join(packages, library, "site-packages")) or version
    elif os.path.isdir(os.path.join(site := given.get("--factory", ""), "ngair")):
        command, version = site_command(os.path.abspath(site)), _version_in(site)
    if "--slots" not in given or not given.keys() <= {"--slots", "--factory", "--grace"}:
        raise ValueError(USAGE)
    grace_s = float(given.get("--grace", GRACE_S))
    return Options(os.path.abspath(given["--slots"]), command, version, grace_s, list(arguments[split + 1 :]))


def _version_in(site: str) -> str:
    """The version of ours that is installed in a folder of packages; empty where it does not tell."""
    names = [name[6:-10] for name in _list(site) if name.startswith("ngair-") and name.endswith(".dist-info")]
    return max(map(_version, names), key=version_key, default="")


def _list(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def lock(folder: str) -> bool:
    """Whether this is the folder's only launcher, until it ends."""
    try:
        os.makedirs(folder, mode=0o755, exist_ok=True)
        fcntl.flock(os.open(folder, os.O_RDONLY | os.O_DIRECTORY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        say(f"{folder} cannot be locked: {error.strerror}")
    return True


def say(text: str) -> None:
    # Where nobody reads it, or the disk behind it is full, the program starts all the same.
    with contextlib.suppress(OSError):
        print(f"ngair launcher: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str]) -> int:
    try:
        options = parse(arguments)
    except ValueError as error:
        say(str(error))
        return 2
    if not lock(options.slots):
        say(f"another launcher runs the versions in {options.slots}")
        return 1
    return run(options, Disk())


_STOPPING = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_SIGNALS = _STOPPING | {signal.SIGCHLD}


def _read(disk: Disk, path: str) -> bytes | None:
    try:
        data = disk.read(path, FILE_MAX_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= FILE_MAX_BYTES else None


def _object(data: bytes | None) -> dict[str, Any]:
    try:
        document = json.loads(data or b"null")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _one_of(value: object, known: Sequence[str]) -> str:
    return value if isinstance(value, str) and value in known else ""


def _number(value: object, most: int) -> int:
    return min(max(value, 0), most) if isinstance(value, int) else 0


def _version(value: object) -> str:
    return value if isinstance(value, str) and _VERSION.fullmatch(value) else ""


def _text(value: object) -> str:
    return "".join(c for c in value if c.isprintable())[:TEXT_MAX] if isinstance(value, str) else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

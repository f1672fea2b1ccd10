"""`ngair install` and `ngair uninstall`: the box as a service of this machine."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from ngair.cli.failure import Failure
from ngair.cli.installation import (
    CONFIG,
    DATA,
    DEBIAN_LAUNCHER,
    FORGOTTEN,
    INSTALLED,
    RECORD,
    REMOVED,
    STARTED,
    STOPPED,
    Command,
    File,
    Record,
    below,
    call,
    files,
    interpreter,
    runnable,
    systemd_runs,
    unreachable,
)

MARKS = {"absent": "write", "ours": "renew", "same": "as it is", "changed": "leave: somebody changed it"}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands."""
    install = commands.add_parser(
        "install",
        help="make this program a service of the machine",
        description="Make this program a service of the machine, with a user of its own: shows every file, user and "
        "command first, and asks. Settings that are there are left as they are. For Debian there is also a package.",
        allow_abbrev=False,
        epilog="Example: ngair install --dry-run",
    )
    uninstall = commands.add_parser(
        "uninstall",
        help="undo what install did",
        description="Stop the service and remove what ngair install wrote: shows it first, and asks. The data folder "
        "and what somebody changed are kept, and named.",
        allow_abbrev=False,
        epilog="Example: ngair uninstall --dry-run",
    )
    uninstall.add_argument("--purge", action="store_true", help="Also remove settings, data folder and user.")
    for parser in (install, uninstall):
        parser.add_argument("--yes", action="store_true", help="Do not ask.")
        parser.add_argument("--dry-run", action="store_true", help="Only show what would be done.")
        parser.add_argument("--root", metavar="DIR", default="/", help="The system in this folder, such as an image.")
    install.set_defaults(command=_install)
    uninstall.set_defaults(command=_uninstall)


def _install(options: argparse.Namespace) -> int:
    root = _root(options)
    if below(root, DEBIAN_LAUNCHER).exists():
        raise Failure("the Debian package is installed here and does all of this: nothing to do", 1)
    python, program = interpreter(), _program()
    for path in (python, program):
        if root == Path("/") and (closed := unreachable(path)) is not None:
            raise Failure(
                f"the service could not start {path}: other users may not enter {closed}. Install ngair where they "
                "may: python3 -m venv /opt/ngair && /opt/ngair/bin/pip install ngair"
            )
    record = Record(root)
    found = [(file, record.state(file.path, file.text)) for file in files(python, program)]
    todo = [file for file, state in found if state in ("absent", "ours")]
    commands = list(runnable(INSTALLED, root)) if todo else []
    print(f"ngair install{'' if root == Path('/') else f' in {root}'}: a service that runs {program}")
    for file, state in found:
        print(f"  {MARKS[state]:<8}  {file.path}  ({file.why})")
    for command, words in commands:
        print(f"  run       {' '.join(words)}  ({command.why})")
    if not todo:
        print("Everything is in place.")
        return 0
    if not _go_on(options, root):
        return 0
    _write(record, todo)
    _call_all(commands, root)
    return _begin(root)


def _uninstall(options: argparse.Namespace) -> int:
    root = _root(options)
    record = Record(root)
    # Settings outlive an uninstallation that kept them.
    paths = [*record.paths, *([CONFIG] if options.purge and CONFIG not in record.paths else [])]
    states = {path: record.state(path) for path in paths}
    kept = [path for path, state in states.items() if state == "changed" and not (options.purge and path == CONFIG)]
    gone = [path for path, state in states.items() if path not in kept and state != "absent"]
    if not states and not options.purge:
        print("Nothing was installed here by ngair install.")
        return 0
    before = [(STOPPED, list(STOPPED.words))] if root == Path("/") else []
    after = list(runnable(REMOVED, root))
    if options.purge and root == Path("/"):
        after.append((FORGOTTEN, list(FORGOTTEN.words)))
    data = below(root, DATA)
    print(f"ngair uninstall{'' if root == Path('/') else f' in {root}'}")
    for command, words in before:
        print(f"  run       {' '.join(words)}  ({command.why})")
    for path in gone:
        print(f"  remove    {path}")
    for path in kept:
        print(f"  keep      {path}  (somebody changed it)")
    print(f"  {'remove  ' if options.purge else 'keep    '}  {DATA}  (identity, counters, memory, firmware)")
    for command, words in after:
        print(f"  run       {' '.join(words)}  ({command.why})")
    if not _go_on(options, root):
        return 0
    _call_all(before, root)
    try:
        for path in [*gone, RECORD]:
            record.remove(path)
        if options.purge and data.exists():
            shutil.rmtree(data)
    except OSError as error:
        raise Failure(f"not everything could be removed: {error}") from None
    _call_all(after, root)
    if not options.purge:
        print(f"Kept: {DATA}. To remove it and the user too: ngair uninstall --purge")
    return 0


def _root(options: argparse.Namespace) -> Path:
    root = Path(options.root)
    if not root.is_dir():
        raise Failure(f"--root {root}: is no folder", 2)
    return root.resolve()


def _program() -> Path:
    """The `ngair` beside this interpreter: what the service is to start."""
    program = Path(sys.executable).parent / "ngair"
    if not program.exists():
        raise Failure(f"there is no {program}: install ngair with pip into the environment that the service is to use")
    return program


def _go_on(options: argparse.Namespace, root: Path) -> bool:
    if options.dry_run:
        print("Nothing was done: --dry-run.")
        return False
    if not os.access(below(root, "/etc") if below(root, "/etc").is_dir() else root, os.W_OK):
        raise Failure("this needs the rights of root: sudo", 1)
    if options.yes:
        return True
    try:
        answer = input("Do this? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    print("Nothing was done.")
    return False


def _write(record: Record, todo: list[File]) -> None:
    try:
        for file in todo:
            record.write(file)
        record.keep()
    except OSError as error:
        raise Failure(f"not everything could be written: {error}") from None


def _call_all(commands: list[tuple[Command, list[str]]], root: Path) -> None:
    for _, words in commands:
        if words[0] in ("systemctl", "udevadm") and root == Path("/") and not systemd_runs() and "enable" not in words:
            print(f"left out, systemd does not run here: {' '.join(words)}")
        elif wrong := call(words):
            print(f"ngair: {' '.join(words)}: {wrong}", file=sys.stderr)


def _begin(root: Path) -> int:
    """Start it where its settings are right; they are commented out at first."""
    if root != Path("/") or not systemd_runs():
        print(f"Set the meter in {CONFIG}. The service starts with the machine.")
        return 0
    # Isolated: else a folder named ngair, wherever root happens to stand, would be the program.
    if call([sys.executable, "-I", "-m", "ngair", "check", CONFIG]):
        print(f"Set the meter in {CONFIG}, then: sudo systemctl start ngair")
        return 0
    wrong = call(STARTED.words)
    if wrong:
        raise Failure(f"{' '.join(STARTED.words)}: {wrong}; journalctl -u ngair tells more")
    print("Started. How it fares: systemctl status ngair")
    return 0

"""Who imports whom: the arrows between the rooms of the house, read from the source without running it.

Every import counts, wherever it stands: at the top, inside a function, under TYPE_CHECKING, relative, or by
`importlib.import_module`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

PACKAGE = "ngair"

CORES = ("meter", "charger", "balance", "history", "device", "api")

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "model": (),
    **dict.fromkeys(CORES, ("model",)),
    "gateway": ("model", *CORES),
    "adapters": ("gateway.ports", "model", "api", "charger", "history", "device", "launcher"),
    "sim": ("gateway.ports", "model", "meter", "charger", "balance"),
    "client": ("api", "model"),
    "app": ("model", *CORES, "gateway", "adapters", "sim", "client"),
    "cli": ("app", "client", "meter", "model"),
    "__main__": ("cli",),
    "launcher": (),
}
"""Room -> the rooms, or single modules of rooms, that it may import besides itself."""

PURE = ("model", *CORES)
"""Rooms whose answers depend on their arguments alone: no clock, no wire, no file, no chance."""

ALONE = ("launcher",)
"""Rooms that are copied out of the package and outlive it: nothing but Python's own."""

PURE_PACKAGES = frozenset({"cryptography", "fastcrc", "msgspec"})
"""What of other people's a pure room may import."""

IMPURE_MODULES = frozenset(
    {
        *("asyncio", "concurrent", "multiprocessing", "queue", "sched", "threading", "_thread"),
        *("http.client", "http.server", "select", "selectors", "socket", "socketserver", "ssl", "urllib.request"),
        *("ctypes", "fcntl", "getpass", "glob", "os", "pathlib", "platform", "pty", "resource", "shutil"),
        *("signal", "sqlite3", "subprocess", "sys", "tempfile", "termios", "tty"),
        *("random", "secrets", "time", "uuid", "webbrowser"),
    }
)
"""What of Python's own a pure room may not import: clocks, wires, files, processes, chance."""

CLOCK_CALLS = frozenset({"now", "utcnow", "today"})
FILE_CALLS = frozenset({"open", "input", "print"})


class Import(NamedTuple):
    """One import statement's one target, as a dotted module name."""

    target: str
    line: int


class Module(NamedTuple):
    """One source file of the package."""

    name: str
    path: Path
    imports: tuple[Import, ...]
    tree: ast.Module


def breaches(package: Path) -> list[str]:
    """Every way in which the package in this folder breaks the arrows, as sentences; empty if none."""
    modules = list(read_modules(package))
    found = [f"{room}: a room that the table of arrows does not know" for room in _unknown_rooms(modules)]
    for module in modules:
        found += _wrong_arrows(module)
        if _room(module.name) in PURE:
            found += _impurities(module)
        if _room(module.name) in ALONE:
            found += _company(module)
    found += _cycle("modules", {m.name: {i.target for i in m.imports if _ours(i.target)} for m in modules})
    found += _cycle("rooms", _room_graph(modules))
    return found


def read_modules(package: Path) -> Iterator[Module]:
    """Every module of the package in this folder, with what it imports."""
    paths = sorted(package.rglob("*.py"))
    names = {path: _module_name(package, path) for path in paths}
    known = frozenset(names.values())
    for path in paths:
        tree = ast.parse(path.read_bytes(), str(path))
        here = names[path] if path.name == "__init__.py" else names[path].rpartition(".")[0]
        yield Module(names[path], path, tuple(_imports(tree, here, known)), tree)


def _module_name(package: Path, path: Path) -> str:
    parts = path.relative_to(package).with_suffix("").parts
    return ".".join((PACKAGE, *(part for part in parts if part != "__init__")))


def _imports(tree: ast.Module, here: str, known: frozenset[str]) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = _absolute(node, here)
            for alias in node.names:
                submodule = f"{source}.{alias.name}"
                yield Import(submodule if submodule in known else source, node.lineno)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            yield Import(_computed_target(node, here), node.lineno)


def _absolute(node: ast.ImportFrom, here: str) -> str:
    if node.level == 0:
        return node.module or ""
    parts = here.split(".")
    base = parts[: len(parts) - (node.level - 1)]
    return ".".join([*base, node.module] if node.module else base)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _computed_target(node: ast.Call, here: str) -> str:
    """The module that a call imports, as far as its text tells: at least the room must be readable."""
    text = ""
    argument = node.args[0] if node.args else None
    for part in argument.values if isinstance(argument, ast.JoinedStr) else [argument]:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            text += part.value
        elif isinstance(part, ast.FormattedValue) and ast.unparse(part.value) in {"__name__", "__package__"}:
            text += here
        else:
            break
    if text.startswith("."):
        text = here + text
    return text.rstrip(".") or "?"


def _room(module: str) -> str:
    """The room that a module of ours stands in; the package's own `__init__` stands in none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def _ours(module: str) -> bool:
    return module == PACKAGE or module.startswith(PACKAGE + ".")


def _unknown_rooms(modules: list[Module]) -> list[str]:
    return sorted({_room(module.name) for module in modules} - {"", *MAY_IMPORT})


def _wrong_arrows(module: Module) -> Iterator[str]:
    room = _room(module.name)
    for target, line in module.imports:
        if target == "?":
            yield f"{module.path}:{line}: imports something that its text does not tell"
        if not _ours(target) or _room(target) == room:
            continue
        # The package itself holds the version and nothing else, so anybody above the model may ask it.
        allowed = (*MAY_IMPORT.get(room, ()), *(() if room == "model" else ("",)))
        inside = target.removeprefix(PACKAGE).removeprefix(".")
        if not any(inside == may or (may and inside.startswith(may + ".")) for may in allowed):
            yield f"{module.path}:{line}: {room or PACKAGE} may not import {target}"


def _impurities(module: Module) -> Iterator[str]:
    for target, line in module.imports:
        top = target.partition(".")[0]
        allowed = top in PURE_PACKAGES or top in sys.stdlib_module_names or _ours(target) or target == "?"
        if not allowed or {top, target} & IMPURE_MODULES:
            yield f"{module.path}:{line}: a pure room may not import {target}"
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name, method = _called(node), isinstance(node.func, ast.Attribute)
        if name in (CLOCK_CALLS if method else FILE_CALLS):
            yield f"{module.path}:{node.lineno}: a pure room may not call {ast.unparse(node.func)}()"


def _company(module: Module) -> Iterator[str]:
    for target, line in module.imports:
        if target.partition(".")[0] not in sys.stdlib_module_names:
            yield f"{module.path}:{line}: what stands alone may not import {target}"


def _room_graph(modules: list[Module]) -> dict[str, set[str]]:
    graph: dict[str, set[str]] = {}
    for module in modules:
        targets = {_room(target) for target, _ in module.imports if _ours(target)}
        graph.setdefault(_room(module.name), set()).update(targets)
    return {room: targets - {room, ""} for room, targets in graph.items() if room}


def _cycle(what: str, graph: dict[str, set[str]]) -> list[str]:
    """One cycle of the graph as a sentence, if it has any."""
    try:
        TopologicalSorter({node: targets - {node} for node, targets in graph.items()}).prepare()
    except CycleError as error:
        return [f"{what} import each other in a circle: {' <- '.join(error.args[1])}"]
    return []

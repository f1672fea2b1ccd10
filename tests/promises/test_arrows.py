"""The rooms import each other only as the house's plan says, and the pure ones keep out of the world."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.promises.arrows import MAY_IMPORT, PURE, breaches, read_modules

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "ngair"

BAD_TREES = {
    "a core imports another": ({"meter/a.py": "from ngair.charger import b"}, "meter may not import ngair.charger"),
    "the model imports": ({"model/a.py": "import ngair.api.local"}, "model may not import ngair.api.local"),
    "the model asks for the version": ({"model/a.py": "from ngair import __version__"}, "may not import ngair"),
    "inside a function": (
        {"cli/a.py": "def run():\n    from ngair.adapters import b"},
        "a.py:2: cli may not import ngair.adapters",
    ),
    "for types only": (
        {"api/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ngair.gateway import ports"},
        "a.py:3: api may not import ngair.gateway",
    ),
    "relative": ({"balance/a.py": "from ..history import b"}, "balance may not import ngair.history"),
    "relative from a package": ({"balance/__init__.py": "from .. import sim", "sim/__init__.py": ""}, "ngair.sim"),
    "by a call": (
        {"meter/a.py": "import importlib\nimportlib.import_module('ngair.app')"},
        "meter may not import ngair.app",
    ),
    "by a call with a computed name": (
        {"cli/a.py": "from importlib import import_module\nimport_module(f'ngair.adapters.{name}')"},
        "cli may not import ngair.adapters",
    ),
    "by a call that hides its target": (
        {"app.py": "from importlib import import_module\nimport_module(name)"},
        "app.py:2: imports something that its text does not tell",
    ),
    "more of the gateway than its ports": (
        {"adapters/a.py": "from ngair.gateway import loop", "gateway/loop.py": ""},
        "adapters may not import ngair.gateway.loop",
    ),
    "the app imports the command line": ({"app.py": "import ngair.cli.main"}, "app may not import ngair.cli"),
    "the package itself imports": ({"__init__.py": "from ngair.model import a"}, "may not import ngair.model"),
    "a room nobody planned": ({"utils/a.py": ""}, "utils: a room that the table of arrows does not know"),
    "two modules in a circle": (
        {"model/a.py": "from ngair.model import b", "model/b.py": "def f():\n    from ngair.model.a import c"},
        "modules import each other in a circle",
    ),
    "two rooms in a circle": (
        {"gateway/a.py": "import ngair.sim.c", "gateway/ports.py": "", "sim/b.py": "import ngair.gateway.ports"},
        "rooms import each other in a circle",
    ),
    "a clock": ({"balance/a.py": "from time import monotonic"}, "a pure room may not import time"),
    "asyncio in a function": ({"charger/a.py": "def f():\n    import asyncio"}, "may not import asyncio"),
    "a submodule of the world": ({"device/a.py": "from os import path"}, "may not import os"),
    "a wire of somebody else's": ({"meter/a.py": "import serialx"}, "a pure room may not import serialx"),
    "the time of day": (
        {"history/a.py": "from datetime import datetime\nx = datetime.now()"},
        "a.py:2: a pure room may not call datetime.now()",
    ),
    "company for what stands alone": (
        {"launcher.py": "def f():\n    import msgspec"},
        "launcher.py:2: what stands alone",
    ),
    "what stands alone asks for the version": (
        {"launcher.py": "from ngair import __version__"},
        "may not import ngair",
    ),
    "a file": ({"device/a.py": "x = open('/etc/hostname')"}, "a pure room may not call open()"),
}

GOOD_TREE = {
    "__init__.py": "__version__ = '1'",
    "model/__init__.py": "from ngair.model.a import B",
    "model/a.py": "from .c import D",
    "model/c.py": "import msgspec\nfrom datetime import datetime",
    "meter/a.py": "from importlib import import_module\nfrom ngair.model import B\nimport_module(f'{__name__}.x')",
    "device/a.py": "from ngair import __version__",
    "gateway/ports.py": "from ngair.model import a",
    "gateway/loop.py": "import asyncio\nfrom . import ports\nfrom ngair.meter import a",
    "adapters/a.py": "import time\nfrom ngair.gateway.ports import P\nfrom ngair.gateway import ports",
    "app.py": "from ngair.adapters import a\nfrom ngair.gateway import loop",
    "cli/main.py": "def f():\n    from ngair import app",
    "launcher.py": "import ctypes\nfrom typing import Any",
}


def test_the_rooms_import_only_what_the_plan_allows() -> None:
    assert breaches(PACKAGE) == []


def test_every_room_was_looked_at() -> None:
    seen = {module.name.split(".")[1] for module in read_modules(PACKAGE) if "." in module.name}
    assert seen >= {"model", "meter", "api", "gateway"}
    assert seen <= set(MAY_IMPORT)


def test_importing_the_cores_loads_nothing_of_the_world() -> None:
    cores = [module.name for module in read_modules(PACKAGE) if module.name.split(".")[1:2] in [[r] for r in PURE]]
    world = {"asyncio", "concurrent.futures", "multiprocessing", "sqlite3", "ssl", "subprocess"}
    program = f"import sys, {', '.join(cores)}\nprint(sorted({world!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("tree", "breach"), BAD_TREES.values(), ids=BAD_TREES)
def test_a_wrong_arrow_is_found(tmp_path: Path, tree: dict[str, str], breach: str) -> None:
    _write(tmp_path, tree)
    assert any(breach in found for found in breaches(tmp_path)), breaches(tmp_path)


def test_a_tree_as_planned_has_no_breach(tmp_path: Path) -> None:
    _write(tmp_path, GOOD_TREE)
    assert breaches(tmp_path) == []


def _write(folder: Path, tree: dict[str, str]) -> None:
    for name, source in tree.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)

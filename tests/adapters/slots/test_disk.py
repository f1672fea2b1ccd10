"""The simulated disk does what the real one does, while the power is on."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ngair.adapters.slots.disk import SlotDisk
from tests.adapters.slots.lives import Life, make_images
from tests.adapters.slots.simulated_disk import SimulatedDisk

PATHS = st.sampled_from(["a", "b", "a/b", "a/c", "b/a", "a/b/c"])
DATA = st.lists(st.binary(max_size=3), max_size=3)
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), PATHS, DATA),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("read"), PATHS, st.integers(1, 4)),
    st.tuples(
        st.sampled_from(["make_folder", "remove", "remove_folder", "entries", "sync", "is_folder"]),
        PATHS,
    ),
)


@settings(max_examples=200)
@given(st.lists(OPERATIONS, max_size=25))
def test_every_operation_ends_alike(operations: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        real, simulated = SlotDisk(), _simulated(folder)
        for name, path, *rest in operations:
            rest = [f"{folder}/{part}" if isinstance(part, str) else part for part in rest]
            # Folders are never renamed: only files are replaced.
            if name == "rename" and real.is_folder(f"{folder}/{path}"):
                continue
            ends = [_end(getattr(disk, name), f"{folder}/{path}", *rest) for disk in (real, simulated)]
            assert ends[0] == ends[1], (name, path)
        assert _tree(Path(folder)) == simulated.tree(folder)


def test_a_life_leaves_the_same_on_both(tmp_path: Path) -> None:
    images = make_images(tmp_path)
    folder = tmp_path / "slots"
    folder.mkdir()
    simulated = _simulated(str(folder))
    for disk in (SlotDisk(), simulated):
        life = Life(images, random.Random(5), disk, str(folder))
        for _ in range(25):
            life.run_once()
        assert life.confirmed != {"factory"}
        assert life.floor
    tree = _tree(folder)
    assert tree == simulated.tree(str(folder))
    assert tree.keys() >= {"boot.json", "a/image.json", "b/image.json", "a/site/ngair/cli/main.py"}


def _simulated(folder: str) -> SimulatedDisk:
    disk = SimulatedDisk(random.Random(0))
    path = ""
    for part in folder.strip("/").split("/"):
        path += f"/{part}"
        disk.make_folder(path)
    return disk


def _end(operation: Callable[..., object], *arguments: object) -> object:
    try:
        return operation(*arguments)
    except OSError as error:
        return error.errno


def _tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}

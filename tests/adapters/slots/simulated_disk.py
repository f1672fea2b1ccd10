"""A disk in memory that loses what was not synced, in the worst ways that file systems know.

After a cut each file that was written and not synced is what it was, empty, cut off, zeros or new; each name that
changed in a folder that was not synced leads to any of what it led to since the last sync, or nowhere, each on its own.
"""

from __future__ import annotations

import errno
import functools
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from ngair.adapters.slots.disk import SlotDisk


class PowerCut(BaseException):
    """Now."""


@dataclass
class _File:
    data: bytes = b""
    lasting: bytes = b""
    dirty: bool = True


@dataclass
class _Folder:
    names: dict[str, _Node] = field(default_factory=dict)
    earlier: dict[str, list[_Node | None]] = field(default_factory=dict)
    """What each changed name led to since the last sync, the lasting first."""

    def put(self, name: str, node: _Node | None) -> None:
        self.earlier.setdefault(name, [self.names.get(name)])
        if node is None:
            del self.names[name]
        else:
            self.names[name] = node
        self.earlier[name].append(node)


_Node = _File | _Folder


class SimulatedDisk(SlotDisk):
    """Its root is `/`. `cut_after` in operations; `capacity` in bytes, of which it tells nothing beforehand."""

    def __init__(self, chance: random.Random, capacity: int | None = None) -> None:
        self.chance = chance
        self.cut_after: int | None = None
        self.operations = 0
        self.capacity = capacity
        self._root = _Folder()

    def after_the_cut(self) -> SimulatedDisk:
        """What is found when the power is back."""
        found = SimulatedDisk(self.chance, self.capacity)
        found._root = self._survivor(self._root)
        return found

    def tree(self, path: str = "/") -> dict[str, bytes | None]:
        """All paths below a folder, with the bytes of files and None for folders."""
        node = self._find(path)
        assert isinstance(node, _Folder)
        return dict(_walk(node, ""))

    def read(self, path: str, limit: int) -> bytes:
        return self._file(path).data[:limit]

    def is_folder(self, path: str) -> bool:
        try:
            return isinstance(self._find(path), _Folder)
        except OSError:
            return False

    def entries(self, path: str) -> list[str]:
        return sorted(self._folder(path).names)

    def size(self, path: str) -> int:
        return sum(len(data or b"") for data in self.tree(path).values())

    def free_bytes(self, path: str) -> int:
        self._folder(path)
        return 1 << 40

    def write(self, path: str, chunks: Iterable[bytes]) -> None:
        folder, name = self._place(path)
        node = folder.names.get(name)
        if isinstance(node, _Folder):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if node is None:
            self._step(lambda: folder.put(name, _File()))
        else:
            self._step(functools.partial(_set, node, b""))
        file = self._file(path)
        for chunk in chunks:
            data = bytes(chunk)
            if self.capacity is not None and (room := self.capacity - self.size("/")) < len(data):
                _set(file, file.data + data[: max(0, room)])
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            self._step(functools.partial(_set, file, file.data + data))

    def sync(self, path: str) -> None:
        node = self._find(path)
        if isinstance(node, _Folder):
            self._step(node.earlier.clear)
        else:
            self._step(functools.partial(_settle, node))

    def rename(self, path: str, onto: str) -> None:
        (source, name), (target, new_name) = self._place(path), self._place(onto)
        node = self._file(path)
        if isinstance(target.names.get(new_name), _Folder):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), onto)

        def move() -> None:
            if target.names.get(new_name) is not node:
                target.put(new_name, node)
                source.put(name, None)

        self._step(move)

    def make_folder(self, path: str) -> None:
        folder, name = self._place(path)
        if name in folder.names:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), path)
        self._step(lambda: folder.put(name, _Folder()))

    def remove(self, path: str) -> None:
        folder, name = self._place(path)
        if isinstance(self._find(path), _Folder):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        self._step(lambda: folder.put(name, None))

    def remove_folder(self, path: str) -> None:
        folder, name = self._place(path)
        if self._folder(path).names:
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), path)
        self._step(lambda: folder.put(name, None))

    def _step(self, change: Callable[[], None]) -> None:
        """Do one operation; at the one where the power goes, perhaps."""
        self.operations += 1
        if self.cut_after is None:
            change()
            return
        self.cut_after -= 1
        if self.cut_after > 0 or self.chance.random() < 0.5:
            change()
        if self.cut_after <= 0:
            raise PowerCut

    def _survivor(self, folder: _Folder) -> _Folder:
        survivor = _Folder()
        for name in {**folder.names, **folder.earlier}:
            node = self.chance.choice(folder.earlier[name]) if name in folder.earlier else folder.names[name]
            if isinstance(node, _Folder):
                survivor.names[name] = self._survivor(node)
            elif node is not None:
                data = self._remains(node) if node.dirty else node.data
                survivor.names[name] = _File(data, data, dirty=False)
        return survivor

    def _remains(self, file: _File) -> bytes:
        cut = self.chance.randint(0, len(file.data))
        return self.chance.choice(
            (
                file.lasting,
                b"",
                file.data[:cut],
                bytes(len(file.data)),
                file.lasting[:cut] + file.data[cut:],
                file.data,
            )
        )

    def _find(self, path: str) -> _Node:
        node: _Node = self._root
        for part in path.strip("/").split("/"):
            if not part:
                continue
            if not isinstance(node, _Folder):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
            if part not in node.names:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            node = node.names[part]
        return node

    def _file(self, path: str) -> _File:
        node = self._find(path)
        if isinstance(node, _Folder):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        return node

    def _folder(self, path: str) -> _Folder:
        node = self._find(path)
        if isinstance(node, _File):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
        return node

    def _place(self, path: str) -> tuple[_Folder, str]:
        folder, _, name = path.rstrip("/").rpartition("/")
        return self._folder(folder), name


def _set(file: _File, data: bytes) -> None:
    file.data, file.dirty = data, True


def _settle(file: _File) -> None:
    file.lasting, file.dirty = file.data, False


def _walk(folder: _Folder, prefix: str) -> Iterable[tuple[str, bytes | None]]:
    for name, node in folder.names.items():
        path = f"{prefix}{name}"
        if isinstance(node, _Folder):
            yield path, None
            yield from _walk(node, f"{path}/")
        else:
            yield path, node.data

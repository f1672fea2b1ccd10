"""Wheels that were made to do harm, or are none."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.slots import wheel as module
from ngair.adapters.slots.wheel import Wheel, WheelError, check_together
from tests.adapters.slots.wheels import wheel

GOOD = {"ngair/__init__.py": "", "ngair/x.py": "x = 1\n"}


def test_what_is_installed_of_a_wheel() -> None:
    files = {
        **GOOD,
        "ngair-1.data/purelib/pure/a.py": "",
        "ngair-1.data/platlib/native/b.so": "",
        "ngair-1.data/scripts/run": "",
        "ngair-1.data/data/etc/passwd": "",
        "ngair-1.data/headers/x.h": "",
        "ngair/__pycache__/x.cpython-311.pyc": "stale",
        "ngair/data/purelib/kept.txt": "",
    }
    opened = _open(wheel("ngair", "1", files)[1])
    assert sorted(path for _, path in opened.files) == [
        "native/b.so",
        "ngair-1.dist-info/METADATA",
        "ngair-1.dist-info/WHEEL",
        "ngair/__init__.py",
        "ngair/data/purelib/kept.txt",
        "ngair/x.py",
        "pure/a.py",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../a.py",
        "a/../../b.py",
        "ngair/./x.py",
        "ngair//x.py",
        "..",
        "a\\b.py",
        "C:\\x.py",
        "ngair/x\n.py",
        "ngair/\u202ex.py",
        "x-1.data/purelib/../../up.py",
        "x-1.data/scripts/../../up.py",
        "a/" * 600 + "b.py",
        "n" * 300 + ".py",
    ],
)
def test_a_name_that_is_not_safe(name: str) -> None:
    data = _archive(lambda archive: archive.writestr(_info(name), "x"))
    with pytest.raises(WheelError, match=r"no safe name|too long a name"):
        _open(data)


@pytest.mark.parametrize("kind", ["S_IFLNK", "S_IFCHR", "S_IFBLK", "S_IFIFO", "S_IFSOCK", "S_IFDIR"])
def test_what_is_no_plain_file(kind: str) -> None:
    info = _info("ngair/link.py")
    info.external_attr = (getattr(stat, kind) | 0o777) << 16
    with pytest.raises(WheelError, match="is no plain file"):
        _open(_archive(lambda archive: archive.writestr(info, "/etc/passwd")))


def test_a_name_with_nul() -> None:
    data = _archive(lambda archive: archive.writestr(_info("ngair/aXb.py"), "x")).replace(b"aXb", b"a\0b")
    with pytest.raises(WheelError, match="no safe name"):
        _open(data)


def test_a_name_that_is_not_utf8() -> None:
    told = _archive(lambda archive: archive.writestr(_info("ngair/\u00e5.py"), "x"))
    with pytest.raises(WheelError):
        _open(told.replace("\u00e5".encode(), b"\xc3\x28"))
    untold = _archive(lambda archive: archive.writestr(_info("ngair/XX.py"), "x")).replace(b"XX", b"\x81\x82")
    with pytest.raises(WheelError, match="not UTF-8"):
        _open(untold)


def test_the_same_name_twice() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = _archive(*[lambda archive: archive.writestr("x.py", "x")] * 2)
    with pytest.raises(WheelError, match=r"x\.py is there twice"):
        check_together([_open(data)])


def test_the_same_name_by_two_ways() -> None:
    data = wheel("ngair", "1", {"x.py": "1", "ngair-1.data/purelib/x.py": "2"})[1]
    with pytest.raises(WheelError, match=r"x\.py is there twice"):
        check_together([_open(data)])


def test_a_file_of_two_wheels() -> None:
    one, other = (_open(wheel(name, "1", {"common.py": ""})[1]) for name in ("ngair", "other"))
    with pytest.raises(WheelError, match=r"common\.py is there twice"):
        check_together([one, other])


def test_a_file_where_another_wheel_has_a_folder() -> None:
    one = _open(wheel("ngair", "1", {"x": ""})[1])
    other = _open(wheel("other", "1", {"x/y.py": ""})[1])
    with pytest.raises(WheelError, match="x is a file and a folder"):
        check_together([one, other])


def test_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRMWARE_UNPACKED_MAX_BYTES", 1_000_000)
    data = wheel("ngair", "1", {"ngair/zeros.bin": "0" * 1_000_001})[1]
    assert len(data) < 5_000
    with pytest.raises(WheelError, match="too much to unpack"):
        check_together([_open(data)])


def test_a_bomb_that_lies_about_its_size() -> None:
    """It gives no more than it says, and what it says is bounded."""
    data = wheel("ngair", "1", {"ngair/zeros.bin": "0" * 100_000})[1]
    opened = _open(data.replace(struct.pack("<I", 100_000), struct.pack("<I", 10)))
    entry = next(entry for entry, path in opened.files if path.endswith("zeros.bin"))
    assert entry.file_size == 10
    with pytest.raises(WheelError, match="CRC"):
        list(opened.read(entry))


def test_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRMWARE_ENTRIES_MAX", 50)
    with pytest.raises(WheelError, match="too many files"):
        _open(wheel("ngair", "1", {f"ngair/{number}.py": "" for number in range(60)})[1])
    halves = [_open(wheel("ngair", "1", {f"{part}/{number}": "" for number in range(30)})[1]) for part in "ab"]
    with pytest.raises(WheelError, match=r"too much to unpack|twice"):
        check_together(halves)


def test_an_index_that_would_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    data = wheel("ngair", "1", GOOD)[1]
    with pytest.raises(WheelError, match="too large an index"):
        _open(data[:-10] + struct.pack("<I", 1 << 31) + data[-6:])
    locator = b"PK\6\7" + bytes(16)
    with pytest.raises(WheelError, match="too large an index"):
        _open(data[:-22] + locator + data[-22:])


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no index"),
        (b"PK", "no index"),
        (b"\x7fELF" + bytes(1000), "no index"),
        (bytes(21) + b"PK\5\6", "no index"),
        (b"PK\5\6" + bytes(18), "leads out of the archive"),
    ],
)
def test_what_is_no_wheel(data: bytes, why: str) -> None:
    with pytest.raises(WheelError, match=why):
        _open(data)


def test_an_archive_that_is_no_wheel() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("ngair/__init__.py", "")
        archive.writestr("deep/x.dist-info/WHEEL", "")
    with pytest.raises(WheelError, match="is no wheel"):
        _open(packed.getvalue())


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_packing_that_wheels_do_not_have(method: int) -> None:
    with pytest.raises(WheelError, match="packed in a way"):
        _open(_archive(lambda archive: archive.writestr("ngair/x.py", "x" * 99, method)))


def test_a_file_that_is_encrypted() -> None:
    data = bytearray(_archive(lambda archive: archive.writestr(_info("ngair/x.py"), "x")))
    at = data.rindex(b"PK\1\2")
    data[at + 8] |= 1
    with pytest.raises(WheelError, match="packed in a way"):
        _open(bytes(data))


def test_a_wheel_that_changed_on_the_disk() -> None:
    name, data = wheel("ngair", "1", GOOD)
    good = Wheel(io.BytesIO(b"head" + data), name, 4, len(data))
    good.verify(hashlib.sha256(data).hexdigest())
    changed = Wheel(io.BytesIO(b"head" + data[:-1] + b"\1"), name, 4, len(data))
    with pytest.raises(WheelError, match="is not what it was"):
        changed.verify(hashlib.sha256(data).hexdigest())


@given(st.data())
def test_a_damaged_wheel_is_refused_or_gives_what_its_check_sums_say(data: st.DataObject) -> None:
    whole = bytearray(wheel("ngair", "1", {**GOOD, "ngair/page.txt": "page " * 50})[1])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(whole)) | st.just(len(whole)))
    try:
        opened = _open(bytes(whole[:cut]))
        check_together([opened])
        for entry, path in opened.files:
            assert not path.startswith("/")
            assert ".." not in path.split("/")
            assert sum(map(len, opened.read(entry))) == entry.file_size
    except WheelError:
        pass


def _open(data: bytes) -> Wheel:
    """As it lies in an image: with other bytes around."""
    opened = Wheel(io.BytesIO(b"PK\5\6" * 8 + data + b"PK\5\6" * 8), "ngair-1-py3-none-any.whl", 32, len(data))
    opened.open()
    return opened


def _archive(*writes: Callable[[zipfile.ZipFile], None]) -> bytes:
    packed = io.BytesIO(wheel("ngair", "1", {})[1])
    with zipfile.ZipFile(packed, "a") as archive:
        for write in writes:
            write(archive)
    return packed.getvalue()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("x")
    info.filename = name
    return info

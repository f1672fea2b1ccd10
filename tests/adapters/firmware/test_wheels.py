"""A wheel is what it says, or goes into no image."""

from __future__ import annotations

import io
import stat
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.firmware.wheels import check_wheel
from ngair.model.limits import WHEEL_FILES_MAX
from tests.adapters.firmware.wheels import make_wheel, program

NAME = "thing-1.0-py3-none-any.whl"
FILES = {"thing/__init__.py": b"x = 1\n", "thing/data.bin": bytes(range(256)) * 40}


def link() -> ZipInfo:
    entry = ZipInfo("thing/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def listed(name: str) -> ZipInfo:
    return ZipInfo(name)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an absolute path": ({"entries": ((listed("/etc/x"), b""),)}, "leads out of its folder"),
    "a path upwards": ({"entries": ((listed("thing/../../x"), b""),)}, "leads out of its folder"),
    "a path with a backslash": ({"entries": ((listed("..\\x"), b""),)}, "leads out of its folder"),
    "an empty part": ({"entries": ((listed("thing//x"), b""),)}, "leads out of its folder"),
    "a link": ({"entries": ((link(), b"/etc/passwd"),)}, "has a link"),
    "a file that is not listed": ({"entries": ((listed("thing/more.py"), b""),)}, "is not listed"),
    "another name": ({"metadata": "Name: other\nVersion: 1.0\n"}, "named otherwise"),
    "another version": ({"metadata": "Name: thing\nVersion: 1.1\n"}, "named otherwise"),
    "no name at all": ({"metadata": "\n"}, "named otherwise"),
    "a list without sums": ({"record": "thing/__init__.py,,\n"}, "was changed, or is not listed"),
    "a list that cannot be": ({"record": "thing/__init__.py\n"}, "a list of its files that cannot be"),
    "a second description": ({"files": {**FILES, "other-1.0.dist-info/RECORD": b""}}, "or several"),
    "a part that has to be installed": ({"files": {"thing-1.0.data/purelib/a.py": b""}}, "not unpacked"),
    "far too many files": ({"files": {f"thing/{n}": b"" for n in range(WHEEL_FILES_MAX)}}, "far too large"),
}


def test_a_wheel_as_builders_make_it_is_good(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, "Some_Thing-1.0-py3-none-any.whl", FILES)
    with path.open("rb") as file:
        assert check_wheel(path.name, file).project == "some-thing"


@pytest.mark.parametrize(("changes", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_one_is_told(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    path = make_wheel(tmp_path, NAME, **({"files": FILES} | changes))
    with path.open("rb") as file, pytest.raises(ValueError, match=told):
        check_wheel(NAME, file)


def test_a_file_that_is_listed_and_missing_is_told(tmp_path: Path) -> None:
    whole = make_wheel(tmp_path, NAME, FILES)
    from zipfile import ZipFile

    with ZipFile(whole) as archive:
        record = archive.read("thing-1.0.dist-info/RECORD").decode()
    path = make_wheel(tmp_path, NAME, FILES, record=f"{record}\nthing/gone.py,sha256=x,1\n")
    with path.open("rb") as file, pytest.raises(ValueError, match="lacks a file"):
        check_wheel(NAME, file)


def test_a_wheel_under_the_name_of_another_is_told(tmp_path: Path) -> None:
    with program(tmp_path).open("rb") as file, pytest.raises(ValueError, match="named otherwise"):
        check_wheel("uvicorn-0.7.0-py3-none-any.whl", file)


def test_what_unpacks_to_far_too_much_is_told_before_it_is_unpacked(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, NAME, FILES)
    data = bytearray(path.read_bytes())
    # The size of the second file in the table at the end, where whoever unpacks looks first.
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(b"thing/data.bin"))
    data[entry + 24 : entry + 28] = (0xFFFFFFF0).to_bytes(4, sys.byteorder)
    with pytest.raises(ValueError, match="far too large"):
        check_wheel(NAME, io.BytesIO(data))


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7), size=st.integers(0, 30))
def test_a_damaged_wheel_is_good_or_told(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int, size: int
) -> None:
    data = bytearray(make_wheel(tmp_path_factory.getbasetemp(), NAME, FILES).read_bytes())
    data[at % len(data)] ^= 1 << bit
    del data[(at * 7) % len(data) : (at * 7) % len(data) + size]
    try:
        check_wheel(NAME, io.BytesIO(data))
    except ValueError as error:
        assert str(error)  # noqa: PT017 - that it is one is what is shown

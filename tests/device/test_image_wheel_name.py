"""What the name of a wheel tells is what installers read in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.tags import compatible_tags, cpython_tags
from packaging.utils import parse_wheel_filename

from ngair.device.image.wheel_name import HARDWARE, is_version, wheel_name

NAMES = [
    "ngair-0.7.0-py3-none-any.whl",
    "tzdata-2026.6-py2.py3-none-any.whl",
    "msgspec-0.22.0-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
    "msgspec-0.22.0-cp312-cp312-manylinux_2_17_aarch64.whl",
    "msgspec-0.22.0-cp313-cp313t-manylinux_2_17_x86_64.whl",
    "cryptography-50.0.2-cp311-abi3-manylinux_2_34_x86_64.whl",
    "cryptography-50.0.2-cp37-abi3-manylinux_2_28_aarch64.whl",
    "cryptography-50.0.2-cp313-abi3-manylinux_2_28_x86_64.whl",
    "httptools-0.9.0-cp311-cp311-manylinux1_x86_64.manylinux_2_28_x86_64.manylinux_2_5_x86_64.whl",
    "httptools-0.9.0-cp311-cp311-musllinux_1_2_x86_64.whl",
    "httptools-0.9.0-cp311-cp311-macosx_11_0_arm64.whl",
    "httptools-0.9.0-cp311-cp311-win_amd64.whl",
    "of_old-1.0-1-py3-none-linux_x86_64.whl",
    "for_12-1.0-py312-none-any.whl",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("hardware", HARDWARE)
def test_a_wheel_fits_where_installers_take_it(name: str, hardware: str) -> None:
    machine, python = hardware.removeprefix("linux-").split("-cpython-3")
    platforms = [f"linux_{machine}", "manylinux2014_" + machine, "manylinux1_" + machine]
    platforms += [f"manylinux_2_{minor}_{machine}" for minor in range(5, 40)]
    version = (3, int(python))
    taken = {*cpython_tags(version, platforms=platforms), *compatible_tags(version, "cp3" + python, platforms)}
    project, its_version, _, tags = parse_wheel_filename(name)
    found = wheel_name(name)
    assert (found.project, is_version(found, str(its_version))) == (project, True)
    assert found.fits(hardware) == bool(tags & taken)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ngair-0.7.0-py3-none-any.zip",
        "../ngair-0.7.0-py3-none-any.whl",
        "ngair-0.7.0-py3-none-any.whl/..",
        "a/ngair-0.7.0-py3-none-any.whl",
        "a\\ngair-0.7.0-py3-none-any.whl",
        "ngair-0.7.0-py3-none-any.whl\n",
        "ngair-0.7.0-py3-none-any.whl\0",
        ".ngair-0.7.0-py3-none-any.whl",
        "ngair-0.7.0.whl",
        "ngair-0.7.0-py3-none-any-x-y.whl",
        "a" * 200 + "-0.7.0-py3-none-any.whl",
        "ngäir-0.7.0-py3-none-any.whl",
    ],
)
def test_what_is_no_name_of_a_wheel_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not named as a wheel"):
        wheel_name(name)


@pytest.mark.parametrize("hardware", ["", "linux", "linux-x86_64-cpython-3", "linux-x86_64-pypy-311", "x" * 300])
def test_on_what_is_no_hardware_nothing_runs(hardware: str) -> None:
    assert not wheel_name("ngair-0.7.0-py3-none-any.whl").fits(hardware)


@given(st.text(max_size=60).map(lambda text: f"ngair-{text}-any.whl") | st.text(max_size=80))
def test_a_name_that_is_taken_leads_nowhere(name: str) -> None:
    try:
        wheel_name(name)
    except ValueError:
        return
    assert "/" not in name
    assert not name.startswith(".")
    assert name.isascii()
    assert len(name) < 255

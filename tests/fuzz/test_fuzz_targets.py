"""Every fuzz target is run here as well, on examples that Hypothesis draws: no fuzzer is needed for that."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import LONG

pytestmark = [pytest.mark.timeout(3600)] if LONG else []


class Target(Protocol):
    """What a file `fuzz_*.py` offers."""

    check: Callable[[bytes], None]
    seeds: Callable[[], list[Path]]


TARGETS = [pytest.param(path.stem, id=path.stem) for path in sorted(Path(__file__).parent.glob("fuzz_*.py"))]
ALPHABET = [bytes([value]) for value in range(256)] + [
    b"/NGA5\r\n\r\n",
    b"1-0:1.7.0(00.378*kW)\r\n",
    b"!",
    b"!\r\n",
    b"\r\n",
]


def target(name: str) -> Target:
    module: Target = importlib.import_module(f"tests.fuzz.{name}")
    return module


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_passes_on_its_seeds(name: str) -> None:
    seeds = target(name).seeds()
    assert seeds
    for seed in seeds:
        for how in (0, 6, 63, 127, 128, 200, 255):
            target(name).check(seed.read_bytes() + bytes([how]))


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.binary(max_size=200) | st.lists(st.sampled_from(ALPHABET), max_size=40).map(b"".join))
def test_a_target_passes_on_what_is_drawn(name: str, data: bytes) -> None:
    target(name).check(data)


@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_a_target_passes_on_its_seeds_damaged(name: str, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(target(name).seeds())).read_bytes()
    for _ in range(data.draw(st.integers(1, 4))):
        start, stop = sorted((data.draw(st.integers(0, len(seed))), data.draw(st.integers(0, len(seed)))))
        seed = seed[:start] + data.draw(st.binary(max_size=8) | st.just(seed[start:stop] * 2)) + seed[stop:]
    target(name).check(seed + bytes([data.draw(st.integers(0, 255))]))

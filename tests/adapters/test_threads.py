"""Calls into the system that hang hold up neither the program's end nor each other."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from ngair.adapters.threads import Threads
from ngair.model.limits import THREADS_MAX

END_WHILE_ONE_HANGS = """
import asyncio, time
from ngair.adapters.threads import Threads
async def hang():
    asyncio.get_running_loop().set_default_executor(Threads())
    hanging = asyncio.get_running_loop().run_in_executor(None, time.sleep, 3600)
    await asyncio.sleep(0.1)
    hanging.cancel()
asyncio.run(hang())
print("ended")
"""


async def test_results_and_errors_come_back() -> None:
    asyncio.get_running_loop().set_default_executor(Threads())
    assert await asyncio.to_thread(int, "5") == 5
    with pytest.raises(ValueError, match="invalid literal"):
        await asyncio.to_thread(int, "five")
    assert await asyncio.gather(*(asyncio.to_thread(int, str(number)) for number in range(10))) == list(range(10))


def test_a_call_that_hangs_does_not_keep_the_program_from_ending() -> None:
    done = subprocess.run([sys.executable, "-c", END_WHILE_ONE_HANGS], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("ended\n", "", 0)


async def test_too_many_that_hang_are_refused_until_one_returns() -> None:
    asyncio.get_running_loop().set_default_executor(Threads())
    before = set(threading.enumerate())
    released = threading.Event()
    hanging = [asyncio.create_task(asyncio.to_thread(released.wait)) for _ in range(THREADS_MAX)]
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="still hang"):
        await asyncio.to_thread(int, "5")
    released.set()
    assert await asyncio.gather(*hanging) == [True] * THREADS_MAX
    async with asyncio.timeout(60):
        while set(threading.enumerate()) - before:  # noqa: ASYNC110 - threads that end
            await asyncio.sleep(0.01)
    assert await asyncio.to_thread(int, "5") == 5

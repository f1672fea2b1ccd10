"""Bytecode made at installation, since nothing may be written into a slot later.

It is compiled in another process, at a low priority: the compiler keeps Python's lock for as long as a module
takes, up to half a second on a small board, and the program has a house to look after. That process runs this file.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import marshal
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import BinaryIO

Compile = Callable[[bytes, str], bytes | None]
"""Source and the path that tracebacks name -> the file of bytecode, or None for what does not compile."""

SOURCE_MAX_BYTES = 4 * 1024 * 1024
"""Longer ones, which nobody wrote by hand, are compiled when they are imported."""
_UNCHECKED_HASH = (1).to_bytes(4, "little")


def bytecode(source: bytes, path: str) -> bytes | None:
    """A file that Python takes without looking at its source (PEP 552): no time of the source is in it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(source, path, "exec", dont_inherit=True, optimize=0)
        body = marshal.dumps(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH + importlib.util.source_hash(source) + body


def bytecode_path(path: str) -> str:
    """Where Python looks for it."""
    folder, _, name = path.rpartition("/")
    cached = f"__pycache__/{name.removesuffix('.py')}.{sys.implementation.cache_tag}.pyc"
    return f"{folder}/{cached}" if folder else cached


@contextlib.contextmanager
def compiling() -> Iterator[Compile]:
    """Have `bytecode` done by another process. Raises OSError where it ends early."""
    worker = subprocess.Popen(
        [sys.executable, "-I", "-B", __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert worker.stdin
    assert worker.stdout
    requests, answers = worker.stdin, worker.stdout

    def ask(source: bytes, path: str) -> bytes | None:
        try:
            marshal.dump((source, path), requests)
            requests.flush()
            answer: bytes | None = marshal.load(answers)
        except (EOFError, ValueError, BrokenPipeError) as error:
            raise OSError(errno.ECHILD, "the compiler ended early") from error
        return answer

    try:
        yield ask
    finally:
        worker.kill()
        worker.wait()
        answers.close()
        with contextlib.suppress(OSError):
            requests.close()


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    os.nice(10)
    with contextlib.suppress(EOFError):
        while True:
            source, path = marshal.load(requests)
            marshal.dump(bytecode(source, path), answers)
            answers.flush()


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)

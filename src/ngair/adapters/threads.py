"""Threads for calls into the system that may hang: looking up a name, opening a device."""

from __future__ import annotations

import errno
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore, Thread
from typing import Any

from ngair.model.limits import THREADS_MAX


class Threads(ThreadPoolExecutor):
    """A default executor for an event loop, with which a call that hangs does not keep the program from ending.

    Python's own waits at the end for all that was begun: for a name server that does not answer, minutes.
    """

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self._free = BoundedSemaphore(THREADS_MAX)

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it in a thread of its own. Fails with `OSError` (EAGAIN) while too many others hang."""
        future: Future[Any] = Future()
        if not self._free.acquire(blocking=False):
            future.set_exception(OSError(errno.EAGAIN, "earlier calls into the system still hang"))
            return future

        def run() -> None:
            try:
                _fulfil(future, work, args, kwargs)
            finally:
                self._free.release()

        Thread(target=run, daemon=True).start()
        return future


def _fulfil(future: Future[Any], work: Callable[..., Any], args: Any, kwargs: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = work(*args, **kwargs)
    except BaseException as error:
        future.set_exception(error)
    else:
        future.set_result(result)

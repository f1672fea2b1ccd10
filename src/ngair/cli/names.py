"""Options that take one of many names, which are looked up only when somebody reads the help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any


class NamesAction(argparse.Action):
    """Stores a name, for the command to check. Its help has all of them where it says `%(names)s`."""

    def __init__(self, *args: Any, names: Callable[[], list[str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = _Names(names)

    def __call__(
        self, parser: argparse.ArgumentParser, options: argparse.Namespace, values: Any, option: str | None = None
    ) -> None:
        """Somebody gave one."""
        setattr(options, self.dest, values)


class _Names:
    def __init__(self, look_up: Callable[[], list[str]]) -> None:
        self.look_up = look_up

    def __str__(self) -> str:
        *names, last = self.look_up()
        return f"{', '.join(names)} or {last}"

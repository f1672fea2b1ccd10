"""How a command says that it cannot."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - what the user reads is a failure, not a defect
    """One line for the user, with the remedy, and the exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code

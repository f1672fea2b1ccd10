"""Why an image is not taken."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "not an image",
    "no keys",
    "unsigned",
    "foreign",
    "damaged",
    "truncated",
    "too large",
    "wrong hardware",
    "too old",
    "needs a newer version first",
]


class ImageRefusedError(Exception):
    """An image is not taken. The text is a sentence for a person: what is wrong and what to do."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason: Reason = reason

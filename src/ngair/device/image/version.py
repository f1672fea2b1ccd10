"""Which of two versions is older: what PEP 440 says of release numbers, aN, bN, rcN and .devN, nothing else of it."""

from __future__ import annotations

import re

from ngair.model.limits import FIRMWARE_VERSION_MAX_CHARS

Order = tuple[tuple[int, ...], tuple[int, int], float]
"""What versions are compared by: release without zeros at its end, stage and its number, number of the development."""


def order(version: str) -> Order:
    """Raises `ValueError` for what is no version."""
    match = _VERSION.fullmatch(version) if len(version) <= FIRMWARE_VERSION_MAX_CHARS else None
    if match is None:
        raise ValueError("a version is numbers with points, such as 0.7.0, 0.8.0rc1 or 0.8.0.dev3")
    release = [int(number) for number in match["release"].split(".")]
    while release and release[-1] == 0:
        release.pop()
    stage, development = match["stage"], match["development"]
    # A development of a version comes before its first alpha.
    unstaged = (-1 if development else len(_STAGES), 0)
    rank = (_STAGES.index(stage), int(match["number"])) if stage else unstaged
    return tuple(release), rank, int(development) if development else float("inf")


def is_older(version: str, than: str) -> bool:
    """Whether a version came before another. Raises `ValueError` for what is no version."""
    return order(version) < order(than)


_STAGES = ("a", "b", "rc")
_VERSION = re.compile(
    r"(?P<release>[0-9]{1,9}(?:\.[0-9]{1,9}){0,7})"
    r"(?:(?P<stage>a|b|rc)(?P<number>[0-9]{1,9}))?"
    r"(?:\.dev(?P<development>[0-9]{1,9}))?",
    re.ASCII,
)

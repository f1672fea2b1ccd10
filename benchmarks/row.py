"""One measured figure beside its peer's."""

from __future__ import annotations

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What `scripts/bench --json` writes."""

    name: str
    ours: float
    peer_name: str
    peer: float
    ratio: float
    """Ours divided by the peer's."""
    unit: str
    goal: str
    """As the project states it; empty where a figure is only reported."""
    met: bool | None
    """Whether it is met; `None` without a goal."""


def row(
    name: str, ours: float, peer_name: str, peer: float, unit: str, *, goal: str = "", met: bool | None = None
) -> Row:
    """A row with its ratio."""
    ratio = ours / peer if peer else 0.0
    return Row(
        name=name,
        ours=_rounded(ours),
        peer_name=peer_name,
        peer=_rounded(peer),
        ratio=_rounded(ratio),
        unit=unit,
        goal=goal,
        met=met,
    )


def quantile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")

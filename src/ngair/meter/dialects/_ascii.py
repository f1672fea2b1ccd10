"""What the tables of ASCII dialects share."""

from __future__ import annotations

from ngair.meter.dialects.dialect import Signature

RJ12_115200 = "P1 (RJ12), 115200 baud 8N1"
RATIOS = frozenset({"0.4.2", "0.4.3"})
"""Transformers' ratios: who names one tells what is measured behind them, whatever else it looks like."""


def telegram(has: str, lacks: str = "", *, version: str = "", prefix: str = "", flag: str = "") -> Signature:
    """A signature of object lines; codes C.D.E with spaces between them."""
    named = frozenset(has.split())
    return Signature(
        encoding="ascii",
        form="lines",
        has=named,
        lacks=frozenset(lacks.split()) | (frozenset() if named & RATIOS else RATIOS),
        version=version,
        prefix=prefix,
        flag=flag,
    )

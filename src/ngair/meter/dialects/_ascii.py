"""What the tables of ASCII dialects share."""

from __future__ import annotations

from ngair.meter.dialects.dialect import Signature

RJ12_115200 = "P1 (RJ12), 115200 baud 8N1"


def telegram(has: str, lacks: str = "", *, version: str = "", prefix: str = "", flag: str = "") -> Signature:
    """A signature of object lines; codes C.D.E with spaces between them."""
    return Signature(
        encoding="ascii",
        form="lines",
        has=frozenset(has.split()),
        lacks=frozenset(lacks.split()),
        version=version,
        prefix=prefix,
        flag=flag,
    )

"""Which content codings a client takes (RFC 9110, 12.5.3)."""

from __future__ import annotations

from collections.abc import Sequence


def takes_gzip(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether it takes `gzip`, and would not rather have the body as it is. Who says nothing gets it as it is."""
    weights: dict[bytes, float] = {}
    for name, value in headers:
        if name == b"accept-encoding":
            for part in value.lower().split(b","):
                coding, _, parameters = part.partition(b";")
                weights[coding.strip()] = _weight(parameters)
    gzip = weights.get(b"gzip", weights.get(b"x-gzip", weights.get(b"*", 0)))
    return gzip > 0 and gzip >= weights.get(b"identity", 0)


def _weight(parameters: bytes) -> float:
    """Of a coding with these parameters: 1 where none is given, 0 where it cannot be read."""
    for parameter in parameters.split(b";"):
        name, _, value = parameter.partition(b"=")
        if name.strip() == b"q":
            try:
                weight = float(value)
            except ValueError:
                return 0
            return weight if 0 <= weight <= 1 else 0
    return 1

"""Where a meter or a charger is: URLs, checked before anything is opened."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from ngair.model.limits import SPEED_MAX

BAUD_RATES = (300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
DEFAULT_BAUD = 115200
"""DSMR P1 5.0.2, 5.3, and nearly every other customer port of this kind."""


class SerialUrl(msgspec.Struct, frozen=True):
    """`serial:///dev/ttyUSB0?baud=9600`."""

    device: str
    baudrate: int = DEFAULT_BAUD


class TcpUrl(msgspec.Struct, frozen=True):
    """`tcp://host:port`."""

    host: str
    port: int


class FileUrl(msgspec.Struct, frozen=True):
    """`file:///capture.txt?speed=10&loop=1`."""

    path: str
    speed: float = 1
    loop: bool = False


class SimUrl(msgspec.Struct, frozen=True):
    """`sim:?option=value`; the simulation checks its own options."""

    url: str


MeterUrl = SerialUrl | TcpUrl | FileUrl | SimUrl
METER_URLS = "serial:///dev/ttyUSB0, tcp://host:port, file:///capture.txt or sim:"
CHARGER_URLS = "sim:"


def meter_url(text: str) -> MeterUrl:
    """A meter's URL. Raises `ValueError` with what is allowed."""
    parts = urlsplit(text)
    match parts.scheme:
        case "serial":
            return _serial(parts)
        case "tcp":
            return _tcp(parts)
        case "file":
            return _file(parts)
        case "sim":
            return SimUrl(text)
        case _:
            raise ValueError(METER_URLS)


def charger_url(text: str) -> SimUrl:
    """A charger's URL. Raises `ValueError` with what is allowed."""
    if urlsplit(text).scheme != "sim":
        raise ValueError(CHARGER_URLS)
    return SimUrl(text)


def _serial(parts: SplitResult) -> SerialUrl:
    query = _query(parts, "baud")
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError("serial:///dev/ttyUSB0, with three slashes")
    text = query.get("baud", str(DEFAULT_BAUD))
    if not text.isascii() or not text.isdigit() or int(text) not in BAUD_RATES:
        raise ValueError(f"baud is one of {', '.join(map(str, BAUD_RATES))}")
    return SerialUrl(unquote(parts.path), int(text))


def _tcp(parts: SplitResult) -> TcpUrl:
    _query(parts)
    try:
        port = parts.port
    except ValueError:
        port = None
    if not parts.hostname or not port or parts.path not in ("", "/"):
        raise ValueError("tcp://host:port with a port from 1 to 65535")
    return TcpUrl(parts.hostname, port)


def _file(parts: SplitResult) -> FileUrl:
    query = _query(parts, "speed", "loop")
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError("file:///path/to/capture.txt, an absolute path behind three slashes")
    try:
        speed = float(query.get("speed", "1"))
    except ValueError:
        speed = 0
    if not 0 < speed <= SPEED_MAX:
        raise ValueError(f"speed is a number above 0 and at most {SPEED_MAX}")
    if query.get("loop", "0") not in ("0", "1"):
        raise ValueError("loop is 0 or 1")
    return FileUrl(unquote(parts.path), speed, query.get("loop") == "1")


def _query(parts: SplitResult, *allowed: str) -> dict[str, str]:
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    for key, _ in pairs:
        if key not in allowed:
            raise ValueError(f"option {key} is not known here" + (f"; known: {', '.join(allowed)}" if allowed else ""))
    return dict(pairs)

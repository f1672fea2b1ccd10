"""Where a meter or a charger is: URLs, checked before anything is opened."""

from __future__ import annotations

import re
from ipaddress import ip_address
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


class MqttUrl(msgspec.Struct, frozen=True):
    """`mqtt://host[:port]`: a charger that is the broker of its own link."""

    host: str
    port: int = 1883


class SimUrl(msgspec.Struct, frozen=True):
    """`sim:?option=value`; the simulation checks its own options."""

    url: str


MeterUrl = SerialUrl | TcpUrl | FileUrl | SimUrl
ChargerUrl = MqttUrl | SimUrl
METER_URLS = "serial:///dev/ttyUSB0, tcp://host:port, file:///capture.txt or sim:"
CHARGER_URLS = "mqtt://host[:port] or sim:"


def meter_url(text: str) -> MeterUrl:
    """A meter's URL. Raises `ValueError` with what is allowed."""
    parts = _split(text, METER_URLS)
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


def charger_url(text: str) -> ChargerUrl:
    """A charger's URL. Raises `ValueError` with what is allowed."""
    parts = _split(text, CHARGER_URLS)
    match parts.scheme:
        case "mqtt":
            host, port = _host_port(parts, "mqtt://host or mqtt://host:port")
            return MqttUrl(host, MqttUrl("").port if port is None else port)
        case "sim":
            return SimUrl(text)
        case _:
            raise ValueError(CHARGER_URLS)


def is_host(text: str) -> bool:
    """Whether it is an IP address, or a name of letters, digits and hyphens (RFC 1123, 2.1; `_` is seen in homes)."""
    try:
        ip_address(text)
    except ValueError:
        return len(text) <= HOST_NAME_MAX and _HOST_NAME.fullmatch(text) is not None
    return text.isprintable()


def _split(text: str, allowed: str) -> SplitResult:
    """Its parts. What `urlsplit` drops in silence is refused: control characters, and all behind a `#`."""
    if _CONTROL.search(text):
        raise ValueError(f"{allowed}, without control characters")
    if "#" in text:
        raise ValueError(f"{allowed}; write # as %23")
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError(allowed) from None


def _serial(parts: SplitResult) -> SerialUrl:
    query = _query(parts, "baud")
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError("serial:///dev/ttyUSB0, with three slashes")
    text = query.get("baud", str(DEFAULT_BAUD))
    if not text.isascii() or not text.isdigit() or int(text) not in BAUD_RATES:
        raise ValueError(f"a baud of {', '.join(map(str, BAUD_RATES))}")
    return SerialUrl(_path(parts), int(text))


def _tcp(parts: SplitResult) -> TcpUrl:
    allowed = "tcp://host:port"
    host, port = _host_port(parts, allowed)
    if port is None:
        raise ValueError(allowed + _HOST_PORT)
    return TcpUrl(host, port)


def _host_port(parts: SplitResult, allowed: str) -> tuple[str, int | None]:
    """Host, and port if there is one. Raises `ValueError` for anything else than these."""
    _query(parts)
    host = (parts.hostname or "").replace("%25", "%")
    try:
        port = parts.port
    except ValueError:
        port = 0
    bracketed = ("[" in parts.netloc) == (":" in host)
    if not is_host(host) or not bracketed or "@" in parts.netloc or port == 0 or parts.path not in ("", "/"):
        raise ValueError(allowed + _HOST_PORT)
    return host, port


def _file(parts: SplitResult) -> FileUrl:
    query = _query(parts, "speed", "loop")
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError("file:///path/to/capture.txt, an absolute path behind three slashes")
    try:
        speed = float(query.get("speed", "1"))
    except ValueError:
        speed = 0
    if not 0 < speed <= SPEED_MAX:
        raise ValueError(f"a speed above 0 and at most {SPEED_MAX}")
    if query.get("loop", "0") not in ("0", "1"):
        raise ValueError("loop=0 or loop=1")
    return FileUrl(_path(parts), speed, query.get("loop") == "1")


def _path(parts: SplitResult) -> str:
    path = unquote(parts.path)
    if _CONTROL.search(path):
        raise ValueError("a path without control characters")
    return path


def _query(parts: SplitResult, *allowed: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in allowed:
            raise ValueError("no option" + (f" but {', '.join(allowed)}" if allowed else ""))
        if key in options:
            raise ValueError(f"{key} once")
        options[key] = value
    return options


HOST_NAME_MAX = 253
"""RFC 1035, 2.3.4, without the dot at the end."""

_HOST_PORT = " with a host name or IP address and a port from 1 to 65535"
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

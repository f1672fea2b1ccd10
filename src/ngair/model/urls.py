"""Where a meter or a charger is: URLs, checked before anything is opened."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from ngair.model.limits import SPEED_MAX
from ngair.model.line import NOTHING_FIXED, PARITIES, Fixed

T = TypeVar("T")

BAUD_RATES = (300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
ENERGY_UNITS_WH = (1, 10)


class SerialUrl(msgspec.Struct, frozen=True):
    """`serial:///dev/ttyUSB0?baud=2400&parity=8E1`; what is not given of the line is found out."""

    device: str
    fixed: Fixed = NOTHING_FIXED


class TcpUrl(msgspec.Struct, frozen=True):
    """`tcp://host:port`."""

    host: str
    port: int
    fixed: Fixed = NOTHING_FIXED


class FileUrl(msgspec.Struct, frozen=True):
    """`file:///capture.txt?speed=10&loop=1`."""

    path: str
    speed: float = 1
    loop: bool = False
    fixed: Fixed = NOTHING_FIXED


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
            _query(parts)
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
    query = _query(parts, "baud", "parity", *METER_OPTIONS)
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError("serial:///dev/ttyUSB0, with three slashes")
    return SerialUrl(_path(parts), _fixed(query))


def _tcp(parts: SplitResult) -> TcpUrl:
    allowed = "tcp://host:port"
    query = _query(parts, *METER_OPTIONS)
    host, port = _host_port(parts, allowed)
    if port is None:
        raise ValueError(allowed + _HOST_PORT)
    return TcpUrl(host, port, _fixed(query))


def _host_port(parts: SplitResult, allowed: str) -> tuple[str, int | None]:
    """Host, and port if there is one. Raises `ValueError` for anything else than these."""
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
    query = _query(parts, "speed", "loop", *METER_OPTIONS)
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
    return FileUrl(_path(parts), speed, query.get("loop") == "1", _fixed(query))


def _fixed(query: Mapping[str, str]) -> Fixed:
    """What a meter's URL fixes of what is otherwise found out. Whether the names exist is the decoder's to say."""
    baudrate = _one_of(query, "baud", {str(rate): rate for rate in BAUD_RATES})
    parity = _one_of(query, "parity", {parity: parity for parity in PARITIES})
    unit_wh = _one_of(query, "energy_unit_wh", {str(unit_wh): unit_wh for unit_wh in ENERGY_UNITS_WH})
    if "" in (query.get("framing"), query.get("dialect")):
        raise ValueError("a name behind framing= and dialect=")
    return Fixed(
        baudrate=baudrate,
        parity=parity,
        framing=query.get("framing"),
        dialect=query.get("dialect"),
        energy_unit_wh=unit_wh,
    )


def _one_of(query: Mapping[str, str], key: str, values: Mapping[str, T]) -> T | None:
    """The value of an option, `None` if it is not given."""
    if key not in query:
        return None
    if query[key] not in values:
        raise ValueError(f"{key} of {', '.join(values)}")
    return values[query[key]]


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


METER_OPTIONS = ("framing", "dialect", "energy_unit_wh")
"""Options of every real meter's URL."""
HOST_NAME_MAX = 253
"""RFC 1035, 2.3.4, without the dot at the end."""

_HOST_PORT = " with a host name or IP address and a port from 1 to 65535"
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

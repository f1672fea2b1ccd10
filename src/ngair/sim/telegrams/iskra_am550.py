"""Iskraemeco AM550 of Romande Energie, Switzerland: a structure a value every 5 s, in segments of 154 bytes (operator's
leaflet, field captures).
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _hdlc, _lists
from ngair.sim.telegrams._family import Family

DESTINATION, SOURCE = b"\xcf", b"\x02\x23"
_SEGMENT_BYTES = 154
_NOT_FINAL = 0x03
"""Control byte of the segments before the last: no poll bit."""


def frames(message: bytes) -> bytes:
    """A message in as many segments as it takes."""
    information = _hdlc.LLC_HEADER + message
    starts = range(0, len(information), _SEGMENT_BYTES)
    return b"".join(
        _hdlc.frame(
            information[start : start + _SEGMENT_BYTES],
            destination=DESTINATION,
            source=SOURCE,
            control=_hdlc.UNNUMBERED if start == starts[-1] else _NOT_FINAL,
            segmented=start != starts[-1],
        )
        for start in starts
    )


def encode(state: HouseState) -> bytes:
    """One list."""
    return frames(
        _axdr.notification(
            _list(state), invoke_id=state.time_s // FAMILY.interval_s, clock=_central.clock(state.time_s)
        )
    )


def _list(state: HouseState) -> bytes:
    values = _central.registers(state)
    power = [("1-1:", code, 0, _lists.W) for code in ("1.7.0", "2.7.0")]
    total = [("1-1:", code, 0, _lists.WH) for code in ("1.8.0", "2.8.0")]
    volts = [("1-0:", code, -1, _lists.VOLT) for code in ("32.7.0", "52.7.0", "72.7.0")]
    amps = [("1-0:", code, -2, _lists.AMPERE) for code in ("31.7.0", "51.7.0", "71.7.0")]
    tariffs = [("1-1:", code, 0, _lists.WH) for code in ("1.8.1", "1.8.2", "2.8.1", "2.8.2")]
    return _axdr.structure(
        _text("0-0:96.1.0", _central.digits(state, 8)),
        _text("0-0:96.1.1", _central.digits(state, 6)),
        *(
            _axdr.structure(*_lists.coded(place + code, _number(values[code], unit), scaler, unit))
            for place, code, scaler, unit in (*power, *total, *volts, *amps, *tariffs)
        ),
    )


def _number(value: int, unit: int) -> bytes:
    return _axdr.uint16(value) if unit in (_lists.VOLT, _lists.AMPERE) else _axdr.uint32(value)


def _text(code: str, text: str) -> bytes:
    return _axdr.structure(_axdr.octets(_axdr.code(code)), _axdr.octets(text.encode("ascii")))


FAMILY = Family(interval_s=5, encode=encode)

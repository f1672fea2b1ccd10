"""A German meter with SML, unlocked by its PIN and told to show all: every second net power in total and of each phase,
voltages, currents and energy in tenths of watt-hours.
"""

from __future__ import annotations

from ngair.sim.state import HouseState
from ngair.sim.telegrams import _axdr, _central, _lists, _sml
from ngair.sim.telegrams._family import Family

MAKER = b"ISK"
_STATUS = 0x1C0104
"""Bits of the import register's status, as a meter without a fault has them (field captures)."""


def encode(state: HouseState) -> bytes:
    """One file."""
    server_id = b"\x0a\x01" + MAKER + b"\x00" + int(_central.digits(state, 8)).to_bytes(4, "big")
    values = _central.registers(state)
    return _sml.file(
        state.time_s,
        server_id,
        state.time_s,
        _sml.entry(_axdr.code("1-0:96.50.1*1"), _sml.octets(MAKER)),
        _sml.entry(_axdr.code("1-0:96.1.0"), _sml.octets(server_id)),
        _energy("1.8.0", values["1.8.0"], _sml.unsigned(_STATUS, 4)),
        _energy("2.8.0", values["2.8.0"]),
        *(
            _sml.entry(_axdr.code(f"1-0:{code}.7.0"), _sml.signed(power_w, 4), unit=_lists.W, scaler=0)
            for code, power_w in zip((16, 36, 56, 76), (state.net_w, *state.power_w), strict=True)
        ),
        *(
            _sml.entry(
                _axdr.code(f"1-0:{code}.7.0"), _sml.unsigned(values[f"{code}.7.0"], 2), unit=_lists.VOLT, scaler=-1
            )
            for code in (32, 52, 72)
        ),
        *(
            _sml.entry(
                _axdr.code(f"1-0:{code}.7.0"), _sml.unsigned(values[f"{code}.7.0"], 2), unit=_lists.AMPERE, scaler=-2
            )
            for code in (31, 51, 71)
        ),
    )


def _energy(code: str, energy_wh: int, status: bytes = _sml.OMITTED) -> bytes:
    return _sml.entry(
        _axdr.code(f"1-0:{code}"), _sml.unsigned(10 * energy_wh, 8), unit=_lists.WH, scaler=-1, status=status
    )


FAMILY = Family(interval_s=1, encode=encode)

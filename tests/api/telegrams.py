"""Telegrams of a meter that does not exist, made here so that every value of every document is known."""

from __future__ import annotations

from fastcrc import crc16

IDENT = "XYZ5\\MADE-UP-METER"
METER_ID = "M0000001"


def telegram(second: int = 0, import_w: int = 2345, export_w: int = 0, energy_import_wh: int = 123_456_789) -> bytes:
    """One telegram (DSMR 5.0.2 P1, clauses 6.2 and 6.12) of a winter night, `second` after one o'clock."""
    lines = [
        f"/{IDENT}",
        "",
        "1-3:0.2.8(50)",
        f"0-0:1.0.0(260203010{second // 60}{second % 60:02}W)",
        f"0-0:96.1.1({METER_ID.encode().hex().upper()})",
        f"1-0:1.8.0({energy_import_wh / 1000:010.3f}*kWh)",
        "1-0:2.8.0(000000.042*kWh)",
        f"1-0:1.7.0({import_w / 1000:06.3f}*kW)",
        f"1-0:2.7.0({export_w / 1000:06.3f}*kW)",
        "1-0:32.7.0(229.9*V)",
        "1-0:52.7.0(231.0*V)",
        "1-0:72.7.0(230.4*V)",
        "1-0:31.7.0(001.5*A)",
        "1-0:51.7.0(002.0*A)",
        "1-0:71.7.0(010.25*A)",
        "!",
    ]
    data = "\r\n".join(lines).encode("ascii")
    return data + f"{crc16.arc(data):04X}\r\n".encode("ascii")


def broken(data: bytes) -> bytes:
    """A telegram with one bit flipped, so that its check fails."""
    where = data.index(b"1.7.0(") + 7
    return data[:where] + bytes([data[where] ^ 1]) + data[where + 1 :]

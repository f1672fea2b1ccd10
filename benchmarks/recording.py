"""Telegrams for the benchmarks, made here as the standard has them (DSMR P1 5.0.2)."""

from __future__ import annotations

import fastcrc


def dsmr5_telegram(second: int) -> bytes:
    """A three-phase DSMR5 telegram of 890 bytes; its values differ from second to second."""
    watts = 244 + 13 * second
    share = watts // 3
    body = "\r\n".join(
        (
            "/NGA5\\BENCHMARK-10",
            "",
            "1-3:0.2.8(50)",
            f"0-0:1.0.0(2601121920{second:02d}W)",
            "0-0:96.1.1(4E47413030303030303030303030303031)",
            f"1-0:1.8.1({4426 + second:010.3f}*kWh)",
            "1-0:1.8.2(002399.142*kWh)",
            "1-0:2.8.1(002444.871*kWh)",
            "1-0:2.8.2(000000.000*kWh)",
            "0-0:96.14.0(0002)",
            f"1-0:1.7.0({watts / 1000:06.3f}*kW)",
            "1-0:2.7.0(00.000*kW)",
            "0-0:96.7.21(00013)",
            "0-0:96.7.9(00000)",
            "1-0:99.97.0(0)(0-0:96.7.19)",
            *(f"1-0:{phase}2.3{kind}.0(00000)" for kind in (2, 6) for phase in (3, 5, 7)),
            "0-0:96.13.0()",
            *(f"1-0:{phase}2.7.0({230 - second % 3}.{phase}*V)" for phase in (3, 5, 7)),
            *(f"1-0:{phase}1.7.0({second % 10}.{phase}4*A)" for phase in (3, 5, 7)),
            *(f"1-0:{phase}1.7.0({share / 1000:06.3f}*kW)" for phase in (2, 4, 6)),
            *(f"1-0:{phase}2.7.0(00.000*kW)" for phase in (2, 4, 6)),
            "0-1:24.1.0(003)",
            "0-1:96.1.0(4E47413030303030303030303030303032)",
            "0-1:24.2.1(260112191005W)(00000.107*m3)",
            "0-2:24.1.0(003)",
            "0-2:96.1.0()",
            "!",
        )
    ).encode("ascii")
    return body + f"{fastcrc.crc16.arc(body):04X}\r\n".encode("ascii")

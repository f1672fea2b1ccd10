"""Telegrams made from scratch: the framing, the check sum and the 7E1 line, none of it by the code under test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ngair.meter.decoder import Decoder
from ngair.model.phases import KnownPhases
from ngair.model.telegram import Reason, Rejection, Telegram

CORPUS = Path(__file__).resolve().parent.parent / "corpus"


def crc16_arc(data: bytes, crc: int = 0) -> int:
    """CRC-16/ARC (DSMR P1 5.0.2, 5.2): x¹⁶+x¹⁵+x²+1, reflected, bit by bit; `crc` is that of bytes before."""
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


def body_of(ident: str, lines: Iterable[str], *, line_end: str = "\r\n", blank: bool = True) -> bytes:
    """From `/` to `!`, what the check sum covers. Text is Latin-1."""
    first = [f"/{ident}", ""] if blank else [f"/{ident}"]
    return (line_end.join([*first, *lines]) + line_end + "!").encode("latin-1")


def with_check(body: bytes, *, line_end: str = "\r\n") -> bytes:
    """A telegram that carries its check sum."""
    return body + f"{crc16_arc(body):04X}{line_end}".encode()


def telegram(ident: str, lines: Iterable[str], *, line_end: str = "\r\n", check: bool = True) -> bytes:
    """A whole telegram."""
    body = body_of(ident, lines, line_end=line_end)
    return with_check(body, line_end=line_end) if check else body + line_end.encode()


def telegram_of(current_a: KnownPhases) -> bytes:
    """A house that takes this; with a check sum, at 230 V."""
    lines = [f"1-0:{code}.7.0({amps:.2f}*A)" for code, amps in zip((31, 51, 71), current_a, strict=True)]
    lines += [f"1-0:{code}.7.0({amps * 0.23:.3f}*kW)" for code, amps in zip((21, 41, 61), current_a, strict=True)]
    lines += [f"1-0:{code}.7.0(230.0*V)" for code in (32, 52, 72)]
    return telegram("SIM5TEST", [f"1-0:1.7.0({sum(current_a) * 0.23:.3f}*kW)", "1-0:2.7.0(0.000*kW)", *lines])


def seven_even(data: bytes) -> bytes:
    """What a receiver at 8N1 sees of a sender at 7E1: even parity in the highest bit."""
    return bytes(byte | (byte.bit_count() & 1) << 7 for byte in data)


def decoded(*portions: bytes, decoder: Decoder | None = None) -> list[Telegram | Rejection]:
    """Everything that comes of these bytes, in these portions, until the line is gone."""
    decoder = decoder or Decoder()
    out: list[Telegram | Rejection] = []
    for portion in portions:
        out += decoder.feed(portion)
    return out + decoder.finish()


def accepted(out: Iterable[Telegram | Rejection]) -> list[Telegram]:
    """The telegrams among them."""
    return [item for item in out if isinstance(item, Telegram)]


def reasons(out: Iterable[Telegram | Rejection]) -> list[Reason]:
    """Why the others were refused, in order."""
    return [item.reason for item in out if isinstance(item, Rejection)]


def only(out: list[Telegram | Rejection]) -> Telegram:
    """The one telegram where nothing was refused."""
    assert len(out) == 1, out
    assert isinstance(out[0], Telegram), out
    return out[0]


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    """The same bytes, one at a time."""
    return (data[index : index + 1] for index in range(len(data)))


def examples() -> list[Path]:
    """Every telegram of the corpus."""
    return sorted(CORPUS.glob("*/*.txt"))


DSMR5 = [
    "1-3:0.2.8(50)",
    "0-0:1.0.0(240517143005S)",
    "0-0:96.1.1(4E47414952303030303030303030303031)",
    "1-0:1.8.1(004012.345*kWh)",
    "1-0:1.8.2(003987.655*kWh)",
    "1-0:2.8.1(000812.001*kWh)",
    "1-0:2.8.2(001733.999*kWh)",
    "0-0:96.14.0(0002)",
    "1-0:1.7.0(00.378*kW)",
    "1-0:2.7.0(00.000*kW)",
    "0-0:96.7.21(00004)",
    "0-0:96.7.9(00002)",
    "1-0:99.97.0(1)(0-0:96.7.19)(230811214409S)(0000000241*s)",
    "1-0:32.32.0(00001)",
    "0-0:96.13.0()",
    "1-0:32.7.0(236.1*V)",
    "1-0:52.7.0(235.4*V)",
    "1-0:72.7.0(237.0*V)",
    "1-0:31.7.0(000*A)",
    "1-0:51.7.0(001*A)",
    "1-0:71.7.0(000*A)",
    "1-0:21.7.0(00.045*kW)",
    "1-0:41.7.0(00.322*kW)",
    "1-0:61.7.0(00.011*kW)",
    "1-0:22.7.0(00.000*kW)",
    "1-0:42.7.0(00.000*kW)",
    "1-0:62.7.0(00.000*kW)",
    "0-1:24.1.0(003)",
    "0-1:96.1.0(4E47414952474153303030303030303031)",
    "0-1:24.2.1(240517142959S)(04321.098*m3)",
]
"""The object lines of a Dutch three-phase meter."""

DSMR22 = [
    "0-0:96.1.1(4E47414952303030303030303030303032)",
    "1-0:1.8.1(02345.678*kWh)",
    "1-0:1.8.2(01987.123*kWh)",
    "1-0:2.8.1(00000.000*kWh)",
    "1-0:2.8.2(00012.004*kWh)",
    "0-0:96.14.0(0001)",
    "1-0:1.7.0(0001.01*kW)",
    "1-0:2.7.0(0000.00*kW)",
    "0-0:17.0.0(0999.00*kW)",
    "0-0:96.3.10(1)",
    "0-0:96.13.1()",
    "0-0:96.13.0()",
    "0-1:24.1.0(3)",
    "0-1:96.1.0(4E47414952474153303030303030303032)",
    "0-1:24.3.0(110318140000)(08)(60)(1)(0-1:24.2.1)(m3)",
    "(01077.310)",
    "0-1:24.4.0(1)",
]
"""The object lines of an old Dutch meter, which sends no check sum."""

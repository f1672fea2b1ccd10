"""A telegram read at remembered places says exactly what it says when its lines are found anew."""

from __future__ import annotations

import fastcrc
import pytest

from ngair.meter.decoder import Decoder
from ngair.model.telegram import Rejection, Telegram
from tests.meter.telegrams import body_of, with_check

LINES = [
    "1-3:0.2.8(50)",
    "0-0:1.0.0(240517143005S)",
    "0-0:96.1.1(4E47414952)",
    "1-0:1.8.1(000012.345*kWh)",
    "1-0:16.7.0(-00.378*kW)",
    "1-0:16.7.0(00.100*kW)",
    "1-0:32.7.0(236.1*V)",
    "1-0:31.7.0(001*A)",
]


def test_any_one_byte_may_change() -> None:
    body = body_of("NGA5(12)", LINES)
    decoder = remembering(body)
    for at in range(5, len(body) - 1):
        for byte in range(256):
            assert_same(decoder, body[:at] + bytes([byte]) + body[at + 1 :])


@pytest.mark.parametrize("inserted", [b"0", b"1-0:2.7.0(01.000*kW)\r\n", b"!x\r\n1-0:2.7.0(01.000*kW)\r\n", b"!x"])
def test_a_telegram_may_become_longer_or_shorter(inserted: bytes) -> None:
    short = body_of("NGA5", LINES)
    for at in range(5, len(short)):
        long = short[:at] + inserted + short[at:]
        assert_same(remembering(short), long)
        assert_same(remembering(long), short)
        assert_same(remembering(short), short + inserted + b"!")


@pytest.mark.parametrize(
    ("line", "later"),
    [
        ("1-0:16.7.0(-00.0001*kW)", "1-0:16.7.0(-00.0000*kW)"),
        ("1-0:16.7.0(-00.0001*kW)", "1-0:16.7.0(+00.0001*kW)"),
        ("1-0:32.7.0(236.1*V)", "1-0:32.7.0(9999.9*V)"),
        ("1-0:32.7.0(236.1*V)", "1-0:32.7.0(23610*V)"),
        ("0-0:1.0.0(240517143005S)", "0-0:1.0.0(249917143005S)"),
        ("0-0:96.1.1(4E47414952)", "0-0:96.1.1(4E47414953)"),
        ("1-3:0.2.8(50)", "1-3:0.2.8(42)"),
    ],
)
def test_a_value_may_take_another_form(line: str, later: str) -> None:
    body = body_of("NGA5", ["1-0:1.8.0(000001.000*kWh)", line])
    assert_same(remembering(body), body_of("NGA5", ["1-0:1.8.0(000001.000*kWh)", later]))


def remembering(body: bytes) -> Decoder:
    decoder = Decoder()
    assert decoder.feed(with_check(body))
    return decoder


def assert_same(decoder: Decoder, body: bytes) -> None:
    """A decoder that remembers something and one that does not agree to the letter: -0.0 is not 0.0."""
    sent = b"%b%04X\r\n" % (body, fastcrc.crc16.arc(body))
    assert repr(outcome(decoder, sent)) == repr(outcome(Decoder(), sent))


def outcome(decoder: Decoder, sent: bytes) -> list[Telegram | Rejection]:
    return decoder.feed(sent) + decoder.finish()

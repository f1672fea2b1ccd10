"""What of a broker's bytes reaches the MQTT client, and what does not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.mqtt_sieve import NotMqtt, Sieve

MAX_BYTES = 300
REPLIES = (b"\x20\x02\x00\x00", b"\x90\x05\x00\x01\x00\x00\x80", b"\xb0\x02\x00\x01", b"\xd0\x00")


def publish(body: bytes, first: int = 0x30) -> bytes:
    """A PUBLISH packet around any topic and payload; its length as the standard's 2.2.3 has it."""
    length, encoded = len(body), bytearray()
    while True:
        length, low = divmod(length, 128)
        encoded.append(low | (0x80 if length else 0))
        if not length:
            return bytes([first]) + bytes(encoded) + body


messages = st.builds(publish, st.binary(max_size=MAX_BYTES), st.sampled_from([0x30, 0x31, 0x38, 0x39]))
large = st.builds(publish, st.integers(MAX_BYTES + 1, 20_000).map(bytes))


def portions(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@given(st.lists(st.one_of(messages, st.sampled_from(REPLIES), large), max_size=20), st.integers(1, 5000))
def test_only_what_is_too_large_is_left_out_and_counted_in_any_portions(sent: list[bytes], size: int) -> None:
    sieve = Sieve(MAX_BYTES)
    passed = b"".join(sieve.feed(portion) for portion in portions(b"".join(sent), size))
    # A packet of three length bytes has a body above 16 KiB, one of two above 127.
    wanted = [packet for packet in sent if len(packet) <= MAX_BYTES + 3]
    assert passed == b"".join(wanted)
    assert sieve.dropped == len(sent) - len(wanted)


@given(st.binary(max_size=2000), st.integers(1, 100))
def test_whatever_comes_is_passed_or_refused(data: bytes, size: int) -> None:
    sieve = Sieve(MAX_BYTES)
    passed = 0
    with contextlib.suppress(NotMqtt):
        for portion in portions(data, size):
            passed += len(sieve.feed(portion))
    assert passed <= len(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "a packet that begins with 0x48"),
        (b"\x00", "a packet that begins with 0x00"),
        (publish(b"\x00\x01a\x00\x01", 0x32), "a packet that begins with 0x32"),
        (publish(b"\x00\x01a\x00\x01", 0x34), "a packet that begins with 0x34"),
        (b"\x30\xff\xff\xff\xff\x01", "a packet whose length has more than four bytes"),
        (b"\x20\x41" + bytes(65), "a reply of 65 bytes"),
        (b"\x90\xff\xff\xff\x7f", "a reply of 268435455 bytes"),
    ],
)
def test_what_no_broker_sends_ends_it(data: bytes, why: str) -> None:
    with pytest.raises(NotMqtt) as refused:
        Sieve(MAX_BYTES).feed(data)
    assert str(refused.value) == why


def test_the_largest_message_of_all_is_left_out_without_being_held() -> None:
    sieve = Sieve(MAX_BYTES)
    assert sieve.feed(b"\x30\xff\xff\xff\x7f") == b""
    left = 268_435_455
    megabyte = bytes(2**20)
    while left:
        portion = megabyte[:left]
        assert sieve.feed(portion) == b""
        left -= len(portion)
    assert sieve.feed(REPLIES[-1]) == REPLIES[-1]
    assert sieve.dropped == 1

"""What a broker sends, sifted before anybody holds it: the client behind it would keep a packet of 256 MB."""

from __future__ import annotations


class NotMqtt(ValueError):  # noqa: N818 - names what the bytes are, not that something failed
    """Bytes that no MQTT 3.1.1 broker sends to this client. The text says which."""


class Sieve:
    """Passes the packets that a client without sessions, which subscribes with QoS 0, may get.

    A message that is too large is left out and counted, for a retained one would come again with every connection.
    Anything else that should not come ends the stream (OASIS MQTT 3.1.1, 2.2 and 4.8).
    """

    def __init__(self, packet_max_bytes: int) -> None:
        self.dropped = 0
        """Messages left out."""
        self._max_bytes = packet_max_bytes
        self._header = bytearray()
        self._left_bytes = 0
        self._passing = True

    def feed(self, data: bytes) -> bytes:
        """What of the next bytes may pass. Raises `NotMqtt`; then nothing more may be fed."""
        passed = bytearray()
        at = 0
        while at < len(data):
            if self._left_bytes:
                portion = data[at : at + self._left_bytes]
                at += len(portion)
                self._left_bytes -= len(portion)
                if self._passing:
                    passed += portion
            else:
                self._header.append(data[at])
                at += 1
                if self._is_header_whole():
                    self._begin(passed)
        return bytes(passed)

    def _is_header_whole(self) -> bool:
        if len(self._header) == 1:
            if self._header[0] not in _FIRST_BYTES:
                raise NotMqtt(f"a packet that begins with 0x{self._header[0]:02x}")
            return False
        if self._header[-1] < 0x80:
            return True
        if len(self._header) > _LENGTH_MAX_BYTES:
            raise NotMqtt("a packet whose length has more than four bytes")
        return False

    def _begin(self, passed: bytearray) -> None:
        length = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(self._header[1:]))
        self._passing = length <= self._max_bytes
        if self._header[0] not in _PUBLISH:
            if length > _REPLY_MAX_BYTES:
                raise NotMqtt(f"a reply of {length} bytes")
        elif not self._passing:
            self.dropped += 1
        if self._passing:
            passed += self._header
        self._left_bytes = length
        self._header.clear()


_PUBLISH = frozenset({0x30, 0x31, 0x38, 0x39})
"""With QoS 0; retained or not. The flag for a repeated one means nothing there, and some brokers set it."""
_FIRST_BYTES = _PUBLISH | {0x20, 0x90, 0xB0, 0xD0}
"""And CONNACK, SUBACK, UNSUBACK, PINGRESP."""
_LENGTH_MAX_BYTES = 4
_REPLY_MAX_BYTES = 64
"""An identifier and a byte for each topic subscribed to."""

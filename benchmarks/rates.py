"""How many messages a second somebody decodes."""

from __future__ import annotations

import time
from collections.abc import Callable

from ngair.meter.decoder import Decoder
from ngair.model.telegram import Telegram


def rate(decode: Callable[[bytes], None], messages: list[bytes], count: int) -> float:
    """Messages a second, so many of them, in turn."""
    start_s = time.perf_counter()
    for number in range(count):
        decode(messages[number % len(messages)])
    return count / (time.perf_counter() - start_s)


def by_ours(decoder: Decoder) -> Callable[[bytes], None]:
    """Our decoder, of whose messages each gives a telegram."""

    def decode(data: bytes) -> None:
        (telegram,) = decoder.feed(data)
        assert isinstance(telegram, Telegram)

    return decode

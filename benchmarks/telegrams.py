"""Telegrams a second on one core: an 890-byte DSMR5 telegram from bytes to the reading, check sum verified in both."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from benchmarks.rates import by_ours, rate
from benchmarks.recording import dsmr5_telegram
from benchmarks.row import Row, row
from ngair.meter.decoder import Decoder

ROUNDS = 9
OURS_A_ROUND = 20_000
PEERS_A_ROUND = 400
GOAL = 25


def measure() -> list[Row]:
    """Rounds of both in turn; the fastest of each, for everything else on the machine only slows."""
    telegrams = [dsmr5_telegram(second) for second in range(60)]
    assert all(len(telegram) == 890 for telegram in telegrams)
    ours, anew, peers = [], [], []
    peer = _peer()
    for _ in range(ROUNDS):
        ours.append(rate(by_ours(Decoder()), telegrams, OURS_A_ROUND))
        anew.append(rate(lambda data: by_ours(Decoder())(data), telegrams, OURS_A_ROUND // 4))
        peers.append(rate(peer, telegrams, PEERS_A_ROUND))
    best, best_anew, best_peer = max(ours), max(anew), max(peers)
    name = "dsmr_parser 1.11 (TelegramBuffer, V5)"
    return [
        row(
            "telegrams from bytes to reading",
            best,
            name,
            best_peer,
            "telegrams/s",
            goal=f">= {GOAL}x",
            met=best >= GOAL * best_peer,
        ),
        row("  the same, each by a decoder that knows no layout", best_anew, name, best_peer, "telegrams/s"),
    ]


def _peer() -> Callable[[bytes], None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dsmr_parser import telegram_specifications
        from dsmr_parser.clients.telegram_buffer import TelegramBuffer
        from dsmr_parser.parsers import TelegramParser

    parser = TelegramParser(telegram_specifications.V5, apply_checksum_validation=True)
    buffer = TelegramBuffer()

    def decode(data: bytes) -> None:
        buffer.append(data.decode("ascii"))
        (text,) = buffer.get_all()
        parser.parse(text)

    return decode

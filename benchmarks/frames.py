"""Binary frames a second on one core, from bytes to the reading: HDLC frames of Aidon and Kamstrup against amshan's
reader and decoder, and the same list ciphered against itself in the clear. Check sums are verified in all."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.rates import by_ours, rate
from benchmarks.row import Row, row
from ngair.meter.decoder import Decoder
from ngair.model.keys import Keys
from ngair.sim.options import Options
from ngair.sim.state import HouseState
from ngair.sim.telegrams import FAMILIES
from ngair.sim.telegrams._ciphered import ciphered
from ngair.sim.telegrams._hdlc import LLC_HEADER, frame
from ngair.sim.world import World

ROUNDS = 9
OURS_A_ROUND = 10_000
PEERS_A_ROUND = 200
GOAL = 10
CIPHERED_GOAL = 0.5
KEYS = Keys(bytes(range(16)), bytes(range(16, 32)))
TITLE = b"NGA\x00\x00\x00\x00\x01"


def measure() -> list[Row]:
    """Rounds of both in turn; the fastest of each, for everything else on the machine only slows."""
    aidon, kamstrup = _frames()
    return [
        _against_amshan(f"Aidon HDLC frames, 27 values ({len(aidon[0])} B)", aidon),
        _against_amshan(f"Kamstrup HDLC frames, 25 fields ({len(kamstrup[0])} B)", kamstrup),
        _ciphered(aidon),
    ]


def _against_amshan(name: str, frames: list[bytes]) -> Row:
    ours, peers = [], []
    peer = _peer()
    for _ in range(ROUNDS):
        ours.append(rate(by_ours(Decoder()), frames, OURS_A_ROUND))
        peers.append(rate(peer, frames, PEERS_A_ROUND))
    best, best_peer = max(ours), max(peers)
    peer_name = "amshan 2.1.1 (HdlcFrameReader, AutoDecoder)"
    met = best >= GOAL * best_peer
    return row(name, best, peer_name, best_peer, "frames/s", goal=f">= {GOAL}x", met=met)


def _ciphered(frames: list[bytes]) -> Row:
    """The same lists, enciphered inside the same frames, with their tag verified."""
    secret = [_enciphered(data, counter) for counter, data in enumerate(frames)]
    ciphered_rates, plain_rates = [], []
    for _ in range(ROUNDS):
        ciphered_rates.append(rate(by_ours(Decoder(KEYS)), secret, OURS_A_ROUND))
        plain_rates.append(rate(by_ours(Decoder()), frames, OURS_A_ROUND))
    best, plain = max(ciphered_rates), max(plain_rates)
    return row(
        "  the same list ciphered (HDLC, AES-GCM)",
        best,
        "ours, in the clear",
        plain,
        "frames/s",
        goal=f">= {CIPHERED_GOAL}x",
        met=best >= CIPHERED_GOAL * plain,
    )


def _enciphered(data: bytes, counter: int) -> bytes:
    notification = data[data.index(LLC_HEADER) + len(LLC_HEADER) : -3]
    secret = LLC_HEADER + ciphered(notification, KEYS, title=TITLE, counter=counter)
    return frame(secret, destination=b"\x41", source=b"\x08\x83")


def _frames() -> tuple[list[bytes], list[bytes]]:
    """The list that each meter sends every ten seconds, of a house in which everything changes."""
    states = _states(61)[1:]
    return (
        [FAMILIES["aidon-se"].encode(state) for state in states],
        [FAMILIES["kamstrup-no"].encode(state) for state in states],
    )


def _states(count: int) -> list[HouseState]:
    world = World(Options(family="aidon-se"))
    states = []
    for _ in range(count):
        world.advance(-world.state.time_s % 10 or 10)
        states.append(world.state)
    return states


def _peer() -> Callable[[bytes], None]:
    from han.autodecoder import AutoDecoder
    from han.hdlc import HdlcFrameReader

    reader = HdlcFrameReader(use_octet_stuffing=False, use_abort_sequence=False)
    decoder = AutoDecoder()

    def decode(data: bytes) -> None:
        (message,) = reader.read(data)
        assert message.is_valid
        assert decoder.decode_message(message)

    return decode

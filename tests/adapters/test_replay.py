"""A recording, played in virtual time. What holds for every port is in `contracts/`."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters.replay import ReplayPort, telegram_end
from ngair.gateway.ports import LinkEnded, LinkError
from ngair.model.limits import READ_CHUNK_BYTES, REPLAY_GAP_MAX_S
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.contracts.virtual_time import in_no_time

PIECES = (b"\n!", b"\r\n", b"/SIM5", b"\x7e\xa0\x05abc\x7e", b"\x7e\xa8", b"\x68\x04\x04\x68\x53\xff\x00\x01\x53\x16",
          b"\xdb\x08", b"\x68\xff\xff\x68", b"\x1b" * 4, b"\x01" * 4, b"\x82\xff\xff")  # fmt: skip


def telegram(clock: str | None = None) -> bytes:
    time = b"" if clock is None else b"0-0:1.0.0(%bW)\r\n" % clock.encode("ascii")
    return b"/SIM5\\REPLAY\r\n\r\n" + time + b"1-0:1.7.0(00.500*kW)\r\n!ABCD\r\n"


def played(path: Path, speed: float = 1, *, loop: bool = False, count: int = 100) -> list[tuple[float, bytes]]:
    """What a recording gives, with the times at which it does, up to its end or a number of portions."""

    async def play() -> list[tuple[float, bytes]]:
        link = await ReplayPort(path, speed, loop=loop).connect()
        found: list[tuple[float, bytes]] = []
        try:
            while len(found) < count:
                portion = await link.read()
                found.append((asyncio.get_running_loop().time(), portion))
        except LinkEnded:
            with pytest.raises(LinkEnded, match="played to its end"):
                await link.read()
        finally:
            await link.close()
        return found

    return in_no_time(play())


def times(path: Path, speed: float = 1, *, loop: bool = False, count: int = 100) -> list[float]:
    return [round(at_s, 6) for at_s, _ in played(path, speed, loop=loop, count=count)]


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "recording.txt"


def test_it_is_played_at_its_own_times(path: Path) -> None:
    path.write_bytes(telegram("260302170000") + telegram("260302170010") + telegram("260302170030"))
    assert times(path) == [0, 10, 30]
    assert times(path, speed=10) == [0, 1, 3]
    assert times(path, speed=0.5) == [0, 20, 60]


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        ([None, None, None], [0, 1, 2]),
        (["260302170000", None, "260302170005"], [0, 1, 2]),
        (["260302170010", "260302170000", "260302170002"], [0, 1, 3]),
        (["260302170000", "260302180000", "260302180002"], [0, 1, 3]),
        (["269999999999", "260302180000", "260302180002"], [0, 1, 3]),
    ],
    ids=["no clock", "a telegram without", "back in time", "a gap of an hour", "a clock that cannot be"],
)
def test_a_time_that_tells_nothing_is_a_second(path: Path, clocks: list[str | None], expected: list[float]) -> None:
    path.write_bytes(b"".join(map(telegram, clocks)))
    assert times(path) == expected


def test_no_pause_is_longer_than_the_longest(path: Path) -> None:
    path.write_bytes(telegram("260302170000") + telegram("260302170050"))
    assert times(path, speed=0.001) == [0, REPLAY_GAP_MAX_S]


def test_it_is_played_again_and_again(path: Path) -> None:
    path.write_bytes(telegram("260302170000") + telegram("260302170002"))
    assert times(path, loop=True, count=7) == [0, 2, 3, 5, 6, 8, 9]


def test_every_byte_of_it_is_played(path: Path) -> None:
    noise = bytes(range(256)) * 300
    path.write_bytes(b"tail of one!\r\n" + telegram() + noise + telegram() + b"/SIM5 begun")
    portions = [portion for _, portion in played(path)]
    assert b"".join(portions) == path.read_bytes()
    assert all(0 < len(portion) <= READ_CHUNK_BYTES for portion in portions)


def test_a_late_reader_is_not_given_all_at_once(path: Path) -> None:
    path.write_bytes(b"".join(telegram() for _ in range(500)))

    async def play() -> list[float]:
        link = await ReplayPort(path).connect()
        await link.read()
        await asyncio.sleep(300)
        before_s = asyncio.get_running_loop().time()
        waits = []
        for _ in range(100):
            await link.read()
            waits.append(asyncio.get_running_loop().time() - before_s)
        await link.close()
        return waits

    waits = in_no_time(play())
    assert waits[int(REPLAY_GAP_MAX_S) - 1] == 0
    assert waits[-1] == 100 - REPLAY_GAP_MAX_S - 1


BLOCKS = {"lg-e450": 35, "lg-styria": 36}
"""Families whose messages come in blocks that only their content joins: portions of twelve messages of theirs."""


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("form", ["bytes", "hex"])
def test_of_every_meter_a_telegram_at_a_time_is_played(path: Path, family: str, form: str) -> None:
    sent = World(Options(family=family)).advance(12 * FAMILIES[family].interval_s)
    path.write_bytes(b"".join(sent) if form == "bytes" else "\n".join(data.hex(" ") for data in sent).encode())
    portions = [portion for _, portion in played(path)]
    if family in BLOCKS:
        assert b"".join(portions) == b"".join(sent)
        assert len(portions) == BLOCKS[family]
    else:
        assert portions == sent


@pytest.mark.parametrize("family", ["aidon-no", "netz-noe", "kamstrup-dk", "de-sml"])
def test_binary_telegrams_come_once_a_second(path: Path, family: str) -> None:
    path.write_bytes(b"".join(World(Options(family=family)).advance(60)))
    at = times(path)
    assert at == list(range(len(at)))
    assert times(path, speed=10) == [round(at_s / 10, 6) for at_s in at]


def test_one_that_begins_within_a_frame_is_played_from_there(path: Path) -> None:
    sent = World(Options(family="kaifa-no")).advance(20)
    path.write_bytes(b"".join(sent)[5:])
    portions = [portion for _, portion in played(path)]
    assert portions == [sent[0][5:], *sent[1:]]


def test_hex_text_is_played_again_and_again(path: Path) -> None:
    sent = World(Options(family="kaifa-no")).advance(20)[:2]
    path.write_text(f"# of a made-up meter\n{sent[0].hex()}\n{sent[1].hex()}\n")
    assert [portion for _, portion in played(path, loop=True, count=5)] == [*sent, *sent, sent[0]]


@given(st.lists(st.sampled_from([*PIECES, *(bytes([byte]) for byte in range(0, 256, 5))]), max_size=60), st.booleans())
def test_however_it_is_cut_every_byte_is_played(pieces: list[bytes], final: bool) -> None:
    data = bytearray(b"".join(pieces))
    before = bytes(data)
    portions = []
    while stop := telegram_end(data, final=final):
        portions.append(bytes(data[:stop]))
        del data[:stop]
    assert b"".join(portions) + data == before
    assert not (final and data)


@pytest.mark.parametrize("loop", [False, True])
def test_an_empty_one_ends_at_once(path: Path, loop: bool) -> None:
    path.write_bytes(b"")
    assert played(path, loop=loop) == []


@pytest.mark.parametrize("kind", ["missing", "folder", "fifo", "device"])
def test_what_is_no_recording_is_told_and_does_not_hang(tmp_path: Path, kind: str) -> None:
    path = {"folder": tmp_path, "device": Path("/dev/zero")}.get(kind, tmp_path / kind)
    if kind == "fifo":
        os.mkfifo(path)
    with pytest.raises(LinkError) as told:
        in_no_time(ReplayPort(path).connect())
    expected = "is the path absolute and right?" if kind == "missing" else f"a device is written serial://{path}"
    assert str(told.value).endswith(expected)

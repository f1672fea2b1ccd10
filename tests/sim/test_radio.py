"""What is the simulated radio's own: its time, its names, its faults. The rest is in the contract of radios."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from ngair.gateway.ports import JoinError, LinkError
from ngair.model.ssid import SSID_MAX_BYTES, ssid_bytes, ssid_text
from ngair.sim.radio import AIR, DUMB, HOME, JOIN_S, OPEN_S, PASSWORD, SCAN_S, SimRadio
from tests.contracts.virtual_time import in_no_time


class LoopClock:
    """The loop's own time, `speed` times as fast."""

    def __init__(self, speed: float = 1) -> None:
        self._speed = speed

    def monotonic_s(self) -> float:
        """Seconds of the loop."""
        return asyncio.get_running_loop().time() * self._speed

    def wall_s(self) -> float:
        """Any."""
        return 0.0


@pytest.mark.parametrize("speed", [0, 1, 60])
def test_what_takes_time_takes_it_by_the_clock_and_no_longer_than_really(speed: int) -> None:
    async def work() -> list[float]:
        loop = asyncio.get_running_loop()
        radio = SimRadio(LoopClock(speed))
        times = [loop.time()]
        await radio.networks(scan=True)
        times.append(loop.time())
        await radio.open_access_point("ngair-7Q2D", None)
        times.append(loop.time())
        await radio.join(HOME, PASSWORD)
        times.append(loop.time())
        with pytest.raises(JoinError):
            await radio.join(DUMB, PASSWORD)
        return [*(after - before for before, after in pairwise(times)), loop.time() - times[-1]]

    for took_s, seconds in zip(in_no_time(work()), (SCAN_S, OPEN_S, JOIN_S, 2 * JOIN_S), strict=True):
        assert took_s == pytest.approx(seconds / max(1, speed), abs=0.051)


def test_its_names_are_as_bad_as_names_get() -> None:
    names = [air.ssid for air in AIR]
    assert max(map(len, names)) == SSID_MAX_BYTES
    assert len(set(names)) < len(names)
    texts = [ssid_text(name) for name in names]
    assert all(ssid_bytes(text) == name for text, name in zip(texts, names, strict=True))
    for sign in ('"', "'", "<", "&", "\\", "\n", "\0", "🚗", "\x1b"):
        assert any(sign in text for text in texts), sign
    assert any(text != name.decode("utf-8", "replace") for text, name in zip(texts, names, strict=True))


async def test_its_strength_sways_within_reason() -> None:
    now = [0.0]

    class Hand:
        def monotonic_s(self) -> float:
            now[0] += 10.0
            return now[0]

        def wall_s(self) -> float:
            return 0.0

    radio = SimRadio(Hand())
    await radio.join(HOME, PASSWORD)
    seen = {(await radio.wifi()).rssi_dbm for _ in range(100)}
    assert len(seen) > 1
    assert all(rssi is not None and -62 <= rssi <= -57 for rssi in seen)


async def test_it_fails_when_it_is_told_to_and_works_again() -> None:
    radio = SimRadio(LoopClock(1000))
    radio.fail("the radio was taken out")
    for call in (radio.wifi, radio.rejoin, radio.close_access_point):
        with pytest.raises(LinkError, match="taken out"):
            await call()
    radio.fail("")
    assert (await radio.wifi()).radio

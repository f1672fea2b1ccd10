"""What has a bound keeps it: lengths, paces, the clock, what is kept of texts."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace

from ngair.charger.effects import Pin, Publish
from ngair.charger.nanogrid import NanogridLink
from ngair.model.events import TelegramReceived
from ngair.model.limits import CHARGER_PAYLOAD_MAX_BYTES, CHARGER_TEXT_MAX_CHARS
from ngair.model.reading import Reading
from ngair.model.telegram import Telegram
from tests.charger.test_properties import CB, CLIENT, CONTROL, steered
from tests.charger.watch import Watch


def sent(watch: Watch, topic: str = CONTROL) -> list[tuple[float, bytes]]:
    """What was published on a topic, and when."""
    return [(at_s, message.payload) for at_s, message in watch.published if message.topic == topic]


def measured(watch: Watch, ident: str = "XYZ5") -> None:
    """A telegram arrives now."""
    reading = Reading(ident=ident, current_a=(1, 2, 3))
    watch.happen(TelegramReceived(Telegram("", 0, reading), watch.now_s, 0))


def test_a_longer_payload_than_any_charger_sends_is_not_looked_at() -> None:
    watch = steered(10)
    update = b'{"State":4,"Current":[1,2,3]}'
    watch.receive(f"{CLIENT}/1/update", update.ljust(CHARGER_PAYLOAD_MAX_BYTES), False)
    watch.receive(f"{CLIENT}/1/update", update.ljust(CHARGER_PAYLOAD_MAX_BYTES + 1), False)
    assert watch.link.rejected == {"too long": 1}


@pytest.mark.parametrize("depth", [100, 1000, 2000])
def test_a_payload_that_nests_deeply_is_survived(depth: int) -> None:
    watch = steered(10)
    watch.receive(f"{CLIENT}/1/update", b'{"State":4,"Current":[1,2,3],"x":' + b"[" * depth, False)
    assert watch.link.rejected == {"format": 1}


def test_a_longer_topic_than_the_link_has_is_not_looked_at() -> None:
    watch = steered(10)
    watch.receive(f"{CLIENT}/{'1' * 300}/update", b"{}", False)
    assert watch.link.rejected == {"topic": 1}


def test_only_the_beginning_of_a_text_is_kept_and_only_what_can_be_printed() -> None:
    watch = steered(10)
    text = "r\x1b[31m\n\u202e3" + "x" * 200
    watch.receive(f"ctek/ng-v2/client/{CB}/configuration", msgspec.json.encode({"FW": text}), True)
    assert watch.box is not None
    assert watch.box.firmware.startswith("r[31m3xx")
    assert len(watch.box.firmware) <= CHARGER_TEXT_MAX_CHARS


def test_an_outlet_that_says_it_has_no_phase_is_taken_to_have_all() -> None:
    watch = steered(10)
    watch.receive(f"{CLIENT}/1/configuration", b'{"PhaseConnected":[0,0,0]}', True)
    assert watch.box is not None
    assert watch.box.outlets[0].phases == (True, True, True)


def test_a_raise_waits_a_second_and_a_lower_setpoint_does_not() -> None:
    watch = steered(8)
    for at_s, setpoint_a in ((1.1, 10), (1.2, 12), (1.3, 7), (1.4, 9)):
        watch.now_s = at_s
        watch.decide(setpoint_a)
    watch.now_s = 2.25
    watch.tick()
    watch.now_s = 2.4
    watch.tick()
    assert sent(watch) == [(1.0, b"8"), (1.3, b"7"), (2.4, b"9")]


def test_setpoints_that_fall_and_fall_are_sent_five_a_second_and_the_last_one_arrives() -> None:
    watch = steered(16)
    for setpoint_a in range(15, 5, -1):
        watch.now_s += 0.01
        watch.decide(setpoint_a)
    assert [payload for _, payload in sent(watch)] == [b"16", b"15", b"14", b"13", b"12"]
    watch.now_s = 2.01
    watch.tick()
    assert sent(watch)[-1] == (2.01, b"6")


def test_meterdata_keeps_its_rhythm_however_the_ticks_fall() -> None:
    watch = steered(10)
    for _ in range(145):
        watch.now_s += 0.7
        measured(watch)
    times = [at_s for at_s, _ in sent(watch, f"ctek/client/{CB}/sma/meterdata")]
    assert len(times) == 11
    assert all(abs(later - earlier - 10) < 0.7 for earlier, later in pairwise(times))


def test_a_meter_that_changes_its_name_all_the_time_is_announced_once_a_second() -> None:
    watch = steered(10)
    for turn in range(40):
        watch.now_s += 0.1
        measured(watch, f"{turn:03}5")
    assert 4 <= len(sent(watch, f"ctek/client/{CB}/sma/meterinfo")) <= 6


def test_time_never_runs_backwards() -> None:
    watch = steered(10)
    watch.now_s = 0.2
    watch.receive(f"{CLIENT}/1/update", b'{"State":2,"Current":[7,0,0]}', False)
    assert watch.box is not None
    assert watch.box.outlets[0].told_at_s == 1.0
    assert watch.box.outlets[0].current_a == (7, 0, 0)


def test_a_pin_that_can_be_no_serial_number_is_none() -> None:
    link = NanogridLink(endpoint="mqtt://192.0.2.7", port=1883, pinned="../x")
    link.connected(0)
    assert Pin(CB) in link.receive(f"ctek/ng-v2/client/{CB}/configuration", b'{"FW":"r3"}', True, 1)


def test_a_house_without_a_known_fuse_tells_the_most_that_a_meter_can() -> None:
    watch = steered(10)
    watch.site = replace(watch.site, fuses=())
    reading = Reading(ident="XYZ5")
    watch.happen(TelegramReceived(Telegram("", 0, reading), watch.now_s, 0))
    told = msgspec.json.decode(sent(watch, f"ctek/client/{CB}/sma/meterdata")[0][1])
    assert told == {"activePowerIn": 690, "activePowerOut": 0, "current": [1000] * 3, "voltage": [230] * 3}


def test_nothing_is_published_without_a_connection() -> None:
    watch = steered(10)
    watch.down()
    before = len(watch.published)
    for _ in range(30):
        watch.now_s += 1
        measured(watch)
        watch.receive(CONTROL, b"16", False)
        watch.tick()
    assert [message for _, message in watch.published[before:]] == []
    assert Publish(CONTROL, b"10") in [message for _, message in watch.published]

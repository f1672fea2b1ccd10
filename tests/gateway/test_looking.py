"""Looking closely at what came last: line by line, once a telegram, ciphered ones opened, keys never."""

from __future__ import annotations

import re

import msgspec
import pytest

from ngair.api.telegram import TelegramDocument, TelegramLine
from ngair.gateway import looking
from ngair.gateway.intake import Intake, MeterEvent
from ngair.gateway.looking import Looking
from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.meter.explain import Line
from ngair.meter.explain import explain as explained
from ngair.model.keys import Keys
from ngair.model.limits import TELEGRAM_LINES_MAX, TELEGRAM_MAX_BYTES
from ngair.model.rules import MAIN_FUSE
from ngair.model.site import Site, apply
from ngair.model.telegram import Reason
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.api.telegrams import METER_ID, broken, telegram
from tests.gateway.house import BOX, HandClock
from tests.meter.telegrams import telegram as telegram_of_lines


class Meters:
    """Intakes of meters, the site that they make, and somebody who looks."""

    def __init__(self, keys: Keys | None = None) -> None:
        self.clock = HandClock()
        self.site = Site(box=BOX)
        self.intakes = {name: Intake(name, self.clock, self._apply, Decoder(keys)) for name in (MAIN_FUSE, "garage")}
        self.looking = Looking(self.intakes)

    def look(self, fuse: str = MAIN_FUSE) -> TelegramDocument:
        document = self.looking.telegram(self.site, fuse, self.clock.monotonic_s(), self.clock.wall_s())
        assert document is not None
        return document

    def line(self, code: str) -> TelegramLine:
        return next(line for line in self.look().lines if line.code == code)

    def _apply(self, events: list[MeterEvent]) -> None:
        for event in events:
            self.site = apply(self.site, event)


def test_a_telegram_line_by_line() -> None:
    meters = Meters()
    meters.intakes[MAIN_FUSE].meter_bytes(telegram(import_w=2345))
    meters.clock.now_s += 2.5
    shown = meters.look()
    assert meters.line("1-0:1.7.0") == TelegramLine(
        code="1-0:1.7.0", meaning="power import", value="2345", unit="W", sent="(02.345*kW)", used=True
    )
    assert meters.line("0-0:96.1.1").value == METER_ID
    assert meters.line("0-0:96.1.1").used
    assert meters.line("1-3:0.2.8").used is False
    assert (shown.age_s, shown.telegrams, shown.binary, shown.checked) == (2.5, 1, False, True)
    assert shown.data.encode("latin-1") == telegram(import_w=2345)
    assert shown.opened == ""


def test_what_a_value_stands_in_for_decides_whether_it_is_used() -> None:
    tariffs = ["1-0:1.8.1(000010.000*kWh)", "1-0:1.8.2(000005.000*kWh)"]
    meters = Meters()
    meters.intakes[MAIN_FUSE].meter_bytes(telegram_of_lines("ABC5", ["1-0:1.7.0(01.000*kW)", *tariffs]))
    assert meters.look().derived == ("energy_import_wh",)
    assert meters.line("1-0:1.8.1").used
    meters.intakes[MAIN_FUSE].meter_bytes(
        telegram_of_lines("ABC5", ["1-0:1.7.0(01.000*kW)", "1-0:1.8.0(000015.000*kWh)", *tariffs])
    )
    assert meters.look().derived == ()
    assert not meters.line("1-0:1.8.1").used
    assert meters.line("1-0:1.8.0").used


def test_the_meter_of_a_sub_fuse_by_itself() -> None:
    meters = Meters()
    meters.intakes[MAIN_FUSE].meter_bytes(telegram(import_w=1000))
    meters.intakes["garage"].meter_bytes(telegram(import_w=2000))
    assert meters.look("garage").reading is not None
    assert meters.look("garage").reading.power_import_w == 2000  # type: ignore[union-attr]  # asserted above
    assert meters.looking.telegram(meters.site, "attic", 0, 0) is None


def test_a_refused_one_beside_the_last_good_one() -> None:
    meters = Meters()
    assert meters.look().refused is None
    meters.intakes[MAIN_FUSE].meter_bytes(telegram() + broken(telegram(1)))
    meters.intakes[MAIN_FUSE].meter_link("lost", "unplugged")
    refused = meters.look().refused
    assert refused is not None
    assert (refused.reason, refused.last) == (Reason.CHECK, True)
    assert meters.look().data.encode("latin-1") == telegram()
    meters.intakes[MAIN_FUSE].meter_bytes(telegram(2))
    again = meters.look().refused
    assert again is not None
    assert not again.last


def test_each_telegram_is_looked_at_once_and_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[object] = []

    def counted(item: object) -> object:
        looks.append(item)
        return explained(item)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(looking, "explain", counted)
    meters = Meters()
    for second in range(5):
        meters.intakes[MAIN_FUSE].meter_bytes(telegram(second))
    assert looks == []
    for _ in range(3):
        meters.look()
    assert len(looks) == 1
    meters.intakes[MAIN_FUSE].meter_bytes(telegram(6))
    meters.look()
    assert len(looks) == 2


@pytest.mark.parametrize("family", sorted(DIALECTS))
def test_every_family_line_by_line_and_without_its_keys(family: str) -> None:
    keys = FAMILIES[family].keys
    meters = Meters(keys)
    for data in World(Options(family=family)).advance(30):
        meters.intakes[MAIN_FUSE].meter_bytes(data)
        meters.intakes[MAIN_FUSE].meter_quiet()
    shown = meters.look()
    assert shown.dialect == family
    assert shown.family == DIALECTS[family].title
    assert any(line.used and line.unit for line in shown.lines)
    assert shown.binary == (not shown.data.startswith("/"))
    assert shown.ciphered == (keys is not None)
    if keys is not None:
        assert shown.opened
        text = msgspec.json.encode(shown).lower()
        for key in filter(None, (keys.encryption, keys.authentication)):
            for form in (key, key.hex().encode(), key.hex(" ").encode(), repr(key).encode()):
                assert form.lower() not in text


def test_a_telegram_of_nothing_but_lines_is_cut() -> None:
    line = "0-0:9.9.9(1)"
    count = TELEGRAM_MAX_BYTES // (len(line) + 2) - 10
    meters = Meters()
    meters.intakes[MAIN_FUSE].meter_bytes(telegram_of_lines("ABC5", ["1-0:1.7.0(01.000*kW)", *[line] * count]))
    shown = meters.look()
    assert len(shown.lines) == TELEGRAM_LINES_MAX
    assert shown.left_out == count + 1 - TELEGRAM_LINES_MAX


def test_what_a_hostile_meter_says_is_plain_text() -> None:
    hostile = "<script>\x1b[2J\x85alert(1)</script>"
    meters = Meters()
    meters.intakes[MAIN_FUSE].meter_bytes(
        telegram_of_lines("ABC5", ["1-0:1.7.0(01.000*kW)", f"0-0:96.1.1({hostile})", "0-0:96.13.0(\xff\xfe)"])
    )
    shown = meters.look()
    for shown_line in shown.lines:
        assert re.fullmatch(r"[ -~]*", shown_line.sent + shown_line.value + shown_line.code)
    assert r"\x1b[2J" in meters.line("0-0:96.1.1").sent
    assert shown.data  # the raw text is whole: whoever shows it shows it as text


def test_lines_of_the_explanation_are_all_there() -> None:
    """The words are those of `ngair decode --explain`."""
    meters = Meters()
    meters.intakes[MAIN_FUSE].meter_bytes(telegram())
    last = meters.intakes[MAIN_FUSE].last.telegram
    assert last is not None
    said: list[Line] = list(explained(last))
    assert [(line.code, line.meaning, line.sent) for line in meters.look().lines] == [
        (line.code, line.meaning, line.sent) for line in said
    ]
    assert [f"{line.value} {line.unit}".strip() for line in meters.look().lines] == [line.value for line in said]

"""The page of a box that reads a binary meter: who it is, its key, and what is estimated between its lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.program import running
from tests.web.conftest import OpenPage
from tests.web.dongle import plugged_in
from tests.web.shown import shown


def test_a_meter_whose_lists_come_apart(open_page: OpenPage, tmp_path: Path) -> None:
    recording = tmp_path / "capture.hex"
    lists = World(Options(family="kaifa-no", start_hour=17)).advance(14)  # that of the hour comes ten seconds past it
    recording.write_text("\n".join(data.hex() for data in lists))
    with running("run", "--meter", f"file://{recording}?speed=5", "--data", str(tmp_path), "--mdns", "off") as box:
        visit = open_page(box.url)
        expect(visit.field("energy_import_kwh")).to_contain_text("≈")
        expect(visit.field("estimated")).to_contain_text("energy taken")
        box.until("/api/v1/site", lambda site: site["meter"]["link"] == "ended")
        expect(visit.banner().filter(has_text="The recording has ended")).to_be_visible()
        page, site = shown(visit.page), box.json("/api/v1/site")
        assert site["meter"]["reading"]["current_a"] != [None, None, None]
        for text, current_a in zip(page["currents"], site["meter"]["reading"]["current_a"], strict=True):
            assert float(text.removeprefix("≈")) == pytest.approx(current_a, abs=0.06)
        for word in ("KFM", "HAN", site["meter"]["found"]["type"], "kaifa-no", "HDLC"):
            assert word in page["meter"]
        assert "encrypted" not in page["meter"]
        raw = box.json("/meterraw/")
        assert (raw["data"], raw["len"]) == (lists[-1].hex(), len(lists[-1]))
        assert box.json("/status/")["meterInfo"] == {
            "vendor": "KFM",
            "type": "HAN",
            "id": site["meter"]["reading"]["meter_id"],
        }
        visit.leave()


@pytest.mark.parametrize(
    ("key", "title", "remedy"),
    [
        (None, "The meter's key is missing", "ask the grid operator for its key"),
        ("00" * 16, "The meter's key is wrong", "is it the key of this very meter"),
    ],
)
def test_a_key_that_does_not_open_is_told(
    key: str | None, title: str, remedy: str, open_page: OpenPage, tmp_path: Path
) -> None:
    sent = World(Options(family="kamstrup-dk")).advance(10)[0]
    with plugged_in(sent) as dongle:
        settings = ["--meter", f"tcp://127.0.0.1:{dongle.port}", "--data", str(tmp_path), "--mdns", "off"]
        with running("run", *settings, env={} if key is None else {"NGAIR_METER_KEY": key}) as box:
            visit = open_page(box.url)
            expect(visit.banner().filter(has_text=title)).to_contain_text(remedy)
            expect(visit.field("link_meter")).to_contain_text(remedy)
            expect(visit.field("flow_grid")).to_have_text("–")
            assert box.json("/api/v1/site")["meter"]["found"] is None
            visit.leave()


def test_one_that_encrypts_is_shown_as_that(open_page: OpenPage, tmp_path: Path) -> None:
    keys = FAMILIES["kamstrup-dk"].keys
    assert keys is not None
    sent = World(Options(family="kamstrup-dk")).advance(10)[0]
    with plugged_in(sent) as dongle:
        settings = ["--meter", f"tcp://127.0.0.1:{dongle.port}", "--data", str(tmp_path), "--mdns", "off"]
        with running("run", *settings, env={"NGAIR_METER_KEY": keys.encryption.hex()}) as box:
            visit = open_page(box.url)
            expect(visit.field("link_meter")).to_contain_text("encrypted")
            expect(visit.banner("over")).to_have_count(0)
            expect(visit.field("energy_import_kwh")).to_contain_text("≈")
            visit.leave()

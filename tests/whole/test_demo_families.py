"""The demo with every meter family: what the Local API says of it is what its bytes say, and who sends them."""

from __future__ import annotations

import pytest

from ngair.meter.decoder import Decoder
from ngair.meter.dialects import DIALECTS
from ngair.sim.telegrams import FAMILIES
from tests.meter.telegrams import accepted
from tests.program import running

SPEED = "30"
"""Every list of every ten seconds has come within one."""


@pytest.mark.parametrize("family", sorted(DIALECTS))
def test_a_family_is_read_and_shown(family: str) -> None:
    with running("demo", "--meter-family", family, "--speed", SPEED) as box:
        site = box.until("/api/v1/site", lambda site: is_read(site["meter"]))
        raw = box.json("/meterraw/")
        status = box.json("/status/")
        meter = box.json("/meter/")
        assert meter["activePowerIn"] + meter["activePowerOut"] > 0
        assert box.stop() == 0
    found = site["meter"]["found"]
    assert found["dialect"] == family
    text = raw["data"].startswith("/")
    data = raw["data"].encode("latin-1") if text else bytes.fromhex(raw["data"])
    assert raw["len"] == len(data)
    assert text == (found["framing"] == "P1")
    decoder = Decoder(FAMILIES[family].keys)
    (telegram,) = accepted(decoder.feed(data) + decoder.finish())
    assert telegram.origin.dialect == family
    assert status["meterInfo"]["type"] == telegram.origin.port
    assert status["meterInfo"]["vendor"] == found["vendor"]
    assert len(found["vendor"]) == 3
    assert telegram.reading.meter_id in (None, status["meterInfo"]["id"])
    assert set(site["meter"]["rejected"]) <= (set() if telegram.reading.checked else {"unconfirmed"})


def is_read(meter: dict[str, object]) -> bool:
    """Whether a telegram came that says who sends it, and power or energy."""
    found, reading = meter["found"], meter["reading"]
    return isinstance(found, dict) and isinstance(reading, dict) and reading["power_import_w"] is not None

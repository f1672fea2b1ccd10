"""An unmodified client from the package registry, written by others for the vendor's box, reads ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program import running

ctek = pytest.importorskip("ctek", reason="the client has no wheels for this Python")


async def test_it_reads_every_document() -> None:
    with running("demo", "--profile", "1.3", "--cars", "2") as box:
        box.until("/evse/", lambda chargers: sum(len(one["evse"]) for one in chargers) == 2)
        box.until("/meterraw/", lambda raw: raw[0]["len"])
        client = ctek.NanogridAir(device_ip=f"{box.address[0]}:{box.address[1]}")

        status, ours = await client.fetch_status(), box.json("/status/")
        assert_same(status.device_info, ours["deviceInfo"])
        assert_same(status.chargebox_info, ours["chargeboxInfo"])
        assert_same(status.meter_info, ours["meterInfo"])
        assert_same(status.ota_info, ours["otaInfo"])
        assert status.meter_info.vendor
        assert status.chargebox_info.state == "connected"

        meter = await client.fetch_meter_data()
        assert all(200 < volts < 260 for volts in (meter.voltage_L1, meter.voltage_L2, meter.voltage_L3))
        assert meter.total_energy_active_import > 0
        assert meter.active_power_in < 100, "in kW, or no house could have it"

        [raw] = await client.fetch_meterraw()
        assert raw.result == "OK"
        assert raw.data.startswith("/")
        assert raw.length == len(raw.data)

        chargers = await client.fetch_evse()
        assert [one.cb_id for one in chargers] == [one["cb_id"] for one in box.json("/evse/")]
        assert {one.connection_status for one in chargers} == {"Connected"}
        outlets = [outlet for one in chargers for outlet in one.evse]
        assert len(outlets) == 2
        assert all(outlet.state in range(9) and len(outlet.current) == 3 for outlet in outlets)


async def test_it_reads_a_box_that_knows_nothing_yet(tmp_path: Any) -> None:
    recording = tmp_path / "empty.txt"
    recording.write_bytes(b"")
    arguments = ["run", "--meter", f"file://{recording}", "--profile", "1.3", "--data", str(tmp_path / "data")]
    with running(*arguments, env={"NGAIR_MDNS": "off"}) as box:
        client = ctek.NanogridAir(device_ip=f"{box.address[0]}:{box.address[1]}")
        assert (await client.fetch_status()).chargebox_info.state == ""
        assert (await client.fetch_meter_data()).active_power_in == 0
        assert [raw.length for raw in await client.fetch_meterraw()] == [0]
        assert await client.fetch_evse() == []


def assert_same(theirs: Any, ours: dict[str, Any]) -> None:
    """What the client understood is what was served."""
    assert theirs.to_dict() == ours

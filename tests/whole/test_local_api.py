"""The whole program, started by its command line, asked over real sockets: both profiles, every state of the house."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ngair.model.site import Profile
from tests.adapters.http.wire import Wire, is_problem
from tests.api.telegrams import IDENT, METER_ID, broken, telegram
from tests.contracts.broker import Broker
from tests.program import Box, running, wait_for
from tests.whole.charging import charger_program

BOTH: tuple[Profile, ...] = ("1.0", "1.3")
DOCUMENTS = ("/evse/", "/meter/", "/meterraw/", "/status/")
METER_KEYS = [
    "activePowerIn",
    "activePowerOut",
    "current",
    "voltage",
    "totalEnergyActiveImport",
    "totalEnergyActiveExport",
]


@pytest.fixture(name="profile", params=BOTH)
def _profile(request: pytest.FixtureRequest) -> Profile:
    profile: Profile = request.param
    return profile


@pytest.fixture(name="meter")
def _meter() -> Iterator[Meter]:
    with contextlib.closing(Meter()) as meter:
        yield meter


@pytest.fixture(name="box", scope="module")
def _box() -> Iterator[Box]:
    with running("demo") as box:
        # Until then its status is not yet what it stays.
        box.until("/status/", lambda status: "chargeboxInfo" in status and status["meterInfo"]["id"])
        yield box


class Meter:
    """A meter behind a TCP socket that says what the test wants."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._links: list[socket.socket] = []
        self.url = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def say(self, data: bytes) -> None:
        """Send to the one that reads."""
        wait_for(lambda: bool(self._links))
        self._links[-1].sendall(data)

    def close(self) -> None:
        """Be gone. Safe to call twice."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self._links:
            link.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._links.append(self._listener.accept()[0])


class TestBeforeTheFirstTelegram:
    def test_documents(self, tmp_path: Path, meter: Meter, profile: Profile) -> None:
        with run(tmp_path, meter.url, profile) as box:
            assert box.get("/meter/").body == (
                b'{"activePowerIn":0,"activePowerOut":0,"current":[0,0,0],"voltage":[0,0,0],'
                b'"totalEnergyActiveImport":0,"totalEnergyActiveExport":0}'
            )
            raw = b'"cpu_time_ms":0,"len":0,"data":""}'
            expected = b"{" + raw if profile == "1.0" else b'[{"result":"OK",' + raw + b"]"
            assert box.get("/meterraw/").body == expected
            assert box.get("/evse/").body == b"[]"
            status = box.json("/status/")
            later = ["otaInfo", "wifiInfo"] if profile == "1.3" else []
            assert list(status) == ["deviceInfo", "meterInfo", *later]
            assert status["meterInfo"] == {"vendor": "", "type": "P1", "id": ""}
            site = box.json("/api/v1/site")
            assert (site["meter"]["reading"], site["meter"]["age_s"], site["chargers"]) == (None, None, [])

    def test_rejected_input_is_no_telegram(self, tmp_path: Path, meter: Meter, profile: Profile) -> None:
        with run(tmp_path, meter.url, profile) as box:
            meter.say(broken(telegram()))
            site = box.until("/api/v1/site", lambda site: site["meter"]["rejected"])
            assert site["meter"]["reading"] is None
            raw = box.json("/meterraw/")
            assert raw == (
                {"cpu_time_ms": 0, "len": 0, "data": ""}
                if profile == "1.0"
                else [{"result": "ERROR", "cpu_time_ms": 0, "len": 0, "data": ""}]
            )
            assert box.json("/meter/")["totalEnergyActiveImport"] == 0


class TestTelegrams:
    def test_documents_of_a_recording(self, tmp_path: Path, profile: Profile) -> None:
        data = telegram()
        recording = tmp_path / "recording.txt"
        recording.write_bytes(data)
        with run(tmp_path, f"file://{recording}", profile) as box:
            box.until("/meter/", lambda meter: meter["activePowerIn"])
            power = b'"activePowerIn":2345,' if profile == "1.0" else b'"activePowerIn":2.345,'
            assert box.get("/meter/").body == (
                b"{" + power + b'"activePowerOut":0,"current":[1.5,2.0,10.25],"voltage":[229.9,231.0,230.4],'
                b'"totalEnergyActiveImport":123456.789,"totalEnergyActiveExport":0.042}'
            )
            raw = raw_of(box.json("/meterraw/"), profile)
            assert list(raw) == [*(["result"] if profile == "1.3" else []), "cpu_time_ms", "len", "data"]
            assert raw["data"] == data.decode("ascii")
            assert raw["len"] == len(data)
            assert isinstance(raw["cpu_time_ms"], int)
            assert raw["cpu_time_ms"] >= 0
            assert box.json("/status/")["meterInfo"] == {"vendor": "XYZ", "type": "P1", "id": METER_ID}
            reading = box.json("/api/v1/site")["meter"]["reading"]
            assert (reading["ident"], reading["power_import_w"], reading["checked"]) == (IDENT, 2345, True)

    def test_power_that_flows_out(self, tmp_path: Path, meter: Meter, profile: Profile) -> None:
        with run(tmp_path, meter.url, profile) as box:
            meter.say(telegram(import_w=0, export_w=1500))
            shown = box.until("/meter/", lambda document: document["activePowerOut"])
            assert shown["activePowerOut"] == (1500 if profile == "1.0" else 1.5)
            assert shown["current"] == [1.5, 2, 10.25]

    def test_rejected_input_leaves_the_last_telegram(self, tmp_path: Path, meter: Meter, profile: Profile) -> None:
        with run(tmp_path, meter.url, profile) as box:
            meter.say(telegram())
            box.until("/meter/", lambda document: document["activePowerIn"])
            before = {path: box.get(path).body for path in DOCUMENTS}
            meter.say(broken(telegram(second=1, import_w=9)))
            box.until("/api/v1/site", lambda site: site["meter"]["rejected"] == {"check": 1})
            after = {path: box.get(path).body for path in DOCUMENTS}
            if profile == "1.3":
                assert after.pop("/meterraw/") == before.pop("/meterraw/").replace(b'"OK"', b'"ERROR"')
            assert after == before
            meter.say(telegram(second=2))
            box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] == 2)
            assert raw_of(box.json("/meterraw/"), profile).get("result", "OK") == "OK"

    def test_a_lost_meter_leaves_its_values(self, tmp_path: Path, meter: Meter) -> None:
        with run(tmp_path, meter.url) as box:
            meter.say(telegram())
            shown = box.until("/meter/", lambda document: document["activePowerIn"])
            meter.close()
            site = box.until("/api/v1/site", lambda site: site["meter"]["link"] == "lost")
            assert site["meter"]["link_detail"]
            assert box.json("/meter/") == shown

    def test_counters_survive_a_restart_and_nothing_else(self, tmp_path: Path, meter: Meter, profile: Profile) -> None:
        with run(tmp_path, meter.url, profile) as box:
            meter.say(telegram())
            shown = box.until("/meter/", lambda document: document["activePowerIn"])
            device = box.json("/status/")["deviceInfo"]
            assert box.stop() == 0
        with run(tmp_path, meter.url, profile) as box:
            assert box.json("/meter/") == shown | {
                "activePowerIn": 0,
                "current": [0, 0, 0],
                "voltage": [0, 0, 0],
            }
            assert box.json("/status/")["meterInfo"]["id"] == ""
            assert box.json("/status/")["deviceInfo"] == device, "it is the same box"
            assert box.json("/api/v1/site")["meter"]["reading"] is None


class TestBox:
    def test_who_it_is(self, tmp_path: Path, meter: Meter, profile: Profile) -> None:
        with run(tmp_path, meter.url, profile) as box:
            device = box.json("/status/")["deviceInfo"]
            assert list(device) == ["serial", "firmware", "mac"]
            assert re.fullmatch("[A-Z0-9]{16}", device["serial"])
            assert re.fullmatch(r"ngair\.\d+\.\d+\.\d+\S*-0-g[0-9a-f]+", device["firmware"])
            assert re.fullmatch("[0-9a-f]{12}", device["mac"])
            if profile == "1.3":
                status = box.json("/status/")
                assert status["otaInfo"] == {"status": 0, "version": "", "progress": 0}
                assert status["wifiInfo"] == {"ssid": "", "rssi": 0}


class TestChargers:
    def test_one(self, profile: Profile) -> None:
        with running("demo", "--profile", profile) as box:
            [charger] = box.until("/evse/", bool)
            assert list(charger) == ["cb_id", "connection_status", "evse"]
            assert charger["connection_status"] == "Connected"
            for number, outlet in enumerate(charger["evse"], 1):
                assert list(outlet) == ["id", "state", "current", *(["energy", "power"] if profile == "1.3" else [])]
                assert outlet["id"] == number
                assert outlet["state"] in range(9)
                assert len(outlet["current"]) == 3
            info = box.json("/status/")["chargeboxInfo"]
            keys = ["identity", "serial", "firmware", "endpoint", "port", "state"]
            assert list(info) == [*keys, *(["pinned"] if profile == "1.3" else [])]
            assert info["serial"] == charger["cb_id"]
            assert info["state"] == "connected"
            assert list(box.json("/status/"))[:3] == ["deviceInfo", "chargeboxInfo", "meterInfo"]
            shown = box.until("/meter/", lambda meter: any(meter["voltage"]))
            assert list(shown) == METER_KEYS
            assert all(200 < voltage < 260 for voltage in shown["voltage"])

    def test_two(self, profile: Profile) -> None:
        with running("demo", "--profile", profile, "--cars", "2") as box:
            chargers = box.until("/evse/", lambda chargers: sum(len(one["evse"]) for one in chargers) == 2)
            assert box.json("/status/")["chargeboxInfo"]["serial"] == chargers[0]["cb_id"]

    def test_none(self, tmp_path: Path, profile: Profile) -> None:
        with run(tmp_path, "sim:", profile) as box:
            box.until("/meter/", lambda meter: any(meter["voltage"]))
            assert box.get("/evse/").body == b"[]"
            assert "chargeboxInfo" not in box.json("/status/")

    def test_lost_and_back(self, tmp_path: Path, profile: Profile) -> None:
        with Broker(tmp_path) as broker, charger_program(broker.port):
            charger = ("--charger", f"mqtt://127.0.0.1:{broker.port}", "--main-fuse", "25")
            with run(tmp_path, "sim:", profile, *charger) as box:
                before = box.until(
                    "/evse/", lambda chargers: [one["connection_status"] for one in chargers] == ["Connected"]
                )
                broker.kill()
                lost = box.until("/evse/", lambda chargers: chargers[0]["connection_status"] == "Disconnected")
                assert [one["cb_id"] for one in lost] == [one["cb_id"] for one in before]
                assert {outlet["state"] for one in lost for outlet in one["evse"]} == {7}
                assert box.json("/status/")["chargeboxInfo"]["state"] == "disconnected"
                broker.start()
                back = box.until("/evse/", lambda chargers: chargers[0]["connection_status"] == "Connected")
                assert 7 not in {outlet["state"] for one in back for outlet in one["evse"]}

    def test_lost_for_good(self, tmp_path: Path, profile: Profile) -> None:
        with run(tmp_path, "sim:", profile, "--charger", "sim:?lose_after_s=1", "--main-fuse", "25") as box:
            status = box.until(
                "/status/", lambda status: status.get("chargeboxInfo", {}).get("state") == "disconnected"
            )
            [charger] = box.json("/evse/")
            assert charger["connection_status"] == "Disconnected"
            assert charger["cb_id"] == status["chargeboxInfo"]["serial"]
            assert {outlet["state"] for outlet in charger["evse"]} == {7}


class TestHttp:
    @pytest.mark.parametrize("path", [*DOCUMENTS, "/api/v1/site/"])
    def test_both_forms_of_a_path_without_redirect(self, box: Box, path: str) -> None:
        for form in (path, path.rstrip("/")):
            answer = box.get(form)
            assert answer.status == 200
            assert answer.headers["content-type"] == "application/json"
            assert isinstance(msgspec.json.decode(answer.body), dict | list)

    @pytest.mark.parametrize("path", ["/", "/docs", "/docs/", "/openapi.json", "/status/"])
    def test_a_page_that_has_not_changed_is_not_sent_again(self, box: Box, path: str) -> None:
        first = box.get(path)
        assert first.status == 200
        by_tag = box.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (by_tag.status, by_tag.body) == (304, b"")
        by_date = box.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
        assert by_date.status in (304, 200 if path == "/status/" else 304), "a status may have changed in that second"

    @pytest.mark.parametrize("path", [*DOCUMENTS, "/api/v1/site", "/", "/docs", "/openapi.json"])
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
    def test_a_wrong_method(self, box: Box, path: str, method: str) -> None:
        answer = box.get(path, method)
        assert is_problem(answer, 405)
        assert answer.headers["allow"] == "GET, HEAD"

    @pytest.mark.parametrize("path", [*DOCUMENTS, "/api/v1/site", "/", "/docs", "/openapi.json"])
    def test_head(self, box: Box, path: str) -> None:
        answer = box.get(path, "HEAD")
        assert (answer.status, answer.body) == (200, b"")
        assert int(answer.headers["content-length"]) > 0

    def test_errors_are_problems(self, box: Box) -> None:
        assert is_problem(box.get("/nothing"), 404)
        assert is_problem(box.get("/ssid/"), 403)
        assert is_problem(box.get("/ssid"), 403)
        assert is_problem(box.get("/upload/firmware.bin", "POST"), 401)
        assert is_problem(box.get("/upload/firmware.bin"), 405)
        assert is_problem(box.get("/meter/", "POST", {"Host": "evil.example"}), 421)

    def test_a_configured_name_is_a_name_of_the_box(self) -> None:
        with running("demo", env={"NGAIR_HOST_NAMES": "box.example"}) as box:
            assert is_problem(box.get("/meter/", "POST", {"Host": "box.example"}), 405)
            assert is_problem(box.get("/meter/", "POST", {"Host": "evil.example"}), 421)
            for path in ("/", "/docs", "/openapi.json", "/api/v1/site", "/api/v1/token", "/api/v1/events", "/assets/x"):
                assert is_problem(box.get(path, headers={"Host": "evil.example"}), 421), path
                assert box.get(path, headers={"Host": "box.example"}).status != 421, path
            for path in ("/meter/", "/evse/", "/status/", "/meterraw/"):
                assert box.get(path, headers={"Host": "evil.example"}).status == 200, path

    def test_a_burst_of_thirty_one(self, box: Box) -> None:
        """One integration opens as many connections at once."""
        wires = [Wire(box.address) for _ in range(31)]
        with contextlib.ExitStack() as stack:
            for wire in wires:
                stack.enter_context(wire)
            for wire in wires:
                wire.send(b"GET /meter/ HTTP/1.1\r\nHost: a\r\n\r\n")
            assert [wire.answer().status for wire in wires] == [200] * 31

    def test_a_demo_is_described_by_its_profile(self, box: Box) -> None:
        assert "profile 1.0" in box.json("/openapi.json")["info"]["description"]


@contextlib.contextmanager
def run(folder: Path, meter: str, profile: Profile = "1.0", *more: str) -> Iterator[Box]:
    """`ngair run` on a meter, found by nobody."""
    data = str(folder / "data")
    with running(
        "run", "--meter", meter, "--profile", profile, "--data", data, *more, env={"NGAIR_MDNS": "off"}
    ) as box:
        yield box


def raw_of(document: Any, profile: Profile) -> dict[str, Any]:
    """The one element of `/meterraw/`."""
    if profile == "1.0":
        assert isinstance(document, dict)
        return document
    [raw] = document
    assert isinstance(raw, dict)
    return raw

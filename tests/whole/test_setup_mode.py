"""A box fresh from its carton is given a network over real HTTP, as a phone does it. The radio is a simulated one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.program import Answer, Box, basic, ngair, running, wait_for

SETUP = "/api/v1/setup"
NEW = "battery staple"
RIGHT = "correct horse"
JSON = {"Content-Type": "application/json"}


def act(box: Box, name: str, headers: Mapping[str, str] | None = None, **body: object) -> Answer:
    return box.send(f"{SETUP}/{name}", "POST", msgspec.json.encode(body), JSON | dict(headers or {}))


def until_state(box: Box, state: str) -> Any:
    return box.until(SETUP, lambda document: document["state"] == state)


@pytest.fixture(name="new", scope="module")
def _new() -> Iterator[Box]:
    """A new box, in setup mode. The tests below are the steps of one way, in their order."""
    with running("demo", "--setup", "--profile", "1.3", "--speed", "20") as box:
        until_state(box, "open")
        yield box
        assert box.stop() == 0
        told = "".join([*box.output, *box.errors])
        assert "Traceback" not in told
        assert not any(secret in told for secret in (NEW, RIGHT, "wrong horse"))


class TestFirstSetup:
    def test_it_has_no_password_and_says_who_it_is(self, new: Box) -> None:
        document = new.json(SETUP)
        assert document["reason"] == "start"
        assert document["password_needed"]
        assert document["radio"]
        assert document["access_point"] == f"ngair-{document['serial'][-4:]}"
        assert new.json("/api/v1/lock")["setup"]
        assert not any("password" in line for line in new.output)

    def test_the_networks_in_reach_are_listed_with_all_their_names(self, new: Box) -> None:
        found = new.json("/ssid/")["ssid_string"]
        assert found[0] == "Home"
        assert {'Bob\'s "5G" <b>&amp;</b> \\ /', "🚗 Ångström 🔌", "caf\\xe9", "\\x5cx41lice", " "} < set(found)
        assert len(found) == len(set(found))
        assert "Hidden" not in found

    def test_a_phone_is_led_to_the_page(self, new: Box) -> None:
        answer = new.get("/generate_204", headers={"Host": "connectivitycheck.gstatic.com"})
        assert (answer.status, answer.headers["location"]) == (302, new.url + "setup")
        assert new.get("/setup").status == 200

    def test_without_a_password_for_the_box_nothing_is_joined(self, new: Box) -> None:
        assert act(new, "join", ssid="Home", wifi_password=RIGHT).status == 422
        assert act(new, "join", ssid="Home", wifi_password=RIGHT, password="short").status == 422
        assert new.json(SETUP)["state"] == "open"

    def test_a_wrong_wifi_password_comes_back_with_the_reason_and_the_box_has_its_own(self, new: Box) -> None:
        assert act(new, "join", ssid="Home", wifi_password="wrong horse", password=NEW).status == 202
        document = new.until(SETUP, lambda document: document["error"])
        assert (document["error"]["failure"], document["error"]["ssid"]) == ("wrong password", "Home")
        assert until_state(new, "open")["password_set"]

    def test_a_network_that_vanished_comes_back_with_the_reason(self, new: Box) -> None:
        assert act(new, "join", ssid="Vanishing", wifi_password=RIGHT).status == 202
        document = new.until(SETUP, lambda document: document["error"] and document["state"] == "open")
        assert document["error"]["failure"] == "not found"

    def test_firmware_may_be_brought_without_the_password(self, new: Box) -> None:
        """This program has no slots for it, which is told only to those who are let in."""
        answer = new.send("/upload/image.ngfw", "POST", b"image")
        assert (answer.status, b"started by hand" in answer.body) == (403, True)

    def test_charging_went_on_all_the_time(self, new: Box) -> None:
        assert new.get("/api/v1/site").status == 401, "by the access point the house is not shown"
        site = msgspec.json.decode(new.get("/api/v1/site", headers=basic(NEW)).body)
        [charger] = site["chargers"]
        assert charger["outlets"][0]["setpoint_a"] > 0
        assert site["meter"]["link"] == "up"

    def test_a_network_is_joined_and_its_address_told(self, new: Box) -> None:
        assert act(new, "join", ssid="Home", wifi_password=RIGHT).status == 202
        document = until_state(new, "telling")
        assert document["joined"]["ssid"] == "Home"
        assert document["joined"]["addresses"] == ["192.0.2.57", "2001:db8::57"]
        assert document["joined"]["host_name"] == "ctek-ng-air.local"
        assert new.until(SETUP, lambda document: document["closes_in_s"] is not None)["closes_in_s"] <= 300

    def test_done_ends_it_and_the_network_stays(self, new: Box) -> None:
        new.until("/api/v1/lock", lambda document: document["setup"])
        assert act(new, "done").status == 202
        until_state(new, "off")
        wifi = new.until("/status/", lambda document: document["wifiInfo"]["ssid"] == "Home")["wifiInfo"]
        assert -100 < wifi["rssi"] < -30

    def test_then_everything_is_behind_the_password_that_was_set(self, new: Box) -> None:
        assert new.get("/ssid/").status == 403
        assert new.get("/generate_204").status == 404
        assert new.send("/upload/image.ngfw", "POST", b"image").status == 401
        assert act(new, "start").status == 401
        assert act(new, "start", basic("wrong horse")).status == 401
        assert act(new, "start", basic(NEW)).status == 202
        assert until_state(new, "open")["reason"] == "page"
        assert not new.json(SETUP)["password_may_be_set"]

    def test_from_the_page_it_is_ended_again(self, new: Box) -> None:
        assert act(new, "stop").status == 202
        new.until("/status/", lambda document: document["wifiInfo"]["ssid"] == "Home")

    def test_the_log_tells_of_it(self, new: Box) -> None:
        """It is written each minute at the latest; what happened since is looked up with it."""
        entries = new.until("/api/v1/events", lambda document: _kinds(document) >= {"setup", "password set"})
        [*_, setup] = [entry for entry in entries["entries"] if entry["kind"] == "setup"]
        assert "started in setup mode" in setup["text"]


def _kinds(document: Any) -> set[str]:
    return {entry["kind"] for entry in document["entries"]}


class TestRun:
    def test_the_button_begins_it_and_that_a_network_worked_is_kept(self, tmp_path: Path) -> None:
        data, button = tmp_path / "data", tmp_path / "button"
        how = ("run", "--meter", "sim:?speed=20", "--mdns", "off", "--data", str(data), "--wifi", "sim:")
        with running(*how, "--setup-button", str(button)) as box:
            assert box.json(SETUP)["state"] == "off"
            assert box.get("/ssid/").status == 403
            button.touch()
            document = until_state(box, "open")
            assert document["reason"] == "button"
            assert act(box, "join", ssid="Garden (open)", password=NEW).status == 202
            until_state(box, "telling")
            wait_for(lambda: (data / "network.json").exists())
            assert box.stop() == 0
        assert b"true" in (data / "network.json").read_bytes()
        assert (data / "password.json").stat().st_mode & 0o77 == 0

    def test_without_wifi_there_is_none_of_it(self, tmp_path: Path) -> None:
        with running("demo") as box:
            assert box.get(SETUP).status == 404
            assert box.get("/ssid/").status == 403

    def test_a_password_file_of_the_access_point_that_cannot_be_is_told_at_the_start(self, tmp_path: Path) -> None:
        key = tmp_path / "key"
        key.write_text("short7\n")
        done = ngair("run", "--meter", "sim:", "--wifi", "sim:", "--setup-key-file", str(key))
        assert done.returncode == 2
        assert b"at least 8 characters" in done.stderr
        assert b"short7" not in done.stderr

"""The whole program is asked about itself: what it tells is true, and no key or password is in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pytest

from ngair.api.queries import INSPECTED
from ngair.model.settings import SETTINGS
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.api.telegrams import broken, telegram
from tests.program import Box, ngair, running
from tests.web.dongle import plugged_in

FAMILY = "kamstrup-dk"
PASSWORD = "hunter2-of-the-house"
PATHS = [endpoint.path for endpoint in INSPECTED]


def keys() -> tuple[bytes, bytes]:
    found = FAMILIES[FAMILY].keys
    assert found is not None
    assert found.authentication is not None
    return found.encryption, found.authentication


def forms(secret: bytes) -> Iterator[bytes]:
    """A secret as anybody might have written it."""
    yield secret
    yield from (secret.hex().encode(), secret.hex(" ").encode(), secret.hex(":").encode(), secret.hex("-").encode())
    yield from (base64.b64encode(secret).rstrip(b"="), repr(secret)[2:-1].encode(), str(list(secret))[1:-1].encode())
    yield str(list(secret))[1:-1].replace(" ", "").encode()


def assert_untold(box: Box, secrets: list[bytes], paths: list[str]) -> None:
    for path in [*PATHS, *paths, "/api/v1/site", "/status/", "/meterraw/", "/api/v1/events", "/openapi.json"]:
        answer = box.get(path)
        assert answer.status == 200, (path, answer)
        body = answer.body.lower()
        for secret in secrets:
            for form in forms(secret):
                assert form.lower() not in body, f"{path} tells a secret"
    told = "".join([*box.output, *box.errors]).lower().encode()
    assert not any(form.lower() in told for secret in secrets for form in forms(secret))


def key_settings(place: str, folder: Path) -> tuple[list[str], Mapping[str, str]]:
    """Arguments and environment that give the keys."""
    key, authentication = keys()
    if place == "environment":
        return [], {"NGAIR_METER_KEY": key.hex(), "NGAIR_METER_AUTH_KEY": authentication.hex(":")}
    if place == "settings file":
        config = folder / "ngair.toml"
        config.write_text(f'meter_key = "{key.hex()}"\nmeter_auth_key = "{authentication.hex()}"\n')
        return ["--config", str(config)], {}
    file = folder / "keys"
    file.write_text(f"encryption {key.hex().upper()}\nauthentication {authentication.hex()}\n")
    return ["--meter-key-file", str(file)], {}


@pytest.mark.parametrize("place", ["environment", "settings file", "key file"])
def test_keys_are_in_none_of_it(place: str, tmp_path: Path) -> None:
    arguments, env = key_settings(place, tmp_path)
    key, authentication = keys()
    own = tmp_path / "own-keys"
    own.write_text(f"encryption {key.hex()}\n")
    sent = World(Options(family=FAMILY)).advance(10)[0]
    with plugged_in(sent) as dongle:
        garage = f"garage?rating=16&meter=tcp://127.0.0.1:{dongle.port}&meter_key_file={own}"
        with running(
            *("run", "--meter", f"tcp://127.0.0.1:{dongle.port}", "--main-fuse", "25", "--sub-fuse", garage),
            *("--data", str(tmp_path / "data"), "--mdns", "off", "--log-level", "debug", *arguments),
            env=env,
        ) as box:
            box.until("/api/v1/box", lambda told: told["memory"]["state"] == "up")
            box.until("/api/v1/meter/telegram", lambda told: told["lines"])
            box.until("/api/v1/meter/telegram?fuse=garage", lambda told: told["lines"])
            told = box.json("/api/v1/meter/telegram")
            assert told["ciphered"]
            assert told["binary"]
            assert told["opened"] != told["data"]
            assert_untold(box, [key, authentication], ["/api/v1/meter/telegram?fuse=garage"])
            shown = {row["key"]: row for row in box.json("/api/v1/settings")["settings"]}
            assert shown["meter_key"]["set"] == (place != "key file")
            assert shown["meter_key"]["value"] is None
            assert box.stop() == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--meter", f"tcp://owner:{PASSWORD}@127.0.0.1:1"),
        ("--meter", "sim:", "--charger", f"mqtt://owner:{PASSWORD}@127.0.0.1", "--main-fuse", "25"),
    ],
)
def test_a_url_with_a_password_starts_nothing(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """There is no link with a password yet: `without_passwords` hides those that may come."""
    done = ngair("run", *arguments, "--data", str(tmp_path), "--mdns", "off")
    assert done.returncode == 2


def test_what_it_tells_of_itself_is_true(tmp_path: Path) -> None:
    with plugged_in(telegram(1) + broken(telegram(2)) + telegram(3)) as dongle:
        arguments = ("--meter", f"tcp://127.0.0.1:{dongle.port}", "--data", str(tmp_path), "--mdns", "off")
        with running("run", *arguments, "--time-zone", "Europe/Stockholm", "--raw-days", "3") as box:
            told = box.until("/api/v1/meter/telegram", lambda told: told["rejected"])
            site = box.json("/api/v1/site")
            assert told["refused"]["reason"] == "check"
            assert told["remedies"] == site["meter"]["remedies"]
            assert told["data"].encode("latin-1") in (telegram(1), telegram(3))
            assert next(line for line in told["lines"] if line["code"] == "1-0:1.7.0")["value"] == "2345"

            settings = box.json("/api/v1/settings")["settings"]
            assert [row["key"] for row in settings] == [setting.key for setting in SETTINGS]
            assert next(row for row in settings if row["key"] == "raw_days")["value"] == "3"

            about = box.until("/api/v1/box", lambda told: told["memory"]["state"] == "up")
            assert about["serial"] == site["box"]["serial"]
            assert about["zone"] == "Europe/Stockholm"
            assert about["utc_offset_s"] in (3600, 7200)
            assert about["disk"]["folder"] == str(tmp_path)
            assert [link["link"] for link in about["links"]] == ["up"]
            assert {row["kind"] for row in about["memory"]["kept"]} >= {"samples", "hours", "days", "events"}

            answer = box.get("/api/v1/diagnostics")
            named = f'filename="ngair-diagnostics-{about["serial"]}-'
            assert answer.headers["content-disposition"].startswith(f"attachment; {named}")
            document = msgspec.json.decode(answer.body)
            assert document["box"]["serial"] == about["serial"]
            assert [entry["kind"] for entry in document["log"]][-1] == "started"
            assert document["log_missing"] == ""

            assert box.get("/api/v1/meter/telegram?fuse=attic").status == 404
            assert box.get("/api/v1/meter/telegram?fuze=main").status == 422
            assert box.get("/api/v1/settings", headers={"Host": "stranger.example"}).status == 421
            assert box.stop() == 0


def test_without_a_memory_it_still_tells(tmp_path: Path) -> None:
    with running("run", "--meter", "sim:", "--history", "off", "--data", str(tmp_path), "--mdns", "off") as box:
        about = box.json("/api/v1/box")
        assert (about["memory"]["state"], about["memory"]["kept"]) == ("off", [])
        assert box.json("/api/v1/diagnostics")["log_missing"]
        assert box.stop() == 0

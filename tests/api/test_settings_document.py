"""`/api/v1/settings`: every setting, and no key or password."""

from __future__ import annotations

import msgspec
import pytest

from ngair.api.settings_document import SettingDocument, settings_document, without_passwords
from ngair.model.settings import SETTINGS, Layer, Settings, resolve


def rows(**values: object) -> dict[str, SettingDocument]:
    return {row.key: row for row in settings_document(resolve([Layer("a test", values)])).settings}


def test_every_setting_is_told_in_its_order_with_its_names() -> None:
    assert [row.key for row in settings_document(Settings()).settings] == [row.key for row in SETTINGS]
    row = rows()["main_fuse_a"]
    assert (row.flag, row.variable, row.metavar) == ("--main-fuse", "NGAIR_MAIN_FUSE_A", "A")
    assert row.meaning
    assert "6 to 200" in row.allowed


def test_nothing_is_set_at_first() -> None:
    assert [row.key for row in settings_document(Settings()).settings if row.set] == []
    told = {row.key: row.value for row in settings_document(Settings()).settings}
    assert told["main_fuse_a"] is None
    assert told["chargers"] is None
    assert told["margin_a"] == "1"
    assert told["mdns"] == "on"
    assert told["http"] == ":80"


VALUES = {
    "meter": "serial:///dev/ttyUSB0?baud=2400&parity=8E1",
    "chargers": ["mqtt://192.0.2.7:1883", "mqtt://carport.local"],
    "main_fuse_a": 20.5,
    "power_max_w": 11_000,
    "sub_fuses": [
        "garage?rating=16,16,20&chargers=CB00000000000001,CB2222/1&power_max_w=9000&meter=tcp://192.0.2.8:23"
        "?framing=P1%26dialect=made-up&meter_key_file=/keys/a%26b",
        "shed?rating=10&under=garage&reserve_a=2.5",
    ],
    "prices": "1.95 SEK 22-06=1.20 13:30-24=-0.000001",
    "time_zone": "Europe/Stockholm",
    "raw_days": 30,
    "minute_days": 500,
    "history": "off",
    "fallback_a": 0,
    "http": "[::1]:8080",
    "mdns": "off",
    "host_names": ["box.example", "other.example"],
    "log_level": "debug",
}


@pytest.mark.parametrize("key", VALUES)
def test_a_value_is_told_as_one_would_write_it(key: str) -> None:
    """What is told can be given again, as text in the environment, and says the same."""
    given = {"main_fuse_a": 25} | {key: VALUES[key]}
    row = rows(**given)[key]
    assert row.set
    assert row.value is not None
    again = given | {key: row.value}
    assert resolve([Layer("again", again)]) == resolve([Layer("first", given)])


def test_a_key_is_only_told_to_be_there() -> None:
    told = rows(meter_key="00112233445566778899AABBCCDDEEFF")
    assert (told["meter_key"].value, told["meter_key"].set, told["meter_key"].secret) == (None, True, True)
    assert (told["meter_auth_key"].value, told["meter_auth_key"].set) == (None, False)


def test_every_setting_whose_value_is_a_key_is_secret() -> None:
    """A key that somebody adds and forgets to mark is not told either."""
    text = msgspec.json.encode(
        settings_document(resolve([Layer("a test", {"meter_key": "ab" * 16, "meter_auth_key": "cd" * 16})]))
    ).lower()
    assert b"abababab" not in text
    assert b"cdcdcdcd" not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mqtt://user:hunter2@192.0.2.7:1883", "mqtt://***@192.0.2.7:1883"),
        ("mqtt://hunter2@carport", "mqtt://***@carport"),
        ("mqtt://a:hunt@er2@carport/x", "mqtt://***@carport/x"),
        ("tcp://192.0.2.7:23?framing=P1&password=hunter2&x=1", "tcp://192.0.2.7:23?framing=P1&password=***&x=1"),
        ("ocpp://box?AuthKey=hunter2", "ocpp://box?AuthKey=***"),
        ("a?meter_key_file=/etc/key", "a?meter_key_file=/etc/key"),
        ("serial:///dev/ttyUSB0?baud=2400", "serial:///dev/ttyUSB0?baud=2400"),
        ("no link: mqtt://u:hunter2@h is away", "no link: mqtt://***@h is away"),
        ("file:///a@b", "file:///a@b"),
    ],
)
def test_passwords_of_urls_are_hidden(text: str, shown: str) -> None:
    assert without_passwords(text) == shown

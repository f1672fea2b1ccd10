"""Every setting by file, environment and flag, in rising order."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ngair.cli import demo
from ngair.cli.failure import Failure
from ngair.cli.main import parser_of_all
from ngair.cli.options import settings_from
from ngair.model.keys import Key
from ngair.model.rules import Fuse
from ngair.model.setting_values import Address
from ngair.model.settings import SETTINGS, Setting, Settings

FUSE = "main_fuse_a = 25\n"
SUB_FUSE = Fuse(name="a", rating_a=(20, 20, 20), under="main")
NEEDED = {
    "chargers": {"NGAIR_MAIN_FUSE_A": "25"},
    "meter_auth_key": {"NGAIR_METER_KEY": "00" * 16},
    "tls_certificate": {"NGAIR_TLS_KEY": "/key", "NGAIR_HTTPS": ":443"},
    "tls_key": {"NGAIR_TLS_CERTIFICATE": "/cert", "NGAIR_HTTPS": ":443"},
}
PAIRED = ("tls_certificate", "tls_key")
"""Cannot be left out while what they need is there."""
THREE: dict[str, list[tuple[str, list[str], Any]]] = {
    "meter": [
        ('meter = "tcp://a:1"', ["tcp://a:1"], "tcp://a:1"),
        ('meter = "serial:///dev/b"', ["serial:///dev/b"], "serial:///dev/b"),
        ('meter = "file:///c"', ["file:///c"], "file:///c"),
    ],
    "meter_key": [
        (f'meter_key = "{"0A" * 16}"', ["0A" * 16], Key(b"\x0a" * 16)),
        (f'meter_key = "{"1b:" * 16}"', ["1b" * 16], Key(b"\x1b" * 16)),
        (f"meter_key = '{'2C ' * 16}'", ["2C" * 16], Key(b"\x2c" * 16)),
    ],
    "meter_auth_key": [
        (f'meter_auth_key = "{"0A" * 16}"', ["0A" * 16], Key(b"\x0a" * 16)),
        (f'meter_auth_key = "{"1b:" * 16}"', ["1b" * 16], Key(b"\x1b" * 16)),
        (f"meter_auth_key = '{'2C ' * 16}'", ["2C" * 16], Key(b"\x2c" * 16)),
    ],
    "meter_key_file": [
        ('meter_key_file = "/a"', ["/a"], "/a"),
        ('meter_key_file = "b c"', ["b c"], "b c"),
        ('meter_key_file = "/ö"', ["/ö"], "/ö"),
    ],
    "chargers": [
        (FUSE + 'chargers = ["sim:?cars=1"]', ["sim:?cars=1"], ("sim:?cars=1",)),
        (FUSE + 'chargers = ["sim:", "sim:?cars=2"]', ["sim:", "sim:?cars=2"], ("sim:", "sim:?cars=2")),
        (FUSE + 'chargers = "sim:?cars=3"', ["sim:?cars=3"], ("sim:?cars=3",)),
    ],
    "main_fuse_a": [
        ("main_fuse_a = 16", ["16"], 16),
        ("main_fuse_a = 20.0", ["20.0"], 20),
        ('main_fuse_a = "25"', ["25"], 25),
    ],
    "power_max_w": [
        ("power_max_w = 11000", ["11000"], 11000),
        ('power_max_w = "9000.5"', ["9000.5"], 9000.5),
        ("power_max_w = 17_000", ["17000"], 17000),
    ],
    "sub_fuses": [
        ('sub_fuses = ["a?rating=20"]', ["a?rating=20"], (SUB_FUSE,)),
        ("[[sub_fuses]]\nname = 'b'\nrating = 20", ["b?rating=20"], (replace(SUB_FUSE, name="b"),)),
        ("sub_fuses = 'c?rating=20'", ["c?rating=20"], (replace(SUB_FUSE, name="c"),)),
    ],
    "margin_a": [
        ("margin_a = 0", ["0"], 0),
        ("margin_a = 0.5", ["0.5"], 0.5),
        ('margin_a = "2"', ["2"], 2),
    ],
    "fallback_a": [
        ("fallback_a = 0", ["0"], 0),
        ("fallback_a = 6", ["6"], 6),
        ('fallback_a = "10"', ["10"], 10),
    ],
    "raise_after_s": [
        ("raise_after_s = 0", ["0"], 0),
        ("raise_after_s = 20.5", ["20.5"], 20.5),
        ('raise_after_s = "60"', ["60"], 60),
    ],
    "restart_after_s": [
        ("restart_after_s = 0", ["0"], 0),
        ("restart_after_s = 20.5", ["20.5"], 20.5),
        ('restart_after_s = "120"', ["120"], 120),
    ],
    "turn_s": [
        ("turn_s = 60", ["60"], 60),
        ("turn_s = 300.5", ["300.5"], 300.5),
        ('turn_s = "1800"', ["1800"], 1800),
    ],
    "http": [
        ('http = ":1"', [":1"], Address("", 1)),
        ('http = "127.0.0.1:2"', ["127.0.0.1:2"], Address("127.0.0.1", 2)),
        ('http = "[::1]:3"', ["[::1]:3"], Address("::1", 3)),
    ],
    "profile": [
        ('profile = "1.3"', ["1.3"], "1.3"),
        ('profile = "1.0"', ["1.0"], "1.0"),
        ('profile = "1.3"', ["1.3"], "1.3"),
    ],
    "data": [
        ('data = "/a"', ["/a"], "/a"),
        ('data = "b c"', ["b c"], "b c"),
        ('data = "/ö"', ["/ö"], "/ö"),
    ],
    "mdns": [
        ("mdns = false", ["off"], False),
        ("mdns = true", ["on"], True),
        ('mdns = "no"', ["no"], False),
    ],
    "host_names": [
        ('host_names = ["a.example"]', ["a.example"], ("a.example",)),
        ('host_names = ["b.example", "c.example"]', ["b.example", "c.example"], ("b.example", "c.example")),
        ('host_names = "d.example"', ["d.example"], ("d.example",)),
    ],
    "history": [
        ("history = false", ["off"], False),
        ("history = true", ["on"], True),
        ('history = "no"', ["no"], False),
    ],
    "time_zone": [
        ('time_zone = "Europe/Oslo"', ["Europe/Oslo"], "Europe/Oslo"),
        ('time_zone = "UTC"', ["UTC"], "UTC"),
        ('time_zone = "America/St_Johns"', ["America/St_Johns"], "America/St_Johns"),
    ],
    "prices": [
        ('prices = "1.95 SEK"', ["1.95 SEK"], "1.95 SEK"),
        ('prices = "0.3 € 22-06=0.2"', ["0.3 € 22-06=0.2"], "0.3 € 22-06=0.2"),
        ('prices = "2 kr 0-7=1 12-13=-0.1"', ["2 kr 0-7=1 12-13=-0.1"], "2 kr 0-7=1 12-13=-0.1"),
    ],
    "raw_days": [
        ("raw_days = 1", ["1"], 1),
        ('raw_days = "30"', ["30"], 30),
        ("raw_days = 366", ["366"], 366),
    ],
    "minute_days": [
        ("minute_days = 7", ["7"], 7),
        ('minute_days = "30"', ["30"], 30),
        ("minute_days = 3660", ["3660"], 3660),
    ],
    "read_lock": [
        ("read_lock = true", ["on"], True),
        ('read_lock = "off"', ["off"], False),
        ('read_lock = "yes"', ["yes"], True),
    ],
    "https": [
        ('https = ":443"', [":443"], Address("", 443)),
        ('https = "127.0.0.1:1"', ["127.0.0.1:1"], Address("127.0.0.1", 1)),
        ('https = "[::1]:2"', ["[::1]:2"], Address("::1", 2)),
    ],
    "tls_certificate": [
        ('tls_certificate = "/a"', ["/a"], "/a"),
        ('tls_certificate = "b c"', ["b c"], "b c"),
        ('tls_certificate = "/ö"', ["/ö"], "/ö"),
    ],
    "tls_key": [
        ('tls_key = "/a"', ["/a"], "/a"),
        ('tls_key = "b c"', ["b c"], "b c"),
        ('tls_key = "/ö"', ["/ö"], "/ö"),
    ],
    "wifi": [
        ("wifi = true", ["on"], "on"),
        ('wifi = "sim:"', ["sim:"], "sim:"),
        ('wifi = "off"', ["off"], "off"),
    ],
    "setup": [
        ("setup = true", ["on"], True),
        ('setup = "off"', ["off"], False),
        ('setup = "yes"', ["yes"], True),
    ],
    "setup_button": [
        ('setup_button = "/a"', ["/a"], "/a"),
        ('setup_button = "b c"', ["b c"], "b c"),
        ('setup_button = "/ö"', ["/ö"], "/ö"),
    ],
    "setup_key_file": [
        ('setup_key_file = "/a"', ["/a"], "/a"),
        ('setup_key_file = "b c"', ["b c"], "b c"),
        ('setup_key_file = "/ö"', ["/ö"], "/ö"),
    ],
    "firmware_keys": [
        ('firmware_keys = "/a"', ["/a"], "/a"),
        ('firmware_keys = "b c"', ["b c"], "b c"),
        ('firmware_keys = "/ö"', ["/ö"], "/ö"),
    ],
    "log_level": [
        ('log_level = "debug"', ["debug"], "debug"),
        ('log_level = "error"', ["error"], "error"),
        ('log_level = "warning"', ["warning"], "warning"),
    ],
}
"""Three values of each: as a line of the file, as the words of flag and environment, and as the program has it."""


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_file_environment_and_flag_in_rising_order(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_file, in_environment, in_flags = THREE[setting.key]
    for name, value in NEEDED.get(setting.key, {}).items():
        monkeypatch.setenv(name, value)
    if setting.key not in PAIRED:
        assert found(setting, []) == getattr(Settings(), setting.key)

    path = tmp_path / "ngair.toml"
    path.write_text(in_file[0], encoding="utf-8")
    assert found(setting, ["--config", str(path)]) == in_file[2]
    monkeypatch.setenv("NGAIR_CONFIG", str(path))
    assert found(setting, []) == in_file[2]

    monkeypatch.setenv(setting.variable, " ".join(in_environment[1]) if setting.many else in_environment[1][0])
    assert found(setting, []) == in_environment[2]
    if setting.flag is None:
        with pytest.raises(SystemExit):
            settings([f"--{setting.key.replace('_', '-')}", "x"])
        return
    assert found(setting, [word for text in in_flags[1] for word in (setting.flag, text)]) == in_flags[2]
    assert found(setting, [f"{setting.flag}={text}" for text in in_flags[1]]) == in_flags[2]


def test_a_flag_names_another_file_than_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(f'data = "/{name}"')
    monkeypatch.setenv("NGAIR_CONFIG", str(tmp_path / "a"))
    assert settings([]).data == "/a"
    assert settings(["--config", str(tmp_path / "b")]).data == "/b"


def test_a_file_may_come_from_another_system(tmp_path: Path) -> None:
    path = tmp_path / "ngair.toml"
    path.write_bytes(b'\xef\xbb\xbf# made elsewhere\r\nprofile = "1.3"\r\n')
    assert settings(["--config", str(path)]).profile == "1.3"


def test_variables_of_others_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NGAIR_TEST_LONG", "NGAIR_TELEGRAMS", "MY_NGAIR_X"):
        monkeypatch.setenv(name, "something")
    assert settings([]) == Settings()


@pytest.mark.parametrize("name", ["NGAIR_METRE", "NGAIR_", "NGAIR_meter", "NGAIR_FUSE", "NGAIR_A\nB"])
def test_a_variable_that_is_no_setting_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(Failure) as refused:
        settings([])
    assert str(refused.value).startswith("environment: ")
    assert "is no setting; there are NGAIR_METER, NGAIR_METER_KEY, NGAIR_METER_AUTH_KEY, " in str(refused.value)
    assert str(refused.value).isprintable()
    assert refused.value.code == 2


def test_the_demo_has_its_own_defaults() -> None:
    options = parser_of_all().parse_args(["demo"])
    found = settings_from(options, demo.DEFAULTS, None)
    assert (found.http, found.mdns, found.main_fuse_a) == (Address("127.0.0.1", 8080), False, 25)
    options = parser_of_all().parse_args(["demo", "--mdns", "--http", ":1", "--main-fuse", "16", "--profile", "1.3"])
    found = settings_from(options, demo.DEFAULTS, None)
    assert (found.http, found.mdns, found.main_fuse_a, found.profile) == (Address("", 1), True, 16, "1.3")


def settings(arguments: list[str]) -> Settings:
    options: argparse.Namespace = parser_of_all().parse_args(["run", *arguments])
    return settings_from(options, {}, options.config)


def found(setting: Setting, arguments: list[str]) -> Any:
    return getattr(settings(arguments), setting.key)

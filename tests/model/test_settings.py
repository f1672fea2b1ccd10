"""Settings: every value that can be, and one line for every one that cannot."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ngair.model.keys import Key, Keys
from ngair.model.rules import Fuse
from ngair.model.setting_values import Address
from ngair.model.settings import SETTINGS, SHOWN_MAX, Layer, Setting, SettingError, Settings, resolve

SHED_TEXT = "shed?rating=16&under=garage"
GARAGE = Fuse(name="garage", rating_a=(20, 20, 20), under="main", chargers=("CB01",))
SHED = Fuse(name="shed", rating_a=(16, 16, 16), under="garage")
HUT = Fuse(name="hut", rating_a=(9, 9, 9), under="main", meter="tcp://192.0.2.7:1", meter_key_file="/key")
KEY = Key(bytes(range(16)))
HIDDEN = KEY.value.hex()

GOOD: list[tuple[str, Any, Any]] = [
    ("meter", "tcp://192.0.2.7:2000", "tcp://192.0.2.7:2000"),
    ("meter_key", KEY.value.hex(), KEY),
    ("meter_key", KEY.value.hex(" ").upper(), KEY),
    ("meter_auth_key", KEY.value.hex(":"), KEY),
    ("meter_key_file", "/etc/ngair/meter.key", "/etc/ngair/meter.key"),
    ("chargers", "sim:", ("sim:",)),
    ("chargers", "sim: sim:?cars=2", ("sim:", "sim:?cars=2")),
    ("chargers", ["sim:"], ("sim:",)),
    ("chargers", "", ()),
    ("chargers", [], ()),
    ("main_fuse_a", 25, 25),
    ("main_fuse_a", 16.5, 16.5),
    ("main_fuse_a", "35.0", 35),
    ("main_fuse_a", "6", 6),
    ("main_fuse_a", 200, 200),
    ("chargers", "mqtt://192.0.2.7 sim:", ("mqtt://192.0.2.7", "sim:")),
    ("chargers", ["mqtt://charger.local:1884"], ("mqtt://charger.local:1884",)),
    ("power_max_w", "11000", 11000),
    ("power_max_w", 1000, 1000),
    ("sub_fuses", [], ()),
    ("sub_fuses", "garage?rating=20&chargers=CB01 shed?rating=16&under=garage", (GARAGE, SHED)),
    ("sub_fuses", "hut?rating=9&meter=tcp://192.0.2.7:1&meter_key_file=/key", (HUT,)),
    ("sub_fuses", [{"name": "garage", "rating": 20, "chargers": ["CB01"]}, SHED_TEXT], (GARAGE, SHED)),
    ("margin_a", 0, 0),
    ("margin_a", "1.5", 1.5),
    ("fallback_a", 0, 0),
    ("fallback_a", "6", 6),
    ("fallback_a", 80, 80),
    ("raise_after_s", 0, 0),
    ("raise_after_s", "12.5", 12.5),
    ("restart_after_s", 3600, 3600),
    ("turn_s", 60, 60),
    ("http", ":8080", Address("", 8080)),
    ("http", "127.0.0.1:0", Address("127.0.0.1", 0)),
    ("http", "[::1]:65535", Address("::1", 65535)),
    ("http", "box.local:80", Address("box.local", 80)),
    ("profile", "1.0", "1.0"),
    ("profile", "1.3", "1.3"),
    ("read_lock", "on", True),
    ("https", ":443", Address("", 443)),
    ("tls_certificate", "/etc/ngair/cert.pem", "/etc/ngair/cert.pem"),
    ("tls_key", "/etc/ngair/key.pem", "/etc/ngair/key.pem"),
    ("wifi", "on", "on"),
    ("wifi", False, "off"),
    ("wifi", "sim:", "sim:"),
    ("setup", True, True),
    ("setup_button", "/run/ngair/setup", "/run/ngair/setup"),
    ("setup_key_file", "/etc/ngair/setup.key", "/etc/ngair/setup.key"),
    ("firmware_keys", "/etc/ngair/firmware.pub", "/etc/ngair/firmware.pub"),
    ("data", "/var/lib/ngair", "/var/lib/ngair"),
    ("data", "here", "here"),
    ("mdns", True, True),
    ("mdns", "off", False),
    ("mdns", "YES", True),
    ("mdns", "0", False),
    ("host_names", "box.example.org other.example.org", ("box.example.org", "other.example.org")),
    ("host_names", ["Box.Example.org"], ("Box.Example.org",)),
    ("history", "off", False),
    ("history", True, True),
    ("time_zone", "Europe/Stockholm", "Europe/Stockholm"),
    ("time_zone", "UTC", "UTC"),
    ("time_zone", "America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ("prices", "1.95 SEK", "1.95 SEK"),
    ("prices", "0.31 € 22-06=0.19 06:30-07=-0.05", "0.31 € 22-06=0.19 06:30-07=-0.05"),
    ("raw_days", "1", 1),
    ("raw_days", 366.0, 366),
    ("minute_days", 7, 7),
    ("minute_days", "3660", 3660),
    ("log_level", "debug", "debug"),
]
NEEDED: dict[str, dict[str, Any]] = {
    "chargers": {"main_fuse_a": 25},
    "meter_auth_key": {"meter_key": HIDDEN},
    "tls_certificate": {"tls_key": "/etc/ngair/key.pem", "https": ":443"},
    "tls_key": {"tls_certificate": "/etc/ngair/cert.pem", "https": ":443"},
}
BAD: dict[str, list[Any]] = {
    "meter": [
        "",
        "usb",
        5,
        [],
        {},
        {"url": "sim:"},
        True,
        ["sim:"],
        "tcp://[::1",
        "tcp://a",
        datetime.date(2026, 3, 2),
    ],
    "meter_key": ["", HIDDEN[1:], HIDDEN + "00", HIDDEN[:-1] + "g", "é" * 32, 10**31, [HIDDEN], {}, True, None],
    "meter_auth_key": ["", HIDDEN[2:], f"0x{HIDDEN}", 5, [HIDDEN], {HIDDEN: 1}, False, None],
    "meter_key_file": ["", "a\0b", "~/key", 5, ["/key"], {}, None],
    "chargers": ["tcp://a:1", ["tcp://a:1"], [5], 5, True, {"a": 1}, ["sim:", ""], ["["], datetime.time(17, 0)],
    "main_fuse_a": [
        *("", "sixteen", 5, 201, -16, "nan", "inf", "-inf", True, [16], {}, None),
        *("1e400", 10**400, -(10**400), 10**5000, "9" * 5000, "0x10", 1e-300, [10**5000], datetime.date(2026, 3, 2)),
    ],
    "power_max_w": ["", "lots", 999, -11000, "nan", "inf", True, [11000], {}, None, 1e9, 10**5000],
    "sub_fuses": [
        *(
            "garage",
            "garage?rating=20&x=1",
            "?rating=20",
            "garage?rating=0",
            "garage?rating=1,2",
            "a?rating=9&rating=9",
        ),
        *("a b?rating=9", "garage?rating=20&chargers=x y", "garage?rating=20&meter=sim:", "garage?rating=nan", 5, True),
        *([5], [{}], [{"name": "garage"}], [{"name": "garage", "rating": [1, 2]}], {"name": "garage"}, None, [None]),
        *([{"name": 5, "rating": 5}], [{"name": "a", "rating": 5, "chargers": "CB01;"}], ["\0?rating=5"]),
        *(["garage?rating=20&reserve_a=-1"], ["garage?rating=20&power_max_w=0"], ["garage?rating=20&under="]),
        *(["garage?rating=20&meter_key_file=/key"], ["garage?rating=20&meter=tcp://192.0.2.7:1&meter_key_file=~/key"]),
        *(["garage?rating=20&reserve_a=1&meter=tcp://192.0.2.7:1"], [{"name": "a", "rating": 10**5000}]),
    ],
    "margin_a": ["", "some", -0.1, 17, "nan", True, [1], {}, None],
    "fallback_a": ["", 1, 5, 81, -6, 6.5, "nan", "inf", True, [6], {}, None],
    "raise_after_s": ["", "soon", -1, 3601, "nan", True, [30], {}, None],
    "restart_after_s": ["", "soon", -1, 3601, "inf", False, [90], {}, None],
    "turn_s": ["", "soon", 59, 21601, "nan", True, [900], {}, None],
    "http": [
        *("", "8080", 8080, ":x", ":-1", ":65536", "::1:80", "[::1:80", "::1]:80", "[a]:80", "1:2:3", "[192.0.2.1]:80"),
        *("a b:80", "a\0b:80", "ä:80", "[]:80", ":٨٠", ":" + "9" * 5000, True, [":80"], "http://a:80", "*:80"),
        *(f"{'a' * 64}:80", "a..b:80"),
    ],
    "profile": ["", "1", "2.0", 1.3, 1, True, ["1.0"], "latest"],
    "read_lock": ["", "maybe", 1, [], {}, None],
    "https": ["", "443", 443, ":x", ":65536", "::1:443", True, [":443"], "https://a:443"],
    "tls_certificate": ["", "a\0b", "~/cert.pem", 5, ["/cert.pem"], {}, None],
    "tls_key": ["", "a\0b", "~/key.pem", 5, ["/key.pem"], {}, None],
    "wifi": ["", "sim", "sim:x", "wlan0", 1, [], {}, None],
    "setup": ["", "maybe", 1, [], {}, None],
    "setup_button": ["", "a\0b", "~/button", 5, [], {}, None],
    "setup_key_file": ["", "a\0b", "~/key", 5, [], {}, None],
    "firmware_keys": ["", "a\0b", "~/key", 5, [], {}, None],
    "data": ["", "a\0b", "~/ngair", "~", 5, ["/var"], {}, False],
    "mdns": ["", "maybe", 1, 0, 2, [], {}, "true false"],
    "host_names": [5, True, [5], [""], "a_b! c", ["a b"], ["http://a"], [["a"]], {"a": 1}],
    "history": ["", "maybe", 1, 0, [], {}, None],
    "time_zone": [
        *("", "Mars/Olympus", "europe", "Europe", "../../etc/passwd", "/etc/localtime", "Europe/Stockholm\0", "a\nb"),
        *("Ä", "\ud800", "x" * 5000, "Europe/" * 10, ".", 5, True, ["UTC"], {}, None, datetime.date(2026, 3, 2)),
    ],
    "prices": [
        *(
            "",
            "1.95",
            "SEK 1.95",
            "SEK",
            "1,95 SEK",
            "1.95 SEK 22=1",
            "1.95 SEK 22-25=1",
            "1.95 SEK 22-22=1",
            "nan SEK",
        ),
        *("1e3 SEK", "1.95 SEK 24-06=1", "1.95 SEK 22:60-06=1", "9999999 SEK", 1.95, True, ["1.95 SEK"], {}, None),
        *("1.95 SEK" + " 22-06=1" * 25, "1.95 <b>", "1.95 SEK 22-06=1.2.3", "1.95 SEK 22-06=-", "٥ SEK"),
    ],
    "raw_days": ["", "all", 0, 367, -1, 1.5, "nan", "inf", True, [14], {}, None, 10**5000],
    "minute_days": ["", "all", 6, 3661, -1, 7.5, "nan", "inf", True, [400], {}, None],
    "log_level": ["", "INFO", "verbose", 10, [], ["info"], {}, None],
}


@pytest.mark.parametrize(("key", "raw", "expected"), GOOD)
def test_a_value_that_can_be(key: str, raw: Any, expected: Any) -> None:
    layer = Layer("here", NEEDED.get(key, {}) | {key: raw})
    assert getattr(resolve([layer]), key) == expected


@pytest.mark.parametrize(
    ("key", "raw"),
    [pytest.param(key, raw, id=f"{key}-{number}") for key, raws in BAD.items() for number, raw in enumerate(raws)],
)
def test_a_value_that_cannot_be_is_told_in_a_line(key: str, raw: Any) -> None:
    with pytest.raises(SettingError) as refused:
        resolve([Layer("/etc/ngair.toml", {key: raw})])
    line = str(refused.value)
    assert line.startswith(f"/etc/ngair.toml: {key} = ")
    shown, _, allowed = line.removeprefix(f"/etc/ngair.toml: {key} = ").rpartition(": allowed is ")
    assert 0 < len(shown) <= SHOWN_MAX
    assert len(allowed) >= len("sim:")
    assert line.isprintable()


def test_the_value_is_shown_as_it_was_given() -> None:
    with pytest.raises(SettingError) as refused:
        resolve([Layer("environment", {"http": "a\nb\x1b[31m:80"})])
    assert str(refused.value).startswith(r"environment: http = 'a\nb\x1b[31m:80': allowed is [HOST]:PORT")


@pytest.mark.parametrize("key", ["metre", "Meter", "", "a\nb", "x" * 500, "__class__", "main-fuse"])
def test_a_key_that_is_no_setting_is_told_with_those_that_are(key: str) -> None:
    with pytest.raises(SettingError) as refused:
        resolve([Layer("/etc/ngair.toml", {key: "x"})])
    line = str(refused.value)
    assert line.endswith(f"is no setting; there are {', '.join(setting.key for setting in SETTINGS)}")
    assert line.isprintable()
    assert len(line) < 500


def test_a_later_layer_goes_before_an_earlier_one() -> None:
    layers = [Layer("file", {"http": ":1", "profile": "1.3"}), Layer("env", {"http": ":2", "mdns": "off"})]
    found = resolve([*layers, Layer("flags", {"http": ":3"})])
    assert (found.http.port, found.profile, found.mdns, found.log_level) == (3, "1.3", False, "info")


def test_an_earlier_layer_must_be_right_too() -> None:
    with pytest.raises(SettingError, match="file: http"):
        resolve([Layer("file", {"http": "wrong"}), Layer("flags", {"http": ":80"})])


@pytest.mark.parametrize("key", [setting.key for setting in SETTINGS if setting.secret])
def test_a_secret_is_never_shown(key: str) -> None:
    for raw in BAD[key]:
        with pytest.raises(SettingError) as refused:
            resolve([Layer("environment", {key: raw})])
        assert str(refused.value).startswith(f"environment: {key} = (not shown): allowed is 32 hex digits")
        assert HIDDEN[2:-2] not in str(refused.value)
    found = resolve([Layer("here", NEEDED.get(key, {}) | {key: HIDDEN})])
    assert getattr(found, key) == KEY
    for shown in (repr(found), str(found), f"{found.meter_keys}", repr(getattr(found, key))):
        assert HIDDEN[:8] not in shown
        assert repr(KEY.value)[2:-1] not in shown


def test_the_length_of_a_key_is_told() -> None:
    with pytest.raises(SettingError, match=r"meter_key = \(not shown\): allowed is 32 hex digits; this has 31$"):
        resolve([Layer("environment", {"meter_key": HIDDEN[1:]})])


def test_keys_are_given_in_one_place() -> None:
    for values in ({"meter_key": HIDDEN}, {"meter_key": HIDDEN, "meter_auth_key": HIDDEN}, {"meter_auth_key": HIDDEN}):
        with pytest.raises(SettingError, match="give the keys in one place"):
            resolve([Layer("file", values), Layer("command line", {"meter_key_file": "/key"})])
    with pytest.raises(SettingError, match="meter_auth_key is set without meter_key"):
        resolve([Layer("file", {"meter_auth_key": HIDDEN})])


def test_the_keys_of_a_meter() -> None:
    assert Settings().meter_keys is None
    assert Settings(meter_key_file="/key").meter_keys is None
    assert Settings(meter_key=KEY).meter_keys == Keys(KEY.value)
    assert Settings(meter_key=KEY, meter_auth_key=Key(b"0" * 16)).meter_keys == Keys(KEY.value, b"0" * 16)


def test_without_any_value_there_are_the_defaults() -> None:
    assert resolve([]) == Settings()


def test_settings_that_belong_together() -> None:
    for values, told in (
        ({"tls_key": "/key", "https": ":443"}, "belong together"),
        ({"tls_certificate": "/cert", "https": ":443"}, "belong together"),
        ({"tls_certificate": "/cert", "tls_key": "/key"}, "without https"),
        ({"setup": "on", "wifi": "off"}, "needs a radio"),
    ):
        with pytest.raises(SettingError, match=told):
            resolve([Layer("file", values)])


def test_setup_mode_needs_a_radio_and_takes_it() -> None:
    assert resolve([Layer("command line", {"setup": "on"})]).wifi == "on"
    assert resolve([Layer("command line", {"setup": "on", "wifi": "sim:"})]).wifi == "sim:"
    assert resolve([]).wifi == "off"


def test_a_charger_needs_a_main_fuse() -> None:
    with pytest.raises(SettingError, match=r"main_fuse_a is not set: .* give --main-fuse A"):
        resolve([Layer("file", {"chargers": ["sim:"]})])


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_a_setting_says_all_about_itself(setting: Setting) -> None:
    assert setting.key in Settings.__struct_fields__
    assert setting.variable == f"NGAIR_{setting.key.upper()}"
    assert setting.secret if setting.flag is None else setting.flag.startswith("--")
    assert setting.meaning.endswith(".")
    assert min(map(len, (setting.metavar, setting.allowed, setting.default))) > 0
    assert setting.key in {key for key, _, _ in GOOD}
    assert setting.key in BAD


def test_every_field_is_a_setting() -> None:
    assert [setting.key for setting in SETTINGS] == list(Settings.__struct_fields__)
    flags = [setting.flag for setting in SETTINGS if setting.flag is not None]
    assert len(set(flags)) == len(flags)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.integers(10**4400, 10**4401)
    | st.sampled_from([raw for _, raw, _ in GOOD]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([setting.key for setting in SETTINGS]) | st.text(max_size=5), values))
@example({"main_fuse_a": 10**5000})
@example({"chargers": {"a": 10**5000}})
@example({"data": "\ud800"})
def test_any_values_are_settings_or_one_line(raw: dict[str, Any]) -> None:
    outcome = _settings_or_refusal(raw)
    if isinstance(outcome, str):
        assert outcome.isprintable()
        assert len(outcome) < 600


def _settings_or_refusal(raw: dict[str, Any]) -> Settings | str:
    try:
        return resolve([Layer("somewhere", raw)])
    except SettingError as refused:
        return str(refused)

"""`ngair check`: is a configuration right, and what will it do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ngair.cli.main import main

FULL = """
meter = "serial:///dev/ttyUSB0?baud=9600"
chargers = ["sim:"]
main_fuse_a = 25
http = "127.0.0.1:8080"
profile = "1.3"
data = "/srv/ngair"
mdns = false
raise_after_s = 40
restart_after_s = 70
time_zone = "Europe/Oslo"
prices = "2 kr"
"""


def said(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    path = tmp_path / "ngair.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path)])
    shown = capsys.readouterr()
    assert (ended.value.code, shown.err) == (0, "")
    first, *lines = shown.out.splitlines()
    assert first == f"{path} is right. A box started with it will"
    return lines


def test_it_tells_what_a_box_will_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(tmp_path, FULL, capsys) == [
        "  - read the meter on the serial line /dev/ttyUSB0, whose setting it finds out: 9600 8N1 or 9600 8E1",
        "  - take its telegrams as it finds them, without a key: a meter that encrypts is told as that",
        "  - steer 1 charger link(s): sim:",
        "  - keep to the main fuse: 25 A a phase",
        "  - leave 1 A free, lower at once, raise after 40 s, restart after 70 s, and without data allow 6 A",
        "  - serve the Local API as profile 1.3 and the page on 127.0.0.1, port 8080",
        "  - ask for the password for changes",
        "  - take firmware that is signed by a key in /etc/ngair/firmware.pub",
        "  - not announce itself by mDNS",
        "  - keep its identity and counters in /srv/ngair",
        "  - remember readings for 14 days, minutes for 400, the rest for years, by the days of Europe/Oslo, at 2 kr",
    ]


def test_it_tells_that_nothing_is_remembered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(tmp_path, 'meter = "sim:"\nhistory = false', capsys)
    assert lines[-1] == "  - remember nothing of what happens"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("read_lock = true", ["ask for the password for all"]),
        (
            'https = ":443"',
            [
                "serve the same by TLS on all addresses, port 443, with a certificate that it makes itself",
                "ask for the password for changes, and take it by TLS only",
            ],
        ),
        (
            'wifi = "on"\nsetup_button = "/run/ngair/setup"',
            [
                "look after its Wi-Fi, and open an access point without a network, and when /run/ngair/setup is "
                "touched, open to all who are near"
            ],
        ),
        ("setup = true", ["look after its Wi-Fi, and open an access point at its start, open to all who are near"]),
        (
            'setup = true\nhttp = "127.0.0.1:80"',
            ["the access point leads nowhere, for http is on 127.0.0.1 only: serve it on all addresses, such as :80"],
        ),
        (
            'wifi = "on"\nhttp = ":8080"',
            ["phones do not open the setup page by themselves, for they look on port 80: it is on port 8080"],
        ),
        ('firmware_keys = "/srv/keys"', ["take firmware that is signed by a key in /srv/keys"]),
    ],
)
def test_it_tells_of_locks_network_and_firmware(
    content: str, told: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(tmp_path, f'meter = "sim:"\n{content}', capsys)
    assert [f"  - {line}" for line in told] == [line for line in lines if line[4:] in told]


@pytest.mark.parametrize("http", [":80", "0.0.0.0:80", "[::]:80", "192.168.4.1:80"])
def test_it_warns_of_no_access_point_that_phones_find(
    http: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(tmp_path, f'meter = "sim:"\nwifi = "on"\nhttp = "{http}"', capsys)
    assert not any("phones" in line or "nowhere" in line for line in lines)


FUSES = """
meter = "serial:///dev/ttyUSB0"
chargers = ["mqtt://192.0.2.7", "mqtt://192.0.2.8:1884"]
main_fuse_a = 35
power_max_w = 17000

[[sub_fuses]]
name = "garage"
rating = 20
chargers = ["CB0001", "CB0002/1"]

[[sub_fuses]]
name = "shed"
rating = [16, 16, 10]
under = "garage"
"""


def test_it_tells_of_every_fuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(tmp_path, FUSES, capsys)[2:7] == [
        "  - steer 2 charger link(s): mqtt://192.0.2.7, mqtt://192.0.2.8:1884",
        "  - keep to the main fuse: 35 A a phase",
        "  - keep to the fuse garage: 20 A a phase, under main, above CB0001, CB0002/1",
        "  - keep to the fuse shed: 16, 16, 10 A, under garage, above nothing yet: no charger is named below it",
        "  - keep the house below 17000 W",
    ]


@pytest.mark.parametrize(
    ("meter", "told"),
    [
        ("tcp://[2001:db8::7]:23", "over TCP from 2001:db8::7, port 23"),
        ("file:///a%20b.txt?speed=2.5", "from the recording /a b.txt at 2.5 times its speed"),
        ("file:///a?loop=1", "from the recording /a at 1 times its speed, again and again"),
        ("sim:?cars=2", "of a simulated house"),
    ],
)
def test_it_tells_where_the_meter_is(meter: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = said(tmp_path, f'meter = "{meter}"', capsys)
    assert lines[0] == f"  - read the meter {told}"
    assert "  - keep to the main fuse: none is set: it watches, and steers no charger" in lines
    assert [line for line in lines if line.endswith("and the page on all addresses, port 80")]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("", "whose setting it finds out: 115200 8N1, 2400 8E1, 2400 8N1, 9600 8N1, 115200 8E1 or 38400 8N1"),
        ("?parity=8E1", "whose setting it finds out: 2400 8E1, 115200 8E1, 9600 8E1 or 38400 8E1"),
        ("?baud=9600&parity=7E1", "set to 9600 7E1"),
    ],
)
def test_it_tells_how_a_line_is_set(
    options: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(tmp_path, f'meter = "serial:///dev/ttyUSB0{options}"', capsys)
    assert lines[0] == f"  - read the meter on the serial line /dev/ttyUSB0, {told}"


KEY = "000102030405060708090a0b0c0d0e0f"
ENCRYPTS = ", should it encrypt"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (f'meter_key = "{KEY}"', f"with the key given{ENCRYPTS}"),
        (f'meter_key = "{KEY}"\nmeter_auth_key = "{KEY}"', f"with the key given and the authentication key{ENCRYPTS}"),
        ('meter_key_file = "{folder}/meter.key"', f"with the key in {{folder}}/meter.key{ENCRYPTS}"),
    ],
)
def test_it_tells_that_keys_are_given_and_nothing_of_them(
    settings: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "meter.key").write_text(f"encryption {KEY}")
    (tmp_path / "meter.key").chmod(0o600)
    content = f'meter = "tcp://192.0.2.7:1"\n{settings.format(folder=tmp_path)}'
    lines = said(tmp_path, content, capsys)
    assert lines[1] == f"  - take its telegrams as it finds them, {told.format(folder=tmp_path)}"
    assert KEY[4:12] not in "".join(lines)


def test_it_tells_what_is_fixed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = 'meter = "file:///a?framing=HDLC&energy_unit_wh=10"'
    assert said(tmp_path, content, capsys)[1].startswith(
        "  - take its telegrams as framing HDLC, energy in steps of 10 Wh, without a key"
    )


def refused(tmp_path: Path, content: str, capsys: pytest.CaptureFixture[str]) -> str:
    path = tmp_path / "ngair.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path)])
    shown = capsys.readouterr()
    assert (ended.value.code, shown.out) == (2, "")
    return shown.err


def test_a_name_that_there_is_not_is_told_with_those_that_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(tmp_path, 'meter = "tcp://192.0.2.7:1?framing=P2"', capsys)
    assert "framing=P2 of tcp://192.0.2.7:1?framing=P2: there is none of this name; there are P1, HDLC" in told
    told = refused(tmp_path, 'meter = "serial:///dev/ttyUSB0?dialect=klingon"', capsys)
    assert "dialect=klingon" in told
    assert ", kaifa-no, " in told
    fuse = 'name = "a"\nrating = 9\nmeter = "file:///a?dialect=x"'
    told = refused(tmp_path, f'meter = "tcp://a:1"\nmain_fuse_a = 25\n[[sub_fuses]]\n{fuse}', capsys)
    assert "dialect=x of file:///a?dialect=x" in told


@pytest.mark.parametrize(
    ("held", "why"),
    [
        (None, "the key file cannot be read: No such file or directory"),
        (f"encryption {KEY[1:]}", "line 1: a key is 32 hex digits; this has 31"),
        (f"# mine\nmy key is {KEY}", "line 2: a key is 32 hex digits; this has something else in it"),
        (KEY * 1000, "is larger than 4096 bytes: is it the right key file?"),
        (b"\xff\x00" + KEY.encode(), "is not UTF-8 text: is it the right key file?"),
        ("", "no key in it: write a line with the word encryption and 32 hex digits"),
    ],
)
def test_a_key_file_that_cannot_be_is_told_without_the_key(
    held: str | bytes | None, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "meter.key"
    if held is not None:
        path.write_bytes(held.encode() if isinstance(held, str) else held)
    for told in (
        refused(tmp_path, f'meter = "tcp://a:1"\nmeter_key_file = "{path}"', capsys),
        refused(
            tmp_path,
            f'meter = "tcp://a:1"\nmain_fuse_a = 25\nsub_fuses = ["a?rating=9&meter=tcp://a:2&meter_key_file={path}"]',
            capsys,
        ),
    ):
        assert f"{path}: {why}" in told
        assert KEY[4:12] not in told


def test_a_key_file_that_everybody_may_read_is_warned_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "meter.key"
    path.write_text(KEY)
    for mode, warned in ((0o600, 0), (0o640, 0), (0o644, 1), (0o604, 1)):
        path.chmod(mode)
        caplog.clear()
        said(tmp_path, f'meter = "tcp://a:1"\nmeter_key_file = "{path}"', capsys)
        assert [record.getMessage() for record in caplog.records] == warned * [
            f"{path}: everybody on this machine may read the meter's key: chmod 600 {path}"
        ]


def test_it_opens_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(tmp_path, f'meter = "file://{tmp_path}/none.txt"\ndata = "{tmp_path}/data"', capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["ngair.toml"]

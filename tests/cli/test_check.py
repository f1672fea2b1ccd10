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
        "  - read the meter on the serial line /dev/ttyUSB0 at 9600 baud",
        "  - steer 1 charger link(s): sim:",
        "  - keep to the main fuse: 25 A a phase",
        "  - leave 1 A free, lower at once, raise after 40 s, restart after 70 s, and without data allow 6 A",
        "  - serve the Local API as profile 1.3 and the page on 127.0.0.1, port 8080",
        "  - not announce itself by mDNS",
        "  - keep its identity and counters in /srv/ngair",
    ]


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
    assert said(tmp_path, FUSES, capsys)[1:6] == [
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
    assert lines[2] == "  - keep to the main fuse: none is set: it watches, and steers no charger"
    assert lines[3].endswith("on all addresses, port 80")


def test_it_opens_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(tmp_path, f'meter = "file://{tmp_path}/none.txt"\ndata = "{tmp_path}/data"', capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["ngair.toml"]

"""URLs of meters and chargers: what is taken, and what is refused in a line that helps."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ngair.model.line import Fixed
from ngair.model.urls import (
    CHARGER_URLS,
    METER_URLS,
    FileUrl,
    MeterUrl,
    MqttUrl,
    SerialUrl,
    SimUrl,
    TcpUrl,
    charger_url,
    is_host,
    meter_url,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("serial:///dev/ttyUSB0", SerialUrl("/dev/ttyUSB0")),
        ("serial:///dev/ttyUSB0?baud=9600", SerialUrl("/dev/ttyUSB0", Fixed(baudrate=9600))),
        ("serial:///dev/ttyUSB0?parity=7E1", SerialUrl("/dev/ttyUSB0", Fixed(parity="7E1"))),
        (
            "serial:///dev/ttyUSB0?baud=2400&parity=8E1&framing=HDLC&dialect=kaifa-no&energy_unit_wh=10",
            SerialUrl(
                "/dev/ttyUSB0",
                Fixed(baudrate=2400, parity="8E1", framing="HDLC", dialect="kaifa-no", energy_unit_wh=10),
            ),
        ),
        ("SERIAL:///dev/ttyUSB0", SerialUrl("/dev/ttyUSB0")),
        (
            "serial:///dev/serial/by-id/usb-FTDI_P1%20cable-if00",
            SerialUrl("/dev/serial/by-id/usb-FTDI_P1 cable-if00"),
        ),
        ("tcp://192.0.2.7:2000", TcpUrl("192.0.2.7", 2000)),
        ("tcp://192.0.2.7:2000?framing=M-Bus", TcpUrl("192.0.2.7", 2000, Fixed(framing="M-Bus"))),
        ("tcp://192.0.2.7:2000/?energy_unit_wh=1", TcpUrl("192.0.2.7", 2000, Fixed(energy_unit_wh=1))),
        ("tcp://P1-Reader.local:23/", TcpUrl("p1-reader.local", 23)),
        ("tcp://[2001:db8::7]:23", TcpUrl("2001:db8::7", 23)),
        ("tcp://[fe80::1%25eth0]:23", TcpUrl("fe80::1%eth0", 23)),
        ("file:///home/x/capture.txt", FileUrl("/home/x/capture.txt")),
        ("file:///capture.txt?speed=2.5&loop=1", FileUrl("/capture.txt", 2.5, True)),
        ("file:///capture.txt?loop=0&speed=3600", FileUrl("/capture.txt", 3600)),
        ("file:///c?dialect=dk-kamstrup&speed=2", FileUrl("/c", 2, fixed=Fixed(dialect="dk-kamstrup"))),
        ("file:///my%20capture%231.txt", FileUrl("/my capture#1.txt")),
        ("file:///mät er.txt", FileUrl("/mät er.txt")),
        ("sim:", SimUrl("sim:")),
        ("sim:?family=se&seed=3", SimUrl("sim:?family=se&seed=3")),
    ],
)
def test_a_meter_s_url(text: str, expected: MeterUrl) -> None:
    assert meter_url(text) == expected


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", METER_URLS),
        ("/dev/ttyUSB0", METER_URLS),
        ("http://192.0.2.7/", METER_URLS),
        ("192.0.2.7:2000", METER_URLS),
        ("tcp://[::1:23", METER_URLS),
        ("tcp://host\u2100name:23", METER_URLS),
        ("serial:///dev/tty\nUSB0", METER_URLS + ", without control characters"),
        ("file:///capture#1.txt", METER_URLS + "; write # as %23"),
        ("serial://dev/ttyUSB0", "serial:///dev/ttyUSB0, with three slashes"),
        ("serial:dev/ttyUSB0", "serial:///dev/ttyUSB0, with three slashes"),
        ("serial:///dev/ttyUSB0?baud=0", "baud of 300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200"),
        ("serial:///dev/ttyUSB0?baud=", "baud of 300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200"),
        ("serial:///dev/ttyUSB0?baud=٣٠٠", "baud of 300, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200"),
        ("serial:///dev/ttyUSB0?speed=1", "no option but baud, parity, framing, dialect, energy_unit_wh"),
        ("serial:///dev/ttyUSB0?parity=8O1", "parity of 8N1, 7E1, 8E1"),
        ("serial:///dev/ttyUSB0?parity=", "parity of 8N1, 7E1, 8E1"),
        ("serial:///dev/ttyUSB0?framing=", "a name behind framing= and dialect="),
        ("tcp://host:23?dialect=", "a name behind framing= and dialect="),
        ("tcp://host:23?energy_unit_wh=100", "energy_unit_wh of 1, 10"),
        ("serial:///dev/ttyUSB0?baud=300&baud=9600", "baud once"),
        ("serial:///dev/tty%00", "a path without control characters"),
        *(
            (f"tcp://{place}", "tcp://host:port with a host name or IP address and a port from 1 to 65535")
            for place in (
                "host", "host:", "host:0", "host:65536", "host:x", ":23", "user@host:23", "ho st:23", "a..b:23",
                "-a:23", "a-.b:23", f"{'a' * 64}:23", f"{'a.' * 130}:23", "host:23/path", "mät:23", "host:-1", "%00:1",
            )
        ),
        ("tcp://host:23?x=1", "no option but framing, dialect, energy_unit_wh"),
        ("tcp://host:23?baud=300", "no option but framing, dialect, energy_unit_wh"),
        ("file://capture.txt", "file:///path/to/capture.txt, an absolute path behind three slashes"),
        ("file:capture.txt", "file:///path/to/capture.txt, an absolute path behind three slashes"),
        ("file:///capture.txt?speed=0", "a speed above 0 and at most 3600"),
        ("file:///capture.txt?speed=nan", "a speed above 0 and at most 3600"),
        ("file:///capture.txt?speed=inf", "a speed above 0 and at most 3600"),
        ("file:///capture.txt?speed=fast", "a speed above 0 and at most 3600"),
        ("file:///capture.txt?loop=yes", "loop=0 or loop=1"),
        ("file:///capture.txt?baud=300", "no option but speed, loop, framing, dialect, energy_unit_wh"),
        ("file:///capture%00.txt", "a path without control characters"),
    ],
)  # fmt: skip
def test_what_is_no_meter_s_url(text: str, allowed: str) -> None:
    with pytest.raises(ValueError) as refused:
        meter_url(text)
    assert str(refused.value) == allowed


def test_a_charger_s_url() -> None:
    assert charger_url("sim:?cars=2") == SimUrl("sim:?cars=2")
    assert charger_url("mqtt://192.0.2.7") == MqttUrl("192.0.2.7", 1883)
    assert charger_url("mqtt://[2001:db8::7]:1884/") == MqttUrl("2001:db8::7", 1884)
    for text in ("", "sim", "tcp://host:1", "[", "mqtt://[::1"):
        with pytest.raises(ValueError, match=re.escape(CHARGER_URLS)):
            charger_url(text)
    for text in ("mqtt://", "mqtt://a:0", "mqtt://a:65536", "mqtt://u:p@a", "mqtt://a/topic", "mqtt://a b", "mqtt:a"):
        with pytest.raises(ValueError, match="mqtt://host or mqtt://host:port with a host name or IP address"):
            charger_url(text)
    with pytest.raises(ValueError, match="no option"):
        charger_url("mqtt://a?serial=CB01")


@pytest.mark.parametrize(
    "host", ["a", "p1-reader.local", "A.B.c.", "a" * 63, "x_y.example", "192.0.2.1", "::1", "fe80::1%eth0"]
)
def test_a_host(host: str) -> None:
    assert is_host(host)


@pytest.mark.parametrize(
    "host", ["", ".", "a..b", "-a", "a-", "a b", "a\n", "mät", "a" * 64, "a." * 127, "[::1]", "a:1", "fe80::1%e\n0"]
)
def test_no_host(host: str) -> None:
    assert not is_host(host)


@given(
    st.text()
    | st.builds(
        "{}:{}{}{}".format,
        st.sampled_from(["serial", "tcp", "file", "sim", "http"]),
        st.sampled_from(["", "/", "//", "///", "//["]),
        st.text(max_size=20),
        st.builds(
            "?{}={}".format,
            st.sampled_from(["baud", "parity", "framing", "energy_unit_wh", "speed", "loop", "x"]),
            st.text(max_size=6),
        ),
    )
)
@example("tcp://[v1.x]:1")
@example("tcp://host:1:1")
@example("file:///\udcff")
@example("tcp://ｈost:1")
def test_any_text_is_a_url_or_refused_in_a_line(text: str) -> None:
    match _url_or_refusal(text):
        case str(refused):
            assert refused
            assert "\n" not in refused
        case SerialUrl(path) | FileUrl(path):
            assert path.startswith("/")
            assert "\0" not in path
        case TcpUrl(host, port):
            assert is_host(host)
            assert 1 <= port <= 65535
        case SimUrl(sim):
            assert sim == text


def _url_or_refusal(text: str) -> MeterUrl | str:
    try:
        return meter_url(text)
    except ValueError as refused:
        return str(refused)

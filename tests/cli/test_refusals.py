"""What cannot be is told in one line with the remedy, and never in a traceback."""

from __future__ import annotations

import os
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ngair.cli.failure import Failure
from ngair.cli.main import main
from ngair.cli.options import environment_layer, file_layer, resolved
from ngair.model.limits import SETTINGS_FILE_MAX_BYTES
from ngair.model.settings import SETTINGS
from tests.program import ngair

RUN = ["run", "--http", "127.0.0.1:0", "--mdns", "off"]

FILES: dict[str, tuple[bytes, str]] = {
    "binary": (bytes(range(256)), "is not UTF-8 text: is it the right file?"),
    "NULs": (b"\x00" * 100, "is not TOML: "),
    "no TOML": (b"meter: serial:///dev/ttyUSB0\n", "is not TOML: "),
    "cut off": (b'meter = "serial', "is not TOML: "),
    "twice": (b'data = "a"\ndata = "b"\n', "is not TOML: "),
    "too deep": (b"a = " + b"[" * 50_000, "is nested far too deep: is it the right file?"),
    "a number without end": (b"main_fuse_a = " + b"9" * 5_000, "is not TOML: "),
    "a large number": (b"main_fuse_a = " + b"9" * 400, "main_fuse_a = 9999"),
    "a large hexadecimal number": (b"main_fuse_a = 0x" + b"f" * 9_000, "main_fuse_a = a number of thousands of digits"),
    "a date": (b"main_fuse_a = 2026-03-02", "main_fuse_a = 2026-03-02: allowed is a number from 6 to 200"),
    "no such date": (b"main_fuse_a = 2026-02-31", "is not TOML: "),
    "a table": (b'[meter]\nurl = "sim:"', "meter = {'url': 'sim:'}: allowed is serial:///dev/ttyUSB0, "),
    "an unknown key": (b'metre = "sim:"', "metre: is no setting; there are meter, meter_key, "),
    "an odd key": (b'"a\\nb" = 1', r"'a\nb': is no setting"),
    "another name": (b"main-fuse = 25", "main-fuse: is no setting; there are meter, "),
    "a key without quotes": (
        b"meter_key = " + b"1" * 32,
        "meter_key = (not shown): allowed is 32 hex digits in quotes",
    ),
    "a key without quotes and with letters": (b"meter_key = 1f" + b"e" * 30, "is not TOML: "),
    "a key that is cut off": (b"meter_key = '" + b"e" * 31, "is not TOML: "),
    "a key that is too short": (
        b"meter_key = '" + b"e" * 31 + b"'",
        "(not shown): allowed is 32 hex digits; this has 31",
    ),
    "no meter": (b"main_fuse_a = 25", "meter is "),
    "an empty file": (b"", "meter is "),
    "a charger without fuse": (b'meter = "sim:"\nchargers = ["sim:"]', "main_fuse_a is not set: a charger needs"),
    "no such house": (b'meter = "sim:?cars=9"', "cars=9: must be from 1 to 3"),
    "no such option": (b'meter = "sim:?colour=red"', "colour is not an option; there are seed, speed, "),
    "a host that cannot be": (b'http = "a..b:80"', "http = 'a..b:80': allowed is [HOST]:PORT"),
    "too large": (b"#" * (SETTINGS_FILE_MAX_BYTES + 1), f"is larger than {SETTINGS_FILE_MAX_BYTES} bytes"),
}


WITHOUT_PLACE = {"no meter", "an empty file", "a charger without fuse", "no such house", "no such option"}
"""What no single place is to blame for, or only `check` can name the place of."""


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize("name", FILES)
def test_a_file_that_cannot_be(name: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, told = FILES[name]
    path = tmp_path / "ngair.toml"
    path.write_bytes(content)
    line = refused([*RUN, "--config", str(path)] if command == "run" else ["check", str(path)], capsys)
    assert told in line
    assert str(path) in line or name in WITHOUT_PLACE
    assert "eeee" not in line
    assert "1111" not in line


@pytest.mark.parametrize("kind", ["missing", "folder", "unreadable"])
def test_a_file_that_cannot_be_read(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = {"folder": tmp_path, "unreadable": Path("/proc/self/mem")}.get(kind, tmp_path / "missing.toml")
    for arguments in ([*RUN, "--config", str(path)], ["check", str(path)]):
        assert refused(arguments, capsys).startswith(f"ngair: {path}: cannot be read: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--meter", "usb"], "command line: --meter = 'usb': allowed is serial:///dev/ttyUSB0, tcp://host:port, "),
        (
            ["--meter", "sim:", "--charger", "tcp://a:1"],
            "command line: --charger = ['tcp://a:1']: allowed is mqtt://host[:port] or sim:",
        ),
        (["--meter", "sim:", "--main-fuse", "16A"], "--main-fuse = '16A': allowed is a number from 6 to 200"),
        (["--meter", "sim:", "--http", "8080"], "--http = '8080': allowed is [HOST]:PORT"),
        (["--meter", "sim:", "--profile", "1.2"], '--profile = \'1.2\': allowed is "1.0" or "1.3"'),
        (["--meter", "sim:", "--log-level", "loud"], "--log-level = 'loud': allowed is one of debug, info, "),
        (["--meter", "sim:", "--mdns", "perhaps"], "--mdns = 'perhaps': allowed is on or off"),
        (["--meter", "sim:", "--data", ""], "--data = '': allowed is the path of a folder"),
        (["--meter", "sim:", "--host-name", "a b"], "--host-name = ['a b']: allowed is host names"),
        (["--meter", "sim:?speed=fast"], "speed=fast: must be a number"),
        (["--meter", "sim:?speed=1&speed=2"], "speed is given twice"),
        (["--meter", "sim:", "--charger", "sim:"], "ngair: --main-fuse is not set"),
        (["--meter", "sim:", "--tls-key", "x"], "ngair: --tls-certificate and --tls-key belong together"),
        (["--meter", "sim:", "--setup", "--wifi", "off"], "ngair: --setup is on while --wifi is off"),
        ([], "no meter is set: give --meter with one of serial:///dev/ttyUSB0, "),
    ],
)
def test_a_flag_that_cannot_be(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in refused([*RUN, *arguments], capsys)


def test_a_setting_is_called_as_where_it_was_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "ngair.toml"
    path.write_text('tls_certificate = "cert"\n')
    by_file = [*RUN, "--meter", "sim:", "--config", str(path)]
    assert "ngair: tls_certificate and tls_key belong together" in refused(by_file, capsys)
    assert "ngair: tls_certificate is set without https" in refused([*by_file, "--tls-key", "key"], capsys)
    monkeypatch.setenv("NGAIR_SETUP", "on")
    assert "ngair: NGAIR_SETUP is on while --wifi is off" in refused([*RUN, "--wifi", "off"], capsys)
    monkeypatch.setenv("NGAIR_METER", "usb")
    assert "ngair: environment: NGAIR_METER = 'usb': allowed is" in refused(RUN, capsys)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--speed", "0"], "speed=0.0: must be above 0 and at most 3600"),
        (["--speed", "x"], "speed=x: must be a number"),
        (["--seed", "-1"], "seed=-1: must be from 0 to 4294967295"),
        (["--cars", "4"], "cars=4: must be from 1 to 3"),
        (["--cars", "1&seed=7"], "cars=1&seed=7: must be a whole number"),
        (["--meter-family", "xx"], "family=xx: must be one of "),
        (["--http", "x"], "--http = 'x'"),
    ],
)
def test_a_demo_that_cannot_be(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in refused(["demo", *arguments], capsys)


def test_the_demo_reads_no_real_meter(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NGAIR_METER", "tcp://192.0.2.7:2000")
    assert "demo has a meter of its own: unset NGAIR_METER" in refused(["demo"], capsys)


@pytest.mark.parametrize(
    ("variable", "value"),
    [("NGAIR_METER", b"\xff\xfe"), ("NGAIR_HTTP", b"\xff:80"), ("NGAIR_METRE", b"sim:"), ("NGAIR_\xff", b"1")],
)
def test_an_environment_that_cannot_be(variable: str, value: bytes) -> None:
    done = ngair(*RUN, env={variable: os.fsdecode(value)})
    assert done.returncode == 2
    assert done.stderr.startswith(b"ngair: environment: ")
    assert done.stderr.count(b"\n") == 1
    assert done.stdout == b""


def test_the_real_program_says_it_as_well(tmp_path: Path) -> None:
    path = tmp_path / "ngair.toml"
    path.write_text('profile = "2"')
    done = ngair("run", "--config", str(path))
    assert done.stderr.decode() == f'ngair: {path}: profile = \'2\': allowed is "1.0" or "1.3"\n'
    assert (done.returncode, done.stdout) == (2, b"")


toml_words = st.sampled_from([setting.key for setting in SETTINGS]) | st.text(
    string.ascii_letters + "_-.\"'", max_size=8
)
toml_values = st.sampled_from(
    ['"sim:"', "1", "-1", "1e999", "nan", "inf", "0x" + "f" * 9_000, "9" * 4_301, "true", "[]", "[[]]", "{}", '""',
     '":80"', "2026-03-02", "17:00:00", '["sim:"]', '"\\u0000"', '"\\U0001F600"', "'''\n'''"]
) | st.text(max_size=10)  # fmt: skip
toml_files = st.lists(st.builds("{} = {}".format, toml_words, toml_values), max_size=4).map(
    lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass")
)


@given(toml_files | st.binary(max_size=200))
@example(b"[" * 2_000)
@example(b"a." * 5_000 + b"b = 1")
def test_any_file_is_settings_or_one_line(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        line = refusal_of_file(Path(file.name))
    assert line.isprintable()


@given(
    st.dictionaries(
        st.sampled_from([setting.variable for setting in SETTINGS] * 2 + ["NGAIR_X", "NGAIR_CONFIG", "HOME"]),
        st.text(st.characters(blacklist_characters="\0"), max_size=20) | st.sampled_from(["sim:", "25", ":80", "on"]),
    )
)
def test_any_environment_is_settings_or_one_line(environment: dict[str, str]) -> None:
    assert refusal_of_environment(environment).isprintable()


def refusal_of_file(path: Path) -> str:
    try:
        resolved([file_layer(path)])
    except Failure as failure:
        assert failure.code == 2  # noqa: PT017 - whether there is a failure is the example's choice
        return str(failure)
    return ""


def refusal_of_environment(environment: dict[str, str]) -> str:
    try:
        resolved([environment_layer(environment)])
    except Failure as failure:
        assert failure.code == 2  # noqa: PT017 - whether there is a failure is the example's choice
        return str(failure)
    return ""


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The line on standard error of a command that ends with 2."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    shown = capsys.readouterr()
    assert ended.value.code == 2, shown
    assert shown.out == ""
    assert shown.err.startswith("ngair: ")
    assert shown.err.endswith("\n")
    assert shown.err.removesuffix("\n").isprintable(), shown.err
    return shown.err

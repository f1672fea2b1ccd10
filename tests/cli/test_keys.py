"""The keys of a meter that encrypts reach its decoder from everywhere they may stand, and are shown nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ngair.app import Ports
from ngair.cli.options import file_layer, resolved
from ngair.model.telegram import Telegram
from ngair.sim.options import Options
from ngair.sim.telegrams import FAMILIES
from ngair.sim.world import World
from tests.program import Box, running

FAMILY = "kamstrup-dk"
KEYS = FAMILIES[FAMILY].keys
assert KEYS is not None
assert KEYS.authentication is not None
KEY, AUTH = KEYS.encryption.hex(), KEYS.authentication.hex()
WRONG = "0f" * 16
PATHS = ("/", "/api/v1/site", "/info/", "/meter/", "/meterraw/", "/status/", "/openapi.json")


@pytest.fixture(name="recording")
def _recording(tmp_path: Path) -> Path:
    path = tmp_path / "capture.bin"
    path.write_bytes(b"".join(World(Options(family=FAMILY)).advance(60)))
    return path


def private(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def ran(
    recording: Path,
    folder: Path,
    arguments: Sequence[str] = (),
    env: dict[str, str] | None = None,
    field: str = "reading",
) -> tuple[Box, dict[str, object]]:
    meter = ("--meter", f"file://{recording}?loop=1&speed=100", "--mdns", "off")
    with running("run", *meter, "--data", str(folder / "data"), "--log-level", "debug", *arguments, env=env) as box:
        site = box.until("/api/v1/site", lambda site: site["meter"][field])
        shown = "".join(str(box.get(path).body) for path in PATHS)
        listed = Path(f"/proc/{box.process.pid}/cmdline").read_text()
    kept = "".join(path.read_text("latin-1") for path in (folder / "data").iterdir())
    for key in (KEY, AUTH, WRONG):
        for place in (shown, listed, kept, "".join(box.errors), "".join(box.output)):
            assert key not in place.lower()
            assert repr(bytes.fromhex(key))[2:-1] not in place
    return box, site["meter"]


def test_keys_from_the_environment(recording: Path, tmp_path: Path) -> None:
    _, meter = ran(recording, tmp_path, env={"NGAIR_METER_KEY": KEY.upper(), "NGAIR_METER_AUTH_KEY": AUTH})
    assert meter["rejected"] == {}


def test_keys_from_the_settings_file(recording: Path, tmp_path: Path) -> None:
    path = private(tmp_path / "ngair.toml", f'meter_key = "{KEY}"\nmeter_auth_key = "{AUTH}"\n')
    box, meter = ran(recording, tmp_path, ["--config", str(path)])
    assert meter["rejected"] == {}
    assert not any("chmod" in line for line in box.errors)
    path.chmod(0o644)
    box, _ = ran(recording, tmp_path, ["--config", str(path)])
    assert any(f"everybody on this machine may read the meter's key in it: chmod 600 {path}" in e for e in box.errors)


def test_keys_from_a_key_file(recording: Path, tmp_path: Path) -> None:
    path = private(tmp_path / "meter.key", f"# mine\nencryption {KEY}\nauthentication {AUTH}\n")
    box, meter = ran(recording, tmp_path, ["--meter-key-file", str(path)])
    assert meter["rejected"] == {}
    assert not any("chmod" in line for line in box.errors)
    path.chmod(0o644)
    box, _ = ran(recording, tmp_path, ["--meter-key-file", str(path)])
    assert any(f"everybody on this machine may read the meter's key: chmod 600 {path}" in line for line in box.errors)


def test_a_missing_key_is_told_as_that(recording: Path, tmp_path: Path) -> None:
    _, meter = ran(recording, tmp_path, field="rejected")
    assert meter["reading"] is None
    assert set(meter["rejected"]) == {"key missing"}  # type: ignore[call-overload] # JSON


def test_a_wrong_key_is_told_as_that(recording: Path, tmp_path: Path) -> None:
    wrong = {"NGAIR_METER_KEY": WRONG, "NGAIR_METER_AUTH_KEY": AUTH}
    _, meter = ran(recording, tmp_path, env=wrong, field="rejected")
    assert meter["reading"] is None
    assert set(meter["rejected"]) == {"key wrong"}  # type: ignore[call-overload] # JSON


def test_the_meter_of_a_sub_fuse_has_keys_of_its_own_or_the_same(tmp_path: Path) -> None:
    sent = b"".join(World(Options(family=FAMILY)).advance(20))
    one, other = private(tmp_path / "one.key", f"{KEY}\nauthentication {AUTH}"), private(tmp_path / "other", WRONG)
    keys = {"main": f'meter_key_file = "{other}"', "same": f'meter_key_file = "{one}"'}
    for main, own, opened in (
        (keys["main"], keys["same"], (False, True)),
        (keys["same"], keys["main"], (True, False)),
        (keys["same"], "", (True, True)),
        ("", keys["same"], (False, True)),
    ):
        fuse = f'[[sub_fuses]]\nname = "garage"\nrating = 20\nmeter = "tcp://192.0.2.8:1"\n{own}\n'
        path = private(tmp_path / "a.toml", f'meter = "tcp://192.0.2.7:1"\nmain_fuse_a = 25\n{main}\n{fuse}')
        ports = Ports(resolved([file_layer(path)]))
        found = [any(isinstance(item, Telegram) for item in ports.decoders[name].feed(sent)) for name in METERS]
        assert tuple(found) == opened


METERS = ("main", "garage")

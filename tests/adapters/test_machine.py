"""Who this machine says it is."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import msgspec
import pytest

from ngair.adapters.folder import Folder
from ngair.adapters.machine import NAME, firmware, interface_mac, load_identity, system_zone
from ngair.device.identity import Identity

ROUTES = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"


def route(name: str, destination: str = "00000000", metric: int = 0, mask: str = "00000000") -> str:
    return f"{name}\t{destination}\t010200C0\t0003\t0\t0\t{metric}\t{mask}\t0\t0\t0\n"


def machine(folder: Path, routes: str, addresses: dict[str, str]) -> str | None:
    """The address that a machine with these routes and interfaces shows."""
    (folder / "route").write_text(ROUTES + routes)
    for name, address in addresses.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "address").write_text(f"{address}\n")
    return interface_mac(folder / "route", folder)


def test_the_identity_is_made_once_and_kept(tmp_path: Path) -> None:
    first = load_identity(Folder(tmp_path))
    assert first.is_sound
    assert load_identity(Folder(tmp_path)) == first
    assert load_identity(Folder(tmp_path / "another")).serial != first.serial


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"\x00" * 80,
        b"{}",
        b"null",
        b'{"serial": "lower case is wrong", "local_mac": "020000000001"}',
        b'{"serial": "ABCDEFGH01234567", "local_mac": "02:00:00:00:00:01"}',
        b'{"serial": 5, "local_mac": null}',
        b"\xff\xfe",
        b"[" * 60_000,
        b"x" * 70_000,
    ],
)
def test_a_damaged_identity_is_told_and_made_anew(
    tmp_path: Path, damaged: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).write_bytes(damaged)
    made = load_identity(Folder(tmp_path))
    assert made.is_sound
    assert caplog.records
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert load_identity(Folder(tmp_path)) == made


def test_an_identity_that_cannot_be_kept_is_told_and_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / NAME).mkdir()
    assert load_identity(Folder(tmp_path)).is_sound
    assert "free some space, or look at the disk" in caplog.text


def test_what_is_kept_is_read_by_later_versions(tmp_path: Path) -> None:
    kept = Identity(serial="ABCDEFGH01234567", local_mac="020000000001")
    (tmp_path / NAME).write_bytes(msgspec.json.encode({"serial": kept.serial, "local_mac": kept.local_mac, "new": 1}))
    assert load_identity(Folder(tmp_path)) == kept


def test_the_address_is_that_of_the_default_route(tmp_path: Path) -> None:
    routes = route("eth1", "0002A8C0", mask="00FFFFFF") + route("eth0")
    assert machine(tmp_path, routes, {"eth0": "0A:1b:2c:3d:4e:5f", "eth1": "02:00:00:00:00:01"}) == "0a1b2c3d4e5f"


def test_of_several_default_routes_the_best_counts(tmp_path: Path) -> None:
    addresses = {"wlan0": "02:00:00:00:00:02", "eth0": "02:00:00:00:00:01"}
    assert machine(tmp_path, route("wlan0", metric=600) + route("eth0", metric=100), addresses) == "020000000001"


def test_a_tunnel_has_no_address(tmp_path: Path) -> None:
    addresses = {"tun0": "", "wg0": "00:00:00:00:00:00", "eth0": "02:00:00:00:00:01"}
    half = route("tap0", mask="00000080")
    addresses["tap0"] = "02:00:00:00:00:07"
    assert machine(tmp_path, half + route("eth0", metric=100), addresses) == "020000000001"
    assert machine(tmp_path, route("wg0") + route("gone0") + route("eth0", metric=100), addresses) == "020000000001"


@pytest.mark.parametrize(
    "routes", ["", route("eth1", "0002A8C0", mask="00FFFFFF"), "eth0\n", "eth0 00000000 x x x x\n"]
)
def test_without_a_default_route_there_is_no_address(tmp_path: Path, routes: str) -> None:
    assert machine(tmp_path, routes, {"eth0": "02:00:00:00:00:01", "eth1": "02:00:00:00:00:02"}) is None


def test_a_machine_that_tells_nothing_has_no_address(tmp_path: Path) -> None:
    assert interface_mac(tmp_path / "nothing", tmp_path) is None
    (tmp_path / "route").write_bytes(b"\xff" * 50)
    assert interface_mac(tmp_path / "route", tmp_path) is None


def test_the_firmware_is_written_as_the_field_does() -> None:
    assert re.fullmatch(r"ngair\.\d+\.\d+\.\d+-0-g[0-9a-f]{7,}", firmware())


def zone(folder: Path, environment: dict[str, str], timezone: str | None = None, link: str | None = None) -> str:
    """The zone of a machine that says so."""
    if timezone is not None:
        (folder / "timezone").write_text(timezone, encoding="latin-1")
    if link is not None:
        (folder / "localtime").symlink_to(link)
    return str(system_zone(environment, folder / "timezone", folder / "localtime"))


@pytest.mark.parametrize(
    ("environment", "timezone", "link", "expected"),
    [
        ({}, None, None, "UTC"),
        ({"TZ": "Europe/Oslo"}, "Europe/Stockholm\n", None, "Europe/Oslo"),
        ({"TZ": ":Europe/Oslo"}, None, None, "Europe/Oslo"),
        ({"TZ": ""}, "Europe/Stockholm\n", "/usr/share/zoneinfo/Europe/Oslo", "Europe/Stockholm"),
        ({"TZ": "CET-1CEST,M3.5.0,M10.5.0/3"}, "Europe/Stockholm", None, "Europe/Stockholm"),
        ({}, "Mars/Olympus", "/usr/share/zoneinfo/Europe/Oslo", "Europe/Oslo"),
        ({}, None, "../usr/share/zoneinfo/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ({}, None, "/usr/share/zoneinfo/posix/Europe/Oslo", "Europe/Oslo"),
        ({}, "../../etc/passwd\n", "/etc/passwd", "UTC"),
        ({"TZ": "/etc/localtime"}, "\xff\xfe", "/usr/share/zoneinfo/", "UTC"),
        ({"TZ": "a\0b"}, "x" * 100_000, "/usr/share/zoneinfo/Europe", "UTC"),
    ],
)
def test_where_the_machine_is(
    tmp_path: Path, environment: dict[str, str], timezone: str | None, link: str | None, expected: str
) -> None:
    assert zone(tmp_path, environment, timezone, link) == expected

"""Which interfaces and addresses of a machine are announced."""

from __future__ import annotations

import json
import sys

import pytest

from ngair.adapters.mdns_interfaces import interfaces_of, packed, read_network
from tests.adapters.netns import Host, Lan
from tests.adapters.netns import _lan_possible as _lan_possible

_READ = """
import json, msgspec, sys
from ngair.adapters.mdns_interfaces import read_network
network = read_network(sys.argv[1:] or None)
print(json.dumps([[(i.name, i.ipv4, i.ipv6, i.link_local) for i in network.interfaces], len(network.own)]))
"""


def read(host: Host, *only: str) -> tuple[list[tuple[str, list[str], list[str], str | None]], int]:
    interfaces, own = json.loads(host.run(sys.executable, "-W", "error", "-c", _READ, *only))
    return [tuple(interface) for interface in interfaces], own


def test_loopback_is_used_only_when_named() -> None:
    assert "lo" not in {interface.name for interface in read_network().interfaces}
    (loopback,) = read_network(["lo"]).interfaces
    assert loopback.ipv4[0] == "127.0.0.1"
    assert loopback.link_local is None
    assert packed("127.0.0.1") in read_network().own


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("0.0.0.0", None),
        ("::", None),
        ("127.0.0.1", ["lo"]),
        ("127.0.0.2", ["lo"]),
        ("::1", ["lo"]),
        ("192.0.2.77", []),
    ],
)
def test_a_server_on_one_address_is_announced_only_there(host: str, names: list[str] | None) -> None:
    assert interfaces_of(host) == names


@pytest.mark.usefixtures("lan_possible")
async def test_an_address_leads_to_its_interface() -> None:
    async with Lan() as lan:
        host = lan.host("192.0.2.1/24", "2001:db8::1/64")
        code = "import sys; from ngair.adapters.mdns_interfaces import interfaces_of; print(interfaces_of(sys.argv[1]))"
        for address in ("192.0.2.1", "2001:db8::1"):
            assert host.run(sys.executable, "-W", "error", "-c", code, address).strip() == "['lan0']"


@pytest.mark.usefixtures("lan_possible")
async def test_what_leads_out_of_the_machine_is_announced() -> None:
    async with Lan() as lan:
        host = lan.host("192.0.2.1/24", "192.0.2.9/24", "2001:db8::1/64")
        host.connect("docker0", "172.17.0.1/16")
        host.connect("br-0123456789ab", "172.18.0.1/16")
        host.connect("br-lan", "198.51.100.1/24")
        host.connect("lan1", "203.0.113.1/24")
        host.run("ip", "link", "set", "lan1", "down")
        interfaces, own = read(host)
        assert {(name, *ipv4) for name, ipv4, _, _ in interfaces} == {
            ("lan0", "192.0.2.1", "192.0.2.9"),
            ("br-lan", "198.51.100.1"),
        }
        assert {name: ipv6 for name, _, ipv6, _ in interfaces}["lan0"] == ["2001:db8::1"]
        assert own >= 8
        assert [name for name, *_ in read(host, "docker0")[0]] == ["docker0"]

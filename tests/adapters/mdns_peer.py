"""Another device on the network that speaks multicast DNS, packed and unpacked by hand with the standard library.

As a script it stands on one interface, prints every packet that it hears as one JSON line, and does what JSON lines
on its standard input say: `ask`, `probe`, `own` (answer for a host name like a stranger who has it). With `hold` for
an interface it keeps the port to itself instead.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
from typing import Any

GROUP, PORT = "224.0.0.251", 5353
A, PTR, TXT, AAAA, SRV, ANY = 1, 12, 16, 28, 33, 255
UNICAST_PLEASE = 0x8000


def query(name: str, type_: int, *, id_: int = 0, class_: int = 1, proposed: bytes = b"") -> bytes:
    """A question, with one record proposed for its name if given."""
    return (
        struct.pack("!6H", id_, 0, 1, 0, bool(proposed), 0)
        + pack_name(name)
        + struct.pack("!2H", type_, class_)
        + proposed
    )


def address_record(name: str, address: str, *, class_: int = 1) -> bytes:
    """An A record that lives two minutes."""
    return pack_name(name) + struct.pack("!2HIH", A, class_, 120, 4) + socket.inet_aton(address)


def pack_name(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0"


def unpack(packet: bytes) -> dict[str, Any]:
    """What a packet says, as a tree for JSON."""
    _, flags, asked, *counts = struct.unpack_from("!6H", packet)
    at = 12
    questions = []
    for _ in range(asked):
        name, at = unpack_name(packet, at)
        questions.append({"name": name, "type": struct.unpack_from("!H", packet, at)[0]})
        at += 4
    records = []
    for section, count in zip(("answer", "authority", "additional"), counts, strict=True):
        for _ in range(count):
            name, at = unpack_name(packet, at)
            type_, _, ttl, length = struct.unpack_from("!2HIH", packet, at)
            value = _value(packet, type_, at + 10, length)
            records.append({"section": section, "name": name, "type": type_, "ttl": ttl, "value": value})
            at += 10 + length
    return {"response": bool(flags & 0x8000), "questions": questions, "records": records}


def unpack_name(packet: bytes, at: int) -> tuple[str, int]:
    if packet[at] >= 0xC0:
        return unpack_name(packet, struct.unpack_from("!H", packet, at)[0] & 0x3FFF)[0], at + 2
    if packet[at] == 0:
        return "", at + 1
    part = packet[at + 1 : at + 1 + packet[at]].decode()
    rest, behind = unpack_name(packet, at + 1 + packet[at])
    return (f"{part}.{rest}" if rest else part), behind


def _value(packet: bytes, type_: int, at: int, length: int) -> Any:
    data = packet[at : at + length]
    if type_ in {A, AAAA}:
        return socket.inet_ntop(socket.AF_INET if type_ == A else socket.AF_INET6, data)
    if type_ == PTR:
        return unpack_name(packet, at)[0]
    if type_ == SRV:
        return [unpack_name(packet, at + 6)[0], struct.unpack_from("!H", data, 4)[0]]
    if type_ == TXT:
        pairs = {}
        while data:
            key, _, value = data[1 : 1 + data[0]].decode().partition("=")
            pairs[key] = value
            data = data[1 + data[0] :]
        return pairs
    return data.hex()


def open_group(interface: str) -> socket.socket:
    """A socket on the group at one interface."""
    index = socket.if_nametoindex(interface)
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    opened.bind((GROUP, PORT))
    place = struct.pack("4s4si", socket.inet_aton(GROUP), bytes(4), index)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, place)
    opened.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, place)
    return opened


def resolve(interface: str, name: str, type_: int, timeout_s: float = 5.0) -> dict[str, Any]:
    """Ask once from a port of our own, as a plain DNS resolver would, and wait for the unicast answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        place = struct.pack("4s4si", socket.inet_aton(GROUP), bytes(4), socket.if_nametoindex(interface))
        asker.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, place)
        asker.settimeout(timeout_s)
        asker.sendto(query(name, type_, id_=4711), (GROUP, PORT))
        packet = asker.recv(9000)
        assert packet[:2] == struct.pack("!H", 4711)
        return unpack(packet)


def listen(interface: str) -> None:
    """Hear, and obey, until standard input ends."""
    group = open_group(interface)
    owned: dict[str, str] = {}
    _print(ready=True)
    # Unbuffered, for `select` sees only what is not read yet.
    with open(0, "rb", buffering=0, closefd=False) as orders:
        while True:
            ready, _, _ = select.select([group.fileno(), orders.fileno()], [], [])
            if group.fileno() in ready:
                packet, (source, _) = group.recvfrom(9000)
                heard = unpack(packet)
                _print(source=source, **heard)
                for name in {q["name"] for q in heard["questions"] if not heard["response"]} & owned.keys():
                    _claim(group, name, owned[name])
            if orders.fileno() in ready:
                line = orders.readline()
                if not line:
                    return
                _obey(json.loads(line), group, owned)


def _obey(order: dict[str, Any], group: socket.socket, owned: dict[str, str]) -> None:
    if "ask" in order:
        group.sendto(query(order["ask"], order["type"]), (GROUP, PORT))
    if "probe" in order:
        proposed = address_record(order["probe"], order["address"])
        packet = query(order["probe"], ANY, class_=1 | UNICAST_PLEASE, proposed=proposed)
        group.sendto(packet, (GROUP, PORT))
    if "own" in order:
        owned[order["own"]] = order["address"]
        _claim(group, order["own"], order["address"])


def _claim(group: socket.socket, name: str, address: str) -> None:
    header = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0)
    group.sendto(header + address_record(name, address, class_=0x8001), (GROUP, PORT))


def hold() -> None:
    """Keep the port, shared with nobody, until standard input ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held:
        held.bind(("", PORT))
        _print(ready=True)
        sys.stdin.read()


def _print(**line: object) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "hold":
        hold()
    else:
        listen(sys.argv[1])

"""Multicast DNS packets: ours against an unpacker written apart, other people's, and noise."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.adapters import mdns_wire as wire
from ngair.adapters.mdns_claim import claim_of, records_of, sighting
from ngair.device.names import Sighting
from tests.adapters import mdns_peer as peer

HOST, SERVICE = "ctek-ng-air.local", "ctek-ng-air._http._tcp.local"
CLAIM = claim_of("ctek-ng-air", serial="A" * 16, port=80, announced=("192.0.2.1", "2001:db8::1"), own=frozenset())
RECORDS = records_of(CLAIM, wire.txt_data({"serial": "A" * 16, "firmware": "f", "profile": "1.0"}))
SAID = Sighting(serial="A" * 16, addresses=CLAIM.addresses, servers=frozenset({(HOST, 80)}))


def compressed_response() -> bytes:
    """What another implementation sends: names that point back into the packet, in mixed case."""
    packet = struct.pack("!6H", 0, 0x8400, 0, 2, 0, 1)
    service = len(packet)
    packet += peer.pack_name("CTEK-ng-air._http._tcp.local")
    local = struct.pack("!H", 0xC000 | (service + len("CTEK-ng-air._http._tcp") + 1))
    packet += struct.pack("!2HIH", wire.TYPE_SRV, 0x8001, 120, 6 + 12 + 2) + struct.pack("!3H", 0, 0, 80)
    host = len(packet)
    packet += b"\x0bctek-NG-air" + local
    txt = b"\x13Serial=" + b"B" * 12
    packet += struct.pack("!H2HIH", 0xC000 | service, wire.TYPE_TXT, 0x8001, 4500, len(txt)) + txt
    packet += struct.pack("!H2HIH", 0xC000 | host, wire.TYPE_A, 0x8001, 120, 4) + bytes((192, 0, 2, 9))
    return packet


def test_a_probe_reads_as_what_it_asks_and_proposes() -> None:
    packet = wire.encode_probe([wire.Question(HOST, wire.TYPE_ANY)], RECORDS)
    read = peer.unpack(packet)
    assert not read["response"]
    assert read["questions"] == [{"name": HOST, "type": 255}]
    assert {record["section"] for record in read["records"]} == {"authority"}
    assert [(record["name"], record["value"]) for record in read["records"]] == [
        (HOST, "192.0.2.1"),
        (HOST, "2001:db8::1"),
        (SERVICE, [HOST, 80]),
        (SERVICE, {"serial": "A" * 16, "firmware": "f", "profile": "1.0"}),
    ]
    message = wire.decode(packet)
    assert message is not None
    assert not message.is_response
    assert sighting(message, "ctek-ng-air") == SAID


def test_a_response_replaces_other_records_of_its_names() -> None:
    packet = wire.encode_response(RECORDS)
    assert packet[2:4] == b"\x84\x00"
    assert struct.unpack_from("!H", packet, 12 + len(peer.pack_name(HOST)) + 2) == (0x8001,)
    message = wire.decode(packet)
    assert message is not None
    assert message.is_response
    assert sighting(message, "ctek-ng-air") == SAID
    assert sighting(message, "ctek-ng-air-2") == Sighting()


def test_compressed_names_in_any_case_are_read() -> None:
    message = wire.decode(compressed_response())
    assert message is not None
    assert sighting(message, "ctek-ng-air") == Sighting(
        serial="B" * 12, addresses=frozenset({bytes((192, 0, 2, 9))}), servers=frozenset({(HOST, 80)})
    )


def test_what_an_asker_knows_already_is_not_its_claim() -> None:
    known = struct.pack("!6H", 0, 0, 1, 1, 0, 0) + peer.pack_name(HOST) + struct.pack("!2H", 1, 1)
    message = wire.decode(known + peer.address_record(HOST, "192.0.2.9"))
    assert message == wire.Message(is_response=False, questions=(wire.Question(HOST, 1),))


def test_a_goodbye_says_nothing_of_a_name() -> None:
    records = [wire.Record(HOST, wire.TYPE_A, bytes(4), 0)]
    message = wire.decode(wire.encode_response(records))
    assert message is not None
    assert sighting(message, "ctek-ng-air") == Sighting()


def test_a_service_without_serial_is_told_from_no_service() -> None:
    record = wire.Record(SERVICE, wire.TYPE_TXT, wire.txt_data({"path": "/"}))
    message = wire.decode(wire.encode_response([record]))
    assert message is not None
    assert sighting(message, "ctek-ng-air").serial == ""


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0" * 11,
        struct.pack("!6H", 0, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",  # a name that points at itself
        struct.pack("!6H", 0, 0, 1, 0, 0, 0) + b"\x40" + bytes(80),  # a label longer than any
        struct.pack("!6H", 0, 0, 1, 0, 0, 0) + b"\x3f" + b"a" * 63 + b"\xc0\x0c",  # endless
        struct.pack("!6H", 0, 0, 65535, 0, 0, 0) + bytes(6000),
        struct.pack("!6H", 0, 0x2800, 0, 0, 0, 0),  # a dynamic update
        struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + b"\0" + struct.pack("!2HIH", 1, 1, 1, 400) + bytes(9),
    ],
)
def test_what_is_not_a_whole_packet_is_not_read(packet: bytes) -> None:
    assert wire.decode(packet) is None


@given(st.binary(max_size=300), st.sampled_from([compressed_response(), wire.encode_response(RECORDS)]), st.data())
def test_noise_is_read_or_refused_and_nothing_else(noise: bytes, packet: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(packet)))
    for damaged in (noise, packet[:at], packet[:at] + noise, packet[:at] + noise[:3] + packet[at + 3 :]):
        message = wire.decode(damaged)
        if message is not None:
            sighting(message, "ctek-ng-air")


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=9), st.text(max_size=300), max_size=5))
def test_text_pairs_survive_up_to_the_length_of_a_record(pairs: dict[str, str]) -> None:
    data = wire.txt_data(pairs)
    for key, value in pairs.items():
        found = wire.txt_value(data, key.upper())
        assert found is not None
        if len(f"{key}={value}".encode()) <= 255:
            assert found == value
    assert wire.txt_value(data, "serial") is None

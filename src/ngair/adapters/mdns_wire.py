"""Multicast DNS packets (RFC 1035 section 4, RFC 6762 section 18), as far as the claim to a name needs them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping

import msgspec

TYPE_A = 1
TYPE_TXT = 16
TYPE_AAAA = 28
TYPE_SRV = 33
TYPE_ANY = 255

HOST_TTL_S = 120
OTHER_TTL_S = 4500
"""RFC 6762 section 10: two minutes for what names a host, 75 minutes for the rest."""

_CLASS_IN = 1
_CACHE_FLUSH = 0x8000
_RESPONSE = 0x8000
_AUTHORITATIVE = 0x0400
_OPCODE_AND_RCODE = 0x780F
"""Both are zero in every multicast DNS packet; others are ignored (RFC 6762 section 18)."""
_RECORDS_MAX = 100
"""Questions included. An Ethernet frame holds fewer; a larger forged packet costs no more than this."""
_POINTERS_MAX = 16
"""Jumps within one compressed name; an honest encoder needs a few."""
_NAME_MAX_BYTES = 255
_LABELS_MAX = 40
"""In one name. The longest in use, those of IPv6 addresses, have 34."""


class Question(msgspec.Struct, frozen=True):
    """What a packet asks for. The name is lower-case, without the final dot."""

    name: str
    type: int


class Record(msgspec.Struct, frozen=True):
    """What a packet says. The name is lower-case, without the final dot."""

    name: str
    type: int
    data: bytes
    """As on the wire, but names within it written out in full and lower-case."""
    ttl_s: int = OTHER_TTL_S


class Message(msgspec.Struct, frozen=True):
    """A packet. `records` of a response are its answers and additions, of a query what it proposes for itself."""

    is_response: bool
    questions: tuple[Question, ...] = ()
    records: tuple[Record, ...] = ()


class _MalformedError(Exception):
    pass


def decode(packet: bytes) -> Message | None:
    """The message in a packet; `None` where it is not a whole one, or not of multicast DNS."""
    try:
        return _decode(packet)
    except (_MalformedError, struct.error, IndexError):
        return None


def encode_probe(questions: Iterable[Question], proposed: Iterable[Record]) -> bytes:
    """A query that asks who has these names, and proposes our records for them (RFC 6762 section 8.1)."""
    asked, records = list(questions), list(proposed)
    header = struct.pack("!6H", 0, 0, len(asked), 0, len(records), 0)
    body = b"".join(_encode_name(q.name) + struct.pack("!2H", q.type, _CLASS_IN) for q in asked)
    return header + body + b"".join(_encode_record(record, _CLASS_IN) for record in records)


def encode_response(answers: Iterable[Record]) -> bytes:
    """A response whose records replace all others of the same name (RFC 6762 section 10.2)."""
    records = list(answers)
    header = struct.pack("!6H", 0, _RESPONSE | _AUTHORITATIVE, 0, len(records), 0, 0)
    return header + b"".join(_encode_record(record, _CLASS_IN | _CACHE_FLUSH) for record in records)


def txt_data(pairs: Mapping[str, str]) -> bytes:
    """A TXT record's data (RFC 6763 section 6). A pair longer than its 255 bytes is cut."""
    texts = [f"{key}={value}".encode()[:255] for key, value in pairs.items()]
    return b"".join(bytes([len(text)]) + text for text in texts)


def txt_value(data: bytes, key: str) -> str | None:
    """The value of a key in a TXT record's data; keys are compared without regard to case."""
    at = 0
    while at < len(data):
        text = data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
        found, equals, value = text.partition(b"=")
        if equals and found.lower() == key.lower().encode():
            return value.decode("utf-8", "replace")
    return None


def srv_data(host: str, port: int) -> bytes:
    """A SRV record's data (RFC 2782) with priority and weight 0."""
    return struct.pack("!3H", 0, 0, port) + _encode_name(host)


def srv_server(data: bytes) -> tuple[str, int] | None:
    """Host and port in a decoded SRV record's data."""
    try:
        return _name(data, 6)[0], struct.unpack_from("!H", data, 4)[0]
    except (_MalformedError, struct.error, IndexError):
        return None


def _decode(packet: bytes) -> Message | None:
    _, flags, asked, answers, proposed, additions = struct.unpack_from("!6H", packet)
    if flags & _OPCODE_AND_RCODE:
        return None
    is_response = bool(flags & _RESPONSE)
    if asked + answers + proposed + additions > _RECORDS_MAX:
        return None
    at = 12
    questions = []
    for _ in range(asked):
        name, at = _name(packet, at)
        (type_,) = struct.unpack_from("!H", packet, at)
        questions.append(Question(name, type_))
        at += 4
    records = []
    for number in range(answers + proposed + additions):
        record, at = _record(packet, at)
        # The answers of a query are what the asker knows already, and its additions say nothing of names.
        says = number < answers or number >= answers + proposed
        if record is not None and says == is_response:
            records.append(record)
    return Message(is_response, tuple(questions), tuple(records))


def _record(packet: bytes, at: int) -> tuple[Record | None, int]:
    name, at = _name(packet, at)
    type_, class_, ttl_s, length = struct.unpack_from("!2HIH", packet, at)
    start, end = at + 10, at + 10 + length
    if end > len(packet):
        raise _MalformedError
    if class_ & ~_CACHE_FLUSH != _CLASS_IN:
        return None, end
    data = packet[start:end]
    if type_ == TYPE_SRV:
        data = packet[start : start + 6] + _encode_name(_name(packet, start + 6)[0])
    return Record(name, type_, data, ttl_s), end


def _name(packet: bytes, at: int) -> tuple[str, int]:
    """The name at a place, and the place behind it."""
    labels: list[str] = []
    length = 0
    behind = None
    pointers = 0
    while size := packet[at]:
        if size >= 0xC0:
            behind = at + 2 if behind is None else behind
            at = (size & 0x3F) << 8 | packet[at + 1]
            pointers += 1
            if pointers > _POINTERS_MAX:
                raise _MalformedError
            continue
        text = packet[at + 1 : at + 1 + size]
        length += 1 + size
        if size > 63 or len(text) < size or length > _NAME_MAX_BYTES or len(labels) == _LABELS_MAX:
            raise _MalformedError
        labels.append(text.decode("utf-8", "replace").lower())
        at += 1 + size
    return ".".join(labels), at + 1 if behind is None else behind


def _encode_name(name: str) -> bytes:
    labels = [text.encode()[:63] for text in name.split(".") if text]
    return b"".join(bytes([len(text)]) + text for text in labels) + b"\0"


def _encode_record(record: Record, class_: int) -> bytes:
    head = struct.pack("!2HIH", record.type, class_, record.ttl_s, len(record.data))
    return _encode_name(record.name) + head + record.data

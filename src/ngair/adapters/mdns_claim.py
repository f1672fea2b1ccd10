"""The claim to a name on the network: probing for it, answering other people's probes, noticing who disputes it.

python-zeroconf checks service names only, and does not answer a probe for a host name (a question of type ANY), so
two boxes that left it to the library would share one host name.
"""

from __future__ import annotations

import asyncio
import random

from ngair.adapters import mdns_wire as wire
from ngair.adapters.mdns_interfaces import packed
from ngair.adapters.mdns_links import Link, Links
from ngair.device.names import Claim, Contest, Sighting, Verdict, conflicts, host_name, service_name

PROBES = 3
PROBE_INTERVAL_S = 0.25
"""RFC 6762 section 8.1, for the random time before the first probe as well."""
DEFER_S = 1.0
"""RFC 6762 section 8.2: by then the winner of simultaneous probes answers."""
DEFERS_MAX = 5
"""Whoever still asks, and never takes the name, is treated as having it."""
ANSWER_INTERVAL_S = 0.25
"""RFC 6762 section 6: one answer to probes in this time on one link, however many ask."""


class Claimant:
    """Claims names for one box on all links, one name at a time."""

    def __init__(self, links: Links, txt: bytes) -> None:
        self.stranger: Sighting | None = None
        """Who else was seen by the last probing."""
        self._links = links
        self._txt = txt
        self._claim: Claim | None = None
        self._records: list[wire.Record] = []
        self._contest: Contest | None = None
        self._verdict: Verdict | None = None
        self._ended = asyncio.Event()
        self._held = False
        self._disputed = asyncio.Event()
        self._answered_s: dict[Link, float] = {}

    async def probe(self, claim: Claim, *, held: bool) -> bool:
        """Whether the name is free for us. About a second; longer while another one asks for it too.

        `held` says that we answer to it already. A free name is held, and answered for, from then on.
        """
        self._claim = claim
        self._records = records_of(claim, self._txt)
        self._held = held
        verdict = Verdict.WAIT
        for _ in range(DEFERS_MAX):
            verdict = await self._probe_once(claim)
            if verdict is not Verdict.WAIT:
                break
            await asyncio.sleep(DEFER_S)
        self._held = verdict is Verdict.FREE
        self._disputed.clear()
        return self._held

    async def disputed(self, within_s: float) -> bool:
        """Wait until somebody else answers to the name that we hold, but no longer than this."""
        try:
            async with asyncio.timeout(within_s):
                await self._disputed.wait()
        except TimeoutError:
            return False
        return True

    def receive(self, link: Link, packet: bytes) -> None:
        """Take in a packet from a link."""
        # A name is spelt out where it is first used in a packet, so the others need no decoding: a busy
        # network has hundreds of packets a second.
        claim = self._claim
        if claim is None or claim.label.encode() not in packet.lower():
            return
        message = wire.decode(packet)
        if message is None:
            return
        seen = sighting(message, claim.label)
        if message.is_response:
            self._receive_response(claim, seen)
            return
        if self._held and wire.Question(host_name(claim.label), wire.TYPE_ANY) in message.questions:
            self._answer(link)
        if self._contest is not None:
            self._decide(self._contest.asked(seen))

    async def _probe_once(self, claim: Claim) -> Verdict:
        contest = Contest(claim, held=self._held)
        self._verdict = None
        self._ended.clear()
        await asyncio.sleep(random.uniform(0, PROBE_INTERVAL_S))
        # Only from here on: what comes in before our first probe may be stale (RFC 6762 section 8.1).
        self._contest = contest
        try:
            for _ in range(PROBES):
                self._links.send(_probe_packet(claim, self._records))
                if await self._ended_within(PROBE_INTERVAL_S):
                    break
        finally:
            self._contest = None
            self.stranger = contest.stranger
        return self._verdict or contest.conclude()

    async def _ended_within(self, time_s: float) -> bool:
        try:
            async with asyncio.timeout(time_s):
                await self._ended.wait()
        except TimeoutError:
            return False
        return True

    def _receive_response(self, claim: Claim, seen: Sighting) -> None:
        if self._contest is not None:
            self._decide(self._contest.answered(seen))
        elif self._held and conflicts(claim, seen):
            self._disputed.set()

    def _decide(self, verdict: Verdict | None) -> None:
        if verdict is not None and self._verdict is None:
            self._verdict = verdict
            self._ended.set()

    def _answer(self, link: Link) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._answered_s.get(link, -ANSWER_INTERVAL_S) >= ANSWER_INTERVAL_S:
            self._answered_s[link] = now_s
            link.send(wire.encode_response(self._records))


def records_of(claim: Claim, txt: bytes) -> list[wire.Record]:
    """What we say, or propose to say, under a name."""
    host, service = host_name(claim.label), service_name(claim.label)
    by_kind = sorted(claim.addresses, key=lambda address: (len(address), address))
    return [
        *(wire.Record(host, wire.TYPE_A if len(a) == 4 else wire.TYPE_AAAA, a, wire.HOST_TTL_S) for a in by_kind),
        wire.Record(service, wire.TYPE_SRV, wire.srv_data(host, claim.port), wire.HOST_TTL_S),
        wire.Record(service, wire.TYPE_TXT, txt, wire.OTHER_TTL_S),
    ]


def sighting(message: wire.Message, label: str) -> Sighting:
    """What a message says under a name. A record that is being withdrawn says nothing."""
    host, service = host_name(label), service_name(label)
    serial = None
    addresses = set()
    servers = set()
    for record in message.records:
        if record.ttl_s == 0:
            continue
        if record.name == host and (record.type, len(record.data)) in {
            (wire.TYPE_A, 4),
            (wire.TYPE_AAAA, 16),
        }:
            addresses.add(record.data)
        elif record.name == service and record.type == wire.TYPE_TXT:
            serial = wire.txt_value(record.data, "serial") or ""
        elif record.name == service and record.type == wire.TYPE_SRV:
            server = wire.srv_server(record.data)
            if server is not None:
                servers.add(server)
    return Sighting(serial=serial, addresses=frozenset(addresses), servers=frozenset(servers))


def claim_of(label: str, *, serial: str, port: int, announced: tuple[str, ...], own: frozenset[bytes]) -> Claim:
    """The claim to a label with these addresses to announce."""
    addresses = frozenset(packed(address) for address in announced)
    return Claim(label=label, serial=serial, port=port, addresses=addresses, own=own | addresses)


def _probe_packet(claim: Claim, records: list[wire.Record]) -> bytes:
    # Questions for multicast answers: unicast ones to the shared port may reach another program of this machine.
    # The one for A is for responders that know no ANY.
    questions = [
        wire.Question(host_name(claim.label), wire.TYPE_ANY),
        wire.Question(host_name(claim.label), wire.TYPE_A),
        wire.Question(service_name(claim.label), wire.TYPE_ANY),
    ]
    return wire.encode_probe(questions, records)

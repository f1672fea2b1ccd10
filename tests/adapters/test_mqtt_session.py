"""One connection to a broker, real or hostile: it works, or ends at once with a reason and leaves nothing behind."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import aiomqtt
import pytest

from ngair.adapters import mqtt_session, tcp
from ngair.adapters.mqtt_session import Inbox, Session, open_session
from ngair.adapters.threads import Threads
from ngair.gateway.ports import LinkError
from ngair.model.limits import MQTT_INBOX_TOPICS, MQTT_PACKET_MAX_BYTES
from tests.adapters.brokers import ACCEPTED, FAREWELL, FakeBroker, held, listening, nothing_is_left
from tests.adapters.test_mqtt_sieve import publish
from tests.contracts.broker import Broker
from tests.contracts.wires import free_port

DEADLINE_S = 30.0
SUBSCRIBED = b"\x90\x03\x00\x01\x00"


@pytest.fixture(name="broker", scope="module")
def _broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Broker(tmp_path_factory.mktemp("mosquitto")) as broker:
        yield broker


@pytest.fixture(autouse=True)
async def _nothing_is_left() -> AsyncIterator[None]:
    asyncio.get_running_loop().set_default_executor(Threads())
    before = held()
    yield
    await nothing_is_left(before)


async def opened(port: int, host: str = "127.0.0.1") -> tuple[Session, asyncio.Event]:
    changed = asyncio.Event()
    return await open_session(host, port, "test", changed.set), changed


async def until(session: Session, changed: asyncio.Event, condition: Callable[[], object]) -> None:
    """Wait for something that is told. Raises `LinkError` when the session ends."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            session.check()
            await changed.wait()
            changed.clear()


def send_without_end(session: Session) -> None:
    for _ in range(10_000):
        session.send("a", bytes(10_000), retain=False)


async def the_end(session: Session, changed: asyncio.Event) -> str:
    with pytest.raises(LinkError) as ended:
        await until(session, changed, lambda: False)
    await session.close()
    return str(ended.value)


async def test_what_is_sent_arrives_and_what_is_subscribed_to_comes(broker: Broker) -> None:
    session, changed = await opened(broker.port)
    await session.begin_subscribing(["a/+", "b"])
    session.send("b", b"one", retain=True)
    session.send("a/x", b"two", retain=False)
    await until(session, changed, lambda: len(session.inbox._newest) == 2)
    assert [(m.topic.value, m.payload, m.retain) for m in session.inbox.take()] == [
        ("b", b"one", False),
        ("a/x", b"two", False),
    ]
    await session.close()

    session, changed = await opened(broker.port)
    await session.begin_subscribing(["b"])
    await until(session, changed, lambda: session.inbox.waits)
    [message] = session.inbox.take()
    assert (message.payload, message.retain) == (b"one", True)
    await session.close()


async def test_small_packets_leave_at_once(broker: Broker) -> None:
    session, _ = await opened(broker.port)
    assert session._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    await session.close()


async def test_it_sleeps_after_it_has_sent(broker: Broker) -> None:
    session, _ = await opened(broker.port)
    session.send("a", b"1", retain=False)
    await asyncio.sleep(0.05)
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1

    session._client.loop_write = turn  # type: ignore[assignment,method-assign]  # counts who would call it in vain
    await asyncio.sleep(0.05)
    assert turns == 0
    del session._client.loop_write
    await session.close()


async def test_a_message_that_is_too_large_is_left_out_and_the_next_one_comes(broker: Broker) -> None:
    session, changed = await opened(broker.port)
    await session.begin_subscribing(["large/#"])
    async with aiomqtt.Client("127.0.0.1", broker.port, timeout=DEADLINE_S) as client:
        await client.publish("large/a", bytes(8 * 2**20))
        await client.publish("large/b", bytes(MQTT_PACKET_MAX_BYTES))
        await client.publish("large/c", bytes(MQTT_PACKET_MAX_BYTES - 100))
    await until(session, changed, lambda: session.inbox.waits)
    assert [message.topic.value for message in session.inbox.take()] == ["large/c"]
    assert session.dropped == 2
    await session.close()


@pytest.mark.parametrize("retain", [False, True])
def test_of_each_topic_the_newest_waits_and_of_too_many_the_last(*, retain: bool) -> None:
    told = []
    inbox = Inbox(lambda: told.append(True))
    for number in range(MQTT_INBOX_TOPICS + 5):
        for value in (b"old", b"new"):
            inbox.put_nowait(aiomqtt.Message(f"topic/{number}", value, 0, retain, 0, None))
    assert told == [True]
    assert inbox.dropped == 5
    taken = inbox.take()
    assert [m.topic.value for m in taken] == [f"topic/{number}" for number in range(5, MQTT_INBOX_TOPICS + 5)]
    assert {m.payload for m in taken} == {b"new"}
    assert not inbox.waits


@pytest.mark.parametrize(
    ("answers", "closes", "why"),
    [
        (b"", True, "closed the connection"),
        (b"\x20\x02\x00\x05", True, r"refuses the connection \(.*[Nn]ot authori[sz]ed.*\)"),
        (b"\x20\x02\x00\x03", False, r"refuses the connection \(.*[Uu]navailable.*\)"),
        (b"\x20\x02\x00", True, "closed the connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", False, "does not speak MQTT 3.1.1: it sent a packet that begins with 0x53"),
        (b"\x20\x00", False, "."),
        (b"\x20\x05hello", False, "."),
        (publish(b""), False, "."),
        (b"\xd0\x00" * 1000, False, "takes the connection and says nothing"),
        (b"", False, "takes the connection and says nothing"),
        (b"\x30", False, "takes the connection and says nothing"),
    ],
)
async def test_what_is_no_broker_is_told(
    answers: bytes, closes: bool, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dial(host: str, port: int) -> socket.socket:
        opened = await tcp.dial(host, port)
        # Only silence takes its time.
        monkeypatch.setattr(mqtt_session, "CONNECT_TIMEOUT_S", 0.3 if "says nothing" in why else 1e6)
        return opened

    monkeypatch.setattr(mqtt_session, "CONNECT_TIMEOUT_S", 1e6)
    monkeypatch.setattr(mqtt_session, "dial", dial)
    async with listening(FakeBroker(answers, closes=closes)) as fake:
        with pytest.raises(LinkError, match=f"^{why}"):
            await opened(fake.port)


@pytest.mark.parametrize(
    ("sends", "why"),
    [
        (b"\xff", "it sent a packet that begins with 0xff"),
        *((publish(body), "it sent a packet that is malformed") for body in (b"", b"\0", b"\0\5a", b"\0\0payload")),
        *((reply, "it sent a packet that is malformed") for reply in (b"\x90\0", b"\xd0\1\0", b"\xb0\1\0", b"\x20\0")),
        (publish(b"\0\2\xff\xfepayload"), "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (publish(b"\0\3a/#payload"), "Invalid topic: a/#"),
    ],
)
async def test_malformed_packets_end_it_with_a_reason(sends: bytes, why: str) -> None:
    async with listening(FakeBroker(ACCEPTED)) as fake:
        session, changed = await opened(fake.port)
        fake.writers[0].write(sends)
        told = await the_end(session, changed)
        assert told.startswith("does not speak MQTT 3.1.1")
        assert why in told


@pytest.mark.parametrize("sends", [ACCEPTED * 3, SUBSCRIBED * 3, b"\x90\3\0\7\x80", b"\xb0\2\0\1", b"\xd0\0" * 9])
async def test_an_answer_that_nobody_asked_for_harms_nothing(sends: bytes) -> None:
    async with listening(FakeBroker(ACCEPTED)) as fake:
        session, changed = await opened(fake.port)
        fake.writers[0].write(sends + publish(b"\0\1a1"))
        await until(session, changed, lambda: session.inbox.waits)
        await session.close()


async def test_a_subscription_that_is_refused_is_told() -> None:
    async with listening(FakeBroker(ACCEPTED)) as fake:
        session, changed = await opened(fake.port)
        await session.begin_subscribing(["a"])
        fake.writers[0].write(b"\x90\x03\x00\x01\x80")
        assert await the_end(session, changed) == "refuses what is subscribed to"


async def test_it_takes_its_leave() -> None:
    async with listening(FakeBroker(ACCEPTED)) as fake:
        session, _ = await opened(fake.port)
        await session.close()
        async with asyncio.timeout(DEADLINE_S):
            while not fake.ended:  # noqa: ASYNC110 - the fake has no event for it
                await asyncio.sleep(0.005)
        assert fake.heard[0].endswith(FAREWELL)
        assert fake.broken == 0


async def test_what_is_under_way_when_it_fails_is_taken_back() -> None:
    async with listening(FakeBroker(ACCEPTED)) as fake:
        session, changed = await opened(fake.port)
        fake.writers[0].write(b"\xff")
        await the_end(session, changed)
        async with asyncio.timeout(DEADLINE_S):
            while not fake.ended:  # noqa: ASYNC110 - the fake has no event for it
                await asyncio.sleep(0.005)
        assert fake.broken == 1


async def test_a_broker_that_takes_nothing_is_given_up_and_nothing_is_queued() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opening = asyncio.create_task(opened(listener.getsockname()[1]))
        await asyncio.sleep(0.05)
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(ACCEPTED)
            session, _ = await opening
            with pytest.raises(LinkError, match="does not take what it is sent"):
                send_without_end(session)
            await session.close()


async def test_nobody_there_is_told() -> None:
    with pytest.raises(LinkError, match=r"^cannot be reached \(Connection refused\)$"):
        await opened(free_port())


async def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(LinkError, match=r"^cannot be reached \("):
        await opened(1883, "charger.invalid")


async def test_a_name_server_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = asyncio.Event()

    async def getaddrinfo(*_: object, **__: object) -> object:
        return await hangs.wait()

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(mqtt_session, "CONNECT_TIMEOUT_S", 0.1)
    with pytest.raises(LinkError, match="it does not answer"):
        await opened(1883, "charger.invalid")


async def test_a_stop_while_it_connects_leaves_nothing() -> None:
    async with listening(FakeBroker(b"")) as fake:
        for turns in range(12):
            opening = asyncio.create_task(opened(fake.port))
            for _ in range(turns):
                await asyncio.sleep(0)
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening


async def test_a_paused_broker_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with Broker(tmp_path) as broker:
        session, _ = await opened(broker.port)
        await session.begin_subscribing(["a"])
        broker.pause()
        try:
            session.send("a", b"1", retain=False)
            await session.close()
        finally:
            broker.go_on()

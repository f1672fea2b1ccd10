"""A meter on a serial line, on pseudo terminals. What holds for every port is in `contracts/`."""

from __future__ import annotations

import asyncio
import errno
import grp
import os
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import serialx.descriptor_transport
import serialx.platforms.serial_posix
from serialx.platforms import _termios_api

from ngair.adapters.serial import SerialPort
from ngair.gateway.ports import LineRefusedError, LinkError
from ngair.meter.decoder import Decoder
from ngair.model.line import Line
from ngair.model.telegram import Telegram
from ngair.sim.options import Options
from ngair.sim.world import World
from tests.contracts import nobody
from tests.contracts.programs import told
from tests.contracts.wires import Pty
from tests.meter.uart import heard
from tests.program import running, wait_for

DEADLINE_S = 60.0
OPEN_IT = """
import asyncio, sys
from ngair.adapters.serial import Line, LinkError, SerialPort
async def open_it():
    try:
        await SerialPort(sys.argv[1], Line(9600)).connect()
    except LinkError as error:
        print(error)
asyncio.run(open_it())
"""


@pytest.fixture(name="pty")
def _pty(tmp_path: Path) -> Iterator[Pty]:
    pty = Pty(tmp_path / "meter")
    pty.plug_in()
    yield pty
    pty.unplug()


async def test_a_line_with_parity_is_read_without(pty: Pty) -> None:
    sent = World(Options()).advance(2)
    link = await SerialPort(str(pty.device), Line(9600)).connect()
    for telegram in sent:
        pty.write(bytes(byte | 0x80 if byte.bit_count() % 2 else byte for byte in telegram))
    decoder, found = Decoder(), list[str]()
    async with asyncio.timeout(DEADLINE_S):
        while len(found) < len(sent):
            for item in decoder.feed(await link.read()):
                assert isinstance(item, Telegram), item
                assert item.reading.checked
                found.append(item.data)
    await link.close()
    assert [data.encode("ascii") for data in found] == sent


@pytest.mark.parametrize("baudrate", [300, 2400, 9600, 115200])
async def test_the_line_is_set_to_eight_bits_and_its_speed(pty: Pty, baudrate: int) -> None:
    link = await SerialPort(str(pty.device), Line(baudrate)).connect()
    descriptor = os.open(pty.device, os.O_RDWR | os.O_NOCTTY)
    try:
        iflag, oflag, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(descriptor)
    finally:
        os.close(descriptor)
    await link.close()
    assert cflag & (termios.CSIZE | termios.PARENB | termios.CSTOPB | termios.CRTSCTS) == termios.CS8
    assert (iflag & (termios.IXON | termios.IXOFF | termios.ICRNL), oflag & termios.OPOST) == (0, 0)
    assert lflag & (termios.ICANON | termios.ECHO | termios.ISIG) == 0
    assert ispeed == ospeed == getattr(termios, f"B{baudrate}")


@pytest.mark.parametrize(
    ("line", "parity"), [(Line(2400, "8N1"), 0), (Line(9600, "7E1"), 0), (Line(115200, "8E1"), termios.PARENB)], ids=str
)
async def test_the_parity_is_set_and_nothing_dropped_by_it(
    line: Line, parity: int, pty: Pty, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pseudo terminals keep no parity, so what they are asked for is looked at."""
    asked: list[list[Any]] = []

    def set_and_tell(descriptor: int, when: int, attributes: list[Any]) -> None:
        asked.append(attributes)
        tcsetattr(descriptor, when, attributes)

    tcsetattr = _termios_api.tcsetattr
    monkeypatch.setattr(serialx.platforms.serial_posix, "tcsetattr", set_and_tell)
    port = SerialPort(str(pty.device), Line(300))
    port.use(line)
    link = await port.connect()
    await link.close()
    iflag, _, cflag, _, ispeed, _, _ = asked[-1]
    assert cflag & (termios.CSIZE | termios.PARENB | termios.PARODD | termios.CSTOPB) == termios.CS8 | parity
    assert iflag & (termios.INPCK | termios.IGNPAR | termios.PARMRK | termios.ISTRIP | termios.IGNBRK) == 0
    assert not cflag & termios.HUPCL, "pins that ask the meter to send stay while settings are tried"
    assert ispeed == getattr(termios, f"B{line.baudrate}")


async def test_a_setting_that_the_device_refuses_is_told_as_that(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int, when: int, attributes: list[Any]) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(serialx.platforms.serial_posix, "tcsetattr", refuse)
    with pytest.raises(LineRefusedError, match=f"^{pty.device} cannot be set to 2400 8E1$"):
        await SerialPort(str(pty.device), Line(2400, "8E1")).connect()


async def test_a_missing_device_is_told(tmp_path: Path) -> None:
    with pytest.raises(LinkError, match=r"does not exist: (plugged in are /dev/|no serial adapter is plugged in)"):
        await SerialPort(str(tmp_path / "ttyUSB7"), Line(115200)).connect()


async def test_a_device_that_another_program_reads_is_told(pty: Pty) -> None:
    first = await SerialPort(str(pty.device), Line(115200)).connect()
    with pytest.raises(LinkError, match="another program reads it: stop that one"):
        await SerialPort(str(pty.device), Line(115200)).connect()
    await first.close()
    await (await SerialPort(str(pty.device), Line(115200)).connect()).close()


async def test_it_is_closed_when_closing_has_returned(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    def close_slowly(descriptor: int) -> None:
        time.sleep(0.1)
        os.close(descriptor)

    monkeypatch.setattr(serialx.descriptor_transport, "_safe_close", close_slowly)
    link = await SerialPort(str(pty.device), Line(115200)).connect()
    await link.close()
    again = await SerialPort(str(pty.device), Line(115200)).connect()
    await again.close()


async def test_what_is_no_serial_device_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no device")
    with pytest.raises(LinkError, match="cannot be opened: it is no serial device"):
        await SerialPort(str(tmp_path / "notes.txt"), Line(115200)).connect()
    with pytest.raises(LinkError, match="cannot be opened"):
        await SerialPort(str(tmp_path), Line(115200)).connect()


@pytest.mark.parametrize(
    ("mode", "group", "remedy"),
    [
        (0o660, "tty", "sudo usermod -aG tty $USER, then log in again"),
        (0o600, "tty", "its owner must allow it: sudo chown $USER {device}"),
        (0o660, "root", "its owner must allow it: sudo chown $USER {device}"),
    ],
)
def test_a_device_that_this_user_may_not_open_is_told(pty: Pty, mode: int, group: str, remedy: str) -> None:
    device = pty.device.resolve()
    nobody.foreign_device(device, mode, grp.getgrnam(group).gr_gid)
    command = [sys.executable, "-c", OPEN_IT, str(device)]
    done = subprocess.run(
        nobody.without_rights(command), capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.stdout == f"{device} may not be opened by this user: {remedy.format(device=device)}\n", done.stderr


async def test_a_device_that_hangs_while_it_is_opened_is_given_up(pty: Pty, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, returns = threading.Event(), threading.Event()
    opened: list[int] = []

    def hang(path: str, flags: int) -> int:
        begun.set()
        returns.wait()
        opened.append(os.open(path, flags))
        return opened[0]

    calls = SimpleNamespace(**{name: getattr(os, name) for name in ("O_RDWR", "O_NOCTTY", "O_NONBLOCK", "close")})
    calls.open = hang
    monkeypatch.setattr(serialx.descriptor_transport, "os", calls)
    opening = asyncio.create_task(SerialPort(str(pty.device), Line(115200)).connect())
    assert await asyncio.to_thread(begun.wait, DEADLINE_S)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    returns.set()
    async with asyncio.timeout(DEADLINE_S):
        while not opened or _is_open(opened[0]):  # noqa: ASYNC110 - closed by a thread
            await asyncio.sleep(0.01)


async def test_an_opening_that_is_given_up_leaves_nothing_open(pty: Pty) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - these are links that vanish while they are listed
    for step in range(30):
        opening = asyncio.create_task(SerialPort(str(pty.device), Line(115200)).connect())
        await asyncio.sleep(step * 0.0005)
        opening.cancel()
        [opened] = await asyncio.gather(opening, return_exceptions=True)
        if not isinstance(opened, BaseException):
            await opened.close()
    async with asyncio.timeout(DEADLINE_S):
        while set(os.listdir("/proc/self/fd")) - before:  # noqa: PTH208, ASYNC110 - closed by threads
            await asyncio.sleep(0.01)


class Meter:
    """A meter at the other end of a pseudo terminal: what it sends arrives as its speed and that of the reader have it.

    Pseudo terminals have no parity: what is read of an 8E1 meter at the right speed is what an 8N1 reader sees.
    """

    def __init__(self, pty: Pty, line: Line, telegram: bytes, interval_s: float = 1.0) -> None:
        self.speeds: list[int] = []
        self._pty = pty
        self._line = line
        self._telegram = telegram
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Meter:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        while not self._stop.wait(self._interval_s):
            speed = self._pty.speed()
            if speed not in self.speeds[-1:]:
                self.speeds.append(speed)
            self._pty.offer(heard(self._telegram, self._line, Line(speed), resyncs=False))


def test_a_whole_program_finds_the_line_of_its_meter_and_remembers_it(pty: Pty, tmp_path: Path) -> None:
    telegram = max(World(Options(family="kaifa-se")).advance(30), key=len)
    url, kept = f"serial://{pty.device}", tmp_path / "data" / "lines.json"
    command = ("run", "--meter", url, "--data", str(tmp_path / "data"), "--mdns", "off")
    with Meter(pty, Line(2400, "8E1"), telegram) as meter:
        with running(*command) as box:
            site = box.until("/api/v1/site", lambda site: site["meter"]["link"] == "up")
            line = site["meter"]["found"]["line"]
            assert line == "2400 8E1"
            assert site["meter"]["found"]["dialect"] == "kaifa-se"
            told(box, f"{url} is read at {line}")
            wait_for(kept.exists, lambda: "the setting is not kept")
        assert meter.speeds[-2:] == [115200, 2400]
        pty.reset()
        with running(*command) as box:
            site = box.until("/api/v1/site", lambda site: site["meter"]["link"] == "up")
            assert site["meter"]["found"]["line"] == line
        again = meter.speeds[meter.speeds.index(2400) :]
        assert set(again) <= {2400, 38400}, "nothing else was tried"
    assert msgspec.json.decode(kept.read_bytes()) == {url: {"baudrate": 2400, "parity": line.partition(" ")[2]}}


def _is_open(descriptor: int) -> bool:
    return Path(f"/proc/self/fd/{descriptor}").exists()

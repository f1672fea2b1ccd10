"""A meter on a serial line: a P1 cable, or any other adapter that makes a serial device."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import grp
import os
import stat
from pathlib import Path

import serialx

from ngair.gateway.ports import LineRefusedError, LinkError
from ngair.model.limits import READ_CHUNK_BYTES
from ngair.model.line import Line

_Writer = serialx.SerialStreamWriter[serialx.BaseSerialTransport]
_Opening = asyncio.Task[tuple[asyncio.StreamReader, _Writer]]
_left: set[_Opening] = set()
"""Openings that nobody waits for any more; the event loop keeps no task alive by itself."""


class SerialPort:
    """Implements `gateway.ports.SerialLinePort`.

    A 7E1 line is opened as 8N1: the same bytes come, with a parity in bit 7 that is verified and undone behind the
    line. Of an 8E1 line the parity is left to be; what has a wrong one comes as it is, for telegrams have a check.
    """

    def __init__(self, device: str, line: Line) -> None:
        self._device = device
        self._line = line

    @property
    def name(self) -> str:
        """Its URL."""
        return f"serial://{self._device}"

    def use(self, line: Line) -> None:
        """Open it with this setting from now on."""
        self._line = line

    async def connect(self) -> SerialLink:
        """Open the device. Raises `LinkError`, `LineRefusedError` for one that cannot be set so."""
        opening = asyncio.create_task(
            serialx.open_serial_connection(
                self._device,
                baudrate=self._line.baudrate,
                byte_size=8,
                parity=serialx.Parity.EVEN if self._line.parity == "8E1" else serialx.Parity.NONE,
                low_latency=False,
                # On some adapters these pins ask the meter to send: they stay while another setting is tried.
                dtr_on_close=serialx.PinState.UNDEFINED,
                rts_on_close=serialx.PinState.UNDEFINED,
            )
        )
        try:
            await asyncio.wait([opening])
        except asyncio.CancelledError:
            _leave(opening)
            raise
        try:
            reader, writer = opening.result()
        except FileNotFoundError as error:
            raise LinkError(f"{self._device} does not exist: {_present()}") from error
        except PermissionError as error:
            raise LinkError(f"{self._device} may not be opened by this user: {_permission(self._device)}") from error
        except serialx.UnsupportedSetting as error:
            raise LineRefusedError(f"{self._device} cannot be set to {self._line}") from error
        except (OSError, serialx.SerialException, ValueError) as error:
            if isinstance(error, OSError) and error.errno == errno.EINVAL:
                raise LineRefusedError(f"{self._device} cannot be set to {self._line}") from error
            raise LinkError(f"{self._device} cannot be opened: {_fault(error)}") from error
        return SerialLink(self._device, reader, writer)


class SerialLink:
    """One open device."""

    def __init__(
        self,
        device: str,
        reader: asyncio.StreamReader,
        writer: _Writer,
    ) -> None:
        self._device = device
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Wait for bytes. Raises `LinkError` when the device is gone."""
        try:
            data = await self._reader.read(READ_CHUNK_BYTES)
        except (OSError, serialx.SerialException) as error:
            raise LinkError(f"{self._device} is gone ({_fault(error)}): is the cable still plugged in?") from error
        if not data:
            raise LinkError(f"{self._device} is gone: is the cable still plugged in?")
        return data

    async def close(self) -> None:
        """Close it, and wait until another may open it."""
        self._writer.close()
        with contextlib.suppress(OSError, serialx.SerialException):
            await self._writer.transport.wait_closed()


def _leave(opening: _Opening) -> None:
    """Wait no longer for a device that may hang for ever while it is opened; should it return, it is closed."""
    opening.cancel()
    _left.add(opening)
    opening.add_done_callback(_close_late)


def _close_late(opening: _Opening) -> None:
    _left.discard(opening)
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[1].close()


def _fault(error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EBUSY:
        return "another program reads it: stop that one"
    if number == errno.ENOTTY:
        return "it is no serial device"
    return os.strerror(number) if number else str(error)


def _permission(device: str) -> str:
    """What lets this user open a device: its group, where that is not root's and may read and write."""
    group = "dialout"
    with contextlib.suppress(OSError, KeyError):
        status = Path(device).stat()
        if status.st_gid == 0 or status.st_mode & _GROUP_USES != _GROUP_USES:
            return f"its owner must allow it: sudo chown $USER {device}"
        group = grp.getgrgid(status.st_gid).gr_name
    return f"sudo usermod -aG {group} $USER, then log in again"


_GROUP_USES = stat.S_IRGRP | stat.S_IWGRP


def _present() -> str:
    """What serial devices there are, best names first."""
    by_id = sorted(Path("/dev/serial/by-id").glob("*"))
    devices = by_id or sorted([*Path("/dev").glob("ttyUSB*"), *Path("/dev").glob("ttyACM*")])
    if not devices:
        return "no serial adapter is plugged in"
    return "plugged in are " + ", ".join(str(device) for device in devices)

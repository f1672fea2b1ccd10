"""A meter on a serial line: a P1 cable, or any other adapter that makes a serial device."""

from __future__ import annotations

import asyncio
from pathlib import Path

import serialx

from ngair.gateway.ports import LinkError
from ngair.model.limits import READ_CHUNK_BYTES


class SerialPort:
    """Implements `gateway.ports.BytePort`. Always 8N1: a 7E1 meter's parity is undone behind the line."""

    def __init__(self, device: str, baudrate: int) -> None:
        self._device = device
        self._baudrate = baudrate

    @property
    def name(self) -> str:
        """Its URL."""
        return f"serial://{self._device}"

    async def connect(self) -> SerialLink:
        """Open the device. Raises `LinkError`."""
        try:
            reader, writer = await serialx.open_serial_connection(
                self._device, baudrate=self._baudrate, low_latency=False
            )
        except FileNotFoundError as error:
            raise LinkError(f"{self._device} does not exist: {_present()}") from error
        except PermissionError as error:
            raise LinkError(
                f"{self._device} may not be opened by this user: sudo usermod -aG dialout $USER, then log in again"
            ) from error
        except (OSError, serialx.SerialException, ValueError) as error:
            raise LinkError(f"{self._device} cannot be opened: {error}") from error
        return SerialLink(self._device, reader, writer)


class SerialLink:
    """One open device."""

    def __init__(
        self,
        device: str,
        reader: asyncio.StreamReader,
        writer: serialx.SerialStreamWriter[serialx.BaseSerialTransport],
    ) -> None:
        self._device = device
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        """Wait for bytes. Raises `LinkError` when the device is gone."""
        try:
            data = await self._reader.read(READ_CHUNK_BYTES)
        except (OSError, serialx.SerialException) as error:
            raise LinkError(f"{self._device} is gone: {error}") from error
        if not data:
            raise LinkError(f"{self._device} is gone: is the cable still plugged in?")
        return data

    async def close(self) -> None:
        """Close it."""
        self._writer.close()


def _present() -> str:
    """What serial devices there are, best names first."""
    by_id = sorted(Path("/dev/serial/by-id").glob("*"))
    devices = by_id or sorted([*Path("/dev").glob("ttyUSB*"), *Path("/dev").glob("ttyACM*")])
    if not devices:
        return "no serial adapter is plugged in"
    return "plugged in are " + ", ".join(str(device) for device in devices)

"""Files with the keys that images are signed with."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ngair.device.image.keys import PRIVATE, PUBLIC, public_of, read_private_key, read_public_keys, write_key
from ngair.model.limits import FIRMWARE_KEYS_FILE_MAX_BYTES


def load_public_keys(path: Path) -> tuple[bytes, ...]:
    """The keys of those whose images are taken; none without a file. Raises `ValueError`, with the remedy.

    Whoever may write the file decides what the box runs, so one that everybody may write is refused.
    """
    try:
        text, mode = _read(path)
    except FileNotFoundError:
        return ()
    if mode & stat.S_IWOTH:
        raise ValueError(f"{path}: everybody on this machine may change whose firmware is taken: chmod 644 {path}")
    try:
        return read_public_keys(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def load_private_key(path: Path) -> bytes:
    """The key that images are signed with. Raises `ValueError`, with the remedy and nothing of the key."""
    try:
        text, mode = _read(path)
    except FileNotFoundError:
        raise ValueError(f"{path}: there is no such file: ngair firmware keygen makes a key") from None
    try:
        key = read_private_key(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    # Not before: a public key, taken by mistake, is for all to read.
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ValueError(f"{path}: others on this machine may reach the private key: chmod 600 {path}")
    return key


def make_keys(path: Path, comment: str) -> Path:
    """Write a new private key, readable by its owner alone, and the public one beside it: its path.

    Raises `FileExistsError` rather than to cost anybody a key, and `OSError`.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public_path = path.with_name(f"{path.name}.pub")
    if public_path.exists():
        raise FileExistsError(0, "is there already", str(public_path))
    private = Ed25519PrivateKey.generate().private_bytes_raw()
    _write(path, write_key(PRIVATE, private, comment), 0o600)
    try:
        _write(public_path, write_key(PUBLIC, public_of(private), comment), 0o644)
    except OSError:
        path.unlink()
        raise
    return public_path


def _read(path: Path) -> tuple[str, int]:
    """Text and mode of a file. Raises `FileNotFoundError`, `ValueError`."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(FIRMWARE_KEYS_FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > FIRMWARE_KEYS_FILE_MAX_BYTES:
        raise ValueError(f"{path}: is larger than {FIRMWARE_KEYS_FILE_MAX_BYTES} bytes: is it the right file?")
    try:
        return data.decode("utf-8"), mode
    except UnicodeDecodeError:
        raise ValueError(f"{path}: is not UTF-8 text: is it the right file?") from None


def _write(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())

"""The certificate by which the box is reached by TLS: the owner's, or one of its own."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import socket
import ssl
from collections.abc import Iterable
from pathlib import Path

from ngair.adapters.folder import Folder
from ngair.gateway.ports import LinkError

log = logging.getLogger("ngair")

FILE = "tls.pem"
"""Key and certificate of the box's own, in the data folder."""
RENEWED_BEFORE_S = 60 * 86_400.0


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and newer with a certificate. Raises `LinkError`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for path in (certificate, key):
        try:
            path.open("rb").close()
        except OSError as error:
            raise LinkError(f"{path}: cannot be read for https: {error.strerror}") from error
    try:
        # A key with a password of its own would ask for it on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        if reason == "KEY_VALUES_MISMATCH":
            raise LinkError(f"{key}: is not the key of {certificate}: give the two that belong together") from error
        raise LinkError(
            f"{certificate}, {key}: no certificate and key that https can use ({reason}): "
            "they have to be PEM, the key without a password"
        ) from error
    return context


def own_certificate(folder: Folder, names: Iterable[str], addresses: Iterable[str], wall_s: float) -> Path:
    """The file with the box's own certificate and key; made where there is none that is sound. Raises `LinkError`.

    It is made anew when its time is about to end, or it does not have one of the names. Addresses come and go: they are
    those of the day on which it was made.
    """
    from ngair.adapters.certificate import made, sound_names

    path = folder.path / FILE
    wanted = sound_names(names)
    reason = _unfit(path, wanted, wall_s)
    if reason:
        try:
            folder.save(FILE, made(wanted, addresses, wall_s))
        except OSError as error:
            raise LinkError(f"{path}: a certificate for https cannot be kept: {error.strerror}") from error
        log.info("%s: made a certificate for https: %s", path, reason)
    return path


def fingerprint(path: Path) -> str:
    """SHA-256 of a certificate, as browsers show it. Raises `LinkError`."""
    try:
        certificate = ssl.PEM_cert_to_DER_cert(_first_certificate(path.read_text("ascii", "replace")))
    except (OSError, ValueError) as error:
        raise LinkError(f"{path}: no certificate: {error}") from error
    return hashlib.sha256(certificate).digest().hex(":").upper()


def machine_names() -> tuple[list[str], list[str]]:
    """Names and addresses under which this machine is reached, as far as it knows."""
    import ifaddr

    name = socket.gethostname()
    addresses = []
    with contextlib.suppress(OSError):
        for adapter in ifaddr.get_adapters():
            addresses += [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for ip in adapter.ips]
    return ["ctek-ng-air.local", "localhost", name, f"{name.partition('.')[0]}.local"], addresses


def _first_certificate(text: str) -> str:
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    start = text.index(begin)
    return text[start : text.index(end, start) + len(end)] + "\n"


def _unfit(path: Path, names: list[str], wall_s: float) -> str:
    """Why another certificate has to be made; empty where none has to."""
    from ngair.adapters.certificate import names_and_end

    try:
        data = path.read_bytes()
        has, end_s = names_and_end(data)
        server_context(path, path)
    except FileNotFoundError:
        return "there was none"
    except (OSError, ValueError, LinkError) as error:
        return f"that which there was is damaged ({error})"
    if end_s - wall_s < RENEWED_BEFORE_S:
        return "the time of that which there was is about to end"
    return "" if set(names) <= has else "that which there was lacks a name"

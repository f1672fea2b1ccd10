"""The certificate by which the box is reached by TLS: the owner's, or one of its own."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import socket
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path

from ngair.adapters.folder import Folder
from ngair.adapters.http.hosts import host_is_ours
from ngair.device.inside import plain_address
from ngair.gateway.ports import LinkError

log = logging.getLogger("ngair")

FILE = "tls.pem"
"""Key and certificate of the box's own, in the data folder."""
RENEWED_BEFORE_S = 60 * 86_400.0
OTHERS_MAX = 16
MADE_EVERY_S = 0.2
"""Certificates for other names and addresses. One takes milliseconds to make, and strangers may ask for any."""


class OwnCertificates:
    """Which certificate is shown to whom: the box's own to all who come by a name or address that it has.

    Others, by an address that the box was given since, or a name of the house, are shown one of the same key for just
    that. So nobody meets a name that is wrong, and nobody has to trust the box's own a second time.
    """

    def __init__(self, path: Path, now_s: Callable[[], float] = time.monotonic) -> None:
        """Raises `LinkError`, and `ValueError` for a file that is no certificate of the box's own."""
        from ngair.adapters.certificate import reached_by

        self.context = server_context(path, path)
        self.context.sni_callback = self._by_name
        self._pem = path.read_bytes()
        self._has = reached_by(self._pem)
        self._others: OrderedDict[str, ssl.SSLContext] = OrderedDict()
        self._now_s = now_s
        self._made_at_s = -MADE_EVERY_S

    def at(self, address: str) -> ssl.SSLContext:
        """What to show to whoever came to this address of the box and has told no name yet."""
        try:
            # A scope is no part of an address in a certificate.
            return self._of(str(plain_address(address.partition("%")[0])))
        except ValueError:
            return self.context

    def _by_name(self, connection: ssl.SSLObject, name: str | None, context: ssl.SSLContext) -> None:
        """A name goes before the address. With one that cannot be the box's, its own certificate is as good as any."""
        from ngair.adapters.certificate import sound_names

        if name is not None:
            name = name.lower()
            ours = sound_names([name]) == [name] and host_is_ours(name, frozenset())
            connection.context = self._of(name) if ours else self.context

    def _of(self, reached_by: str) -> ssl.SSLContext:
        from ngair.adapters.certificate import made_of

        if reached_by in self._has:
            return self.context
        other = self._others.pop(reached_by, None)
        if other is None:
            if self._now_s() - self._made_at_s < MADE_EVERY_S:
                return self.context
            self._made_at_s = self._now_s()
            try:
                other = self._load(made_of(self._pem, reached_by))
            except (OSError, ValueError, LinkError) as error:
                log.debug("no certificate for %s: %s", reached_by, error)
                return self.context
        self._others[reached_by] = other
        if len(self._others) > OTHERS_MAX:
            self._others.popitem(last=False)
        return other

    def _load(self, pem: bytes) -> ssl.SSLContext:
        """OpenSSL takes it from a file only: from one that never reaches a disk."""
        descriptor = os.memfd_create("certificate", os.MFD_CLOEXEC)
        try:
            os.write(descriptor, pem)
            path = Path(f"/proc/self/fd/{descriptor}")
            context = server_context(path, path)
        finally:
            os.close(descriptor)
        context.sni_callback = self._by_name
        return context


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
    those of the day on which it was made, for the others see `OwnCertificates`.
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

"""The locks of the program, of its settings and its data folder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from ngair.adapters.folder import Folder
from ngair.adapters.http.asgi import Scope
from ngair.adapters.http.locks import Locks
from ngair.adapters.http.server import Secure, bind
from ngair.adapters.password import Passwords
from ngair.model.settings import Settings

log = logging.getLogger("ngair")


def locks_of(
    settings: Settings,
    folder: Folder,
    secure: Secure | None = None,
    is_setup: Callable[[Scope], bool] = lambda scope: False,
) -> Locks:
    """Who is let in. Reads the folder. `secure`: where the password is taken, and nowhere else.

    `is_setup` tells who sets the box up.
    """
    https_port = None if secure is None else secure.listener.getsockname()[1]
    return Locks(Passwords(folder), read_lock=settings.read_lock, https_port=https_port, is_setup=is_setup)


def listen_securely(settings: Settings, folder: Folder, wall_s: float) -> Secure | None:
    """Where to serve by TLS, if anywhere; makes a certificate where there is none. Raises `LinkError`."""
    if settings.https is None:
        return None
    from ngair.adapters.tls import OwnCertificates, fingerprint, machine_names, own_certificate, server_context

    at = None
    if settings.tls_certificate is not None and settings.tls_key is not None:
        certificate = Path(settings.tls_certificate)
        context = server_context(certificate, Path(settings.tls_key))
    else:
        names, addresses = machine_names()
        certificate = own_certificate(folder, [*names, *settings.host_names], addresses, wall_s)
        own = OwnCertificates(certificate)
        context, at = own.context, own.at
    listener = bind(settings.https.host, settings.https.port, "--https")
    log.info("https on port %s; SHA-256 of its certificate: %s", listener.getsockname()[1], fingerprint(certificate))
    return Secure(listener, context, at)

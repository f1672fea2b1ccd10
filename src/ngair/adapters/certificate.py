"""A certificate that signs itself: made, and looked at. Imported only where there is TLS: it takes its time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FROM = datetime(2024, 1, 1, tzinfo=UTC)
"""Before the time of any clock that was set: a box whose clock is behind has a certificate that is valid already."""
VALID = timedelta(days=3653)
SERIAL_BYTES = 19
"""RFC 5280, 4.1.2.2: at most 20 with the sign."""
NAMES_MAX = 32
NAME_MAX_CHARS = 253
LABEL_MAX_CHARS = 63


def made(names: Iterable[str], addresses: Iterable[str], wall_s: float) -> bytes:
    """Key and certificate as PEM: EC P-256, valid from 2024 on, for ten years from then or from a later now."""
    key = ec.generate_private_key(ec.SECP256R1())
    shown = [*map(_alternative, names), *map(_alternative, _sound_addresses(addresses))]
    end = max(VALID_FROM, datetime.fromtimestamp(max(0.0, wall_s), UTC)) + VALID
    return _pem(key, shown, x509.random_serial_number(), end)


def made_of(pem: bytes, reached_by: str) -> bytes:
    """The same key with a certificate for one other name or address: always the same one. Raises `ValueError`."""
    key = load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ValueError("it is of another kind")
    before = x509.load_pem_x509_certificate(pem)
    serial = hashlib.sha256(before.fingerprint(SHA256()) + reached_by.encode()).digest()[:SERIAL_BYTES]
    return _pem(key, [_alternative(reached_by)], int.from_bytes(serial) | 1, before.not_valid_after_utc)


def _pem(key: ec.EllipticCurvePrivateKey, shown: list[x509.GeneralName], serial: int, end: datetime) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ngair")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(VALID_FROM)
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName(shown), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256(), ecdsa_deterministic=True)
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)


def reached_by(pem: bytes) -> frozenset[str]:
    """The names and addresses in a certificate. Raises `ValueError`."""
    alternatives = _alternatives(pem)
    addresses = map(str, alternatives.get_values_for_type(x509.IPAddress))
    return frozenset((*alternatives.get_values_for_type(x509.DNSName), *addresses))


def names_and_end(pem: bytes) -> tuple[frozenset[str], float]:
    """The names in a certificate, and the time of its end in seconds since 1970. Raises `ValueError`."""
    end = x509.load_pem_x509_certificate(pem).not_valid_after_utc
    return frozenset(_alternatives(pem).get_values_for_type(x509.DNSName)), end.timestamp()


def sound_names(names: Iterable[str]) -> list[str]:
    """Those that a certificate can have, each once."""
    unique = dict.fromkeys(name.lower().rstrip(".") for name in names)
    return [name for name in unique if _is_name(name)][:NAMES_MAX]


def _alternatives(pem: bytes) -> x509.SubjectAlternativeName:
    try:
        extensions = x509.load_pem_x509_certificate(pem).extensions
        return extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ValueError("it has no names") from error


def _alternative(reached_by: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(reached_by))
    except ValueError:
        return x509.DNSName(reached_by)


def _is_name(name: str) -> bool:
    labels = name.split(".")
    return (
        name.isascii()
        and len(name) <= NAME_MAX_CHARS
        and all(0 < len(label) <= LABEL_MAX_CHARS and label.replace("-", "").isalnum() for label in labels)
    )


def _sound_addresses(addresses: Iterable[str]) -> list[str]:
    """Those that a certificate can have, each once; a scope is no part of an address there."""
    unique = dict.fromkeys(address.partition("%")[0] for address in addresses)
    return list(unique)[:NAMES_MAX]

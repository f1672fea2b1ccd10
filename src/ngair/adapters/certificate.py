"""A certificate that signs itself: made, and looked at. Imported only where there is TLS: it takes its time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_FROM = datetime(2024, 1, 1, tzinfo=UTC)
"""Before the time of any clock that was set: a box whose clock is behind has a certificate that is valid already."""
VALID = timedelta(days=3653)
NAMES_MAX = 32
NAME_MAX_CHARS = 253
LABEL_MAX_CHARS = 63


def made(names: Iterable[str], addresses: Iterable[str], wall_s: float) -> bytes:
    """Key and certificate as PEM: EC P-256, valid from 2024 on, for ten years from then or from a later now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ngair")])
    shown = [x509.DNSName(name) for name in names]
    shown_addresses = [x509.IPAddress(ip_address(address)) for address in _sound_addresses(addresses)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(VALID_FROM)
        .not_valid_after(max(VALID_FROM, datetime.fromtimestamp(max(0.0, wall_s), UTC)) + VALID)
        .add_extension(x509.SubjectAlternativeName([*shown, *shown_addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)


def names_and_end(pem: bytes) -> tuple[frozenset[str], float]:
    """The names in a certificate, and the time of its end in seconds since 1970. Raises `ValueError`."""
    certificate = x509.load_pem_x509_certificate(pem)
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise ValueError("it has no names") from error
    return frozenset(alternatives.get_values_for_type(x509.DNSName)), certificate.not_valid_after_utc.timestamp()


def sound_names(names: Iterable[str]) -> list[str]:
    """Those that a certificate can have, each once."""
    unique = dict.fromkeys(name.lower().rstrip(".") for name in names)
    return [name for name in unique if _is_name(name)][:NAMES_MAX]


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

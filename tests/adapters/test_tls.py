"""HTTP by TLS: the same bounds as without, and a certificate that is there when it is needed."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import ssl
import stat
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from ngair.adapters import certificate
from ngair.adapters.certificate import VALID, VALID_FROM, made_of, names_and_end, sound_names
from ngair.adapters.folder import Folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.asgi import AsgiApp
from ngair.adapters.http.server import Secure
from ngair.adapters.tls import (
    FILE,
    MADE_EVERY_S,
    OTHERS_MAX,
    OwnCertificates,
    fingerprint,
    own_certificate,
    server_context,
)
from ngair.api.publisher import Publisher
from ngair.gateway.ports import LinkError
from ngair.model.limits import HTTP_CONNECTIONS_PER_PEER, HTTP_HEADER_MAX_BYTES, HTTP_HEADER_TIMEOUT_S
from tests.adapters.http.serving import Serving
from tests.adapters.http.uploads import Box
from tests.adapters.http.wire import Wire, is_problem, request
from tests.api.houses import site
from tests.device.images import image
from tests.program import PASSWORD, basic, wait_for

NAMES = ["ctek-ng-air.local", "box.example"]
NOW_S = datetime(2026, 6, 1, tzinfo=UTC).timestamp()
YEAR_S = 365.25 * 86_400
BIG_PAGE = b"x" * 3_000_000


class TestCertificate:
    def test_one_is_made_and_stays(self, tmp_path: Path) -> None:
        folder = Folder(tmp_path)
        path = own_certificate(folder, NAMES, ["192.0.2.5", "fe80::1%eth0", "192.0.2.5"], NOW_S)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        made = path.read_bytes()
        own = x509.load_pem_x509_certificate(made)
        has = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert has.get_values_for_type(x509.DNSName) == NAMES
        assert [str(address) for address in has.get_values_for_type(x509.IPAddress)] == ["192.0.2.5", "fe80::1"]
        assert own.not_valid_before_utc == VALID_FROM
        for later_s in (0, 1e6, 5 * YEAR_S):
            assert own_certificate(folder, NAMES[:1], ["192.0.2.99"], NOW_S + later_s).read_bytes() == made

    def test_a_clock_that_was_never_set_does_not_matter(self, tmp_path: Path) -> None:
        path = own_certificate(Folder(tmp_path), NAMES, [], 12.0)
        made = path.read_bytes()
        assert names_and_end(made)[1] == (VALID_FROM + VALID).timestamp()
        assert own_certificate(Folder(tmp_path), NAMES, [], NOW_S).read_bytes() == made

    @pytest.mark.parametrize("left_days", [-1000, -1, 0, 59])
    def test_it_is_renewed_in_time(self, tmp_path: Path, left_days: int) -> None:
        path = own_certificate(Folder(tmp_path), NAMES, [], NOW_S)
        made = path.read_bytes()
        now_s = names_and_end(made)[1] - left_days * 86_400
        assert own_certificate(Folder(tmp_path), NAMES, [], now_s).read_bytes() != made
        assert names_and_end(path.read_bytes())[1] > now_s + 9 * YEAR_S

    def test_another_name_needs_another_one(self, tmp_path: Path) -> None:
        path = own_certificate(Folder(tmp_path), NAMES, [], NOW_S)
        own_certificate(Folder(tmp_path), [*NAMES, "new.example"], [], NOW_S)
        assert names_and_end(path.read_bytes())[0] == {*NAMES, "new.example"}

    @pytest.mark.parametrize("keep", [0, 100, 300, -30])
    def test_a_damaged_one_is_made_anew(self, tmp_path: Path, keep: int) -> None:
        path = own_certificate(Folder(tmp_path), NAMES, [], NOW_S)
        path.write_bytes(path.read_bytes()[:keep])
        own_certificate(Folder(tmp_path), NAMES, [], NOW_S)
        server_context(path, path)

    def test_key_and_certificate_of_two_are_made_anew(self, tmp_path: Path) -> None:
        first = own_certificate(Folder(tmp_path / "a"), NAMES, [], NOW_S).read_bytes()
        second = own_certificate(Folder(tmp_path / "b"), NAMES, [], NOW_S).read_bytes()
        begin = b"-----BEGIN CERTIFICATE-----"
        path = tmp_path / "a" / FILE
        path.write_bytes(first[: first.index(begin)] + second[second.index(begin) :])
        with pytest.raises(LinkError, match="is not the key of"):
            server_context(path, path)
        own_certificate(Folder(tmp_path / "a"), NAMES, [], NOW_S)
        server_context(path, path)

    def test_a_name_that_no_certificate_has_is_left_out(self) -> None:
        odd = ["box.example.", "BOX.example", "größe.example", "", "a..b", "x" * 64, "with space", "*.example"]
        assert sound_names(odd) == ["box.example"]

    def test_its_fingerprint_is_as_browsers_show_it(self, tmp_path: Path) -> None:
        path = own_certificate(Folder(tmp_path), NAMES, [], NOW_S)
        from cryptography.hazmat.primitives.hashes import SHA256

        expected = x509.load_pem_x509_certificate(path.read_bytes()).fingerprint(SHA256()).hex(":").upper()
        assert fingerprint(path) == expected


class TestOthers:
    """Certificates for what the box's own does not have."""

    def test_one_is_always_the_same(self, tmp_path: Path) -> None:
        pem = own_certificate(Folder(tmp_path), NAMES, ["192.0.2.5"], NOW_S).read_bytes()
        own = x509.load_pem_x509_certificate(pem)
        others = {}
        for reached_by in ("192.0.2.6", "2001:db8::6", "box.lan"):
            other = x509.load_pem_x509_certificate(made_of(pem, reached_by))
            assert other == x509.load_pem_x509_certificate(made_of(pem, reached_by)), "after a restart, too"
            assert certificate.reached_by(made_of(pem, reached_by)) == {reached_by}
            assert other.public_key() == own.public_key()
            assert (other.not_valid_before_utc, other.not_valid_after_utc) == (VALID_FROM, own.not_valid_after_utc)
            others[other.serial_number] = other
        assert len({own.serial_number, *others}) == 4, "browsers refuse two of one maker and number"

    def test_the_own_one_is_shown_under_all_that_it_has(self, tmp_path: Path) -> None:
        path = own_certificate(Folder(tmp_path), NAMES, ["192.0.2.5", "2001:db8::5"], NOW_S)
        own = OwnCertificates(path, itertools.count().__next__)
        for address in ("192.0.2.5", "::ffff:192.0.2.5", "2001:db8::5", "2001:DB8:0::5", "", "nonsense"):
            assert own.at(address) is own.context
        for address in ("192.0.2.6", "::ffff:192.0.2.6", "2001:db8::6", "fe80::1%eth0"):
            assert own.at(address) is not own.context
        assert own.at("192.0.2.6") is own.at("::ffff:192.0.2.6")

    def test_few_are_kept(self, tmp_path: Path) -> None:
        own = OwnCertificates(own_certificate(Folder(tmp_path), NAMES, [], NOW_S), itertools.count().__next__)
        first = own.at("192.0.2.1")
        for number in range(OTHERS_MAX):
            assert own.at("192.0.2.1") is first, "what is asked for stays"
            own.at(f"198.51.100.{number}")
        assert len(own._others) == OTHERS_MAX

    def test_who_asks_for_many_has_few_made(self, tmp_path: Path) -> None:
        now_s = 100.0
        own = OwnCertificates(own_certificate(Folder(tmp_path), NAMES, [], NOW_S), lambda: now_s)
        first = own.at("192.0.2.1")
        assert own.at("192.0.2.2") is own.context
        assert own.at("192.0.2.1") is first is not own.context
        now_s += MADE_EVERY_S
        assert own.at("192.0.2.2") is not own.context

    def test_where_none_can_be_made_the_own_one_is_shown(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        own = OwnCertificates(own_certificate(Folder(tmp_path), NAMES, [], NOW_S))

        def fail(name: str, flags: int) -> int:
            raise OSError(24, "Too many open files")

        monkeypatch.setattr(os, "memfd_create", fail)
        assert own.at("192.0.2.1") is own.context


def pages() -> AsgiApp:
    publisher = Publisher()
    publisher.refresh(site(), 10.0, 1e9)
    publisher.put("/big", BIG_PAGE, "text/plain", 1e9)
    return local_api(publisher)


class Secured(Serving):
    """A server that serves by TLS, too; wires to it speak TLS."""

    def __init__(self, folder: Path, app: AsgiApp | None = None, addresses: Sequence[str] = ("127.0.0.1",)) -> None:
        path = own_certificate(Folder(folder), NAMES, addresses, NOW_S)
        self.path = path
        self.context = ssl.create_default_context(cafile=path)
        listener = socket.create_server(("127.0.0.1", 0))
        own = OwnCertificates(path, itertools.count().__next__)
        super().__init__(app or pages(), Secure(listener, own.context, own.at))
        self.plain = self.address
        self.address = listener.getsockname()

    def secure_wire(self, name: str = "127.0.0.1") -> Wire:
        """A connection whose handshake is done, to whoever is called so."""
        wire = Wire(self.address)
        wire.socket = self.context.wrap_socket(wire.socket, server_hostname=name)
        self._wires.append(wire)
        return wire

    def held(self) -> int:
        """Connections that the guard counts."""
        return self.inside(lambda: len(self.guard.connections))


@contextlib.contextmanager
def secured(folder: Path, app: AsgiApp | None = None, addresses: Sequence[str] = ("127.0.0.1",)) -> Iterator[Secured]:
    server = Secured(folder, app, addresses)
    server.start()
    try:
        yield server
    finally:
        server.hang_up()
        server.stop()
    assert server.complaints == []


@pytest.fixture(name="server")
def _server(tmp_path: Path) -> Iterator[Secured]:
    with secured(tmp_path) as server:
        yield server


class TestServer:
    def test_the_same_is_served(self, server: Secured) -> None:
        wire = server.secure_wire()
        for _ in range(3):
            assert wire.ask("/meter/").status == 200
        assert wire.ask("/big").body == BIG_PAGE
        wire.send(request("/meter/") * 20)
        assert [wire.answer().status for _ in range(20)] == [200] * 20
        wire.send(request("/meter/", "GET", b"Connection: close"))
        assert wire.answer().status == 200
        assert wire.is_closed()
        wire.close()
        wait_for(lambda: server.held() == 0)

    def test_nothing_older_than_tls_1_2(self, server: Secured) -> None:
        assert server.secure_wire().socket.version() == "TLSv1.3"  # type: ignore[attr-defined]  # it is an SSLSocket
        server.context.maximum_version = ssl.TLSVersion.TLSv1_2
        assert server.secure_wire().ask("/meter/").status == 200
        server.context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            server.context.minimum_version = server.context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(OSError, match=r"(?i)alert|protocol|reset|EOF"):
            server.secure_wire()

    def test_bytes_one_by_one(self, server: Secured) -> None:
        wire = server.secure_wire()
        for byte in request("/meter/"):
            wire.send(bytes([byte]))
        assert wire.answer().status == 200

    @pytest.mark.parametrize("sent", [request("/meter/"), b"\x16\x03\x01", bytes(100), b"\xff" * 5000])
    def test_who_speaks_no_tls_is_let_go(self, server: Secured, sent: bytes) -> None:
        wire = Wire(server.address)
        with contextlib.closing(wire):
            wire.send(sent)
            if sent.startswith(b"\x16"):
                wire.finish_sending()
            with contextlib.suppress(ConnectionError):
                while wire.socket.recv(1000):
                    pass
        wait_for(lambda: server.held() == 0)
        assert server.secure_wire().ask("/meter/").status == 200

    def test_handshakes_are_counted(self, server: Secured) -> None:
        wires = [Wire(server.address) for _ in range(HTTP_CONNECTIONS_PER_PEER + 5)]
        server._wires += wires
        wait_for(lambda: server.held() == HTTP_CONNECTIONS_PER_PEER)
        assert server.secure_wire().ask("/meter/").status == 200, "a new one is always heard"
        assert server.held() == HTTP_CONNECTIONS_PER_PEER

    def test_one_that_stalls_is_ended(self, server: Secured, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ngair.adapters.http.handshaking.HTTP_HEADER_TIMEOUT_S", 0.2)
        wire = Wire(server.address)
        server._wires.append(wire)
        wire.send(b"\x16\x03\x01\x02")
        wait_for(wire.is_closed)
        wait_for(lambda: server.held() == 0)

    def test_a_request_that_stalls_is_ended(self, server: Secured) -> None:
        wire = server.secure_wire()
        wire.send(b"GET /meter/ HT")
        wait_for(lambda: server.held() == 1)
        wait_for(lambda: server.inside(lambda: [c._part for c in server.guard.connections]) == ["head"])  # type: ignore[attr-defined]  # of a GuardedProtocol
        server.later(HTTP_HEADER_TIMEOUT_S + 1)
        assert is_problem(wire.answer(), 408)
        server.later(2 * HTTP_HEADER_TIMEOUT_S + 2)
        wait_for(lambda: server.held() == 0)

    def test_the_answer_to_a_body_that_is_too_long_arrives(self, server: Secured) -> None:
        wire = server.secure_wire()
        wire.send(request("/meter/", "POST", b"Content-Length: 10000000"))
        wire.send_what_is_taken(b"x" * (HTTP_HEADER_MAX_BYTES * 10))
        assert wire.answer().status in (405, 413)
        server.later(2 * HTTP_HEADER_TIMEOUT_S + 2)
        wait_for(lambda: server.held() == 0)

    def test_who_goes_away_is_forgotten(self, server: Secured) -> None:
        for _ in range(3):
            wire = server.secure_wire()
            wire.send(request("/big"))
            wire.socket.close()
        wait_for(lambda: server.held() == 0)

    def test_a_stream_and_its_end(self, server: Secured) -> None:
        wire = server.secure_wire()
        wire.send(request("/api/v1/stream"))
        wait_for(lambda: b"event: site" in wire.socket.recv(100_000))
        assert server.held() == 1
        wire.close()
        wait_for(lambda: server.held() == 0)

    def test_a_stop_does_not_wait_for_who_says_nothing(self, server: Secured) -> None:
        idle, stalled = server.secure_wire(), Wire(server.address)
        server._wires.append(stalled)
        assert idle.ask("/meter/").status == 200
        server.stop()
        with contextlib.suppress(ConnectionError):
            assert idle.is_closed()


@pytest.mark.parametrize("name", ["127.0.0.1", "box.lan", "ctek-ng-air-2.local"])
def test_what_the_certificate_does_not_have_is_shown_another(tmp_path: Path, name: str) -> None:
    with secured(tmp_path, addresses=["192.0.2.5"]) as server:
        shown = ssl.DER_cert_to_PEM_cert(shown_to(server, name))
        assert shown != ssl.DER_cert_to_PEM_cert(shown_to(server, NAMES[0]))
        server.context = ssl.create_default_context(cadata=shown)
        assert server.secure_wire(name).ask("/meter/").status == 200, "for whoever trusts it nothing is wrong with it"


def test_whoever_trusts_the_own_certificate_is_shown_it_wherever_he_finds_the_box(tmp_path: Path) -> None:
    with secured(tmp_path, addresses=["192.0.2.5"]) as server:
        for name in NAMES:
            assert server.secure_wire(name).ask("/meter/").status == 200
        own = shown_to(server, NAMES[0])
        for strange in ("elsewhere.example", "a" * 63 + ".example", "xn--grsse-kva.example"):
            assert shown_to(server, strange) == own


def shown_to(server: Secured, name: str) -> bytes:
    """The certificate that whoever looks for this name or address is shown."""
    context, server.context = server.context, ssl.create_default_context()
    server.context.check_hostname, server.context.verify_mode = False, ssl.CERT_NONE
    try:
        wire = server.secure_wire(name)
        assert isinstance(wire.socket, ssl.SSLSocket)
        shown = wire.socket.getpeercert(binary_form=True)
    finally:
        server.context = context
    assert shown
    return shown


def test_firmware_comes_through(tmp_path: Path) -> None:
    data = image({"ngair-0.7.0-py3-none-any.whl": bytes(range(256)) * 12_000})
    proof = f"Authorization: {basic(PASSWORD)['Authorization']}".encode()
    box = Box(tmp_path / "box")
    with secured(tmp_path, box.app) as server:
        wire = server.secure_wire()
        length = b"Content-Length: %d" % len(data)
        wire.send(request("/upload/image.ngfw", "POST", length, proof) + data)
        assert wire.answer().status == 202
        assert wire.ask("/meter/").status == 200
        wire.send(request("/upload/image.ngfw", "POST", length, proof) + data[:1_000_000])
        wire.close()
        wait_for(lambda: server.held() == 0 and box.left == [])
    assert len(box.images) == 1


@pytest.mark.parametrize("content", ["", "none", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files_that_are_none_are_told_in_a_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)
    with pytest.raises(LinkError, match="no certificate and key that https can use"):
        server_context(tmp_path / "file", tmp_path / "file")
    with pytest.raises(LinkError, match="cannot be read for https: No such file"):
        server_context(tmp_path / "missing", tmp_path / "file")


def test_a_key_with_a_password_is_told_and_never_asked_for(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

    path = own_certificate(Folder(tmp_path), NAMES, [], NOW_S)
    key = ec.generate_private_key(ec.SECP256R1())
    shut = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    (tmp_path / "key").write_bytes(shut)
    with pytest.raises(LinkError, match="without a password"):
        server_context(path, tmp_path / "key")


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path)

    def fail(name: str, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "save", fail)
    with pytest.raises(LinkError, match="cannot be kept: No space left"):
        own_certificate(folder, NAMES, [], NOW_S)

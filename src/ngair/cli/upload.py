"""`ngair upload`: bring a firmware image to a box."""

from __future__ import annotations

import argparse
import base64
import contextlib
import getpass
import http.client
import os
import re
import select
import socket
import ssl
import sys
import warnings
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlsplit

import msgspec

from ngair.cli.failure import Failure
from ngair.model.limits import UPLOAD_READ_BYTES
from ngair.model.settings import shown_name

USER = "ctek"
PATH = "/upload/image.ngfw"
"""Whatever the file is called here: boxes take few names, and browsers save a second `image (1).ngfw`."""
PASSWORD_VARIABLE = "NGAIR_PASSWORD"
"""Not a setting: `ngair run` leaves it alone."""
TIMEOUT_S = 120.0
"""For the box to take what it was sent, or to answer: its disk may be slow."""
PASSWORD_FILE_MAX_BYTES = 4096
ANSWER_MAX_BYTES = 64 * 1024


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "upload",
        help="bring a firmware image to a box",
        description="Bring a firmware image to a box, which verifies and installs it, and starts anew with it at a "
        "moment that disturbs no car. The password is asked for, unless it stands in a file or in NGAIR_PASSWORD.",
        allow_abbrev=False,
        epilog="Example: ngair upload ctek-ng-air.local ngair.ngfw",
    )
    parser.add_argument("host", metavar="HOST", help="The box: HOST, HOST:PORT, or http:// or https:// and that.")
    parser.add_argument("file", metavar="FILE", type=Path, help="The image, *.ngfw.")
    parser.add_argument("--password-file", metavar="FILE", type=Path, help="A file with the box's password.")
    parser.add_argument("--certificate", metavar="FILE", help="With https: the certificate that the box shows.")
    parser.set_defaults(command=_upload)


class Target(NamedTuple):
    """Where a box is."""

    scheme: str
    host: str
    port: int


def _upload(options: argparse.Namespace) -> int:
    target = _target(options.host)
    connection = _connection(target, options.certificate)
    try:
        with options.file.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            password = _password(options.password_file, target.host)
            return _bring(connection, password, file, size)
    except OSError as error:
        if error.filename:
            raise Failure(f"{shown_name(str(error.filename))}: {error.strerror}") from None
        raise Failure(f"{target.host}: {_why(error)}") from None
    except http.client.HTTPException as error:
        raise Failure(f"{target.host}: does not answer as a box does ({type(error).__name__})") from None
    finally:
        connection.close()


def _target(text: str) -> Target:
    parts = urlsplit(text if "://" in text else f"http://{text}")
    try:
        port = parts.port
    except ValueError:
        port = -1
    beside = parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or beside:
        raise Failure(f"HOST = {shown_name(text)}: allowed is a name or address, such as ctek-ng-air.local:8080", 2)
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80))


def _connection(target: Target, certificate: str | None) -> http.client.HTTPConnection:
    if target.scheme == "http":
        if certificate is not None:
            raise Failure("--certificate is for https://: the box shows none without", 2)
        return http.client.HTTPConnection(target.host, target.port, timeout=TIMEOUT_S)
    try:
        context = ssl.create_default_context(cafile=certificate)
    except (OSError, ssl.SSLError) as error:
        raise Failure(f"--certificate: {certificate}: {error.strerror or error}", 2) from None
    return http.client.HTTPSConnection(target.host, target.port, timeout=TIMEOUT_S, context=context)


def _password(file: Path | None, host: str) -> str:
    """Never an argument: those are seen by everybody on the machine."""
    if file is not None:
        with file.open("rb") as opened:
            data = opened.read(PASSWORD_FILE_MAX_BYTES + 1)
        try:
            return data.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise Failure(f"{file}: is not UTF-8 text: is it the right file?", 2) from None
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is not None:
        return given
    try:
        with warnings.catch_warnings():
            # Without a terminal it would be shown as it is typed, and a script's input taken for it.
            warnings.simplefilter("error", getpass.GetPassWarning)
            return getpass.getpass(f"Password of {host}: ")
    except (EOFError, getpass.GetPassWarning):
        raise Failure(
            f"nobody is there to be asked: give the password with --password-file or {PASSWORD_VARIABLE}", 2
        ) from None


def _bring(connection: http.client.HTTPConnection, password: str, file: BinaryIO, size: int) -> int:
    """Send it. Raises `Failure` with what the box says against it."""
    proof = base64.b64encode(f"{USER}:{password}".encode()).decode("ascii")
    connection.connect()
    wire: socket.socket = connection.sock
    connection.putrequest("POST", PATH)
    connection.putheader("Authorization", f"Basic {proof}")
    connection.putheader("Content-Type", "application/octet-stream")
    connection.putheader("Content-Length", str(size))
    connection.putheader("Expect", "100-continue")
    connection.endheaders()
    with wire.makefile("rb") as answers:
        # Whoever does not speak of continuing is sent the image all the same.
        answer = _answer(answers) if _is_readable(wire, CONTINUE_S) else None
        if answer is None or answer.status == CONTINUE:
            # Whoever hangs up on what it does not want says why.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _send(wire, file, size)
            answer = _answer(answers)
        while answer.status == CONTINUE:
            answer = _answer(answers)
    if answer.status != ACCEPTED:
        raise Failure(_told(answer))
    print(f"{_field(answer.body, 'version')} is verified; the box installs it and tells on its page how that goes.")
    return 0


def _send(wire: socket.socket, file: BinaryIO, size: int) -> None:
    """As long as the box says nothing against it."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("", total=size)
        while (piece := file.read(UPLOAD_READ_BYTES)) and not _is_readable(wire, 0):
            wire.sendall(piece)
            progress.advance(task, len(piece))


class Answer(NamedTuple):
    """What the box says."""

    status: int
    body: bytes


def _answer(answers: BinaryIO) -> Answer:
    """The next answer. Raises `http.client.HTTPException` for what is none."""
    line = answers.readline(1024)
    match = _STATUS.match(line)
    if match is None:
        raise http.client.BadStatusLine(repr(line))
    headers = http.client.parse_headers(answers)
    status = int(match[1])
    length = headers.get("Content-Length", "0")
    has_body = status != CONTINUE and length.isascii() and length.isdigit()
    return Answer(status, answers.read(min(int(length), ANSWER_MAX_BYTES)) if has_body else b"")


def _told(answer: Answer) -> str:
    detail = _field(answer.body, "detail")
    return shown_line(detail) if detail else f"the box answered {answer.status}: is it an ngair with firmware uploads?"


def _field(body: bytes, name: str) -> str:
    try:
        document = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    value = document.get(name)
    return value if isinstance(value, str) else ""


def shown_line(text: str) -> str:
    """What somebody else says, on one line that moves no terminal."""
    return text if text.isprintable() else repr(text)


def _is_readable(wire: socket.socket, timeout_s: float) -> bool:
    return bool(select.select([wire], [], [], timeout_s)[0])


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}): name it with --certificate"
    if isinstance(error, TimeoutError):
        return "does not answer"
    return f"{error.strerror or error}"


CONTINUE = 100
ACCEPTED = 202
CONTINUE_S = 10.0
"""For checking the password, which takes a small computer a while."""
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r]")

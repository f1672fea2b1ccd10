"""`ngair firmware`: keys, and the images that are made and signed with them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

from ngair.cli.failure import Failure
from ngair.model.settings import shown_name

if TYPE_CHECKING:
    from ngair.app.firmware import Found, Manifest

T = TypeVar("T")

KEYS = "/etc/ngair/firmware.pub"


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "firmware",
        help="make, sign and look at firmware images",
        description="Make firmware images of wheels, sign them, and look at them. A box takes those that are signed "
        "with a key whose public half it knows.",
        allow_abbrev=False,
        epilog="Example: ngair firmware build dist/*.whl --out ngair.ngfw --key release.key",
    )
    what = parser.add_subparsers(title="what", required=True, metavar="WHAT", help="What to do.")
    _add_keygen(what)
    _add_build(what)
    _add_sign(what)
    _add_inspect(what)


def _add_keygen(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = what.add_parser(
        "keygen",
        help="make a key to sign images with",
        description="Make a key to sign images with: KEYFILE, which nobody else may have, and KEYFILE.pub, which "
        "belongs on the boxes. A file that is there is never written over.",
        allow_abbrev=False,
        epilog="Example: ngair firmware keygen release.key",
    )
    parser.add_argument("keyfile", metavar="KEYFILE", type=Path, help="Where to.")
    parser.add_argument("--comment", metavar="TEXT", help="Told beside the key. Default: the name of the file.")
    parser.set_defaults(command=_keygen)


def _add_build(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = what.add_parser(
        "build",
        help="make an image of wheels",
        description="Make an image of the program's wheel and those of all that it needs. The same wheels make the "
        "same bytes.",
        allow_abbrev=False,
        epilog="Example: ngair firmware build wheels/*.whl --out ngair.ngfw --key release.key",
    )
    parser.add_argument("wheels", metavar="WHEEL", nargs="+", type=Path, help="A wheel.")
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="Where to.")
    parser.add_argument("--key", metavar="KEYFILE", type=Path, help="Sign it with this key. Default: it is not signed.")
    parser.add_argument(
        "--minimum-version",
        metavar="VERSION",
        default="",
        help="Boxes that run it take nothing older after it. Default: its own version.",
    )
    parser.add_argument(
        "--from-version",
        metavar="VERSION",
        default="0",
        help="Boxes with something older need another version first. Default: 0, any may be updated to it.",
    )
    parser.add_argument(
        "--hardware",
        metavar="ID",
        action="append",
        default=[],
        help="Kind of box that it is for, such as linux-aarch64-cpython-311. May be given several times. Default: all "
        "that every wheel runs on.",
    )
    parser.set_defaults(command=_build)


def _add_sign(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = what.add_parser(
        "sign",
        help="sign an image that was made without a key, or with another",
        description="Sign an image in place, when everything in it is sound.",
        allow_abbrev=False,
        epilog="Example: ngair firmware sign --key release.key ngair.ngfw",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="The image.")
    parser.add_argument("--key", metavar="KEYFILE", type=Path, required=True, help="The key to sign it with.")
    parser.set_defaults(command=_sign)


def _add_inspect(what: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = what.add_parser(
        "inspect",
        help="tell all about an image, and whether a box would take it",
        description="Tell all about an image. Exit code 1 when a box that trusts the given keys would refuse it.",
        allow_abbrev=False,
        epilog="Example: ngair firmware inspect ngair.ngfw --keys release.key.pub",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="The image.")
    parser.add_argument(
        "--keys",
        metavar="PUBFILE",
        type=Path,
        default=Path(KEYS),
        help=f"The public keys that the box trusts. Default: {KEYS}.",
    )
    parser.set_defaults(command=_inspect)


def _keygen(options: argparse.Namespace) -> int:
    from ngair.app.firmware import load_public_keys, make_keys

    comment = options.comment if options.comment is not None else options.keyfile.name
    if not comment.isprintable() or len(comment) > 100:
        raise Failure("--comment: allowed is one line of at most 100 characters", 2)
    public = _done(lambda: make_keys(options.keyfile, comment))
    (key,) = load_public_keys(public)
    print(f"{options.keyfile}: the private key {_id(key)}. Keep it, with a copy, where nobody else reaches it.")
    print(f"{public}: its public half, a line for the file that firmware_keys names on each box ({KEYS}).")
    return 0


def _build(options: argparse.Namespace) -> int:
    from ngair.app.firmware import load_private_key, make_image

    private = None if options.key is None else _done(lambda: load_private_key(options.key))
    manifest = _done(
        lambda: make_image(
            options.wheels, options.out, private, options.hardware, options.minimum_version, options.from_version
        )
    )
    print(f"{options.out}: {_summary(manifest)}, {_signed_with(private)}")
    return 0


def _sign(options: argparse.Namespace) -> int:
    from ngair.app.firmware import load_private_key, sign_image

    private = _done(lambda: load_private_key(options.key))
    manifest = _done(lambda: sign_image(options.file, private), f"{options.file}: ")
    print(f"{options.file}: {_summary(manifest)}, {_signed_with(private)}")
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from ngair.app.firmware import load_public_keys, look_at

    if options.keys != Path(KEYS) and not options.keys.exists():
        raise Failure(f"{options.keys}: there is no such file: name the public keys with --keys", 2)
    keys = _done(lambda: load_public_keys(options.keys))
    found = _done(lambda: look_at(options.file, keys), f"{options.file}: ")
    for line in _told(found):
        print(line)
    faults = [*found.faults, *([found.signer] if found.signer else [])]
    for fault in faults:
        print(f"would be refused: {fault}")
    return 1 if faults else 0


def _told(found: Found) -> list[str]:
    manifest = found.manifest
    signed = f"key {found.head.key_id.hex()}" if found.head.is_signed else "nobody"
    return [
        f"version           {manifest.version}",
        f"for               {', '.join(manifest.hardware)}",
        f"from version      {manifest.from_version}",
        f"nothing older than {manifest.minimum_version} is taken after it",
        f"signed by         {signed}{'' if found.signer else ', which is trusted'}",
        f"size              {manifest.image_bytes} bytes",
        *(f"{file.sha256}  {file.size:>9}  {file.name}" for file in manifest.files),
    ]


def _summary(manifest: Manifest) -> str:
    wheels = "1 wheel" if len(manifest.files) == 1 else f"{len(manifest.files)} wheels"
    return f"{manifest.version} for {', '.join(manifest.hardware)}; {wheels}, {manifest.image_bytes} bytes"


def _signed_with(private: bytes | None) -> str:
    from ngair.app.firmware import public_of

    return "not signed" if private is None else f"signed with key {_id(public_of(private))}"


def _id(public: bytes) -> str:
    from ngair.app.firmware import key_id

    return key_id(public).hex()


def _done(work: Callable[[], T], place: str = "") -> T:
    """What comes of some work; a failure of it is told in one line."""
    from ngair.app.firmware import ImageRefusedError

    try:
        return work()
    except (ImageRefusedError, ValueError) as error:
        _fail(f"{place}{error}", error)
    except OSError as error:
        name = shown_name(str(error.filename)) if error.filename else place.removesuffix(": ")
        _fail(f"{name}: {error.strerror or error}", error)


def _fail(text: str, error: Exception) -> NoReturn:
    raise Failure(text) from error

"""What an image says of itself is believed only where it can be, whoever signed it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.device.image import ImageReader, ImageRefusedError, Manifest, Reason, Trust
from ngair.device.image.manifest import FORMAT, encode_manifest, read_manifest
from ngair.device.image.wheel_name import wheel_name
from ngair.model.limits import (
    FIRMWARE_FILES_MAX,
    FIRMWARE_HARDWARE_MAX,
    FIRMWARE_MANIFEST_MAX_BYTES,
    FIRMWARE_MAX_BYTES,
)
from tests.device.images import FILES, HARDWARE, TRUST, image, image_saying, manifest, refusal_of

SHA256 = "ab" * 32


def said(**changes: Any) -> dict[str, Any]:
    """A good manifest as JSON has it, but for the changes."""
    return msgspec.json.decode(encode_manifest(manifest()), type=dict[str, Any]) | changes


def file(name: object = "ngair-0.7.0-py3-none-any.whl", size: object = 1, sha256: object = SHA256) -> dict[str, object]:
    return {"name": name, "size": size, "sha256": sha256}


OTHER = "uvicorn-1.0-py3-none-any.whl"
IMPOSSIBLE: dict[str, Any] = {
    "no object": [],
    "no JSON": b"{",
    "no UTF-8": b'{"format":1,"product":"\xff"}',
    "nothing": {},
    "another product": said(product="toaster"),
    "a version that is none": said(version="newest"),
    "a version that is no text": said(version=7),
    "a floor that is none": said(minimum_version=""),
    "a floor above itself": said(minimum_version="0.7.1"),
    "a first version that is none": said(from_version="x"),
    "no hardware": said(hardware=[]),
    "hardware that is none": said(hardware=["../x"]),
    "hardware that is no text": said(hardware=[3]),
    "too much hardware": said(hardware=[f"linux-x86_64-cpython-{n}" for n in range(FIRMWARE_HARDWARE_MAX + 1)]),
    "no files": said(files=[]),
    "too many files": said(files=[file(f"a{n}-1.0-py3-none-any.whl") for n in range(FIRMWARE_FILES_MAX)] + [file()]),
    "not the program": said(files=[file(OTHER)]),
    "the program of another version": said(files=[file("ngair-0.7.1-py3-none-any.whl")]),
    "a file twice": said(files=[file(), file()]),
    "a file twice, spelt otherwise": said(
        files=[file(), file("A_b-1.0-py3-none-any.whl"), file("a.b-1-py3-none-any.whl")]
    ),
    "a path in a name": said(files=[file(), file("../" + OTHER)]),
    "a folder in a name": said(files=[file(), file("a/" + OTHER)]),
    "an absolute name": said(files=[file(), file("/etc/" + OTHER)]),
    "a name with NUL": said(files=[file(), file(OTHER + "\0")]),
    "no name": said(files=[file(), file("")]),
    "a name that is no text": said(files=[file(), file(None)]),
    "no wheel": said(files=[file(), file("setup.py")]),
    "a wheel for other hardware": said(files=[file(), file("a-1.0-cp311-cp311-manylinux_2_17_aarch64.whl")]),
    "a file of nothing": said(files=[file(size=0)]),
    "a file of less than nothing": said(files=[file(size=-1)]),
    "a size that is no number": said(files=[file(size="1")]),
    "a size that is no whole number": said(files=[file(size=1.5)]),
    "half a sum": said(files=[file(sha256="ab" * 31)]),
    "a sum that is none": said(files=[file(sha256="zz" * 32)]),
    "a file of one key": said(files=[{"name": OTHER}]),
    "a depth without end": b"[" * 60_000,
    "a depth in a key that nobody knows": b'{"x":' + b"[" * 60_000,
}


@pytest.mark.parametrize("wrong", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_is_refused_though_it_is_signed(wrong: object) -> None:
    data = image_saying(wrong)
    assert refusal_of(data + b"x" * 1000, piece=1) == ("not an image", len(data))


@pytest.mark.parametrize("sizes", [[FIRMWARE_MAX_BYTES + 1], [FIRMWARE_MAX_BYTES, 1], [1, 2**63 - 1], [10**30]])
def test_more_than_fits_is_refused(sizes: list[int]) -> None:
    files = [file(f"a{n}-1.0-py3-none-any.whl", size) for n, size in enumerate(sizes)]
    assert refusal_of(image_saying(said(files=[*files, file()])))[0] == "too large"


def test_an_image_of_a_form_to_come_needs_a_version_between() -> None:
    assert (
        refusal_of(image_saying({"format": 2, "product": "ngair", "files": "elsewhere"}))[0]
        == "needs a newer version first"
    )


def test_keys_to_come_are_left_out() -> None:
    more = said(notes={"deep": [[[1]]]}, payload_at=5)
    read = read_manifest(msgspec.json.encode(more))
    assert read.version == "0.7.0"
    assert read.payload_at == len(image_saying(more))


def test_a_long_manifest_is_refused_before_it_is_held() -> None:
    data = image_saying(said(notes="x" * FIRMWARE_MANIFEST_MAX_BYTES))
    reason, after = refusal_of(data, piece=1)
    assert (reason, after) == ("damaged", 12)
    with pytest.raises(ImageRefusedError):
        read_manifest(b" " * (FIRMWARE_MANIFEST_MAX_BYTES + 1))


def test_the_same_manifest_gives_the_same_bytes_wherever_it_was_read() -> None:
    reader = ImageReader(TRUST)
    reader.feed(image())
    assert encode_manifest(reader.finish()) == encode_manifest(manifest())


def test_files_are_where_the_spans_say() -> None:
    data = image()
    reader = ImageReader(TRUST)
    reader.feed(data)
    spans = list(reader.finish().spans())
    assert {file.name: data[at : at + size] for file, at, size in spans} == FILES
    assert spans[-1][1] + spans[-1][2] == len(data) == reader.finish().image_bytes


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
NAMES = st.text("ab./\\-_0\0é", max_size=12) | st.sampled_from([OTHER, *FILES, "ngair-0.7.0-py3-none-any.whl"])
FILE = st.fixed_dictionaries(
    {"name": NAMES, "size": st.integers(-2, 3) | st.integers() | JSON, "sha256": st.just(SHA256) | JSON}
)
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "format": st.just(FORMAT) | JSON,
    "product": st.just("ngair") | JSON,
    "version": st.sampled_from(["0.7.0", "0.7", "0.8"]) | JSON,
    "hardware": st.just([HARDWARE]) | JSON,
    "minimum_version": st.sampled_from(["0.6.0", "0.7.0", "9"]) | JSON,
    "from_version": st.just("0") | JSON,
    "files": st.lists(FILE, max_size=4) | JSON,
}


@given(st.fixed_dictionaries(KEYS) | JSON)
def test_whatever_is_signed_is_sound_or_refused(what: object) -> None:
    trust = Trust(keys=TRUST.keys, hardware=HARDWARE, version="0.6.0")
    reader = ImageReader(trust)
    try:
        reader.feed(image_saying(what))
    except ImageRefusedError as error:
        told = str(error)
    else:
        _assert_sound(reader.manifest)
        return
    assert 0 < len(told) < 400
    assert told.isprintable()


@given(st.binary(max_size=300))
def test_whatever_bytes_are_signed_are_refused(what: bytes) -> None:
    reason: Reason | None = refusal_of(image_saying(what))[0]
    assert reason in ("not an image", "damaged")


def _assert_sound(found: Manifest | None) -> None:
    assert found is not None
    projects = [wheel_name(file.name).project for file in found.files]
    assert len(set(projects)) == len(projects)
    assert "ngair" in projects
    assert all(file.size > 0 for file in found.files)
    assert sum(file.size for file in found.files) <= FIRMWARE_MAX_BYTES
    assert HARDWARE in found.hardware

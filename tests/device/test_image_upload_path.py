"""Every path to upload to names a file in the upload folder, or is refused."""

from __future__ import annotations

import posixpath
from urllib.parse import quote_from_bytes, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ngair.device.image import upload_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (b"/upload/image.ngfw", "image.ngfw"),
        (b"/upload/ngair-0.7.0+rc1_x86.ngfw", "ngair-0.7.0+rc1_x86.ngfw"),
        (b"/upload/im%61ge%2Engfw", "image.ngfw"),
        (b"/%75pload/image.ngfw", "image.ngfw"),
    ],
)
def test_a_file_of_the_folder_is_named(path: bytes, name: str) -> None:
    assert upload_name(path) == name


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/",
        b"/upload",
        b"/upload/",
        b"/upload/.ngfw",
        b"/upload/..ngfw",
        b"/upload/../image.ngfw",
        b"/upload/a/../../image.ngfw",
        b"/upload/a/image.ngfw",
        b"/upload//image.ngfw",
        b"/upload//etc/image.ngfw",
        b"/upload/./image.ngfw",
        b"/upload/%2e%2e/image.ngfw",
        b"/upload/%2e%2e%2fimage.ngfw",
        b"/upload/..%2fimage.ngfw",
        b"/upload/..%5cimage.ngfw",
        b"/upload/..\\image.ngfw",
        b"/upload/C:image.ngfw",
        b"/upload/%252e%252e%252fimage.ngfw",
        b"/upload/image%252engfw",
        b"/upload/%c0%ae%c0%ae%c0%afimage.ngfw",
        b"/upload/%e2%80%a5/image.ngfw",
        b"/upload/\xef\xbc\x8e\xef\xbc\x8e/image.ngfw",
        b"/upload/image%00.ngfw",
        b"/upload/image.ngfw%00",
        b"/upload/image.ngfw%00.txt",
        b"/upload/image.ngfw%0a",
        b"/upload/image.ngfw ",
        b"/upload/image..ngfw",
        b"/upload/-image.ngfw",
        b"/upload/~image.ngfw",
        b"/upload/im%ZZage.ngfw",
        b"/upload/image.NGFW",
        b"/upload/image.ngfw/",
        b"/upload/image.txt",
        b"/upload/" + b"a" * 200 + b".ngfw",
        b"/UPLOAD/image.ngfw",
        b"/image.ngfw",
        b"image.ngfw",
    ],
)
def test_anything_else_is_refused(path: bytes) -> None:
    with pytest.raises(ValueError, match=r"Firmware is sent to /upload/NAME\.ngfw"):
        upload_name(path)


TRICKS = st.sampled_from(
    [
        b"..",
        b".",
        b"/",
        b"\\",
        b"%2e",
        b"%2E",
        b"%2f",
        b"%5c",
        b"%25",
        b"%00",
        b"%",
        b"a",
        b"image",
        b".ngfw",
        b"~",
        b":",
    ]
)


@given(st.lists(TRICKS, max_size=8).map(b"".join) | st.binary(max_size=40), st.integers(0, 2), st.booleans())
def test_no_path_leaves_the_folder(tail: bytes, encoded: int, ends: bool) -> None:
    for _ in range(encoded):
        tail = quote_from_bytes(tail, safe="").encode("ascii")
    path = b"/upload/" + tail + (b".ngfw" if ends else b"")
    try:
        name = upload_name(path)
    except ValueError:
        return
    while path != (path := unquote_to_bytes(path)):
        assert posixpath.normpath(path.decode("ascii")) == f"/upload/{name}"
    assert posixpath.normpath(f"/upload/{name}") == f"/upload/{name}"
    assert name.endswith(".ngfw")

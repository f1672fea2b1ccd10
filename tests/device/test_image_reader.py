"""An image is refused with the first byte that can tell, and nothing that was changed gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.device.image import ImageReader, ImageRefusedError, Reason, Trust
from ngair.device.image.keys import public_of
from ngair.device.image.manifest import MAGIC
from tests.device.images import FILES, KEY, STRANGERS_KEY, TRUST, image, manifest, refusal_of

IMAGE = image()
HEAD = len(IMAGE) - sum(map(len, FILES.values()))
ENDS = [HEAD + sum(len(data) for data in list(FILES.values())[: count + 1]) for count in range(len(FILES))]
"""Where each file ends."""


@pytest.mark.parametrize("piece", [1, 7, 100, 5000, len(IMAGE)])
def test_a_good_image_is_taken_however_it_comes(piece: int) -> None:
    assert refusal_of(IMAGE, piece=piece, length=len(IMAGE)) == (None, len(IMAGE))
    reader = ImageReader(TRUST)
    told = []
    for start in range(0, len(IMAGE), piece):
        reader.feed(IMAGE[start : start + piece])
        told.append(reader.progress)
        assert (reader.manifest is not None) == (reader.received >= HEAD)
    assert told == sorted(told)
    assert told[-1] == 100
    assert reader.finish() == replace(manifest(), payload_at=HEAD)


def trust(**changes: object) -> Trust:
    return replace(TRUST, **changes)


REFUSED: dict[str, tuple[bytes, Trust, Reason]] = {
    "unsigned": (image(key=None), TRUST, "unsigned"),
    "signed by a stranger": (image(key=STRANGERS_KEY), TRUST, "foreign"),
    "a box without keys": (IMAGE, trust(keys=()), "no keys"),
    "older than the floor": (IMAGE, trust(floor="0.7.1"), "too old"),
    "for hardware of another kind": (IMAGE, trust(hardware="linux-aarch64-cpython-311"), "wrong hardware"),
    "for another Python": (IMAGE, trust(hardware="linux-x86_64-cpython-312"), "wrong hardware"),
    "after a version that is not there yet": (image(from_version="0.6.1"), TRUST, "needs a newer version first"),
    "larger than this box takes": (IMAGE, trust(max_bytes=len(IMAGE) - 1), "too large"),
}


@pytest.mark.parametrize(("data", "box", "reason"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_before_a_byte_of_its_files(data: bytes, box: Trust, reason: Reason) -> None:
    head = len(data) - sum(map(len, FILES.values()))
    assert refusal_of(data, box, piece=1) == (reason, head)
    assert refusal_of(data, box) == (reason, len(data))


def test_what_is_no_image_is_refused_at_the_byte_that_tells() -> None:
    for count in range(len(MAGIC)):
        assert refusal_of(IMAGE[:count] + b"?" + IMAGE, piece=1) == ("not an image", count + 1)


@pytest.mark.parametrize("length", [0, 1, HEAD, len(IMAGE) - 1])
def test_too_short_a_length_is_known_with_the_head(length: int) -> None:
    assert refusal_of(IMAGE, piece=1, length=length) == ("truncated", HEAD)


def test_too_long_a_length_is_known_with_the_head() -> None:
    assert refusal_of(IMAGE, piece=1, length=len(IMAGE) + 1) == ("damaged", HEAD)


def test_a_length_that_no_image_has_is_refused_before_the_first_byte() -> None:
    assert refusal_of(IMAGE, length=TRUST.max_bytes + 1) == ("too large", 0)


def test_the_running_version_and_the_floor_itself_are_taken() -> None:
    assert refusal_of(IMAGE, trust(version="0.7.0", floor="0.7.0"))[0] is None
    assert refusal_of(IMAGE, trust(floor=""))[0] is None
    assert refusal_of(image(from_version="0.6.0"))[0] is None


def test_one_of_several_keys_is_enough() -> None:
    both = (public_of(STRANGERS_KEY), public_of(KEY))
    assert refusal_of(IMAGE, trust(keys=both))[0] is None
    assert refusal_of(image(key=STRANGERS_KEY), trust(keys=both))[0] is None


def test_a_stranger_who_names_our_key_is_refused() -> None:
    forged = image(key=STRANGERS_KEY)
    ours = IMAGE[HEAD - 72 : HEAD - 64]
    assert refusal_of(forged[: HEAD - 72] + ours + forged[HEAD - 64 :], piece=1) == ("damaged", HEAD)


@given(at=st.integers(0, len(IMAGE) - 1), bit=st.integers(0, 7), piece=st.sampled_from([1, 64, 1 << 20]))
def test_any_bit_that_is_flipped_is_found_with_the_head_or_the_file_that_it_is_in(
    at: int, bit: int, piece: int
) -> None:
    damaged = bytearray(IMAGE)
    damaged[at] ^= 1 << bit
    reason, after = refusal_of(bytes(damaged), piece=piece)
    assert reason is not None
    # A length that was made longer takes bytes of files for the head; its signature is wrong then, too.
    end = next(end for end in [HEAD, *ENDS] if at < end) if not 8 <= at < 12 else len(IMAGE)
    assert after <= min(end + piece - 1, len(IMAGE))


@given(at=st.integers(0, len(IMAGE) - 1), with_length=st.booleans())
def test_any_cut_is_found(at: int, with_length: bool) -> None:
    reason, after = refusal_of(IMAGE[:at], length=at if with_length else None, piece=1)
    assert reason == "truncated"
    assert after == (min(at, HEAD) if with_length else at)


@given(at=st.integers(0, len(IMAGE)), data=st.binary(min_size=1, max_size=40))
def test_anything_put_in_is_found(at: int, data: bytes) -> None:
    changed = IMAGE[:at] + data + IMAGE[at:]
    assert refusal_of(changed)[0] is not None


@given(start=st.integers(0, len(IMAGE) - 1), size=st.integers(1, 200))
def test_anything_taken_out_is_found(start: int, size: int) -> None:
    changed = IMAGE[:start] + IMAGE[start + size :]
    assert refusal_of(changed)[0] is not None


@given(st.binary(max_size=400), st.booleans(), st.integers(1, 50))
def test_whatever_comes_is_refused_with_a_sentence(data: bytes, with_magic: bool, piece: int) -> None:
    reader = ImageReader(TRUST)
    data = MAGIC + data if with_magic else data
    with pytest.raises(ImageRefusedError) as caught:  # noqa: PT012 - whichever of them
        for start in range(0, len(data), piece):
            reader.feed(data[start : start + piece])
        reader.finish()
    assert str(caught.value).isprintable()
    assert str(caught.value).endswith(".")

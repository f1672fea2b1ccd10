"""An image comes in whole and verified, or nothing of it is left and the place is free for the next."""

from __future__ import annotations

import asyncio
import errno
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ngair.adapters.firmware.incoming import IncomingFile, IncomingFolder
from ngair.device.image import Manifest, Trust
from ngair.gateway.ports import UploadRefusedError
from ngair.gateway.uploading import Uploading
from ngair.model.limits import FIRMWARE_RESERVE_BYTES, UPLOAD_PIECE_BYTES
from ngair.model.update import Update
from tests.device.images import FILES, STRANGERS_KEY, TRUST, image
from tests.waiting import until

IMAGE = image()
HEAD = len(IMAGE) - sum(map(len, FILES.values()))
LARGE = image({"ngair-0.7.0-py3-none-any.whl": bytes(range(256)) * 16 * 256})
"""A mebibyte and a head."""


class Box:
    """A box that takes firmware, and what it tells of that."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = SlowDisk(folder)
        self.trust = TRUST
        self.told: list[Update] = []
        self.images: list[tuple[Path, Manifest]] = []
        self.unfit: UploadRefusedError | None = None
        self.uploading = Uploading(
            self.disk,
            lambda: self.trust,
            self.told.append,
            lambda path, manifest: self.images.append((path, manifest)),
            lambda: self.unfit,
        )

    async def bring(self, data: bytes, piece: int = 65536, *, length: bool = False) -> str:
        """Upload it: its version."""
        upload = await self.uploading.begin(len(data) if length else None)
        for start in range(0, len(data), piece):
            await upload.write(data[start : start + piece])
        return await upload.finish()

    @property
    def left(self) -> list[str]:
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


class SlowDisk(IncomingFolder):
    """Does as it is told: waits, is full, fails."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.free: int | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.fails_at = 1 << 62
        self.error = errno.ENOSPC
        self.opened = 0
        self.written = 0

    def free_bytes(self) -> int:
        """As told, or what there is."""
        return super().free_bytes() if self.free is None else self.free

    def open(self) -> IncomingFile:
        """A file that is as slow."""
        self.opened += 1
        file = super().open()
        write = file.write

        def slow(data: bytes) -> None:
            assert self.goes_on.wait(60)
            self.written += len(data)
            if self.written > self.fails_at:
                raise OSError(self.error, "as the test has it")
            write(data)

        file.write = slow  # type: ignore[method-assign]  # a disk that is slow is hard to come by
        return file


@pytest.fixture(name="box")
async def _box(tmp_path: Path) -> AsyncIterator[Box]:
    box = Box(tmp_path)
    yield box
    box.disk.goes_on.set()


@pytest.mark.parametrize("piece", [1, 100, 4096, 1 << 20])
@pytest.mark.parametrize("length", [True, False])
async def test_an_image_is_handed_on_when_it_is_whole(box: Box, piece: int, length: bool) -> None:
    assert await box.bring(IMAGE, piece, length=length) == "0.7.0"
    ((path, manifest),) = box.images
    assert path.read_bytes() == IMAGE
    assert manifest.version == "0.7.0"
    assert box.left == [path.name]


async def test_what_is_told_grows_and_names_the_version_as_soon_as_it_is_known(box: Box) -> None:
    await box.bring(LARGE, 10_000)
    assert box.told[0] == Update(state="receiving")
    assert {update.version for update in box.told[1:]} == {"0.7.0"}
    progress = [update.progress for update in box.told]
    assert progress == sorted(progress)
    assert len(box.told) == len({(update.progress, update.version) for update in box.told})
    assert progress[-1] > 80
    assert {update.state for update in box.told} == {"receiving"}


REFUSED: dict[str, tuple[bytes, int]] = {
    "no image": (b"PK\x03\x04" + IMAGE, 415),
    "unsigned": (image(key=None), 422),
    "foreign": (image(key=STRANGERS_KEY), 422),
    "too old": (image({"ngair-0.4-py3-none-any.whl": b"x"}, version="0.4.0", minimum_version="0.4"), 422),
    "for other hardware": (
        image(hardware=("linux-x86_64-cpython-312",), files={"ngair-0.7.0-py3-none-any.whl": b"x"}),
        422,
    ),
    "cut in its head": (IMAGE[: HEAD - 1], 422),
    "cut in a file": (IMAGE[:-1], 422),
    "damaged in a file": (IMAGE[:-1] + b"?", 422),
    "with more behind it": (IMAGE + b"?", 422),
    "nothing": (b"", 422),
}


@pytest.mark.parametrize(("data", "status"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("piece", [50, 1 << 20])
async def test_of_what_is_refused_nothing_is_left(box: Box, data: bytes, status: int, piece: int) -> None:
    with pytest.raises(UploadRefusedError) as caught:
        await box.bring(data, piece)
    assert caught.value.status == status
    assert box.left == []
    assert box.images == []
    assert (box.told[-1].state, box.told[-1].detail) == ("failed", str(caught.value))
    assert await box.bring(IMAGE) == "0.7.0"


@pytest.mark.parametrize("data", [image(key=None), image(key=STRANGERS_KEY), b"x" * 100_000])
async def test_nothing_is_written_before_the_head_is_known_to_be_good(box: Box, data: bytes) -> None:
    with pytest.raises(UploadRefusedError):
        await box.bring(data, 10)
    assert box.disk.opened == 0


async def test_too_long_a_length_is_refused_before_anything(box: Box) -> None:
    box.trust = Trust(keys=TRUST.keys, hardware=TRUST.hardware, version="0.6.0", max_bytes=1000)
    with pytest.raises(UploadRefusedError) as caught:
        await box.uploading.begin(1001)
    assert caught.value.status == 413
    with pytest.raises(UploadRefusedError) as caught:
        await box.bring(IMAGE, 100)
    assert (caught.value.status, box.disk.opened) == (413, 0)


async def test_without_keys_nothing_is_taken(box: Box) -> None:
    box.trust = Trust(keys=(), hardware=TRUST.hardware, version="0.6.0")
    with pytest.raises(UploadRefusedError, match="firmware_keys") as caught:
        await box.uploading.begin(None)
    assert (caught.value.status, box.told) == (403, [])


async def test_a_second_upload_waits_for_its_turn(box: Box) -> None:
    first = await box.uploading.begin(None)
    await first.write(IMAGE[:100])
    told = list(box.told)
    with pytest.raises(UploadRefusedError) as caught:
        await box.uploading.begin(None)
    assert (caught.value.status, box.told) == (409, told)
    await first.write(IMAGE[100:])
    assert await first.finish() == "0.7.0"
    assert await box.bring(IMAGE) == "0.7.0"


async def test_nothing_is_begun_while_that_is_unfit(box: Box) -> None:
    box.unfit = UploadRefusedError(409, "One before is on trial.")
    with pytest.raises(UploadRefusedError, match="on trial"):
        await box.uploading.begin(None)
    assert box.told == []


async def test_nothing_is_begun_when_that_became_unfit_meanwhile(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def free() -> int:
        box.unfit = UploadRefusedError(409, "One that waited is started.")
        return 1 << 40

    monkeypatch.setattr(box.disk, "free_bytes", free)
    with pytest.raises(UploadRefusedError, match="is started"):
        await box.uploading.begin(len(IMAGE))
    assert box.told == []
    monkeypatch.undo()
    box.unfit = None
    assert await box.bring(IMAGE, length=True) == "0.7.0"


async def test_nothing_is_begun_before_what_was_left_is_removed(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    goes_on, clear = threading.Event(), box.disk.clear

    def late() -> None:
        monkeypatch.setattr(box.disk, "clear", clear)
        assert goes_on.wait(60)
        clear()

    monkeypatch.setattr(box.disk, "clear", late)
    clearing = asyncio.create_task(box.uploading.clear())
    await until(lambda: box.disk.clear == clear)
    bringing = asyncio.create_task(box.bring(IMAGE))
    await asyncio.wait({bringing}, timeout=0.1)
    goes_on.set()
    await clearing
    assert await bringing == "0.7.0"
    assert len(box.left) == 1


@pytest.mark.parametrize("at", [0, 5, HEAD, HEAD + 10, len(IMAGE)])
async def test_whoever_breaks_off_leaves_nothing(box: Box, at: int) -> None:
    upload = await box.uploading.begin(None)
    if at:
        await upload.write(IMAGE[:at])
    await upload.abort()
    await upload.abort()
    assert box.left == []
    assert box.told[-1].state == "failed"
    assert [update.state for update in box.told].count("failed") == 1
    assert await box.bring(IMAGE) == "0.7.0"


async def test_to_break_off_what_is_whole_changes_nothing(box: Box) -> None:
    upload = await box.uploading.begin(None)
    await upload.write(IMAGE)
    await upload.finish()
    await upload.abort()
    assert len(box.left) == 1
    assert box.told[-1].state == "receiving"


async def test_without_room_nothing_is_begun(box: Box) -> None:
    box.disk.free = len(IMAGE) + FIRMWARE_RESERVE_BYTES - 1
    with pytest.raises(UploadRefusedError, match="There is no room") as caught:
        await box.uploading.begin(len(IMAGE))
    assert (caught.value.status, box.told) == (507, [])
    with pytest.raises(UploadRefusedError, match="There is no room"):
        await box.bring(IMAGE)
    assert box.disk.opened == 0
    box.disk.free += 1
    assert await box.bring(IMAGE, length=True) == "0.7.0"


@pytest.mark.parametrize(
    ("error", "status"), [(errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EROFS, 500), (errno.EIO, 500)]
)
@pytest.mark.parametrize("at", [0, 400_000, len(LARGE) - 1])
async def test_a_disk_that_fails_is_told_and_nothing_is_left(box: Box, error: int, status: int, at: int) -> None:
    box.disk.fails_at, box.disk.error = at, error
    with pytest.raises(UploadRefusedError, match="look at the box's disk") as caught:
        await box.bring(LARGE, 50_000)
    assert caught.value.status == status
    assert box.left == []
    assert box.told[-1].state == "failed"
    box.disk.fails_at = 1 << 62
    assert await box.bring(LARGE) == "0.7.0"


async def test_nobody_cleans_up_under_a_write_that_hangs(box: Box) -> None:
    upload = await box.uploading.begin(None)
    box.disk.goes_on.clear()
    writing = asyncio.ensure_future(upload.write(LARGE))
    await until(lambda: box.disk.opened)
    writing.cancel()
    await asyncio.wait({writing}, timeout=0.05)
    with pytest.raises(UploadRefusedError) as caught:
        await box.uploading.begin(None)
    assert caught.value.status == 409
    box.disk.goes_on.set()
    await asyncio.wait({writing})
    await until(lambda: not box.left)
    assert await box.bring(IMAGE) == "0.7.0"


async def test_a_slow_disk_holds_up_whoever_sends_and_gathers_nothing(box: Box) -> None:
    upload = await box.uploading.begin(None)
    await upload.write(LARGE[:HEAD])
    box.disk.goes_on.clear()
    rest = LARGE[HEAD:]
    tracemalloc.start()
    try:
        sending = asyncio.ensure_future(_send(upload.write, rest))
        await asyncio.wait({sending}, timeout=0.2)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert not sending.done()
    assert held < 4 * UPLOAD_PIECE_BYTES
    box.disk.goes_on.set()
    await sending
    assert await upload.finish() == "0.7.0"


async def _send(write: Callable[[bytes], object], data: bytes) -> None:
    for start in range(0, len(data), 16384):
        await write(data[start : start + 16384])  # type: ignore[misc]  # any write that can be awaited


async def test_what_a_power_cut_left_is_removed_at_a_start(box: Box) -> None:
    upload = await box.uploading.begin(None)
    await upload.write(LARGE[:500_000])
    await until(lambda: box.left)
    again = Box(box.folder)
    await again.uploading.clear()
    assert again.left == []
    await upload.abort()

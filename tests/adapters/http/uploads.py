"""A box that takes firmware over HTTP: real locks, folder and verification, and nobody who installs it."""

from __future__ import annotations

from pathlib import Path

from ngair.adapters.firmware.incoming import IncomingFolder
from ngair.adapters.folder import Folder
from ngair.adapters.http.app import local_api
from ngair.adapters.http.asgi import Scope
from ngair.adapters.http.locks import Locks
from ngair.adapters.http.uploading import UploadDoor
from ngair.adapters.password import Passwords, set_password
from ngair.api.publisher import Publisher
from ngair.api.wishes import Refused
from ngair.device.image import Manifest
from ngair.gateway.ports import UploadRefusedError
from ngair.gateway.uploading import Uploading
from ngair.model.update import Update
from tests.adapters.http.serving import Serving
from tests.adapters.http.wire import Wire
from tests.api.houses import site
from tests.device.images import TRUST
from tests.program import PASSWORD
from tests.waiting import until


class Box:
    """A box that takes firmware."""

    def __init__(self, folder: Path) -> None:
        self.uploads = folder / "uploads"
        data = Folder(folder / "data")
        set_password(data, PASSWORD)
        self._locks = Locks(Passwords(data))
        self.told: list[Update] = []
        self.images: list[Manifest] = []
        self.unfit: UploadRefusedError | None = None
        self.is_held_up = False
        """Whether it takes long to see who asks."""
        uploading = Uploading(
            IncomingFolder(self.uploads), lambda: TRUST, self.told.append, self._take, lambda: self.unfit
        )
        publisher = Publisher()
        publisher.refresh(site(), 10.0, 1e9)
        doors = (UploadDoor(uploading, self._admit, ("my.example",)),)
        self.app = local_api(publisher, locks=self._locks, doors=doors)
        self.server: Serving

    async def _admit(self, scope: Scope) -> Refused | None:
        await until(lambda: not self.is_held_up)
        return await self._locks.admit(scope, reading=False)

    def _take(self, path: Path, manifest: Manifest) -> None:
        assert path.stat().st_size == manifest.image_bytes
        self.images.append(manifest)
        path.unlink()

    @property
    def left(self) -> list[Path]:
        """What lies in the upload folder."""
        return list(self.uploads.iterdir()) if self.uploads.exists() else []

    def wire(self) -> Wire:
        """A connection to it."""
        return self.server.wire()

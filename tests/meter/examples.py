"""The examples of the corpus: what meters send, each with the reading that must come of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec

from ngair.meter.decoder import Decoder
from ngair.model.keys import Keys, read_key_file
from ngair.model.reading import Reading, ReadingDocument, reading_document
from ngair.model.telegram import Rejection, Telegram
from tests.meter.telegrams import CORPUS, decoded

KEY = "key.txt"


class Example(msgspec.Struct, frozen=True):
    """One telegram of the corpus."""

    path: Path
    """`FAMILY/NAME.txt`, the bytes as they are, or `FAMILY/NAME.hex`, in hex."""

    @property
    def name(self) -> str:
        """Family and name."""
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def family(self) -> str:
        """The folder, which is named as the dialect."""
        return self.path.parent.name

    @property
    def is_text(self) -> bool:
        """Whether its bytes are readable as they are."""
        return self.path.suffix == ".txt"

    @property
    def data(self) -> bytes:
        """The bytes on the line."""
        return self.path.read_bytes() if self.is_text else from_hex(self.path.read_text(encoding="ascii"))

    @property
    def keys(self) -> Keys | None:
        """What opens it; `None` where nothing is needed."""
        return None if self.is_text else keys_of(self.path.parent)

    @property
    def expected(self) -> ReadingDocument:
        """What must come of it."""
        return msgspec.json.decode(self.path.with_suffix(".json").read_bytes(), type=ReadingDocument)

    @property
    def expected_text(self) -> str:
        """The same as text, so that 378 and 378.0 are two things."""
        return canonical(self.path.with_suffix(".json").read_bytes())

    def decoder(self) -> Decoder:
        """A fresh decoder with its keys."""
        return Decoder(self.keys)

    def decoded(self, *portions: bytes) -> list[Telegram | Rejection]:
        """What comes of bytes in these portions, or of its own."""
        return decoded(*(portions or (self.data,)), decoder=self.decoder())


def examples() -> list[Example]:
    """Every telegram of the corpus."""
    paths = (path for path in CORPUS.glob("*/*") if path.suffix in (".txt", ".hex") and path.name != KEY)
    return [Example(path) for path in sorted(paths)]


def families() -> list[Path]:
    """Every folder of the corpus."""
    return sorted(path for path in CORPUS.iterdir() if path.is_dir())


def keys_of(family: Path) -> Keys | None:
    """The keys of a folder."""
    path = family / KEY
    return read_key_file(path.read_text(encoding="ascii")) if path.exists() else None


def from_hex(text: str) -> bytes:
    """Bytes of hex text with white space and comment lines."""
    return bytes.fromhex(re.sub(r"(?m)^\s*#.*$", "", text))


def as_text(reading: Reading) -> str:
    """A reading's document as text."""
    return canonical(msgspec.json.encode(reading_document(reading)))


def canonical(document: bytes) -> str:
    """A document as text in which equal documents are equal."""
    return json.dumps(json.loads(document), sort_keys=True, indent=1)

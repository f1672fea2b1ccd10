"""The memory on disk: one SQLite file, one that writes it and many that read it meanwhile."""

from ngair.adapters.sqlite.reader import SqliteReader
from ngair.adapters.sqlite.store import SqliteStore

__all__ = ["SqliteReader", "SqliteStore"]

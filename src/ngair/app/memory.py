"""The memory beside the program: a past for a simulated house, and what leaves or enters it as a file."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from msgspec import convert
from msgspec.structs import replace

import ngair
from ngair.adapters.clock import SystemClock
from ngair.adapters.folder import Folder
from ngair.app.box import HISTORY, first_site, house_zone
from ngair.app.ports import Ports
from ngair.model.history import Batch, Row
from ngair.model.settings import Settings

PAST_SAMPLES_S = 2 * 86_400
"""So much of a simulated past is kept each ten seconds; the rest each minute, which takes half the time."""


def live_through(settings: Settings, ports: Ports, folder: Folder, days: int, on_day: Callable[[int], None]) -> None:
    """Let the simulated house have its past, and remember it. `on_day` is told each day. Raises `OSError`."""
    from ngair.adapters.sqlite.store import SqliteStore
    from ngair.history.historian import Historian
    from ngair.sim.dates import DAY_S
    from ngair.sim.past import Past

    assert ports.world is not None, "only a simulated house has a past"
    began_s = SystemClock().wall_s() - days * DAY_S
    with contextlib.closing(SqliteStore(folder.path / HISTORY, settings.raw_days, settings.minute_days)) as store:
        zone, prices = house_zone(settings), settings.price_list
        historian = Historian(store.remembered(), zone, prices, ngair.__version__, began_s, 0.0)
        lived = 0
        for happening in Past(ports.world, days, first_site(settings, folder)).happenings():
            now_s = float(days * DAY_S - happening.age_s)
            historian.note(happening.before, happening.event, happening.site, now_s, began_s + now_s)
            if now_s >= (lived + 1) * DAY_S:
                batch = historian.take(now_s, began_s + now_s) or Batch()
                store.write(batch if happening.age_s <= PAST_SAMPLES_S else replace(batch, samples=()))
                lived += 1
                on_day(lived)
        store.write(historian.finish(days * DAY_S, began_s + days * DAY_S))


def export_history(
    settings: Settings, path: Path, first: str | None, last: str | None, form: str, what: str | None
) -> Iterator[bytes]:
    """What is remembered in a data folder, as a file. Raises `ValueError` for what cannot be asked, and `OSError`."""
    from ngair.adapters.sqlite.reader import SqliteReader
    from ngair.api.export import ExportParameters, export, json_pieces
    from ngair.api.history import Sources
    from ngair.api.spreadsheet import csv_pieces

    reader = SqliteReader(path / HISTORY)
    reader.facts()
    prices = settings.price_list
    sources = Sources(
        history=reader,
        zone=house_zone(settings),
        currency=prices.currency if prices else None,
        wall_s=SystemClock().wall_s(),
    )
    wanted = {"from": first, "to": last, "format": form, "what": what}
    asked = export(sources, first_site(settings, Folder(path)).box, convert(wanted, ExportParameters))
    return json_pieces(asked) if asked.form == "json" else csv_pieces(asked)


class Imported(NamedTuple):
    """What became of an export."""

    read: int
    """Rows that are right."""
    taken: int
    """Of them, those that were missing here."""
    is_whole: bool


def import_history(
    settings: Settings,
    folder: Folder,
    file: BinaryIO,
    refuse: Callable[[int, str], None],
    on_row: Callable[[int], None],
) -> Imported:
    """Take over an export. Raises `ValueError` for a file that is none, and `OSError`."""
    from ngair.adapters.export_file import ExportFile
    from ngair.adapters.sqlite.store import SqliteStore

    export = ExportFile(file, refuse)

    def rows() -> Iterator[Row]:
        for row in export.rows():
            on_row(export.read)
            yield row

    with contextlib.closing(SqliteStore(folder.path / HISTORY, settings.raw_days, settings.minute_days)) as store:
        taken = store.adopt(rows())
    return Imported(export.read, taken, export.is_whole)

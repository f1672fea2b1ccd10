"""Looks closely at the last telegram of each meter: only when somebody asks, and once a telegram."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from threading import Lock

from ngair.api.telegram import NOTHING_LOOKED, LastInput, Looked, TelegramDocument, TelegramLine, telegram_document
from ngair.gateway.intake import Intake
from ngair.meter.dialects import DIALECTS
from ngair.meter.explain import Line, derived, explain, opened
from ngair.meter.quantities import Quantity
from ngair.model.limits import TELEGRAM_LINES_MAX
from ngair.model.rules import MAIN_FUSE
from ngair.model.site import Meter, Site
from ngair.model.telegram import Rejection, Telegram


class Looking:
    """What stands in the telegrams that came last. May be asked by any thread: it takes milliseconds, not the loop's.

    A telegram is ciphered on the wire and shown as it was opened; keys are not in it.
    """

    def __init__(self, intakes: Mapping[str, Intake]) -> None:
        """`intakes` of the meters by the fuses that they measure."""
        self._intakes = intakes
        self._seen: dict[str, tuple[LastInput, Looked, Looked]] = {}
        self._one_at_a_time = Lock()

    @property
    def fuses(self) -> tuple[str, ...]:
        """Those that have a meter."""
        return tuple(self._intakes)

    def telegram(self, site: Site, fuse: str, now_s: float, wall_s: float) -> TelegramDocument | None:
        """The document of the meter of a fuse at a moment; `None` where no meter measures that."""
        intake = self._intakes.get(fuse)
        if intake is None:
            return None
        meter = site.meter if fuse == MAIN_FUSE else site.sub_meters.get(fuse, Meter())
        came, accepted, refused = self._looked(fuse, intake.last)
        return telegram_document(fuse, meter, came, accepted, refused, now_s, wall_s)

    def _looked(self, fuse: str, came: LastInput) -> tuple[LastInput, Looked, Looked]:
        with self._one_at_a_time:
            before, accepted, refused = self._seen.get(fuse, (LastInput(), NOTHING_LOOKED, NOTHING_LOOKED))
            if before.telegram is not came.telegram:
                accepted = _look(came.telegram)
            if before.rejection is not came.rejection:
                refused = _look(came.rejection)
            self._seen[fuse] = (came, accepted, refused)
            return self._seen[fuse]


def _look(item: Telegram | Rejection | None) -> Looked:
    if item is None:
        return NOTHING_LOOKED
    found = explain(item)
    made = frozenset((*derived(item), *item.reading.estimated)) if isinstance(item, Telegram) else None
    lines = tuple(_line(line, made) for line in islice(found, TELEGRAM_LINES_MAX))
    dialect = DIALECTS.get(item.origin.dialect) if isinstance(item, Telegram) else None
    body = opened(item) if item.body else b""
    return Looked(
        lines=lines,
        left_out=sum(1 for _ in found),
        family=dialect.title if dialect else "",
        derived=derived(item) if isinstance(item, Telegram) else (),
        opened=body.decode("latin-1") if body[:1] == b"/" else body.hex(),
    )


def _line(line: Line, made: frozenset[str] | None) -> TelegramLine:
    """`made`: fields of the reading that are made of other values than their own; `None` where there is no reading."""
    value, unit = (line.value, "") if line.measured is None else line.value.rsplit(" ", 1)
    used = line.meaning in _TEXTS and bool(value) if line.measured is None else _is_used(line.measured[0], made or ())
    return TelegramLine(
        code=line.code,
        meaning=line.meaning,
        value=value,
        unit=unit,
        sent=line.sent,
        used=used and made is not None,
    )


def _is_used(quantity: Quantity, made: frozenset[str] | tuple[()]) -> bool:
    """A phase's power always is: it tells the direction of its current."""
    fields = next((fields for part, fields in _STAND_IN.items() if part in quantity.name), None)
    return fields is None or not fields.isdisjoint(made)


_STAND_IN = {
    "POWER_NET": frozenset({"power_import_w", "power_export_w"}),
    "POWER_ABSOLUTE": frozenset({"power_import_w", "power_export_w"}),
    "REACTIVE": frozenset({"current_a"}),
    "IMPORT_TARIFF": frozenset({"energy_import_wh"}),
    "EXPORT_TARIFF": frozenset({"energy_export_wh"}),
}
"""Quantities that count only where what they stand in for is not told, and for which fields."""
_TEXTS = frozenset({"clock", "meter id", "meter type", "name of the list"})

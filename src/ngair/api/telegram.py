"""`/api/v1/meter/telegram`: the last telegram value by value, and what was refused since, for whoever looks closely."""

from __future__ import annotations

import msgspec

from ngair.api.times import utc
from ngair.model.events import LinkState
from ngair.model.reading import ReadingDocument, reading_document
from ngair.model.site import Meter
from ngair.model.telegram import REMEDIES, Reason, Rejection, Telegram


class TelegramLine(msgspec.Struct, frozen=True, kw_only=True):
    """One value. Its texts are plain ASCII: other bytes of the wire stand in them as `\\xNN`."""

    code: str
    """The OBIS code as sent, or `place 4` in a list that tells by the place."""
    meaning: str | None
    """What it is; `null` where nobody maps it."""
    value: str
    """As read, without its unit; empty where nothing was read."""
    unit: str
    """The base unit that it was read in; empty where it has none."""
    sent: str
    """As it stands in the telegram."""
    used: bool
    """Whether the reading is made of it."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who looked closely saw in a telegram, or in what was refused."""

    lines: tuple[TelegramLine, ...] = ()
    """At most `TELEGRAM_LINES_MAX`."""
    left_out: int = 0
    """So many more it has."""
    family: str = ""
    """What people call the dialect; empty where none claims it."""
    derived: tuple[str, ...] = ()
    """Fields of the reading that are made of other values: sums, nets, ratios."""
    opened: str = ""
    """What was read, deciphered and joined, where that is not the telegram itself: text, or lower-case hex."""


class LastInput(msgspec.Struct, frozen=True, kw_only=True):
    """The last that came from a meter; times are monotonic."""

    telegram: Telegram | None = None
    """The last that was accepted."""
    received_at_s: float = 0
    rejection: Rejection | None = None
    """The last that was refused."""
    rejected_at_s: float = 0


class RefusedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The last refused input."""

    received_at: str
    age_s: float
    reason: Reason
    detail: str
    """What was seen, in one line."""
    remedy: str
    """What to do about it."""
    len: int
    """Bytes on the wire that it covers."""
    last: bool
    """Whether nothing was accepted since."""
    opened: str
    """What could be opened of it, as text or lower-case hex; empty where nothing could."""
    lines: tuple[TelegramLine, ...]
    left_out: int


class TelegramDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The last accepted telegram of one meter, and the last input that was refused."""

    fuse: str
    """Which fuse the meter measures: `main`, or the name of a sub-fuse."""
    received_at: str | None
    """When its last byte came, UTC; `null` before the first telegram."""
    age_s: float | None
    len: int
    """Bytes on the wire."""
    data: str
    """The telegram as text; of binary meters its bytes in lower-case hex."""
    binary: bool
    """Whether `data` is hex."""
    opened: str
    """What was read where that is not `data`: deciphered, segments joined; text, or lower-case hex."""
    framing: str
    """How telegrams are told apart on the line; empty before the first."""
    dialect: str
    """By whose table it is read; empty where its telegrams tell all by themselves."""
    family: str
    """What people call that dialect."""
    port: str
    """`P1`, `HAN` or `SML`; empty before the first telegram."""
    vendor: str
    type: str
    ciphered: bool
    checked: bool
    """Whether a check sum of it was verified."""
    line: str
    """Setting of the serial line, such as `2400 8E1`; empty where there is none."""
    link: LinkState
    link_detail: str
    """Why the link is not up and what to do."""
    telegrams: int
    """Accepted since start."""
    lines: tuple[TelegramLine, ...]
    left_out: int
    """Values of it that `lines` has no room for."""
    derived: tuple[str, ...]
    """Fields of the reading that are made of other values than their own."""
    reading: ReadingDocument | None
    """What was made of it."""
    refused: RefusedDocument | None
    """The last refused input; `null` while none was."""
    rejected: dict[str, int]
    """Refused inputs since start, by reason."""
    remedies: dict[str, str]
    """What to do about each of these reasons."""


NOTHING_LOOKED = Looked()


def telegram_document(
    fuse: str, meter: Meter, came: LastInput, accepted: Looked, refused: Looked, now_s: float, wall_s: float
) -> TelegramDocument:
    """The document of one meter at a moment: `now_s` monotonic, `wall_s` since 1970 UTC."""
    telegram = came.telegram
    origin = telegram.origin if telegram else None
    age_s = None if telegram is None else max(0.0, now_s - came.received_at_s)
    return TelegramDocument(
        fuse=fuse,
        received_at=None if age_s is None else utc(round(wall_s - age_s, 1)),
        age_s=None if age_s is None else round(age_s, 1),
        len=telegram.wire_len if telegram else 0,
        data=telegram.data if telegram else "",
        binary=telegram is not None and not telegram.data.startswith("/"),
        opened=accepted.opened,
        framing=origin.framing if origin else "",
        dialect=origin.dialect if origin else "",
        family=accepted.family,
        port=origin.port if origin else "",
        vendor=meter.vendor,
        type=origin.type if origin else "",
        ciphered=bool(origin and origin.ciphered),
        checked=bool(telegram and telegram.reading.checked),
        line=meter.line,
        link=meter.link,
        link_detail=meter.link_detail,
        telegrams=meter.telegrams,
        lines=accepted.lines,
        left_out=accepted.left_out,
        derived=accepted.derived,
        reading=reading_document(telegram.reading) if telegram else None,
        refused=_refused(meter, came, refused, now_s, wall_s),
        rejected=meter.rejected,
        remedies={reason: REMEDIES[Reason(reason)] for reason in meter.rejected},
    )


def _refused(meter: Meter, came: LastInput, looked: Looked, now_s: float, wall_s: float) -> RefusedDocument | None:
    rejection = came.rejection
    if rejection is None:
        return None
    age_s = max(0.0, now_s - came.rejected_at_s)
    return RefusedDocument(
        received_at=utc(round(wall_s - age_s, 1)),
        age_s=round(age_s, 1),
        reason=rejection.reason,
        detail=rejection.detail,
        remedy=REMEDIES[rejection.reason],
        len=rejection.size,
        last=meter.last_rejected,
        opened=looked.opened,
        lines=looked.lines,
        left_out=looked.left_out,
    )

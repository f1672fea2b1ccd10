"""The date-time of DLMS/COSEM: twelve bytes, any part of which may be left open (IEC 62056-6-2, 4.1.6.1)."""

from __future__ import annotations

from datetime import datetime
from struct import Struct

COSEM_TIME_BYTES = 12


def read_time(data: bytes) -> str | None:
    """`YYYY-MM-DDThh:mm:ss` as the meter's clock shows it, without a zone; `None` if the bytes tell no time.

    The day of the week, hundredths, deviation from UTC and status are not read: meters fill them in as they like.
    """
    if len(data) != COSEM_TIME_BYTES:
        return None
    try:
        return datetime(*_PARTS.unpack_from(data)).isoformat()  # noqa: DTZ001 - the meter's own time, of no zone
    except ValueError:
        return None


_PARTS = Struct(">HBBxBBB")

"""Who sends: what a telegram shows of its meter, and the dialect by which it is read."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec.structs import replace

from ngair.meter.dialects import DIALECTS, recognise
from ngair.meter.dialects.dialect import Dialect
from ngair.meter.message import Encoding, Facts, Message
from ngair.model.telegram import Origin


class Who(msgspec.Struct, frozen=True):
    """The sender of a list."""

    facts: Facts
    dialect: Dialect | None
    """`None`: its values are read by the codes and units that they tell themselves."""
    ident: str
    meter_id: str | None
    origin: Origin


def who(message: Message, facts: Facts, meter_id: str | None, fixed_dialect: str | None = None) -> Who:
    """The sender by what is seen in one message. `fixed_dialect`: a name in `DIALECTS` that the user knows better."""
    name, dialect = (fixed_dialect, DIALECTS[fixed_dialect]) if fixed_dialect else recognise(facts) or ("", None)
    vendor = facts.flag or (dialect.flag if dialect else "")
    origin = Origin(
        port=_PORTS[message.encoding],
        framing=message.framing,
        dialect=name,
        vendor=vendor.upper(),
        type=facts.meter_type,
        ciphered=message.ciphered,
        energy_unit_told=dialect is None or dialect.energy_unit_told,
    )
    return Who(facts, dialect, facts.ident, meter_id, origin)


def completed(new: Who, known: Who | None) -> Who:
    """The sender with what its other lists told of it: short lists leave out who sends them, ASCII telegrams do not."""
    if known is None or new.facts.encoding == "ascii" or known.origin.dialect != new.origin.dialect:
        return new
    origin = replace(
        new.origin, vendor=new.origin.vendor or known.origin.vendor, type=new.origin.type or known.origin.type
    )
    return Who(new.facts, new.dialect, new.ident or known.ident, new.meter_id or known.meter_id, origin)


_PORTS: dict[Encoding, Literal["P1", "HAN", "SML"]] = {"ascii": "P1", "cosem": "HAN", "sml": "SML"}

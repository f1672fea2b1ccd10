"""What a dialect is: a table of what one meter family sends, and quirks by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from ngair.meter.message import Encoding, Facts, Form
from ngair.meter.quantities import Quantity, Values

Quirk = Callable[[Values, Facts], tuple[str, ...]]
"""Changes values in place where a family needs it; returns the names of the reading's fields that it estimated."""


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """What a telegram must show to be of a family; what is left out is not asked for."""

    encoding: Encoding
    form: Form | None = None
    counts: frozenset[int] = frozenset()
    """One of these numbers of values."""
    ident: str = ""
    """Regular expression for all of the list's name or ident line."""
    flag: str = ""
    """Regular expression for the maker's three letters."""
    meter_type: str = ""
    version: str = ""
    prefix: str = ""
    """Regular expression for A-B of the first measured value."""
    has: frozenset[str] = frozenset()
    """Codes C.D.E that it names, all of them."""
    lacks: frozenset[str] = frozenset()
    """Codes C.D.E of which it names none."""
    ciphered: bool | None = None

    def fits(self, facts: Facts) -> bool:
        """Whether a telegram shows all of it."""
        return (
            self.encoding == facts.encoding
            and self.form in (None, facts.form)
            and (not self.counts or facts.count in self.counts)
            and self.ciphered in (None, facts.ciphered)
            and self.has <= facts.codes
            and not self.lacks & facts.codes
            and all(
                not pattern or re.fullmatch(pattern, text)
                for pattern, text in (
                    (self.ident, facts.ident),
                    (self.flag, facts.flag),
                    (self.meter_type, facts.meter_type),
                    (self.version, facts.version),
                    (self.prefix, facts.prefix),
                )
            )
        )


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One meter family. Its name is that of its file, with hyphens."""

    title: str
    """Maker and countries, for people: `Kaifa, Norway`."""
    meters: tuple[str, ...]
    """Models that are known to speak so."""
    countries: tuple[str, ...]
    """ISO 3166 alpha-2."""
    line: str
    """Plug and setting: `M-Bus (RJ45), 2400 baud 8E1`."""
    framing: str
    """`P1`, `HDLC`, `M-Bus`, `DB` or `SML`, with what is around it: `DB in HDLC`."""
    interval: str
    """How often: `2 s power, 10 s, hourly with energy`."""
    signatures: tuple[Signature, ...]
    """A telegram that fits one of them is this family's."""
    flag: str = ""
    """The maker's three letters (FLAG Association id), where telegrams do not tell them."""
    lists: Mapping[int, tuple[str, ...]] = {}
    """Positional lists by their number of values: C.D.E of each, `ident`, `id`, `type`, `clock`, or empty where it is
    not used."""
    texts: Mapping[str, str] = {}
    """C.D.E -> `ident`, `id` or `type`, beyond and before `TEXTS`; the empty one is of texts without a code."""
    scales: Mapping[str, int] = {}
    """C.D.E -> power of ten to the base unit, where the list sends none beside the value."""
    codes: Mapping[str, Quantity] = {}
    """C.D.E -> what it measures, beyond and before `quantities.QUANTITIES`."""
    quirks: tuple[Quirk, ...] = ()
    energy_unit_told: bool = True
    """False where the same list comes in Wh from some meters and in 10 Wh from others; `scales` has the usual one."""
    notes: tuple[str, ...] = ()
    """What owners should know, a sentence each."""


TEXTS: Mapping[str, str] = {"0.2.129": "ident", "96.1.0": "id", "96.1.7": "type"}
"""What codes of texts are in binary lists (NO and SE port descriptions)."""

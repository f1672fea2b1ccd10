"""What a telegram carries, once its frames are opened; and what can be seen in it of who sent it."""

from __future__ import annotations

from typing import Literal

import msgspec

Encoding = Literal["ascii", "cosem", "sml"]
"""Object lines of a P1 telegram; a DLMS data-notification in A-XDR; an SML file."""

Form = Literal["lines", "items", "pairs", "described", "positional"]
"""How a list tells what its values are: object lines; a structure [code, value, (scaler, unit)] a value; code and value
in turn, perhaps with scaler and unit behind; first a list of the objects, then their values; only by the place."""


class Message(msgspec.Struct, frozen=True):
    """One telegram opened: segments joined, blocks put together, deciphered."""

    encoding: Encoding
    body: bytes
    """`ascii`: from `/` to `!`; `cosem`: the data-notification from its tag 0F on; `sml`: the file without escapes."""
    raw: bytes
    """All frames that it came in, as on the wire."""
    framing: str
    checked: bool
    """Whether a check sum or an authentication tag was verified anywhere on the way."""
    ciphered: bool = False
    flag: str = ""
    """The three letters of the maker in the system title that ciphered it; empty where it was not."""


class Item(msgspec.Struct, frozen=True):
    """One value of a list."""

    code: bytes | None
    """Six bytes A-B:C.D.E*F; `None` in a list that tells by the place."""
    value: int | float | bytes | None
    """A number, or the bytes of a string; `None` where nothing was sent."""
    tag: int
    """The type of the value in its encoding (A-XDR tag)."""
    start: int
    """Where the value's own bytes stand in the body, behind its type and length."""
    stop: int
    scaler: int | None = None
    """Power of ten, where the list sends one beside the value."""
    unit: int | None = None
    """Number of the unit, where the list sends one (`quantities.UNIT_NUMBERS`)."""

    @property
    def cde(self) -> str:
        """`1.7.0`; empty without a code."""
        return "" if self.code is None else f"{self.code[2]}.{self.code[3]}.{self.code[4]}"


class Content(msgspec.Struct, frozen=True):
    """A binary list: its values in their order."""

    form: Form
    items: tuple[Item, ...]
    clock: tuple[int, int] | None = None
    """Where the 12 bytes of the message's own date-time stand, if it has one (not that of an item)."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a dialect is recognised by, and all that its quirks may ask."""

    encoding: Encoding
    form: Form
    count: int
    """Values of the list (pairs count once; lines: object lines)."""
    ident: str = ""
    """`ascii`: the ident line without `/`; else the list's name (AIDON_V0001, KFM_001, Kamstrup_V0001), or what the
    first value says where it is a text; where the first value is a code of six bytes, that as `0-6:25.9.0`."""
    meter_id: str = ""
    meter_type: str = ""
    flag: str = ""
    """Three letters of the maker: of the ident line, or of the system title that ciphered the message."""
    codes: frozenset[str] = frozenset()
    """The codes that it names, as C.D.E."""
    version: str = ""
    """`ascii`: digits of the P1 version (`50`, `50217`)."""
    ciphered: bool = False
    prefix: str = ""
    """`ascii`: A-B of the first value that is measured: 1-0 nearly everywhere, 1-1 from some Swiss meters."""
    current_ratio: float | None = None
    """`ascii`: by how much a current transformer divides (code 0.4.2); `None` where no such number was sent."""
    voltage_ratio: float | None = None
    """`ascii`: the same of a voltage transformer (code 0.4.3)."""

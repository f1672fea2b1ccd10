"""Sagemcom T210-D at Netz NÖ, Austria: the list of `netz_noe`, told apart by who ciphered it.

In Styria it speaks ASCII. Its first frame here has 257 bytes of content, and a length field of one byte (field
captures).
"""

from __future__ import annotations

from ngair.meter.dialects.dialect import Dialect, Signature
from ngair.meter.dialects.netz_noe import ID_BEHIND, MEASURES, NOTES, OTHERS

DIALECT = Dialect(
    title="Sagemcom, Netz NÖ, Austria",
    meters=("T210-D", "S210"),
    countries=("AT",),
    line="M-Bus (RJ12), 2400 baud 8E1",
    framing="DB in M-Bus",
    interval="5 s",
    signatures=(Signature(encoding="cosem", form="pairs", ident=OTHERS, flag="SAG", has=MEASURES),),
    flag="SAG",
    texts=ID_BEHIND,
    notes=NOTES,
)

"""Hypothesis strategies for what telegrams may say, and what a reading must then be: counted anew, in decimals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from hypothesis import strategies as st

from tests.meter.telegrams import body_of, seven_even, with_check

IMPORT = ("21.7.0", "41.7.0", "61.7.0")
EXPORT = ("22.7.0", "42.7.0", "62.7.0")
LAG = ("23.7.0", "43.7.0", "63.7.0")
LEAD = ("24.7.0", "44.7.0", "64.7.0")
CURRENT = ("31.7.0", "51.7.0", "71.7.0")
VOLTAGE = ("32.7.0", "52.7.0", "72.7.0")
IMPORT_TARIFFS = ("1.8.1", "1.8.2", "1.8.3", "1.8.4")
EXPORT_TARIFFS = ("2.8.1", "2.8.2", "2.8.3", "2.8.4")


@dataclass(frozen=True)
class Form:
    """How a meter writes the values of one unit."""

    unit: str
    digits: int
    """Before the point."""
    decimals: int

    def written(self, number: int) -> str:
        """The digits `number` with the point in its place."""
        digits = f"{abs(number):0{self.digits + self.decimals}d}"
        whole, parts = (digits[: -self.decimals], digits[-self.decimals :]) if self.decimals else (digits, "")
        return f"{'-' * (number < 0)}{whole}{'.' * bool(parts)}{parts}*{self.unit}"

    def amount(self, number: int) -> Decimal:
        """In base units."""
        return Decimal(number).scaleb(-self.decimals) * (1000 if self.unit.startswith("k") else 1)

    def most(self, limit: int) -> int:
        """The highest number that can be written and does not exceed a limit in base units."""
        per_unit = 10**self.decimals
        highest = limit * per_unit // (1000 if self.unit.startswith("k") else 1)
        return int(min(highest, 10 ** (self.digits + self.decimals) - 1))


@dataclass(frozen=True)
class Content:
    """What one telegram says."""

    ident: str
    forms: dict[str, Form]
    numbers: dict[str, int]
    """C.D.E -> digits as a whole number."""
    order: tuple[str, ...]
    prefix: str = "1-0"
    version: str | None = None
    clock: datetime | None = None
    meter_id: str | None = None
    others: tuple[str, ...] = field(default=())
    """Lines that are not about the house's electricity."""

    def lines(self) -> list[str]:
        """The object lines."""
        head = [f"1-3:0.2.8({self.version})"] if self.version else []
        head += [f"0-0:1.0.0({self.clock:%y%m%d%H%M%S}W)"] if self.clock else []
        head += [f"0-0:96.1.1({self.meter_id.encode().hex().upper()})"] if self.meter_id else []
        return [*head, *(self._line(code) for code in self.order), *self.others]

    def _line(self, code: str) -> str:
        return f"{self.prefix}:{code}({self.forms[code].written(self.numbers[code])})"

    def telegram(self, *, check: bool = True, line_end: str = "\r\n", seven: bool = False) -> bytes:
        """As bytes."""
        body = body_of(self.ident, self.lines(), line_end=line_end)
        data = with_check(body, line_end=line_end) if check else body + line_end.encode()
        return seven_even(data) if seven else data

    def amount(self, code: str) -> Decimal | None:
        """A value in base units."""
        return self.forms[code].amount(self.numbers[code]) if code in self.numbers else None

    def amounts(self, codes: Iterable[str]) -> list[Decimal | None]:
        """Values in base units."""
        return [self.amount(code) for code in codes]

    def measures(self) -> bool:
        """Whether there is enough for a reading."""
        return any(code not in (*VOLTAGE, *LAG, *LEAD) for code in self.numbers)


@st.composite
def contents(draw: st.DrawFn, *, version: bool = True) -> Content:
    """A meter's telegram: its registers, its formats, its values."""
    forms = draw(formats())
    codes = draw(registers())
    return Content(
        ident=draw(IDENTS),
        forms={code: forms[_base(code)] for code in codes},
        numbers={code: draw(_numbers(code, forms[_base(code)])) for code in codes},
        order=tuple(draw(st.permutations(codes))),
        prefix=draw(st.sampled_from(["1-0", "1-1", "0-0"])),
        version=draw(st.none() | st.sampled_from(["40", "42", "50", "50217"])) if version else None,
        clock=draw(st.none() | CLOCKS),
        meter_id=draw(st.none() | st.from_regex(r"[0-9A-Z]{4,20}", fullmatch=True)),
        others=tuple(draw(st.lists(st.sampled_from(OTHER_LINES), max_size=4))),
    )


@st.composite
def successors(draw: st.DrawFn, content: Content) -> Content:
    """The same meter, a moment later."""
    changed = draw(st.sets(st.sampled_from(content.order))) if content.order else set()
    numbers = {
        code: draw(_numbers(code, content.forms[code])) if code in changed else number
        for code, number in content.numbers.items()
    }
    clock = draw(st.none() | CLOCKS)
    return Content(
        ident=content.ident,
        forms=content.forms,
        numbers=numbers,
        order=content.order,
        prefix=content.prefix,
        version=content.version,
        clock=clock if content.clock else None,
        meter_id=content.meter_id,
        others=content.others,
    )


@st.composite
def formats(draw: st.DrawFn) -> dict[str, Form]:
    """One form a base unit."""

    def form(*units: str) -> Form:
        unit = draw(st.sampled_from(units))
        most = 5 if unit.startswith("k") else 2
        return Form(unit, draw(st.integers(1, 9)), draw(st.integers(0, most)))

    return {
        "W": form("kW", "W"),
        "var": form("kvar", "kVAr", "var"),
        "Wh": form("kWh", "Wh"),
        "A": form("A", "kA"),
        "V": form("V", "kV"),
    }


@st.composite
def registers(draw: st.DrawFn) -> list[str]:
    """Which values a meter sends."""
    phases = draw(st.sampled_from([(0,), (0, 1, 2), (0, 2)]))
    groups = [["1.7.0"], ["2.7.0"], ["16.7.0"], ["15.7.0"], ["1.8.0"], ["2.8.0"]]
    groups += [[group[phase] for phase in phases] for group in (IMPORT, EXPORT, LAG, LEAD, CURRENT, VOLTAGE)]
    groups += [list(group[: draw(st.sampled_from([2, 4]))]) for group in (IMPORT_TARIFFS, EXPORT_TARIFFS)]
    return [code for group in groups if draw(st.booleans()) for code in group]


def _numbers(code: str, form: Form) -> st.SearchStrategy[int]:
    limit = {"W": 1_000_000, "var": 1_000_000, "Wh": 10**12, "A": 1000, "V": 1000}[_base(code)]
    most = form.most(limit)
    return st.integers(-most if code == "16.7.0" else 0, most)


def _base(code: str) -> str:
    if code in (*LAG, *LEAD):
        return "var"
    if code in CURRENT:
        return "A"
    if code in VOLTAGE:
        return "V"
    return "Wh" if ".8." in code else "W"


CLOCKS = st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-12-31"))
IDENTS = st.from_regex(r"[A-Z]{3}[2-5]?[0-9A-Z\\_.() -]{0,12}[0-9A-Z]", fullmatch=True)
OTHER_LINES = [
    "0-1:24.1.0(003)",
    "0-1:24.2.1(240517142959S)(04321.098*m3)",
    "0-1:24.3.0(110318140000)(08)(60)(1)(0-1:24.2.1)(m3)",
    "(01077.310)",
    "0-2:1.8.0(00001.000*kWh)",
    "1-0:99.97.0(1)(0-0:96.7.19)(230811214409S)(0000000241*s)",
    "1-0:1.6.0(230111181500W)(05.203*kW)",
    "0-0:96.13.0(4E47414952)",
    "0-0:96.13.1()",
    "0-0:17.0.0(999.9*kW)",
    "1-0:13.7.0(-0.988)",
    "1-0:14.7.0(50.00*Hz)",
    "",
]

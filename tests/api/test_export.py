"""The memory as a file: what is written is read back as it was, and no text of others becomes a formula or a row."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.api.export import (
    DETAILS_MAX,
    KINDS,
    LINE_MAX_BYTES,
    TEXT_MAX_CHARS,
    Export,
    ExportBox,
    ExportEnd,
    ExportHeader,
    ExportParameters,
    Kind,
    Rejected,
    decode_line,
    encode_header,
    encode_row,
    export,
    json_pieces,
    kind_of,
)
from ngair.api.spreadsheet import csv_pieces, header, inert
from ngair.api.times import UnfitError
from ngair.model.history import METER, Bucket, EventKind, HistoryEvent, Row, Sample, Stat
from tests.api.history_rows import ROWS
from tests.api.houses import BOX
from tests.api.pasts import HOSTILE, OUTLET, at_s, bucket, kept, lively, sources

BEGIN = "2026-05-01T00:00:00"
HEADER = ExportHeader(
    ngair_export=1,
    epoch="0123456789abcdef",
    zone="Europe/Stockholm",
    currency="SEK",
    made_at="2026-05-01T00:00:00Z",
    first_day="2026-04-01",
    last_day="2026-05-01",
    box=ExportBox(serial="NG00TEST00000001", firmware="ngair.0.0-0-g0000000"),
)
SAMPLE = Sample(at_s=10, series=METER, values=(None,) * 8, counters_wh=(None, None))
EVENT = HistoryEvent(at_s=1.5, kind=EventKind.LIMIT, text="text")


def exported(folder: Path, **asked: Any) -> Export:
    reader = kept(folder, lively(at_s(BEGIN)))
    return export(sources(reader, "2026-05-01T12:00:00"), BOX, ExportParameters(**asked))


def cells(folder: Path, what: Kind) -> list[list[str]]:
    text = b"".join(csv_pieces(exported(folder, format="csv", what=what))).decode()
    assert text.endswith("\r\n")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(ROWS)
def test_every_row_comes_back(row: Row) -> None:
    line = encode_row(row)
    assert b"\n" not in line
    assert decode_line(line) == row
    assert decode_line(line.decode() + ",\n") == row
    assert msgspec.json.decode(line)["kind"] == kind_of(row)


def test_the_whole_file(tmp_path: Path) -> None:
    asked = exported(tmp_path)
    data = b"".join(json_pieces(asked))
    document = msgspec.json.decode(data)
    assert (document["ngair_export"], document["zone"], document["currency"]) == (1, "Europe/Stockholm", "SEK")
    assert document["box"] == {"serial": BOX.serial, "firmware": BOX.firmware}
    assert {row["kind"] for row in document["rows"]} == set(KINDS)
    first, *lines, last = data.decode().splitlines()
    rows = [decode_line(line) for line in lines]
    assert isinstance(decode_line(first), ExportHeader)
    assert isinstance(decode_line(last), ExportEnd)
    reader = asked.sources.history
    wanted = [row for kind in KINDS for row in reader.rows(kind, 0, 2**33)]
    assert rows == wanted
    assert len(wanted) > 800


def test_it_is_adopted_by_another_store(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    lines = b"".join(json_pieces(exported(tmp_path / "old"))).splitlines()
    from ngair.adapters.sqlite.store import SqliteStore

    store = SqliteStore(tmp_path / "new" / "history.db", 14, 400)
    rows = [row for row in map(decode_line, lines) if not isinstance(row, ExportHeader | ExportEnd | Rejected)]
    assert store.adopt(rows) == len(rows)
    store.close()


def test_an_empty_memory_is_a_valid_file(tmp_path: Path) -> None:
    asked = export(sources(kept(tmp_path), BEGIN), BOX, ExportParameters())
    assert msgspec.json.decode(b"".join(json_pieces(asked)))["rows"] == []
    lines = b"".join(json_pieces(asked)).splitlines()
    assert [type(decode_line(line)) for line in lines] == [ExportHeader, ExportEnd]


def test_the_header_comes_back() -> None:
    assert decode_line(encode_header(HEADER)) == HEADER


@pytest.mark.parametrize(
    "line",
    [
        "",
        "x",
        "{",
        "[]",
        "null",
        '{"kind":"hours"}',
        '{"kind":"counters","name":"import"}',
        '{"ngair_export":2,"epoch":""}',
        '{"ngair_export":1}',
        "[" * 10_000,
        '{"kind":"events","at_s":1e999,"event":"limit","text":""}',
        '{"kind":"events","at_s":1,"event":"invented","text":""}',
        '{"kind":"events","at_s":1,"event":"limit","text":"\\ud800"}',
        "\udc80",
        '{"kind":"sessions","outlet":"CB1/1","plugged_at_s":' + "9" * 400 + "}",
        '{"kind":"samples","at_s":' + "1" * LINE_MAX_BYTES + "}",
        *(
            encode_row(row).decode()
            for row in (
                replace(SAMPLE, at_s=-1),
                replace(SAMPLE, at_s=2**40),
                replace(SAMPLE, seq=-1),
                replace(SAMPLE, seq=2**60),
                replace(SAMPLE, series="nobody"),
                replace(SAMPLE, series="CB1/1"),
                replace(SAMPLE, series="a\nb/1"),
                replace(SAMPLE, series="x" * 100 + "/1"),
                replace(SAMPLE, values=(1,)),
                replace(SAMPLE, values=(2**60, *SAMPLE.values[1:])),
                replace(SAMPLE, counters_wh=()),
                bucket("hour", 1),
                bucket("day", 3600),
                replace(bucket("hour", 3600), covered_s=3601),
                replace(bucket("hour", 3600), covered_s=-1),
                replace(bucket("hour", 3600), energy_wh=(1,)),
                replace(bucket("minute", 60), energy_wh=(1, 2)),
                replace(bucket("hour", 3600), stats=()),
                replace(bucket("hour", 3600), stats=(Stat(1, 5, 6, 7), *(Stat(),) * 7)),
                replace(bucket("hour", 3600), stats=(Stat(-1, 0, 0, 0), *(Stat(),) * 7)),
                replace(bucket("hour", 3600), stats=(Stat(0, 1, None, None), *(Stat(),) * 7)),
                replace(bucket("hour", 3600), stats=(Stat(2, 4, None, 3), *(Stat(),) * 7)),
                replace(EVENT, at_s=-1.0),
                replace(EVENT, text="x" * (TEXT_MAX_CHARS + 1)),
                replace(EVENT, detail={"x": "x" * (TEXT_MAX_CHARS + 1)}),
                replace(EVENT, detail={str(number): 1 for number in range(DETAILS_MAX + 1)}),
            )
        ),
        encode_row(bucket("hour", 3600)).decode().replace('"hours"', '"days"'),
    ],
)
def test_what_no_row_can_be_is_rejected(line: str) -> None:
    found = decode_line(line)
    assert isinstance(found, Rejected)
    assert 0 < len(found.reason) <= 200


@given(st.binary(max_size=80) | st.text(max_size=80))
def test_any_line_is_judged(line: bytes | str) -> None:
    assert isinstance(decode_line(line), Rejected | ExportEnd | ExportHeader | Sample | Bucket | HistoryEvent)


@pytest.mark.parametrize("what", KINDS)
def test_csv_has_a_header_with_units_and_a_cell_for_each(tmp_path: Path, what: Kind) -> None:
    titles, *rows = cells(tmp_path, what)
    assert titles == header(what, "SEK")
    assert rows
    assert {len(row) for row in rows} == {len(titles)}
    assert len(set(titles)) == len(titles)
    assert rows[0][0][:18] in {"2026-05-01T02:00:0", "2026-05-01T00:00:0"}
    assert rows[0][0].endswith("+02:00")
    assert rows[0][1].endswith("Z")


def test_csv_of_hours(tmp_path: Path) -> None:
    titles, *rows = cells(tmp_path, "hours")
    meter = dict(zip(titles, next(row for row in rows if row[2] == METER), strict=True))
    outlet = dict(zip(titles, next(row for row in rows if row[2] == OUTLET), strict=True))
    assert (meter["import (Wh)"], meter["export (Wh)"], meter["charged (Wh)"]) == ("10", "1", "")
    assert (outlet["import (Wh)"], outlet["charged (Wh)"], outlet["cost (SEK)"]) == ("", "10", "2e-05")
    assert (meter["power import mean (W)"], meter["current L2 most (A)"]) == ("2000.0", "3.0")
    assert (outlet["power mean (W)"], outlet["setpoint least (A)"]) == ("2000.0", "1.0")
    assert outlet["voltage L1 mean (V)"] == ""


@pytest.mark.parametrize("what", ["events", "setpoints"])
def test_texts_of_others_are_no_formulas(tmp_path: Path, what: Kind) -> None:
    _, *rows = cells(tmp_path, what)
    found = [cell for row in rows for cell in row if "evil" in cell]
    assert found
    assert all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in found)
    assert any(cell == "'" + HOSTILE for cell in found), "nothing else of it is changed"


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_what_a_spreadsheet_takes_for_a_formula(text: str) -> None:
    assert inert(text) == "'" + text


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=5, max_size=5))
def test_any_text_survives_csv(texts: list[str]) -> None:
    from ngair.api.spreadsheet import _line

    [row] = csv.reader(io.StringIO(_line(texts).decode(), newline=""), strict=True)
    assert row == [inert(text) for text in texts]


def test_what_may_be_exported(tmp_path: Path) -> None:
    with pytest.raises(UnfitError, match="JSON only"):
        exported(tmp_path, format="csv", what="all")
    assert exported(tmp_path, format="csv").kinds == ("hours",)
    assert exported(tmp_path).kinds == KINDS
    found = exported(tmp_path, format="csv", what="days", from_="2026-04-01", to="2026-05-01")
    assert found.file_name == "ngair-days-2026-04-01-2026-05-01.csv"


def test_days_of_the_zone(tmp_path: Path) -> None:
    """The first hours of a day in Stockholm are those of the evening before in UTC."""
    reader = kept(tmp_path, lively(at_s("2026-04-30T22:00:00")))
    for day, count in (("2026-04-30", 0), ("2026-05-01", 360)):
        asked = export(sources(reader, "2026-06-01T00:00:00"), BOX, ExportParameters(from_=day, to=day, what="samples"))
        rows = msgspec.json.decode(b"".join(json_pieces(asked)))["rows"]
        assert len([row for row in rows if row["series"] == METER]) == count

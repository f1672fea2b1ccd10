"""The past as documents: columns with gaps, local days of 23 and 25 hours, sessions, the log, and why."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from ngair.api.energy import EnergyParameters, energy
from ngair.api.history import PowerParameters, SessionsParameters, power, sessions
from ngair.api.logbook import EventsParameters, WhyParameters, events, why
from ngair.api.times import UnfitError, day, local, midnight_s, moment_s, utc
from ngair.model.history import METER, Batch, EventKind, Sample, SetpointChange
from ngair.model.limits import HISTORY_ROWS_MAX, POWER_AUTO_ROWS_MAX
from tests.api.pasts import HOSTILE, OUTLET, STOCKHOLM, at_s, bucket, day_bucket, hours, kept, lively, sources, stat

SPRING, AUTUMN = "2026-03-29", "2026-10-25"


class TestEnergy:
    @pytest.mark.parametrize(("of", "begin", "length"), [(SPRING, "2026-03-28T23", 23), (AUTUMN, "2026-10-24T22", 25)])
    def test_hours_of_a_day_on_which_clocks_change(self, tmp_path: Path, of: str, begin: str, length: int) -> None:
        reader = kept(tmp_path, hours(f"{begin}:00:00", 48, STOCKHOLM))
        found = energy(sources(reader, "2026-12-01T00:00:00"), EnergyParameters(from_=of, to=of, by="hour"))
        assert len(found.rows) == length
        assert found.total.import_wh == sum(100 + n for n in range(length))
        assert len({row.start for row in found.rows}) == length, "the hour that comes twice has two offsets"
        assert all(row.coverage == 1 for row in found.rows)
        by_day = energy(sources(reader, "2026-12-01T00:00:00"), EnergyParameters(from_=of, to=of, by="day"))
        [row] = by_day.rows
        assert (row.start, row.import_wh, row.coverage) == (of, found.total.import_wh, 1.0)
        assert row.t == found.rows[0].t == at_s(f"{begin}:00:00")

    def test_the_hour_that_comes_twice(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, hours("2026-10-25T00:00:00", 2, STOCKHOLM))
        found = energy(sources(reader, "2026-10-26T00:00:00"), EnergyParameters(from_=AUTUMN, to=AUTUMN, by="hour"))
        assert [row.start for row in found.rows] == ["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"]

    @pytest.mark.parametrize("zone", ["Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "UTC"])
    def test_hours_days_months_and_years_have_the_same_sum(self, tmp_path: Path, zone: str) -> None:
        where = ZoneInfo(zone)
        reader = kept(tmp_path, hours("2025-12-20T00:00:00", 24 * 30, where, charged=True))
        found = [
            energy(
                sources(reader, "2026-02-01T00:00:00", where),
                EnergyParameters(from_="2025-12-01", to="2026-01-31", by=by),
            )
            for by in ("hour", "day", "month", "year")
        ]
        wanted = sum(100 + n for n in range(24 * 30))
        for document in found:
            assert document.total.import_wh == wanted
            assert document.total.import_cost == pytest.approx(wanted * 2e-6)
            for name in ("import_wh", "export_wh", "charged_wh"):
                assert getattr(document.total, name) == sum(getattr(row, name) for row in document.rows)
        assert [row.start for row in found[2].rows] == ["2025-12", "2026-01"]
        assert [row.start for row in found[3].rows] == ["2025", "2026"]

    def test_days_without_rows_are_left_out(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, Batch(buckets=tuple(day_bucket(date(2026, 5, n), n) for n in (1, 2, 9))))
        found = energy(sources(reader, "2026-05-20T12:00:00"), EnergyParameters(from_="2026-05-01", to="2026-05-31"))
        assert [row.start for row in found.rows] == ["2026-05-01", "2026-05-02", "2026-05-09"]

    def test_coverage_is_of_what_is_over(self, tmp_path: Path) -> None:
        reader = kept(
            tmp_path,
            Batch(
                buckets=(
                    bucket("hour", at_s("2026-05-01T08:00:00"), wh=5, covered_s=900),
                    day_bucket(date(2026, 5, 1), 5, covered_s=900),
                )
            ),
        )
        asked = EnergyParameters(from_="2026-05-01", to="2026-05-01", by="hour")
        assert energy(sources(reader, "2026-05-01T08:30:00", UTC), asked).rows[0].coverage == 0.5
        assert energy(sources(reader, "2026-05-01T09:00:00", UTC), asked).rows[0].coverage == 0.25
        year = EnergyParameters(from_="2026-05-01", to="2026-05-01", by="year")
        found = energy(sources(reader, "2026-06-01T00:00:00", UTC), year)
        assert found.rows[0].coverage == found.total.coverage == round(900 / 86400, 6)

    def test_unknown_is_not_zero(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, Batch(buckets=(bucket("hour", at_s("2026-05-01T08:00:00"), OUTLET, 7),)))
        asked = EnergyParameters(from_="2026-05-01", to="2026-05-01", by="hour")
        [row] = energy(sources(reader, "2026-05-02T00:00:00", currency=None), asked).rows
        assert (row.import_wh, row.export_wh, row.charged_wh) == (None, None, 7)
        assert (row.import_cost, row.charged_cost, row.coverage) == (None, None, 0)

    def test_costs_from_when_there_were_prices(self, tmp_path: Path) -> None:
        days = (day_bucket(date(2026, 5, 1), 1000), day_bucket(date(2026, 5, 2), 1000, cost_micro=1_950_000))
        reader = kept(tmp_path, Batch(buckets=days))
        found = energy(sources(reader, "2026-06-01T00:00:00"), EnergyParameters(from_="2026-05-01", by="month"))
        assert [row.import_cost for row in found.rows] == [1.95]
        assert (found.total.import_wh, found.total.import_cost) == (2000, 1.95)

    def test_more_series_than_one_answer_of_the_reader_holds(self, tmp_path: Path) -> None:
        """The portions meet in the middle of a moment, and nothing is lost or counted twice."""
        start_s = at_s("2026-05-01T00:00:00")
        names = [METER, *(f"CB{number}/1" for number in range(99))]
        rows = [bucket("hour", start_s + 3600 * n, name, 1) for n in range(240) for name in names]
        reader = kept(tmp_path, Batch(buckets=tuple(rows)))
        assert len(rows) > 2 * HISTORY_ROWS_MAX
        asked = EnergyParameters(from_="2026-05-01", to="2026-05-11", by="hour")
        found = energy(sources(reader, "2026-06-01T00:00:00", UTC), asked)
        assert (found.total.import_wh, found.total.charged_wh) == (240, 240 * 99)
        assert [row.charged_wh for row in found.rows] == [99] * 240

    def test_an_empty_memory(self, tmp_path: Path) -> None:
        for by in ("hour", "day", "month", "year"):
            found = energy(sources(kept(tmp_path), "2026-05-01T00:00:00"), EnergyParameters(by=by))
            assert (found.rows, found.since, found.total.import_wh) == ([], None, None)

    def test_too_many_rows(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, hours("2024-01-01T00:00:00", 1, UTC), hours("2026-01-01T00:00:00", 1, UTC))
        with pytest.raises(UnfitError, match="coarser step or a shorter span"):
            energy(sources(reader, "2026-05-01T00:00:00"), EnergyParameters(from_="2024-01-01", by="hour"))
        assert energy(sources(reader, "2026-05-01T00:00:00"), EnergyParameters(from_="1970-01-01", by="day")).rows

    def test_days_in_the_wrong_order(self, tmp_path: Path) -> None:
        with pytest.raises(UnfitError, match="before it"):
            energy(sources(kept(tmp_path), "2026-05-01T00:00:00"), EnergyParameters(from_="2026-05-02"))


class TestPower:
    def test_columns(self, tmp_path: Path) -> None:
        start_s = at_s("2026-05-01T00:00:00")
        reader = kept(tmp_path, Batch(buckets=tuple(bucket("minute", start_s + 60 * n) for n in (0, 1, 5))))
        found = power(
            sources(reader, "2026-05-01T01:00:00"), PowerParameters(from_="2026-05-01T00:00:00Z", step="minute")
        )
        assert (found.step, found.step_s, found.zone) == ("minute", 60, "Europe/Stockholm")
        assert found.t == [start_s + 60 * n for n in (0, 1, 2, 5)], "one row of nulls begins the gap"
        assert found.mean["power_import_w"] == [2000, 2000, None, 2000]
        assert found.mean["current_l1_a"] == [2, 2, None, 2]
        assert found.min["voltage_l3_v"] == [100, 100, None, 100]
        assert found.max["current_l2_a"] == [3, 3, None, 3]
        assert len(found.mean) == 8

    def test_an_outlet(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, Batch(buckets=(bucket("minute", at_s("2026-05-01T00:00:00"), OUTLET),)))
        found = power(sources(reader, "2026-05-01T01:00:00"), PowerParameters(step="minute", outlet=OUTLET))
        assert list(found.mean) == ["power_w", "current_l1_a", "current_l2_a", "current_l3_a", "setpoint_a"]
        assert found.mean["setpoint_a"] == [2]
        assert power(sources(reader, "2026-05-01T01:00:00"), PowerParameters(step="minute")).t == []

    def test_ten_seconds_have_no_extremes(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, lively(at_s("2026-05-01T00:00:00")))
        found = power(sources(reader, "2026-05-01T00:00:25"), PowerParameters(step="10s"))
        assert (found.mean["power_import_w"], found.mean["voltage_l1_v"]) == ([0, 1, 2], [None] * 3)
        assert (found.min, found.max) == ({}, {})

    def test_a_day_begins_at_its_midnight(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, Batch(buckets=tuple(day_bucket(date(2026, 3, n), n) for n in (28, 29, 30))))
        asked = PowerParameters(from_="2026-03-28T12:00", to="2026-03-30T00:00", step="day")
        found = power(sources(reader, "2026-05-01T00:00:00"), asked)
        assert found.t == [at_s("2026-03-27T23:00:00"), at_s("2026-03-28T23:00:00")]

    def test_the_finest_step_that_is_kept_and_not_too_much(self, tmp_path: Path) -> None:
        begin, now = "2026-05-01T00:00:00", "2026-05-02T00:00:00"
        reader = kept(tmp_path, lively(at_s(begin)))

        def chosen(hours_before: float, at: str = now) -> str:
            to_s = at_s(at)
            asked = PowerParameters(from_=str(to_s - hours_before * 3600), to=str(to_s))
            return power(sources(reader, at), asked).step

        assert chosen(4) == "10s"
        assert chosen(24) == "minute"
        assert chosen(24 * 40) == "minute", "there is no more than a day of it"
        assert chosen(24 * 40, "2026-06-02T00:00:00") == "hour"
        assert chosen(24 * 400, "2027-06-02T00:00:00") == "day"
        assert POWER_AUTO_ROWS_MAX * 60 > 86400

    def test_what_is_not_kept_as_fine_is_shown_as_it_is_kept(self, tmp_path: Path) -> None:
        old, new = at_s("2026-05-01T00:00:00"), at_s("2026-05-20T00:00:00")
        reader = kept(
            tmp_path,
            Batch(
                buckets=(
                    bucket("minute", old),
                    bucket("minute", new),
                    bucket("hour", old),
                    bucket("hour", new),
                    day_bucket(date(2026, 5, 1), 1),
                ),
                samples=(Sample(at_s=new, series=METER, values=(1,) * 8, counters_wh=(None, None)),),
            ),
        )
        then = sources(reader, "2026-05-20T02:00:00")
        assert power(then, PowerParameters(from_=str(old), to=str(old + 3600))).step == "minute"
        assert power(then, PowerParameters(from_=str(new), to=str(new + 3600))).step == "10s"

    def test_too_many_rows(self, tmp_path: Path) -> None:
        start_s = at_s("2026-05-01T00:00:00")
        count = HISTORY_ROWS_MAX + 1
        reader = kept(tmp_path, Batch(buckets=tuple(bucket("minute", start_s + 60 * n) for n in range(count))))
        asked = PowerParameters(from_=str(start_s), to=str(start_s + 60 * count), step="minute")
        with pytest.raises(UnfitError, match="coarser step or a shorter span"):
            power(sources(reader, "2026-06-01T00:00:00"), asked)
        shorter = replace(asked, to=str(start_s + 60 * HISTORY_ROWS_MAX))
        assert len(power(sources(reader, "2026-06-01T00:00:00"), shorter).t) == HISTORY_ROWS_MAX

    def test_an_empty_span(self, tmp_path: Path) -> None:
        with pytest.raises(UnfitError, match="before"):
            power(sources(kept(tmp_path), "2026-05-01T00:00:00"), PowerParameters(from_="2026-05-02"))
        assert power(sources(kept(tmp_path), "2026-05-01T00:00:00"), PowerParameters()).t == []


class TestLog:
    def test_pages_of_the_log(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, lively(at_s("2026-05-01T00:00:00")))
        then = sources(reader, "2026-06-01T00:00:00")
        seen = []
        before: int | None = None
        while True:
            page = events(then, EventsParameters(limit=7, before=before))
            seen += page.entries
            if not page.more:
                break
            before = min(entry.seq for entry in page.entries)
        assert len(seen) == len(EventKind) + 2
        assert len({entry.seq for entry in seen}) == len(seen)

    def test_what_is_asked_for(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, lively(at_s("2026-05-01T00:00:00")))
        then = sources(reader, "2026-06-01T00:00:00")
        found = events(then, EventsParameters(kinds="setpoint,over fuse"))
        assert [entry.kind for entry in found.entries] == ["setpoint", "over fuse", "setpoint"]
        assert found.entries[0].detail == {
            "before_a": 16,
            "setpoint_a": 9,
            "rule": "fuse",
            "fuse": HOSTILE,
            "phase": "L1",
        }
        assert found.entries[2].time == "2026-05-01T00:00:05.500Z"
        assert not events(then, EventsParameters(subject="nobody")).entries
        assert len(events(then, EventsParameters(subject=OUTLET)).entries) == 2
        with pytest.raises(UnfitError, match="fail-safe over"):
            events(then, EventsParameters(kinds="limit,quarrel"))

    def test_why(self, tmp_path: Path) -> None:
        reader = kept(tmp_path, lively(at_s("2026-05-01T00:00:00")))
        then = sources(reader, "2026-06-01T00:00:00")
        found = why(then, WhyParameters(at="2026-05-01T00:12:34Z"))
        [outlet] = found.outlets
        assert (outlet.outlet, outlet.setpoint_a, outlet.rule, outlet.phase) == (OUTLET, 9, "fuse", "L1")
        assert (outlet.since, outlet.power_w, outlet.current_a, outlet.state) == (
            "2026-05-01T00:10:00Z",
            2000,
            (2, 2, 2),
            3,
        )
        assert found.house is not None
        assert (found.house.power_import_w, found.house.current_a, found.house.voltage_v) == (
            2000,
            (2,) * 3,
            (200,) * 3,
        )
        assert len(found.entries) == len(EventKind) + 2
        later = why(then, WhyParameters(at="2026-05-03T00:00:00Z"))
        assert (later.house, later.entries, later.outlets[0].power_w) == (None, [], None)
        before = why(then, WhyParameters(at="2026-04-30T00:00:00Z"))
        assert (before.outlets, before.house, before.entries) == ([], None, [])

    def test_why_at_the_time_that_the_log_tells_of_a_change(self, tmp_path: Path) -> None:
        """Which is rounded, perhaps to just before it."""
        start_s = at_s("2026-05-01T00:00:00")
        changes = [
            SetpointChange(
                at_s=start_s + 60 * number + number / 9_973,
                outlet=OUTLET,
                before_a=None,
                setpoint_a=number,
                rule="fuse",
                text="",
            )
            for number in range(1, 60)
        ]
        then = sources(kept(tmp_path, Batch(setpoints=tuple(changes))), "2026-06-01T00:00:00")
        entries = events(then, EventsParameters(kinds="setpoint")).entries
        assert len(entries) == len(changes)
        for entry in entries:
            [outlet] = why(then, WhyParameters(at=entry.time)).outlets
            assert outlet.setpoint_a == entry.detail["setpoint_a"]

    def test_why_just_now(self, tmp_path: Path) -> None:
        """The minute that is not written yet is stood in for by the newest, but only for so long."""
        start_s = at_s("2026-05-01T00:00:00")
        rows = [replace(bucket("minute", start_s + 60 * n), stats=(stat(n),) * 8) for n in range(3)]
        reader = kept(tmp_path, Batch(buckets=tuple(rows)))
        for now, watts in (("00:02:59", 2), ("00:03:30", 2), ("00:05:30", 2), ("00:06:30", None)):
            found = why(sources(reader, f"2026-05-01T{now}"), WhyParameters())
            assert (found.house.power_import_w if found.house else None) == watts, now
        found = why(sources(reader, "2026-05-02T00:00:00"), WhyParameters(at="2026-05-01T00:03:30Z"))
        assert found.house is None, "what is past was not written"


def test_sessions(tmp_path: Path) -> None:
    reader = kept(tmp_path, lively(at_s("2026-05-01T00:00:00")))
    found = sessions(sources(reader, "2026-05-01T02:00:00"), SessionsParameters())
    assert [row.plugged_at for row in found.sessions] == ["2026-05-01T00:51:40Z", "2026-05-01T00:00:00Z"]
    now, over = found.sessions
    assert (now.unplugged_at, now.plugged_s, now.plug_unseen, now.cost) == (None, 7200 - 3100, True, None)
    assert (over.serial, over.id, over.plugged_s, over.energy_wh) == ("CB00000000000001", 1, 3000, 5000)
    then = sources(reader, "2026-06-01T00:00:00")
    assert len(sessions(then, SessionsParameters(limit=1)).sessions) == 1
    assert sessions(then, SessionsParameters(to="2026-04-30")).sessions == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01T13:00:00Z", "2026-11-01T13:00:00Z"),
        ("2026-11-01T13:00:00+01:00", "2026-11-01T12:00:00Z"),
        ("2026-11-01T13:00:00 01:00", "2026-11-01T12:00:00Z"),
        ("2026-11-01T13:00:00.25 0100", "2026-11-01T12:00:00.250Z"),
        ("2026-11-01T13:00", "2026-11-01T12:00:00Z"),
        ("2026-11-01 13:00", "2026-11-01T12:00:00Z"),
        ("2026-07-01", "2026-06-30T22:00:00Z"),
        ("1793534400", "2026-11-01T12:00:00Z"),
        ("1793534400.5", "2026-11-01T12:00:00.500Z"),
        ("0", "1970-01-01T00:00:00Z"),
    ],
)
def test_moments(text: str, expected: str) -> None:
    assert utc(moment_s("at", text, STOCKHOLM)) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "-1", "1e9", "NaN", "inf", "99999999999999", "2026-13-01", "2026-02-30T00:00", "12:00", "a" * 40),
        *("1969-12-31T23:00:00Z", "2200-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
        "٢٠٢٦-01-01",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(UnfitError, match="at: a time"):
        moment_s("at", text, STOCKHOLM)


@pytest.mark.parametrize("text", ["", "2026-1-1", "20260101", "2026-W01-1", "2026-02-29", "1969-12-31", "2200-01-01"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(UnfitError, match="from: a"):
        day("from", text)


@pytest.mark.parametrize(
    ("zone", "of", "begins"),
    [
        (STOCKHOLM, date(2026, 3, 29), "2026-03-29T00:00:00+01:00"),
        (ZoneInfo("Africa/Cairo"), date(2026, 4, 24), "2026-04-24T01:00:00+03:00"),
        (ZoneInfo("America/Havana"), date(2026, 11, 1), "2026-11-01T00:00:00-04:00"),
        (ZoneInfo("Asia/Kolkata"), date(2026, 1, 1), "2026-01-01T00:00:00+05:30"),
    ],
)
def test_when_a_local_day_begins(zone: tzinfo, of: date, begins: str) -> None:
    assert local(midnight_s(of, zone), zone) == begins

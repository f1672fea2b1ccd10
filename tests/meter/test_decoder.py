"""Which lines count, and what is made of what a meter does not send."""

from __future__ import annotations

import math

from ngair.meter.decoder import Decoder
from ngair.model.reading import Reading
from ngair.model.telegram import Reason
from tests.meter.telegrams import accepted, decoded, only, reasons, telegram


def test_power_is_decimal_exact() -> None:
    for kilowatt, watt in (("00.378", 378), ("00.001", 1), ("16.383", 16383), ("65.536", 65536), ("99.999", 99999)):
        power_w = reading(f"1-0:1.7.0({kilowatt}*kW)").power_import_w
        assert power_w == watt
        assert isinstance(power_w, int)


def test_the_unit_text_scales() -> None:
    for text in ("00.378*kW", "378*W", "00378*w", "0.378*KW", "0.37800*kW"):
        assert reading(f"1-0:1.7.0({text})").power_import_w == 378
    for text in ("0.005*kA", "5*A", "5.00*a"):
        assert reading(f"1-0:31.7.0({text})").current_a[0] == 5


def test_a_value_in_a_unit_of_another_kind_is_passed_over() -> None:
    for line in ("1-0:1.7.0(00.378*kWh)", "1-0:1.7.0(00.378)", "1-0:1.7.0(00.378*MW)", "1-0:1.7.0(00.378*kvar)"):
        assert reading(line, "1-0:1.8.0(000001.000*kWh)").power_import_w is None


def test_the_first_of_two_lines_counts() -> None:
    assert reading("1-0:1.7.0(00.100*kW)", "1-0:1.7.0(00.200*kW)").power_import_w == 100
    assert reading("1-0:1.7.0()", "1-0:1.7.0(00.200*kW)").power_import_w == 200


def test_meters_on_the_m_bus_do_not_count() -> None:
    sent = reading("0-1:1.8.0(000009.000*kWh)", "0-2:1.7.0(09.000*kW)", "1-0:1.8.0(000001.000*kWh)")
    assert sent.energy_import_wh == 1000
    assert sent.power_import_w is None


def test_tariffs_are_added_where_there_is_no_total() -> None:
    tariffs = [f"1-0:1.8.{tariff}(00000{tariff}.000*kWh)" for tariff in (1, 2, 3, 4)]
    assert reading(*tariffs[:2]).energy_import_wh == 3000
    assert reading(*tariffs).energy_import_wh == 10000
    assert reading(*tariffs, "1-0:1.8.0(000011.000*kWh)").energy_import_wh == 11000


def test_net_power_says_both_directions() -> None:
    sent = reading("1-0:16.7.0(-01.200*kW)")
    assert (sent.power_import_w, sent.power_export_w, sent.estimated) == (0, 1200, ())
    sent = reading("1-0:16.7.0(01.200*kW)")
    assert (sent.power_import_w, sent.power_export_w, sent.estimated) == (1200, 0, ())


def test_phases_say_the_total_where_nothing_else_does() -> None:
    sent = reading("1-0:21.7.0(01.000*kW)", "1-0:41.7.0(00.000*kW)", "1-0:22.7.0(00.000*kW)", "1-0:42.7.0(00.300*kW)")
    assert (sent.power_import_w, sent.power_export_w) == (700, 0)
    assert sent.estimated == ("power_import_w", "power_export_w")


def test_without_any_register_of_export_it_stays_unknown() -> None:
    sent = reading("1-0:21.7.0(01.000*kW)", "1-0:41.7.0(00.500*kW)")
    assert (sent.power_import_w, sent.power_export_w, sent.estimated) == (1500, None, ("power_import_w",))
    assert reading("1-0:15.7.0(01.000*kW)").power_import_w == 1000


def test_a_reported_current_is_never_replaced() -> None:
    phase = ["1-0:21.7.0(02.300*kW)", "1-0:22.7.0(00.000*kW)", "1-0:32.7.0(230.0*V)"]
    for reported in (0, 2, 15.88):
        sent = reading(*phase, f"1-0:31.7.0({reported}*A)")
        assert sent.current_a[0] == reported
        assert "current_a" not in sent.estimated
    sent = reading("1-0:51.7.0(015.88*A)", "1-0:52.7.0(000.0*V)", "1-0:41.7.0(00.000*kW)", "1-0:42.7.0(00.000*kW)")
    assert sent.current_a == (None, 15.88, None)


def test_a_current_follows_from_power_and_voltage() -> None:
    phase = ["1-0:21.7.0(00.000*kW)", "1-0:22.7.0(02.300*kW)", "1-0:32.7.0(230.0*V)"]
    sent = reading(*phase)
    assert list(sent.current_a) == [10, None, None]
    assert "current_a" in sent.estimated
    sent = reading(*phase, "1-0:23.7.0(00.000*kvar)", "1-0:24.7.0(02.300*kvar)")
    assert sent.current_a[0] == round(10 * math.sqrt(2), 2)


def test_a_current_stays_unknown_where_nothing_tells_it() -> None:
    assert reading("1-0:1.7.0(02.300*kW)", "1-0:32.7.0(230.0*V)").current_a == (None, None, None)
    assert reading("1-0:21.7.0(02.300*kW)").current_a == (None, None, None)
    assert reading("1-0:21.7.0(02.300*kW)", "1-0:32.7.0(001.0*V)").current_a == (None, None, None)
    assert reading("1-0:21.7.0(00.000*kW)", "1-0:32.7.0(230.0*V)").current_a == (None, None, None)


def test_the_clock_is_read_only_where_it_is_one() -> None:
    lines = ["1-0:1.7.0(00.378*kW)"]
    assert reading("0-0:1.0.0(240229235959W)", *lines).time == "2024-02-29T23:59:59"
    assert reading("0-0:1.0.0(240229235959)", *lines).time == "2024-02-29T23:59:59"
    for text in ("230229235959W", "24022923595", "632525252525W", "((ER11))", "", "24022923595xW"):
        assert reading(f"0-0:1.0.0({text})", *lines).time is None


def test_the_identifier_is_text() -> None:
    line = "1-0:1.7.0(00.378*kW)"
    assert reading("0-0:96.1.1(4E47414952)", line).meter_id == "NGAIR"
    assert reading("0-0:96.1.0(00000091)", line).meter_id == "00000091"
    assert reading("0-0:42.0.0(NGA-17 x)", line).meter_id == "NGA-17 x"
    assert reading("0-0:96.1.0(01)", "0-0:96.1.1(02)", line).meter_id == "02"
    assert reading("0-1:96.1.0(4E47414952)", line).meter_id is None


def test_a_new_source_starts_without_knowledge() -> None:
    bare = telegram("KAM5", ["1-0:1.7.0(00.378*kW)"], check=False)
    decoder = Decoder()
    assert len(accepted(decoded(telegram("KAM5", ["1-0:1.7.0(00.378*kW)"]), decoder=decoder))) == 1
    assert reasons(decoded(bare, decoder=decoder)) == [Reason.CHECK_MISSING]
    assert len(accepted(decoded(bare))) == 1


def reading(*lines: str) -> Reading:
    return only(decoded(telegram("NGA5", lines))).reading

"""The gateway: what it shows, counts, tells and keeps."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ngair.model.charging import ChargeBox
from ngair.model.events import ChargerLost, ChargerSeen
from ngair.model.limits import LINE_QUIET_S, REJECTION_LOG_INTERVAL_S, STATE_SAVE_INTERVAL_S
from tests.gateway.house import TELEGRAMS, House, MemoryStore, flipped, unchecked

CHARGER = ChargeBox(serial="CB0001", identity="CB0001")


@pytest.fixture(name="house")
def _house() -> House:
    return House()


@pytest.fixture(name="told")
def _told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="ngair")
    return caplog


def test_before_the_first_telegram_nothing_is_known(house: House) -> None:
    assert house.meter["reading"] is house.meter["age_s"] is None
    assert house.meter["link"] == "connecting"
    assert not house.meter["fresh"]
    document = house.shows("/meter/")
    assert (document["activePowerIn"], document["current"], document["totalEnergyActiveImport"]) == (0, [0, 0, 0], 0)


def test_a_telegram_is_shown_at_once_and_grows_old(house: House) -> None:
    house.gateway.main_meter.meter_bytes(TELEGRAMS[0])
    assert house.meter["reading"]["checked"]
    assert (house.meter["age_s"], house.meter["fresh"], house.meter["telegrams"]) == (0, True, 1)
    house.after(59)
    assert (house.meter["age_s"], house.meter["fresh"]) == (59, True)
    house.after(2)
    assert (house.meter["age_s"], house.meter["fresh"]) == (61, False)
    assert house.shows("/meter/")["voltage"] == house.meter["reading"]["voltage_v"], "the last value is held"


def test_three_missing_telegrams_make_a_fast_meter_old(house: House) -> None:
    for telegram in TELEGRAMS[:10]:
        house.gateway.main_meter.meter_bytes(telegram)
        house.after(1)
    house.after(13)
    assert house.meter["fresh"]
    house.after(2)
    assert not house.meter["fresh"]


def test_after_an_outage_the_pace_is_not_taken_for_slow(house: House) -> None:
    for telegram in TELEGRAMS[:5]:
        house.gateway.main_meter.meter_bytes(telegram)
        house.after(1)
    house.after(86_400)
    for telegram in TELEGRAMS[5:17]:
        house.gateway.main_meter.meter_bytes(telegram)
        house.after(1)
    house.after(19)
    assert not house.meter["fresh"]


def test_a_clock_that_steps_changes_nothing(house: House) -> None:
    house.gateway.main_meter.meter_bytes(TELEGRAMS[0])
    for step_s in (-1.7e9, 1.7e9, 3e9):
        house.clock.wall_step_s = step_s
        house.after(1)
    assert (house.meter["age_s"], house.meter["fresh"]) == (3, True)


def test_what_is_refused_is_counted_by_reason_and_the_next_good_one_is_read(house: House) -> None:
    house.gateway.main_meter.meter_bytes(TELEGRAMS[0])
    house.gateway.main_meter.meter_bytes(flipped(TELEGRAMS[1], 1000))
    house.gateway.main_meter.meter_quiet()
    assert (house.meter["rejected"], house.meter["telegrams"]) == ({"check": 1}, 1)
    house.gateway.main_meter.meter_bytes(b"noise without any telegram " * 3 + TELEGRAMS[2])
    assert (house.meter["rejected"], house.meter["telegrams"]) == ({"check": 1, "noise": 1}, 2)
    house.gateway.main_meter.meter_bytes(TELEGRAMS[3][:400] + TELEGRAMS[4])
    assert house.meter["rejected"]["truncated"] == 1
    assert house.meter["reading"]["time"] == "2026-03-02T17:00:05"


def test_ten_thousand_damaged_telegrams_are_a_few_lines(house: House, told: pytest.LogCaptureFixture) -> None:
    for number in range(10_000):
        house.gateway.main_meter.meter_bytes(flipped(TELEGRAMS[number % 30], number))
        house.clock.now_s += 0.1
    refused = house.meter["rejected"]
    assert sum(refused.values()) >= 10_000
    minutes = 10_000 * 0.1 / REJECTION_LOG_INTERVAL_S
    assert len(told.records) <= len(refused) * (minutes + 1)
    house.gateway.main_meter.meter_bytes(TELEGRAMS[0])
    assert house.meter["telegrams"] == 1


def test_a_line_on_refused_input_says_why_what_to_do_and_how_many(house: House, told: pytest.LogCaptureFixture) -> None:
    for number in range(5):
        house.gateway.main_meter.meter_bytes(flipped(TELEGRAMS[number], 1000))
        house.gateway.main_meter.meter_quiet()
    house.after(REJECTION_LOG_INTERVAL_S)
    house.gateway.main_meter.meter_bytes(flipped(TELEGRAMS[5], 1000))
    house.gateway.main_meter.meter_quiet()
    first, second = (record.getMessage() for record in told.records)
    assert first.startswith("meter input refused, check: check sum ")
    assert first.endswith("look for a long or loose cable, or a wrong line speed")
    assert second.endswith(" (4 more since the last such line)")


def test_a_meter_without_check_sums_is_believed_with_its_second_telegram(house: House) -> None:
    house.gateway.main_meter.meter_bytes(unchecked(3_000, 13))
    assert house.meter["telegrams"] == 0, "another may follow at once"
    house.after(LINE_QUIET_S)
    house.gateway.main_meter.meter_quiet()
    assert (house.meter["telegrams"], house.meter["rejected"]) == (0, {"unconfirmed": 1})
    house.gateway.main_meter.meter_bytes(unchecked(3_010, 13))
    house.gateway.main_meter.meter_quiet()
    assert house.meter["telegrams"] == 1
    assert house.meter["reading"]["power_import_w"] == 3_010
    assert not house.meter["reading"]["checked"]


def test_one_damaged_telegram_without_check_sum_lowers_nothing(house: House) -> None:
    for power_w in (9_000, 9_100, 900, 9_050):
        house.gateway.main_meter.meter_bytes(unchecked(power_w, power_w // 230))
        house.gateway.main_meter.meter_quiet()
        if house.meter["reading"]:
            assert house.meter["reading"]["power_import_w"] >= 9_000
    assert house.meter["rejected"] == {"unconfirmed": 1, "implausible": 1}


def test_a_lost_line_is_one_line_and_back_with_its_telegram_another(
    house: House, told: pytest.LogCaptureFixture
) -> None:
    gateway = house.gateway
    gateway.main_meter.meter_link("up")
    gateway.main_meter.meter_bytes(TELEGRAMS[0])
    gateway.main_meter.meter_link("silent", "no byte for 30 s")
    for number in range(200):
        gateway.main_meter.meter_link("lost", f"refused {number}")
        gateway.main_meter.meter_link("up")
        gateway.main_meter.meter_bytes(b"Port already in use\r\n")
    assert house.meter["link"] == "up"
    gateway.main_meter.meter_bytes(TELEGRAMS[1])
    lines = [record.getMessage() for record in told.records if "refused, noise" not in record.getMessage()]
    assert lines == ["meter connected", "meter silent: no byte for 30 s", "meter is back"]


def test_why_a_link_is_lost_is_shown_and_half_a_telegram_is_counted(house: House) -> None:
    house.gateway.main_meter.meter_link("up")
    house.gateway.main_meter.meter_bytes(TELEGRAMS[0][:300])
    house.gateway.main_meter.meter_link("lost", "the cable is out")
    assert (house.meter["link"], house.meter["link_detail"]) == ("lost", "the cable is out")
    assert house.meter["rejected"] == {"truncated": 1}
    house.gateway.main_meter.meter_bytes(TELEGRAMS[1])
    assert house.meter["telegrams"] == 1


def test_a_charger_that_goes_is_one_line_and_back_another(house: House, told: pytest.LogCaptureFixture) -> None:
    events = [ChargerSeen(CHARGER)] * 3 + [ChargerLost("CB0001")] * 3 + [ChargerSeen(CHARGER)] * 3
    for event in [ChargerLost("CB9999"), *events]:
        house.gateway.charger(event)
    assert [record.getMessage() for record in told.records] == [
        "charger CB0001 connected",
        "charger CB0001 lost",
        "charger CB0001 is back",
    ]
    house.gateway.charger(ChargerSeen(replace(CHARGER, connected=False)))
    assert len(told.records) == 3


def test_counters_are_kept_now_and_then_and_at_the_end(house: House) -> None:
    house.gateway.main_meter.meter_bytes(TELEGRAMS[0])
    house.after(STATE_SAVE_INTERVAL_S - 1)
    assert house.store.saves == 0
    house.after(1)
    assert house.store.saves == 1
    house.after(10 * STATE_SAVE_INTERVAL_S)
    assert house.store.saves == 1, "nothing has changed"
    house.gateway.main_meter.meter_bytes(TELEGRAMS[20])
    house.gateway.save()
    again = House(house.store)
    for key in ("totalEnergyActiveImport", "totalEnergyActiveExport"):
        assert again.shows("/meter/")[key] == house.shows("/meter/")[key] > 0
    assert again.shows("/meter/")["activePowerIn"] == 0
    assert again.meter["reading"] is None


@pytest.mark.parametrize(
    "damaged",
    [b"", b"{}", b"null", b'{"energy_import_wh": -1, "energy_export_wh": 0}', b"\x00" * 50, b"[" * 60_000,
     b'{"energy_import_wh": 1e999, "energy_export_wh": 0}', b'{"energy_import_wh": "5", "energy_export_wh": 0}'],
)  # fmt: skip
def test_damaged_counters_are_told_and_begin_anew(damaged: bytes, told: pytest.LogCaptureFixture) -> None:
    house = House(MemoryStore(energy_json=damaged))
    assert house.shows("/meter/")["totalEnergyActiveImport"] == 0
    assert "they begin with the next telegram" in told.text or "counters begin with the next telegram" in told.text
    house.gateway.main_meter.meter_bytes(TELEGRAMS[0])
    house.gateway.save()
    assert House(house.store).shows("/meter/")["totalEnergyActiveImport"] > 0


def test_a_full_disk_is_told_once_and_again_when_there_is_room(house: House, told: pytest.LogCaptureFixture) -> None:
    house.store.full = True
    for telegram in TELEGRAMS:
        house.gateway.main_meter.meter_bytes(telegram)
        house.after(STATE_SAVE_INTERVAL_S)
    house.store.full = False
    house.after(STATE_SAVE_INTERVAL_S)
    house.after(STATE_SAVE_INTERVAL_S)
    lines = [record.getMessage() for record in told.records]
    assert lines == [
        "meter connected",
        "energy counters cannot be kept (No space left on device): free some space, or look at the disk; "
        "until then a restart begins with older ones",
        "energy counters are kept again",
    ]
    assert house.store.saves == 1


moves = st.one_of(
    st.tuples(st.just("bytes"), st.binary(max_size=200) | st.sampled_from([*TELEGRAMS, unchecked(500, 2)])),
    st.tuples(st.just("damaged"), st.integers(0, 100_000)),
    st.tuples(st.just("quiet"), st.none()),
    st.tuples(st.just("link"), st.sampled_from(["connecting", "up", "silent", "lost", "ended"])),
    st.tuples(st.just("after"), st.floats(0, 100_000)),
    st.tuples(st.just("wall"), st.floats(-1e9, 4e9)),
    st.tuples(st.just("charger"), st.sampled_from([ChargerSeen(CHARGER), ChargerLost("CB0001")])),
)


@given(st.lists(moves, max_size=40))
def test_whatever_happens_the_documents_stand(happened: list[tuple[str, object]]) -> None:
    house = House()
    highest_wh = 0.0
    for kind, what in happened:
        _do(house, kind, what)
        shown, meter = house.meter, house.shows("/meter/")
        assert shown["telegrams"] == house.gateway.main_meter.telegrams
        assert (shown["reading"] is None) == (shown["age_s"] is None) == (shown["telegrams"] == 0)
        assert meter["totalEnergyActiveImport"] >= 0
        if highest_wh:
            assert meter["totalEnergyActiveImport"] > 0, "counters never fall back to zero"
        highest_wh = max(highest_wh, meter["totalEnergyActiveImport"])
        assert len(meter["current"]) == len(meter["voltage"]) == 3


def _do(house: House, kind: str, what: object) -> None:
    match kind, what:
        case "bytes", bytes():
            house.gateway.main_meter.meter_bytes(what)
        case "damaged", int():
            house.gateway.main_meter.meter_bytes(flipped(TELEGRAMS[0], what))
        case "quiet", None:
            house.gateway.main_meter.meter_quiet()
        case "link", "connecting" | "up" | "silent" | "lost" | "ended" as link:
            house.gateway.main_meter.meter_link(link, "" if link == "up" else "why")
        case "after", float():
            house.after(what)
        case "wall", float():
            house.clock.wall_step_s = what
        case "charger", ChargerSeen() | ChargerLost():
            house.gateway.charger(what)
        case _:
            raise AssertionError(kind)

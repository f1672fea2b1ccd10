"""The vendor's documents byte for byte, in both profiles and every state of the house."""

from __future__ import annotations

from typing import Literal

import msgspec
import pytest
from msgspec.structs import replace

from ngair.api.local import evse_document, meter_document, meterraw_document, status_document
from ngair.model.charging import OutletState
from ngair.model.events import Event, NetworkChanged, UpdateChanged
from ngair.model.network import NetworkStatus, Wifi
from ngair.model.site import Profile
from ngair.model.update import OTA_STATUS, Update, UpdateState
from tests.api.houses import (
    BINARY_METER,
    CHARGER,
    NEVER_REACHED,
    READING,
    SECOND_CHARGER,
    SILENT_READING,
    STATES,
    binary_telegram,
    lost,
    rejection,
    seen,
    site,
    telegram,
)

BOTH: tuple[Profile, ...] = ("1.0", "1.3")
DEVICE = b'"deviceInfo":{"serial":"NG00TEST00000001","firmware":"ngair.0.0-0-g0000000","mac":"02005e005301"}'
METER_UNKNOWN = b'"meterInfo":{"vendor":"","type":"P1","id":""}'
METER_KNOWN = b'"meterInfo":{"vendor":"XYZ","type":"P1","id":"M0000001"}'
LATER = b'"otaInfo":{"status":0,"version":"","progress":0},"wifiInfo":{"ssid":"","rssi":0}'


def encoded(document: object) -> bytes:
    return msgspec.json.encode(document)


def meter(profile: Profile, *events: Event) -> bytes:
    return encoded(meter_document(site(profile, events)))


def meterraw(profile: Profile, *events: Event) -> bytes:
    return encoded(meterraw_document(site(profile, events)))


def evse(profile: Profile, *events: Event) -> bytes:
    return encoded(evse_document(site(profile, events)))


def status(profile: Profile, *events: Event) -> bytes:
    return encoded(status_document(site(profile, events)))


class TestMeter:
    @pytest.mark.parametrize("profile", BOTH)
    def test_before_the_first_telegram_everything_is_zero(self, profile: Profile) -> None:
        assert meter(profile) == (
            b'{"activePowerIn":0,"activePowerOut":0,"current":[0,0,0],"voltage":[0,0,0],'
            b'"totalEnergyActiveImport":0,"totalEnergyActiveExport":0}'
        )

    def test_the_document_has_watts_and_kilowatt_hours(self) -> None:
        assert meter("1.0", telegram()) == (
            b'{"activePowerIn":2345,"activePowerOut":0,"current":[1.5,2,10.25],"voltage":[229.9,231,230.4],'
            b'"totalEnergyActiveImport":123456.789,"totalEnergyActiveExport":0.042}'
        )

    def test_later_firmware_has_kilowatts(self) -> None:
        assert meter("1.3", telegram()) == (
            b'{"activePowerIn":2.345,"activePowerOut":0,"current":[1.5,2,10.25],"voltage":[229.9,231,230.4],'
            b'"totalEnergyActiveImport":123456.789,"totalEnergyActiveExport":0.042}'
        )

    @pytest.mark.parametrize("profile", BOTH)
    def test_what_a_later_telegram_does_not_know_is_held(self, profile: Profile) -> None:
        assert meter(profile, telegram(), telegram(SILENT_READING, at_s=2)) == meter(profile, telegram())

    @pytest.mark.parametrize("profile", BOTH)
    def test_one_phase_that_is_unknown_is_held_alone(self, profile: Profile) -> None:
        later = replace(READING, current_a=(3, None, 4), voltage_v=(None, 232, None))
        document = msgspec.json.decode(meter(profile, telegram(), telegram(later, at_s=2)))
        assert document["current"] == [3, 2, 4]
        assert document["voltage"] == [229.9, 232, 230.4]

    @pytest.mark.parametrize("profile", BOTH)
    def test_rejected_input_changes_nothing(self, profile: Profile) -> None:
        assert meter(profile, telegram(), rejection()) == meter(profile, telegram())

    @pytest.mark.parametrize("profile", BOTH)
    def test_current_has_no_direction_on_export(self, profile: Profile) -> None:
        exporting = replace(
            READING, power_import_w=0, power_export_w=1500, current_a=(2, 2, 3), phase_power_w=(-500, -500, -500)
        )
        document = msgspec.json.decode(meter(profile, telegram(exporting)))
        assert document["current"] == [2, 2, 3]
        assert document["activePowerOut"] == (1500 if profile == "1.0" else 1.5)

    @pytest.mark.parametrize(
        ("power_w", "kilowatts"),
        [
            (1, "0.001"),
            (1000, "1"),
            (2001, "2.001"),
            (999_999, "999.999"),
            (12.5, "0.0125"),
            (0.1, "0.0001"),
            (33.009, "0.033009"),
        ],
    )
    def test_kilowatts_have_the_digits_of_the_meter(self, power_w: float, kilowatts: str) -> None:
        document = meter("1.3", telegram(replace(READING, power_import_w=power_w)))
        assert document.startswith(b'{"activePowerIn":' + kilowatts.encode() + b",")

    @pytest.mark.parametrize(
        ("energy_wh", "kilowatt_hours"),
        [(0, "0"), (1, "0.001"), (1000, "1"), (9_999_999_999, "9999999.999"), (1e12, "1000000000"), (10.5, "0.0105")],
    )
    def test_kilowatt_hours_have_the_digits_of_the_meter(self, energy_wh: float, kilowatt_hours: str) -> None:
        document = meter("1.0", telegram(replace(READING, energy_import_wh=energy_wh)))
        assert f'"totalEnergyActiveImport":{kilowatt_hours},'.encode() in document


class TestMeterRaw:
    def test_before_the_first_telegram(self) -> None:
        assert meterraw("1.0") == b'{"cpu_time_ms":0,"len":0,"data":""}'
        assert meterraw("1.3") == b'[{"result":"OK","cpu_time_ms":0,"len":0,"data":""}]'

    def test_the_telegram_as_it_came(self) -> None:
        content = b'"cpu_time_ms":1500,"len":24,"data":"/XYZ5\\\\MADE-UP\\r\\n\\r\\n!0000\\r\\n"'
        assert meterraw("1.0", telegram()) == b"{" + content + b"}"
        assert meterraw("1.3", telegram()) == b'[{"result":"OK",' + content + b"}]"

    def test_rejected_input_is_an_error_of_the_later_profile_beside_the_last_good_telegram(self) -> None:
        good = telegram()
        assert meterraw("1.0", good, rejection()) == meterraw("1.0", good)
        assert meterraw("1.3", good, rejection()) == meterraw("1.3", good).replace(b'"OK"', b'"ERROR"')
        assert meterraw("1.3", rejection()) == b'[{"result":"ERROR","cpu_time_ms":0,"len":0,"data":""}]'

    def test_the_next_good_telegram_ends_the_error(self) -> None:
        assert meterraw("1.3", telegram(), rejection(), telegram(at_s=3)) == meterraw("1.3", telegram(at_s=3))

    def test_a_binary_telegram_is_hex_and_its_length_that_on_the_wire(self) -> None:
        assert meterraw("1.0", binary_telegram(2.25)) == b'{"cpu_time_ms":2250,"len":10,"data":"7ea00f0102030405067e"}'

    def test_a_telegram_is_told_one_character_a_byte(self) -> None:
        data = "/XYZ5\r\n\r\nm\xb3\x00\xff!\r\n"
        assert msgspec.json.decode(meterraw("1.0", telegram(data=data)))["data"] == data


class TestEvse:
    @pytest.mark.parametrize("profile", BOTH)
    def test_no_charger_is_an_empty_list(self, profile: Profile) -> None:
        assert evse(profile) == evse(profile, telegram()) == b"[]"

    def test_every_charger_with_every_outlet(self) -> None:
        assert evse("1.0", seen(), seen(SECOND_CHARGER)) == (
            b'[{"cb_id":"CB00000000000001","connection_status":"Connected",'
            b'"evse":[{"id":1,"state":2,"current":[6.5,6.25,0]},{"id":2,"state":0,"current":[0,0,0]}]},'
            b'{"cb_id":"CB2","connection_status":"Connected","evse":[{"id":1,"state":8,"current":[0,0,0]}]}]'
        )

    def test_later_firmware_tells_energy_and_power(self) -> None:
        assert evse("1.3", seen(), seen(SECOND_CHARGER)) == (
            b'[{"cb_id":"CB00000000000001","connection_status":"Connected","evse":['
            b'{"id":1,"state":2,"current":[6.5,6.25,0],"energy":7654321,"power":2930.5},'
            b'{"id":2,"state":0,"current":[0,0,0],"energy":0,"power":0}]},'
            b'{"cb_id":"CB2","connection_status":"Connected",'
            b'"evse":[{"id":1,"state":8,"current":[0,0,0],"energy":0,"power":0}]}]'
        )

    @pytest.mark.parametrize("profile", BOTH)
    def test_a_lost_charger_is_disconnected_and_its_outlets_unavailable(self, profile: Profile) -> None:
        first, second = msgspec.json.decode(evse(profile, seen(), seen(SECOND_CHARGER), lost()))
        assert first["connection_status"] == "Disconnected"
        assert [outlet["state"] for outlet in first["evse"]] == [7, 7]
        assert first["evse"][0]["current"] == [6.5, 6.25, 0], "it may still draw this"
        assert second["connection_status"] == "Connected"
        assert second["evse"][0]["state"] == 8

    @pytest.mark.parametrize("profile", BOTH)
    def test_a_charger_that_is_back_is_connected(self, profile: Profile) -> None:
        assert evse(profile, seen(), lost(), seen()) == evse(profile, seen())

    @pytest.mark.parametrize("state", list(OutletState))
    def test_states_are_the_documented_numbers(self, state: OutletState) -> None:
        outlet = replace(CHARGER.outlets[0], state=state)
        [box] = msgspec.json.decode(evse("1.0", seen(replace(CHARGER, outlets=(outlet,)))))
        assert box["evse"][0]["state"] == list(OutletState).index(state)

    @pytest.mark.parametrize("profile", BOTH)
    def test_a_charger_that_was_never_reached_cannot_be_used(self, profile: Profile) -> None:
        [box] = msgspec.json.decode(evse(profile, seen(NEVER_REACHED)))
        assert box["connection_status"] == "Disconnected"
        assert [outlet["state"] for outlet in box["evse"]] == [OutletState.UNAVAILABLE]


class TestStatus:
    def test_without_meter_and_charger(self) -> None:
        assert status("1.0") == b"{" + DEVICE + b"," + METER_UNKNOWN + b"}"
        assert status("1.3") == b"{" + DEVICE + b"," + METER_UNKNOWN + b"," + LATER + b"}"

    def test_with_both(self) -> None:
        charger = (
            b'"chargeboxInfo":{"identity":"CB00000000000001","serial":"CB00000000000001","firmware":"r0.0.0-test",'
            b'"endpoint":"mqtt://192.0.2.7","port":1883,"state":"connected"'
        )
        assert status("1.0", telegram(), seen()) == b"{" + DEVICE + b"," + charger + b"}," + METER_KNOWN + b"}"
        assert status("1.3", telegram(), seen()) == (
            b"{" + DEVICE + b"," + charger + b',"pinned":false},' + METER_KNOWN + b"," + LATER + b"}"
        )

    @pytest.mark.parametrize("profile", BOTH)
    def test_one_charger_is_shown_the_first(self, profile: Profile) -> None:
        assert status(profile, seen(), seen(SECOND_CHARGER)) == status(profile, seen())

    @pytest.mark.parametrize("profile", BOTH)
    def test_a_lost_charger_is_disconnected(self, profile: Profile) -> None:
        document = msgspec.json.decode(status(profile, seen(), lost()))
        assert document["chargeboxInfo"]["state"] == "disconnected"

    def test_a_pinned_charger(self) -> None:
        document = msgspec.json.decode(status("1.3", seen(replace(CHARGER, pinned=True))))
        assert document["chargeboxInfo"]["pinned"] is True

    @pytest.mark.parametrize("profile", BOTH)
    def test_a_meter_without_identifier_has_an_empty_one(self, profile: Profile) -> None:
        document = msgspec.json.decode(status(profile, telegram(replace(READING, ident="abc5x", meter_id=None))))
        assert document["meterInfo"] == {"vendor": "ABC", "type": "P1", "id": ""}

    @pytest.mark.parametrize("profile", BOTH)
    @pytest.mark.parametrize("port", ["HAN", "SML"])
    def test_a_binary_meter_by_who_made_it_and_its_port(self, profile: Profile, port: Literal["HAN", "SML"]) -> None:
        event = telegram(replace(READING, ident="MADE_UP_V1"), "7e", origin=replace(BINARY_METER, port=port))
        document = msgspec.json.decode(status(profile, event))
        assert document["meterInfo"] == {"vendor": "ABC", "type": port, "id": "M0000001"}

    @pytest.mark.parametrize("profile", BOTH)
    def test_the_name_of_a_list_names_no_vendor(self, profile: Profile) -> None:
        event = telegram(replace(READING, ident="MADE_UP_V1"), "7e", origin=replace(BINARY_METER, vendor=""))
        assert msgspec.json.decode(status(profile, event))["meterInfo"]["vendor"] == ""

    @pytest.mark.parametrize("profile", BOTH)
    def test_rejected_input_names_no_meter(self, profile: Profile) -> None:
        assert status(profile, rejection()) == status(profile)

    @pytest.mark.parametrize("state", OTA_STATUS)
    def test_how_far_an_update_is_in_later_firmware(self, state: UpdateState) -> None:
        event = UpdateChanged(Update(state=state, version="0.7.0", progress=42))
        ota = msgspec.json.decode(status("1.3", event))["otaInfo"]
        assert ota == {"status": OTA_STATUS[state], "version": "0.7.0", "progress": 42}
        assert status("1.0", event) == status("1.0")

    def test_the_wifi_in_later_firmware(self) -> None:
        wifi = Wifi(ssid="Hemma \U0001f3e0".encode(), rssi_dbm=-61)
        event = NetworkChanged(NetworkStatus(wifi=wifi))
        assert msgspec.json.decode(status("1.3", event))["wifiInfo"] == {"ssid": "Hemma \U0001f3e0", "rssi": -61}


@pytest.mark.parametrize("profile", BOTH)
@pytest.mark.parametrize("state", STATES)
def test_no_document_of_the_vendor_has_null(state: str, profile: Profile) -> None:
    for document in (meter, meterraw, evse, status):
        assert b"null" not in document(profile, *STATES[state])

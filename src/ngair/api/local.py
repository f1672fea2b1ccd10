"""The vendor's documents, key for key (Local API Instructions 20231009003; profile 1.3: field capture)."""

from __future__ import annotations

from typing import Literal

import msgspec

from ngair.api.charging import outlet_state
from ngair.model.charging import ChargeBox, Outlet
from ngair.model.phases import KnownPhases
from ngair.model.site import Meter, Site
from ngair.model.ssid import ssid_text
from ngair.model.update import OTA_STATUS


class MeterDocument(msgspec.Struct, frozen=True, rename="camel"):
    """`/meter/`, section 1.2. Power in W (profile 1.0) or kW (1.3), energy in kWh; `current` is unsigned."""

    active_power_in: float
    active_power_out: float
    current: KnownPhases
    voltage: KnownPhases
    total_energy_active_import: float
    total_energy_active_export: float


class MeterRaw(msgspec.Struct, frozen=True):
    """`/meterraw/`, section 1.3."""

    cpu_time_ms: int
    len: int
    """Bytes on the wire."""
    data: str
    """The telegram as text; of binary meters its bytes in lower-case hex."""


class MeterRawResult(msgspec.Struct, frozen=True):
    """The element of `/meterraw/` in profile 1.3."""

    result: Literal["OK", "ERROR"]
    cpu_time_ms: int
    len: int
    data: str


class EvseOutlet(msgspec.Struct, frozen=True):
    """One outlet of `/evse/`, section 1.1."""

    id: int
    state: int
    current: KnownPhases


class EvseOutletMetered(EvseOutlet, frozen=True):
    """One outlet of `/evse/` in profile 1.3: with lifetime energy in Wh and power in W."""

    energy: int
    power: float


class EvseBox(msgspec.Struct, frozen=True):
    """One charger of `/evse/`."""

    cb_id: str
    connection_status: str
    evse: tuple[EvseOutlet, ...]


class EvseBoxMetered(EvseBox, frozen=True):
    """One charger of `/evse/` in profile 1.3."""

    evse: tuple[EvseOutletMetered, ...]


class DeviceInfo(msgspec.Struct, frozen=True):
    """The box in `/status/`, section 1.4."""

    serial: str
    firmware: str
    mac: str


class ChargeboxInfo(msgspec.Struct, frozen=True):
    """The charger that the box steers, the first of several."""

    identity: str
    serial: str
    firmware: str
    endpoint: str
    port: int
    state: str


class ChargeboxInfoPinned(ChargeboxInfo, frozen=True):
    """The charger in profile 1.3."""

    pinned: bool


class MeterInfo(msgspec.Struct, frozen=True):
    """The meter in `/status/`."""

    vendor: str
    """Its maker's three letters (FLAG Association id)."""
    type: str
    """`P1` (ASCII telegrams), `HAN` (DLMS) or `SML`."""
    id: str


class OtaInfo(msgspec.Struct, frozen=True):
    """Firmware update in profile 1.3."""

    status: int
    version: str
    progress: int
    """0 to 100."""


class WifiInfo(msgspec.Struct, frozen=True):
    """Wi-Fi in profile 1.3."""

    ssid: str
    rssi: int
    """dBm; 0 without Wi-Fi."""


class StatusDocument(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """`/status/`, section 1.4. Without a charger `chargeboxInfo` is left out."""

    device_info: DeviceInfo
    chargebox_info: ChargeboxInfo | msgspec.UnsetType = msgspec.UNSET
    meter_info: MeterInfo


class StatusDocument13(StatusDocument, frozen=True, kw_only=True, rename="camel"):
    """`/status/` in profile 1.3."""

    chargebox_info: ChargeboxInfoPinned | msgspec.UnsetType = msgspec.UNSET
    ota_info: OtaInfo
    wifi_info: WifiInfo


def meter_document(site: Site) -> MeterDocument:
    """The six values, each the last one known; 0 before the first (the document has no word for unknown)."""
    held = site.meter.held
    power_unit_w = 1 if site.box.profile == "1.0" else 1000
    return MeterDocument(
        active_power_in=_scaled(held.power_import_w, power_unit_w),
        active_power_out=_scaled(held.power_export_w, power_unit_w),
        current=held.current_a,
        voltage=held.voltage_v,
        total_energy_active_import=_scaled(held.energy_import_wh, 1000),
        total_energy_active_export=_scaled(held.energy_export_wh, 1000),
    )


def meterraw_document(site: Site) -> MeterRaw | list[MeterRawResult]:
    """The last accepted telegram; profile 1.3 tells besides whether the last input was refused."""
    raw = site.meter.raw
    if site.box.profile == "1.0":
        return MeterRaw(raw.cpu_time_ms, raw.len, raw.data)
    result: Literal["OK", "ERROR"] = "ERROR" if site.meter.last_rejected else "OK"
    return [MeterRawResult(result, raw.cpu_time_ms, raw.len, raw.data)]


def evse_document(site: Site) -> list[EvseBox] | list[EvseBoxMetered]:
    """Every charger; `[]` without one."""
    if site.box.profile == "1.0":
        return [
            EvseBox(box.serial, _connection(box), tuple(_outlet(box, outlet) for outlet in box.outlets))
            for box in site.charge_boxes
        ]
    return [
        EvseBoxMetered(box.serial, _connection(box), tuple(_metered_outlet(box, outlet) for outlet in box.outlets))
        for box in site.charge_boxes
    ]


def status_document(site: Site) -> StatusDocument | StatusDocument13:
    """Box, charger and meter."""
    device = DeviceInfo(site.box.serial, site.box.firmware, site.box.mac)
    box = site.charge_boxes[0] if site.charge_boxes else None
    if site.box.profile == "1.0":
        return StatusDocument(
            device_info=device,
            chargebox_info=_chargebox(box) if box else msgspec.UNSET,
            meter_info=meter_info(site.meter),
        )
    return StatusDocument13(
        device_info=device,
        chargebox_info=_pinned_chargebox(box) if box else msgspec.UNSET,
        meter_info=meter_info(site.meter),
        ota_info=OtaInfo(OTA_STATUS[site.update.state], site.update.version, site.update.progress),
        wifi_info=WifiInfo(ssid_text(site.network.wifi.ssid), site.network.wifi.rssi_dbm or 0),
    )


def meter_info(meter: Meter) -> MeterInfo:
    """Who the meter is; empty texts before the first telegram."""
    return MeterInfo(meter.vendor, meter.port, meter.meter_id)


def _scaled(value: float, unit: int) -> float:
    """A number in a larger unit, whole numbers without a fraction, no digits that the meter did not send."""
    if unit == 1:
        return value
    scaled = value / unit if isinstance(value, int) else round(value / unit, 9)
    return int(scaled) if scaled.is_integer() else scaled


def _connection(box: ChargeBox) -> str:
    return "Connected" if box.connected else "Disconnected"


def _outlet(box: ChargeBox, outlet: Outlet) -> EvseOutlet:
    return EvseOutlet(outlet.id, int(outlet_state(box, outlet)), outlet.current_a)


def _metered_outlet(box: ChargeBox, outlet: Outlet) -> EvseOutletMetered:
    state = int(outlet_state(box, outlet))
    return EvseOutletMetered(outlet.id, state, outlet.current_a, outlet.energy_wh, outlet.power_w)


def _chargebox(box: ChargeBox) -> ChargeboxInfo:
    state = _connection(box).lower()
    return ChargeboxInfo(box.identity, box.serial, box.firmware, box.endpoint, box.port, state)


def _pinned_chargebox(box: ChargeBox) -> ChargeboxInfoPinned:
    state = _connection(box).lower()
    return ChargeboxInfoPinned(box.identity, box.serial, box.firmware, box.endpoint, box.port, state, box.pinned)

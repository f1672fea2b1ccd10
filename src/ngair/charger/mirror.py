"""What a charger is told about the box and the house (field capture)."""

from __future__ import annotations

import msgspec

from ngair.charger.effects import Publish
from ngair.model.limits import CURRENT_MAX_A
from ngair.model.phases import KnownPhases, Phases
from ngair.model.site import Site

MIRROR_INTERVAL_S = 10
"""What chargers are announced and told the meter by."""
ANNOUNCE_GAP_S = 1.0
"""What changes in an announcement is announced at most so often."""
NOMINAL_V = 230.0
"""IEC 60038."""


class Mirror:
    """What was told of it during one connection to a broker, which forgets."""

    def __init__(self) -> None:
        self.sent_at_s = float("-inf")
        """When meterdata was sent last."""
        self._due_at_s = float("-inf")
        self._announced: dict[str, Publish] = {}
        self._announced_at_s = float("-inf")

    def due(self, serial: str, site: Site, now_s: float) -> list[Publish]:
        """What the charger has to be told now; it then counts as told. Nothing of a meter that is not fresh."""
        due = self._news(serial, site, now_s) if now_s - self._announced_at_s >= ANNOUNCE_GAP_S else []
        late_s = now_s - self._due_at_s
        if late_s < 0 or not site.meter.is_fresh(now_s):
            return due
        self.sent_at_s = now_s
        self._due_at_s = (self._due_at_s if late_s < 1 else now_s) + MIRROR_INTERVAL_S
        return due + meterdata(serial, site)

    def _news(self, serial: str, site: Site, now_s: float) -> list[Publish]:
        """Announcements that are new or have changed."""
        news = [message for message in announcements(serial, site) if self._announced.get(message.topic) != message]
        if news:
            self._announced_at_s = now_s
            self._announced |= {message.topic: message for message in news}
        return news


class AdapterInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Who we are."""

    serialno: str
    fw_version: str = msgspec.field(name="fwVersion")
    vendor: str = "CTEK"


class MeterInfo(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which meter it is; empty texts before its first telegram."""

    meter_id: str = ""
    meter_type: str = "P1"
    vendor: str = ""
    """Its maker's three letters (FLAG Association id)."""


class MeterData(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the meter measures: power in kW, current and voltage a phase, the charger's own share included."""

    active_power_in: float
    active_power_out: float
    current: KnownPhases
    voltage: KnownPhases


def announcements(serial: str, site: Site) -> list[Publish]:
    """Everything that a charger wants to be told at each connection, on both of its trees."""
    client, own = f"ctek/client/{serial}/sma", f"ctek/nga/{site.box.serial}"
    adapter = msgspec.json.encode(AdapterInfo(serialno=site.box.serial, fw_version=site.box.firmware))
    meter = msgspec.json.encode(_meter_info(site))
    interval = b"%d" % MIRROR_INTERVAL_S
    return [
        Publish(f"{client}/adapterinfo", adapter, retain=True),
        Publish(f"ctek/nga/{serial}/adapterinfo", adapter, retain=True),
        Publish(f"{client}/meterinfo", meter, retain=True),
        Publish(f"{own}/meterinfo", meter, retain=True),
        Publish(f"{client}/interval", interval),
        Publish(f"{own}/interval", interval),
    ]


def meterdata(serial: str, site: Site) -> list[Publish]:
    """The reading, on both trees; what it does not know is the worst that the main fuse allows."""
    payload = msgspec.json.encode(_meter_data(site))
    return [
        Publish(f"ctek/client/{serial}/sma/meterdata", payload),
        Publish(f"ctek/nga/{site.box.serial}/meterdata", payload),
    ]


def _meter_info(site: Site) -> MeterInfo:
    meter = site.meter
    return MeterInfo(meter_id=meter.meter_id, meter_type=meter.port, vendor=meter.vendor)


def _meter_data(site: Site) -> MeterData:
    fuses = site.rated_fuses
    worst_a: KnownPhases = fuses[0].rating_a if fuses else (CURRENT_MAX_A, CURRENT_MAX_A, CURRENT_MAX_A)
    reading = site.meter.reading
    current_a: Phases = reading.current_a if reading else (None, None, None)
    voltage_v: Phases = reading.voltage_v if reading else (None, None, None)
    import_w = reading.power_import_w if reading else None
    export_w = reading.power_export_w if reading else None
    return MeterData(
        active_power_in=_kilo(sum(worst_a) * NOMINAL_V if import_w is None else import_w),
        active_power_out=_kilo(0 if export_w is None else export_w),
        current=_filled(current_a, worst_a),
        voltage=_filled(voltage_v, (NOMINAL_V, NOMINAL_V, NOMINAL_V)),
    )


def _filled(values: Phases, unknown: KnownPhases) -> KnownPhases:
    one, two, three = (other if value is None else value for value, other in zip(values, unknown, strict=True))
    return (one, two, three)


def _kilo(watts: float) -> float:
    """No more digits than the meter sent; whole numbers without a fraction."""
    kilo = round(watts / 1000, 9)
    return int(kilo) if kilo.is_integer() else kilo

"""What the page shows, read back as data and held against the site's document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from ngair.model.charging import OutletState


def shown(page: Page) -> dict[str, Any]:
    """Every figure and word on the page at one moment."""
    found: dict[str, Any] = page.evaluate(Path(__file__).with_name("shown.js").read_text())
    return found


def agree(page: dict[str, Any], site: dict[str, Any]) -> list[str]:
    """Where page and site differ, by more than the digits that are shown."""
    reading, box = site["meter"]["reading"], site["box"]
    outlets = [outlet for charger in site["chargers"] for outlet in charger["outlets"]]
    figures = [
        ("power in", page["power_import_w"], reading["power_import_w"], 0.5),
        ("power out", page["power_export_w"], reading["power_export_w"], 0.5),
        ("energy in", page["energy_import_kwh"], reading["energy_import_wh"] / 1000, 0.0005),
        ("energy out", page["energy_export_kwh"], reading["energy_export_wh"] / 1000, 0.0005),
        *(("current", *pair, 0.005) for pair in zip(page["currents"], reading["current_a"], strict=True)),
        *(("voltage", *pair, 0.05) for pair in zip(page["voltages"], reading["voltage_v"], strict=True)),
        *(
            ("outlet current", *pair, 0.05)
            for texts, outlet in zip(page["outlet_currents"], outlets, strict=True)
            for pair in zip(texts, outlet["current_a"], strict=True)
        ),
    ]
    words = [
        ("fuse", page["rating"], f"{site['fuses'][0]['rating_a'][0]:g} A"),
        ("chargers", page["chargers"], [charger["serial"] for charger in site["chargers"]]),
        ("states", page["states"], [OutletState(o["state"]).name.replace("_", " ").capitalize() for o in outlets]),
        ("setpoints", page["setpoints"], [f"{outlet['setpoint_a']} A" for outlet in outlets]),
        ("reasons", page["reasons"], [outlet["reason"] for outlet in outlets]),
        ("serial", page["box"]["Serial"], box["serial"]),
        ("firmware", page["box"]["Firmware"], box["firmware"]),
        ("mac", page["box"]["MAC address"], box["mac"]),
        ("profile", page["box"]["Local API"], f"profile {box['profile']}"),
        ("host name", page["box"]["Host name"], box["host_name"] or "not announced"),
        ("meter", page["meter"]["Id"], reading["meter_id"]),
        ("vendor", page["meter"]["Vendor"], site["meter"]["info"]["vendor"]),
        ("ident", page["meter"]["Ident line"], reading["ident"]),
        ("meter's clock", page["meter"]["Its clock"], reading["time"].replace("T", " ")),
    ]
    return [
        *(f"{name}: {text} for {value}" for name, text, value, within in figures if not _same(text, value, within)),
        *(f"{name}: {text} for {value}" for name, text, value in words if text != value),
    ]


def _same(text: str, value: float | None, within: float) -> bool:
    if value is None:
        return text == "–"
    return text != "–" and abs(float(text.lstrip("≈")) - value) <= within + 1e-9

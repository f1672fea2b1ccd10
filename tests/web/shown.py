"""What the page "Now" shows, in English, read back as data and held against the site's document."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from ngair.model.charging import OutletState

UNITS = {"W": 1, "kW": 1000}


def shown(page: Page) -> dict[str, Any]:
    """Every figure and word on the page at one moment."""
    found: dict[str, Any] = page.evaluate(Path(__file__).with_name("shown.js").read_text())
    return found


def with_what_it_was_told(page: Page) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same, and the site's document of that moment as it came from the box: the house moves on each second."""
    script = Path(__file__).with_name("shown.js").read_text()
    found, site = page.evaluate(f"[({script})(), document.querySelector('ng-shell').box.site]")
    return found, site


def figure(text: str) -> float | None:
    """A figure as the page writes it; `None` where it says that it is unknown."""
    return None if text == "–" else float(text.lstrip("≈≥ ").replace(",", ""))


def agree(page: dict[str, Any], site: dict[str, Any]) -> list[str]:
    """Where page and site differ, by more than the digits that are shown."""
    reading = site["meter"]["reading"]
    outlets = [outlet for charger in site["chargers"] for outlet in charger["outlets"]]
    charged_w = sum(outlet["power_w"] for outlet in outlets)
    net_w = reading["power_import_w"] - reading["power_export_w"]
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
    powers = [
        ("grid", page["flow"]["grid"], abs(net_w)),
        *(("car", *pair) for pair in zip(page["flow"]["cars"], (o["power_w"] for o in outlets), strict=True)),
        *(("outlet", *pair) for pair in zip(page["powers"], (o["power_w"] for o in outlets), strict=True)),
    ]
    if net_w >= charged_w:
        powers.append(("house", page["flow"]["house"], net_w - charged_w))
    words = [
        ("fuse", page["ratings"], [f"{site['fuses'][0]['rating_a'][0]:g} A"]),
        ("chargers", page["chargers"], [charger["serial"] for charger in site["chargers"]]),
        ("states", page["states"], [OutletState(o["state"]).name.replace("_", " ").capitalize() for o in outlets]),
        ("setpoints", page["setpoints"], [f"{outlet['setpoint_a']} A" for outlet in outlets]),
        ("reasons", page["reasons"], [outlet["reason"] for outlet in outlets]),
    ]
    facts = [site["meter"]["info"]["vendor"], site["meter"]["info"]["type"], f"{site['meter']['telegrams']:,} telegram"]
    return [
        *(f"{name}: {text} for {value}" for name, text, value, within in figures if not _same(text, value, within)),
        *(f"{name}: {text} for {value} W" for name, text, value in powers if not _same_power(text, value)),
        *(f"{name}: {text} for {value}" for name, text, value in words if text != value),
        *(f"meter: {page['meter']} without {fact}" for fact in facts if fact not in page["meter"]),
    ]


def _same(text: str, value: float | None, within: float) -> bool:
    told = figure(text)
    if told is None or value is None:
        return told is value
    return abs(told - value) <= within + 1e-9


def _same_power(text: str, value_w: float) -> bool:
    number, unit = text.removeprefix("≥ ").split(" ")
    digits = len(number.partition(".")[2])
    return _same(number, value_w / UNITS[unit], 0.5 / 10**digits)

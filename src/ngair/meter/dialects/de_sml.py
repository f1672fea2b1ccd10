"""German meters with SML on the optical head: codes, values, scaler and unit (BSI TR-03109-1, annex IV; FNN Lastenheft
EDL, and EHZ). Which codes are sent depends on maker, model and on whether the owner has unlocked them by PIN.
"""

from __future__ import annotations

from ngair.meter.dialects._quirks import signed_import
from ngair.meter.dialects.dialect import Dialect, Signature

DIALECT = Dialect(
    title="Germany, SML",
    meters=(
        *("DZG DVS74", "EasyMeter Q1A", "EasyMeter Q3A", "eBZ DD3", "EMH eHZ", "EMH ED300L", "Holley DTZ541"),
        *("ISKRA MT175", "ISKRA MT631", "ISKRA MT681", "ISKRA MT691", "Landis+Gyr E220", "Landis+Gyr E320"),
    ),
    countries=("DE",),
    line="optical head, 9600 baud 8N1",
    framing="SML",
    interval="1 to 4 s",
    signatures=(Signature(encoding="sml"),),
    texts={"96.1.0": "id", "0.0.9": "id"},
    quirks=(signed_import,),
    notes=(
        "Before the PIN is entered on the meter it tells energy only, in whole kWh, and no power.",
        "Many tell power only in total, or no voltages and currents: what flows in each phase is then unknown.",
    ),
)

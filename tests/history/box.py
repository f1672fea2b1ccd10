"""A box that runs, is killed and starts again, with a meter that is read: the historian and what it leaves behind."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from ngair.history.historian import Historian
from ngair.model.prices import Prices
from ngair.model.reading import Reading
from tests.history.kept import Kept

STOCKHOLM = ZoneInfo("Europe/Stockholm")
ZONES = tuple(ZoneInfo(name) for name in ("Europe/Stockholm", "Europe/Lisbon", "UTC", "Asia/Kolkata"))


def at(text: str) -> float:
    """Seconds since 1970 of an ISO time with its offset."""
    return datetime.fromisoformat(text).timestamp()


class Box:
    """Time passes second by second where something happens; what is due is written at once."""

    def __init__(self, wall_s: float, zone: tzinfo = STOCKHOLM, prices: Prices | None = None) -> None:
        self.kept = Kept()
        self.zone, self.prices = zone, prices
        self.now_s, self.wall_s = 1000.0, wall_s
        self.historian = self._start()

    def _start(self) -> Historian:
        return Historian(self.kept.remembered(), self.zone, self.prices, "1.2.3", self.wall_s, self.now_s)

    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now_s += seconds
        self.wall_s += seconds

    def read(
        self,
        import_wh: float | None,
        export_wh: float | None = None,
        *,
        power_w: float | None = 1000,
        meter_id: str | None = "M1",
        estimated: tuple[str, ...] = (),
        fresh_for_s: float = 30,
    ) -> None:
        """The meter tells."""
        reading = Reading(
            ident="TST5",
            meter_id=meter_id,
            power_import_w=power_w,
            power_export_w=0,
            current_a=(2, 1.5, None),
            energy_import_wh=import_wh,
            energy_export_wh=export_wh,
            estimated=estimated,
        )
        self.historian.reading(reading, self.now_s, self.wall_s, fresh_for_s)
        self.take()

    def take(self) -> None:
        """What is due is written."""
        self.kept.write(self.historian.take(self.now_s, self.wall_s))

    def flush(self) -> None:
        """A minute passes, and everything so far is written."""
        self.wait(61)
        self.take()

    def kill(self, down_s: float = 5) -> None:
        """The power is cut, and comes back."""
        self.wait(down_s)
        self.now_s = self.now_s % 977
        self.historian = self._start()

    def restart(self, down_s: float = 5) -> None:
        """The program is stopped and started."""
        self.stop()
        self.kill(down_s)

    def stop(self) -> None:
        """The program is stopped."""
        self.kept.write(self.historian.finish(self.now_s, self.wall_s))

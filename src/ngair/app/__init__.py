"""The composition root: settings -> adapters or simulation -> gateway, and their life from start to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ngair.adapters.folder import Folder, FolderError, default_folder
from ngair.adapters.password import PasswordError, check_password, new_password, set_password
from ngair.app.locks import listen_securely
from ngair.app.memory import export_history, import_history, live_through
from ngair.app.ports import Ports
from ngair.app.program import listen, page_address, run
from ngair.app.simulations import meter_families, plot_day, simulate, simulated_charger
from ngair.gateway.ports import LinkError

if TYPE_CHECKING:
    from ngair.sim.days.report import Report
    from ngair.sim.days.result import DayResult

__all__ = [
    "DayResult",
    "Folder",
    "FolderError",
    "LinkError",
    "PasswordError",
    "Ports",
    "Report",
    "check_password",
    "default_folder",
    "export_history",
    "import_history",
    "listen",
    "listen_securely",
    "live_through",
    "meter_families",
    "new_password",
    "page_address",
    "plot_day",
    "run",
    "set_password",
    "simulate",
    "simulated_charger",
]

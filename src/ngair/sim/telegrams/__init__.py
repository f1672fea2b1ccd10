"""The meter families that the simulated meter can speak: one module each, found by its `FAMILY`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ngair.sim.telegrams._family import Family


def _found() -> dict[str, Family]:
    """Every module of this package; those with a leading underscore are their common parts."""
    names = (module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return {name.replace("_", "-"): import_module(f"{__name__}.{name}").FAMILY for name in names}


ALIASES = {"dsmr5": "nl-dsmr5", "se": "se-fi-dk"}
"""What families were called before they were called as dialects are: such names stand in people's URLs and scripts."""

FAMILIES: dict[str, Family] = _found()
"""Family by name: that of its file, with hyphens, as those of dialects; and by its former one."""
FAMILIES |= {former: FAMILIES[name] for former, name in ALIASES.items()}

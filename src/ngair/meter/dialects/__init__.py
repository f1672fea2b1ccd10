"""What meter families send. One table a file: a new file is found as it is."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from ngair.meter.dialects.dialect import Dialect
from ngair.meter.message import Facts


def recognise(facts: Facts) -> tuple[str, Dialect] | None:
    """Whose telegram this is; `None` if nobody claims it. Of several the first by name."""
    return next(((name, dialect) for name, dialect in DIALECTS.items() if fits(dialect, facts)), None)


def fits(dialect: Dialect, facts: Facts) -> bool:
    """Whether a telegram may be of this family."""
    return any(signature.fits(facts) for signature in dialect.signatures)


def _found() -> dict[str, Dialect]:
    """Every module of this package that has a `DIALECT`; those with a leading underscore are common parts."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    modules = {name: import_module(f"{__name__}.{name}") for name in names if name != "dialect"}
    return {name.replace("_", "-"): module.DIALECT for name, module in modules.items()}


DIALECTS: dict[str, Dialect] = _found()
"""Dialect by name: that of its file, with hyphens."""

"""Who decides: our balancer, or a policy that has the same face."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ngair.model.decision import Decision
from ngair.model.site import Site
from ngair.sim.days.plan import HousePlan


class Controller(Protocol):
    """Decides what each outlet may give."""

    def decide(self, site: Site, now_s: float) -> Decision:
        """The setpoints at a moment; called after each telegram and charger event, and once a second."""
        ...


NewController = Callable[[HousePlan], Controller]
"""A controller that knows nothing yet, as after a start of the box."""

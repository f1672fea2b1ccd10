"""Why a setpoint is what it is, for a person: with figures and units, without times of day."""

from __future__ import annotations

from ngair.balance.flow import POWER as POWER_INDEX
from ngair.balance.tree import Line
from ngair.model.phases import PHASE_NAMES
from ngair.model.rules import MAIN_FUSE

NO_MAIN_FUSE = "No main fuse is set, so nobody knows what is left: set the main fuse's rating"
PAUSED = "Paused by the user"
READY = "No car that wants to charge; one may begin with {a} A"
NOT_READY = "No car that wants to charge, and {line} has too little left for one to begin"
NO_ROOM = "No car that wants to charge; one may begin when enough was left for a while"
FREE = "The car may take all that the outlet can give"
TAKES_LESS = "The car takes all it wants"
FOREIGN = "{a} A are free for it, but somebody else limits it to {foreign} A"
MAXIMUM = "The user's maximum of {a} A"
START = "Just started: the minimum until {n} readings came"
START_NOTHING = "Just started, and there is too little left to begin with, or no fallback current"
HOLD = "The meter's data is late: nothing is raised until it comes"
FALLBACK = "The meter is silent: at most the fallback current of {a} A until it comes back"
FALLBACK_STOP = (
    "The meter is silent, and no fallback current is set for this outlet: it waits until the meter comes back"
)
FALLBACK_WAIT = "The meter is silent: the fallback current of {a} A may come after a while"
RESTART = "The program restarts with new firmware: at most the fallback current of {a} A until that has proven itself"
RESTART_STOP = (
    "The program restarts with new firmware, and no fallback current is set for this outlet: it waits until that has "
    "proven itself"
)
LOST = "The charger is silent: nothing is raised, and its {a} A stay reserved, until it tells something"
LOST_UNKNOWN = "The charger has told nothing yet: at most {a} A until it does"
PROVING = "More is left by now: up to {a} A when it stays so"
PROVING_LITTLE = "A little more is left by now, and has to stay so for a while"
SHARE = "Its share of {line} beside {n}"
SHARE_STOPPED = "{line} has nothing left beside {n}"
TURN = "{line} has too little for all: it waits its turn while {who} charges"
FUSE = "{line} has {used} of {most} A in use besides the car; more when it {stays} at {below} A or less{wait}"
FUSE_TOO_SMALL = "{line} carries {most} A, too little for more, whatever else is in use ({used} A)"
POWER = "{line}: {used} of {most} kW in use besides the car; more when it {stays} at {below} kW or less{wait}"
POWER_TOO_SMALL = "{line}: the limit of {most} kW is too little for more, whatever else is in use ({used} kW)"


def line_name(line: Line) -> str:
    """What a person calls a limit."""
    place = "" if line.fuse == MAIN_FUSE else f" of {line.fuse}"
    return f"Power{place or ' of the house'}" if line.axis == POWER_INDEX else f"{PHASE_NAMES[line.axis]}{place}"


def waiting(wait_s: float) -> tuple[tuple[str, object], ...]:
    """How long what is left must stay, if it must."""
    return (("stays", "stays"), ("wait", f" for {wait_s:.0f} s")) if wait_s else (("stays", "is"), ("wait", ""))


def cars(count: int) -> str:
    """So many other cars."""
    return "another car" if count == 1 else f"{count} other cars"

"""Every figure by which the balancer is tuned, with its why. What a user may set is in `model.rules.Pace`."""

from __future__ import annotations

# --- what a reading says -------------------------------------------------------------------------------
NOMINAL_V = 230.0
"""IEC 60038; where the meter tells no voltage."""
EXPORT_MIN_W = 50.0
EXPORT_MIN_SHARE = 0.5
"""Export is believed when active power is clearly negative and at least this share of the apparent power: a phase
that exports a few watts beside much reactive current still loads the fuse with all of it."""
DERIVED_POWER_FACTOR = 0.95
"""A current derived from active power alone is taken as higher by this: the reactive part is not seen."""

# --- when the meter measured -----------------------------------------------------------------------------
LAG_MAX_S = 15
"""Oldest a value can be on arrival. Field: 0 to 10 s; candidates are whole seconds."""
LAG_SLACK_S = 1.0
"""Chargers tell their current once a second, so neither side is known better than this."""
LAG_MOVED_A = 2.0
"""So much must a car's current have moved between candidates before a sample says anything about the lag."""
LAG_EVIDENCE_A = 12.0
"""Movement seen in all before a candidate is ruled out: one house load that switches beside a ramp must not do."""
LAG_TOLERANCE_A = 3.0
"""A candidate is ruled out when it explains this much worse than the best."""
LAG_JUMP_MAX_A = 6.0
"""One sample's jump counts at most so much: an oven between two samples is no proof."""
LAG_FORGET = 0.8
"""What is kept of older ramps at each new one: a meter that is replaced is learnt within some ramps."""
LAG_RAMP_GAP_S = 20.0
"""Movement after so long a pause is a new ramp; samples further apart are not compared."""

# --- a car's current over time -----------------------------------------------------------------------------
TRACE_S = 40.0
"""Longest look back: the greatest lag, the slack, and a telegram that came late."""
STEADY_A = 0.5
"""Cars and their measurement breathe so much without a ramp."""
TOLD_LATE_S = 5.0
"""Without an update for this long a car may have done anything between nothing and its setpoint (IEC 61851-1: it
follows within 5 s)."""
CHARGER_SILENT_S = 30.0
"""Chargers tell every second; after this long one counts as silent."""
FOLLOW_S = 10.0
"""A changed setpoint is followed within this: 5 s for the car (IEC 61851-1), as much for the link and the charger."""
DRAWING_A = 2.0
"""More than a car draws while it wakes (0.3-1.1 A) is charging, whatever the state says."""
OVERDRAWN_A = 1.5
"""Draws so much above its setpoint: it does not follow, and its draw is reserved."""

# --- what a car wants ----------------------------------------------------------------------------------------
DEMAND_AFTER_S = 30.0
DEMAND_BELOW_A = 1.0
"""A car that stays this far below its setpoint for this long does not want more (ramps take up to 30 s)."""
DEMAND_SPARE_A = 1
"""Kept above its draw, rounded up, so that it can show that it wants more."""
DEMAND_SHOWN_A = 0.6
"""It wants more once it draws up to this below what it was thought to need."""
WAKE_S = 120.0
"""A plugged car that takes nothing of what it is given for this long waits for something else."""
ASLEEP_S = 30.0
"""A car that suspends itself for so long with current on offer wants none; cars take as long to wake after a pause."""
LOWERED_S = 20.0
"""A car that suspends itself so soon after its setpoint was lowered cannot charge at that."""
PHASES_LEARNT_S = 10.0
"""A car that draws on some phases and not on others for so long charges on those alone."""
ASLEEP_RETRY_S = 1800.0
"""A car that wanted nothing and then had its current taken away cannot show that it wants some: it is asked again."""
PHASE_IDLE_A = 0.8
"""Below this a phase is not charged on: filters and meters show some tenths."""

# --- when a setpoint may rise ------------------------------------------------------------------------------
RAISE_WAITS = (15.0, 6.0, 3.0, 1.0)
"""Times `raise_after_s` for a raise of 1, 2, 3 and more amperes: a change is worth what it brings."""
TURN_LEAD = 0.5
"""Who waits comes before one whose turn is over once it was served less by this share of a turn: else two whose turns
are both over would swap at every sample."""
WORTH_AS = 300.0
"""Ampere-seconds that a raise must have brought before it had to be taken back, or it came too early: ten amperes for
half a minute are worth a change, one ampere for a minute is not."""
STOPS_S = 600.0
STOPS_MAX = 2
"""Some cars fault after four stops in ten minutes, others after three: so many are made in that time, then a car stays
stopped until the first of them is so long ago."""
PREMATURE_FACTOR = 2.0
"""Each such raise makes the next wait so many times longer: ovens and heat pumps cycle."""
PREMATURE_MAX = 6
"""More of them change nothing: the longest wait is reached."""
RAISE_WAIT_MAX_S = 300.0
"""No raise waits longer than this."""
UNCLEAR_A = 0.6
UNCLEAR_S = 30.0
"""While a ramp hides more than this of what is left a raise waits, so that it is one step and not two; for so long."""
CALM_S = 600.0
"""So long without shedding forgives one premature raise."""
HASTY_S = 60.0
"""A car just plugged in, resumed or wanting more again is served by what is proven already, for so long."""
RESTART_SPARE_A = 1
"""A stopped car starts again only where so much more than its minimum is left: else a breath of the house stops it."""
YIELD_S = 20.0
"""Who was lowered for another is not raised before that one had the time to take it: 10 s to follow, and a sample."""
START_READINGS = 3
"""Fresh readings before the first raise (field: the vendor's box does the same)."""

# --- when data is late ---------------------------------------------------------------------------------------
LATE_CADENCES = 1.5
LATE_MIN_S = 2.0
"""A sample is late after so many cadences, and at least this long after it was due: links have jitter."""
CLOCK_JUMP_S = 60.0
"""The loop runs once a second; a longer gap is a suspended machine or a stepped clock."""
FUTURE_S = 1.0
"""A reading stamped later than this after now is from before a step of the clock."""
REORDER_S = 120.0
"""A telegram whose own clock is behind by less came out of order; by more, somebody set the meter's clock."""

UNLIMITED_A = 1e9
"""Where a fuse does not limit: its members are limited by the fallback instead."""

assert len(RAISE_WAITS) == 4
assert LAG_MAX_S + LAG_SLACK_S < TRACE_S
assert CHARGER_SILENT_S < TRACE_S
assert TOLD_LATE_S <= FOLLOW_S < CHARGER_SILENT_S
assert RAISE_WAITS[-1] == 1.0

"""States that a meter could be in, also those that no simulated house reaches."""

from __future__ import annotations

from hypothesis import strategies as st

from ngair.sim.state import HouseState

WATTS = st.integers(-33_000, 33_000)
VARS = st.integers(-33_000, 33_000)
VOLTS = st.floats(180, 260)
REGISTER_WH = st.integers(0, 999_999_999 // 2)

HOUSE_STATES = st.builds(
    HouseState,
    time_s=st.integers(0, 3 * 365 * 86_400),
    meter_id=st.integers(0, 2**32 - 1).map(lambda seed: f"SIM{seed:014d}"),
    power_w=st.tuples(WATTS, WATTS, WATTS),
    reactive_var=st.tuples(VARS, VARS, VARS),
    current_a=st.tuples(*[st.floats(0, 140)] * 3),
    voltage_v=st.tuples(VOLTS, VOLTS, VOLTS),
    tariff=st.sampled_from((1, 2)),
    import_wh=st.tuples(REGISTER_WH, REGISTER_WH),
    export_wh=st.tuples(REGISTER_WH, REGISTER_WH),
    reactive_import_varh=REGISTER_WH,
    reactive_export_varh=REGISTER_WH,
    gas_l=st.integers(0, 99_999_999),
)

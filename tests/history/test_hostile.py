"""Whatever a meter, a charger or a clock tells, the memory takes it: nothing raises, and the books balance."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ngair.model.charging import ChargeBox, Outlet, OutletState
from ngair.model.events import ChargerSeen, TelegramReceived
from ngair.model.reading import Reading
from ngair.model.telegram import Telegram
from tests.history.life import Life

numbers = st.one_of(
    st.none(),
    st.floats(),
    st.integers(-(10**15), 10**18),
    st.sampled_from((0, 230.0, 16.5, float("nan"), float("inf"), 1e308)),
)
known = numbers.map(lambda value: 0.0 if value is None else value)
phases = st.tuples(numbers, numbers, numbers)
readings = st.builds(
    Reading,
    ident=st.just("T"),
    meter_id=st.sampled_from((None, "", "A", "B", "\0<script>")),
    power_import_w=numbers,
    power_export_w=numbers,
    current_a=phases,
    voltage_v=phases,
    energy_import_wh=numbers,
    energy_export_wh=numbers,
    estimated=st.sampled_from(((), ("energy_import_wh",), ("power_import_w", "energy_export_wh"))),
)
outlets = st.builds(
    Outlet,
    id=st.integers(1, 2),
    state=st.sampled_from(OutletState),
    current_a=st.tuples(known, known, known),
    told_at_s=st.one_of(st.none(), st.floats(0, 500)),
    energy_wh=st.one_of(st.integers(-5, 10**6), st.just(10**20)),
    power_w=known,
)
steps = st.lists(
    st.tuples(
        st.one_of(readings, outlets),
        st.one_of(st.floats(0, 20), st.floats(0, 10_000)),
        st.sampled_from((0.0, 0.0, 0.0, -1e10, 1e15, 3600.0, -7.0)),
    ),
    max_size=30,
)


@settings(max_examples=200)
@given(steps)
def test_nothing_raises_and_everything_fits_a_store(told: list[tuple[Reading | Outlet, float, float]]) -> None:
    life = Life()
    for n, (thing, wait_s, step_s) in enumerate(told):
        life.now_s += wait_s
        life.wall_s += wait_s + step_s
        if isinstance(thing, Reading):
            life.does(TelegramReceived(Telegram("", 0, thing), life.now_s, 1))
        else:
            life.does(ChargerSeen(ChargeBox(serial=f"C{n % 3}", identity="", outlets=(thing,))))
        life.take()
    life.stop()
    life.kept.balance()
    for sample in life.kept.samples.values():
        assert sample.at_s >= 0
        for value in (*sample.values, *sample.counters_wh):
            assert value is None or (type(value) is int and -(2**62) < value < 2**62)
    for gains in life.kept.stats.values():
        assert all(type(total) is int and abs(total) < 2**62 for _, total, _, _ in gains)

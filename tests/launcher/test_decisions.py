"""What starts next, whatever the book says and whatever is sound."""

from __future__ import annotations

import json
import string
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from ngair import launcher
from ngair.device.image.version import order
from ngair.launcher import FACTORY, SLOTS, Boot, End, Failed, Trial, choose, ended, read_boot

WHERE = st.sampled_from((*SLOTS, FACTORY))
VERSIONS = st.builds(
    lambda release, stage, development: ".".join(map(str, release)) + stage + development,
    st.lists(st.integers(0, 12), min_size=1, max_size=4),
    st.sampled_from(["", "a1", "b2", "rc1", "rc12"]),
    st.sampled_from(["", ".dev0", ".dev3"]),
)
SOUND = st.dictionaries(WHERE, VERSIONS) | st.dictionaries(WHERE, VERSIONS | st.just(""))
TRIALS = st.builds(Trial, st.sampled_from(SLOTS), VERSIONS, VERSIONS, st.integers(0, 3), st.integers(0, 3600))
BOOTS = st.builds(
    Boot,
    active=WHERE | st.just(""),
    starts=st.integers(0, 5),
    trial=st.none() | TRIALS,
    failed=st.none() | st.builds(Failed, WHERE, VERSIONS, st.just("starts"), st.just("why")),
    floor=VERSIONS,
    factory=VERSIONS | st.just(""),
    given_up=st.lists(WHERE, max_size=3, unique=True).map(lambda slots: tuple(sorted(slots))),
    proven=st.booleans(),
    home=WHERE | st.just(""),
).filter(lambda boot: boot.trial is None or boot.trial.slot != boot.active)
ENDS = st.builds(
    End,
    st.sampled_from([0, 1, 2, 75, 76, -9, -11, -15, 127]),
    st.booleans(),
    st.booleans(),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | WHERE | VERSIONS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
ODD_BOOK = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("format", "active", "starts", "failed", "floor", "factory", "given_up", "proven"), JSON),
        "trial": JSON
        | st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("slot", "version", "from_version", "starts", "deadline_s"), JSON)
        ),
    },
)


@given(BOOTS, SOUND)
def test_something_sound_starts_if_there_is_any(boot: Boot, sound: dict[str, str]) -> None:
    _, slot = choose(boot, sound)
    assert slot in sound if sound else slot == ""


@given(st.binary(max_size=200) | ODD_BOOK.map(lambda book: json.dumps(book).encode()), SOUND)
@example(b"[" * 100_000, {"a": "1"})
@example(b"9" * 5000, {"a": "1"})
@example(b'{"starts": 1e999, "active": {}}', {"b": "1"})
@example(b'{"active": "a", "given_up": [[]], "trial": {"slot": ["b"], "version": 3}}', {"b": "1"})
@example(b"\xff\xfe{}", {"factory": ""})
def test_no_book_stops_it(data: bytes, sound: dict[str, str]) -> None:
    boot = read_boot(data)
    assert 0 <= boot.starts <= launcher.STARTS_MAX
    assert boot.trial is None or 0 <= boot.trial.deadline_s <= launcher.DEADLINE_MAX_S
    _, slot = choose(boot, sound)
    assert slot in sound if sound else slot == ""


@given(BOOTS, SOUND, st.lists(ENDS, max_size=60))
def test_trials_end_and_nothing_goes_round(boot: Boot, sound: dict[str, str], ends: list[End]) -> None:
    """Whatever happens, without anybody's act: at most three starts of a trial, and no way back to what was left."""
    trials, actives = 0, []
    for end in ends:
        had = boot.trial
        boot, slot = choose(boot, sound)
        if not slot:
            return
        trials += boot.trial is not None and boot.trial.slot == slot
        assert had is not None or boot.trial is None
        actives.append(boot.active)
        boot, result = ended(boot, slot, end._replace(asked=False), sound)
        assert result in (None, 2)
    assert trials <= launcher.TRIAL_STARTS_MAX
    changes = [after for before, after in pairwise(actives) if before != after]
    # Each once, and once more back to the last that was healthy.
    assert len(changes) <= 3


@given(BOOTS, SOUND, ENDS)
def test_the_floor_stays(boot: Boot, sound: dict[str, str], end: End) -> None:
    after, slot = choose(boot, sound)
    assert after.floor == boot.floor
    assert ended(after, slot or "a", end, sound)[0].floor == boot.floor


@given(BOOTS, SOUND, WHERE, ENDS)
def test_what_is_written_is_read_again(boot: Boot, sound: dict[str, str], ran: str, end: End) -> None:
    chosen, slot = choose(boot, sound)
    for after in (chosen, ended(chosen, slot, end, sound)[0], ended(boot, ran, end, sound)[0]):
        disk = _Memory()
        launcher.write_boot(disk, "/x", after)
        assert launcher.load_boot(disk, "/x") == after


@given(BOOTS, SOUND, st.integers(0, 3))
def test_a_stop_that_was_asked_for_is_no_fault(boot: Boot, sound: dict[str, str], starts: int) -> None:
    for _ in range(starts):
        boot, slot = choose(boot, sound)
        if not slot:
            return
        before = boot
        boot, result = ended(boot, slot, End(0, asked=True), sound)
        assert result == 0
        assert boot.failed == before.failed
    again, slot = choose(boot, sound)
    if starts and slot and boot.active and not boot.given_up:
        assert ended(again, slot, End(-15, asked=True), sound) == (boot, 0)


@given(VERSIONS | st.text(string.digits + ".abrcdev+-", max_size=9), VERSIONS | st.text(max_size=4))
def test_versions_are_compared_as_images_are(one: str, other: str) -> None:
    try:
        as_images = order(one) < order(other)
    except ValueError:
        return
    assert (launcher.version_key(one) < launcher.version_key(other)) == as_images
    assert as_images == (Version(one) < Version(other))


HEALTHY = Boot(active="a", factory="0.1", proven=True)
ALL = {"a": "0.3", "b": "0.2", FACTORY: "0.1"}


def _through(boot: Boot, sound: dict[str, str], *codes: int) -> list[str]:
    """Which slots start, while the program ends with these codes."""
    started = []
    for code in codes:
        boot, slot = choose(boot, sound)
        started.append(slot)
        boot, _ = ended(boot, slot, End(code), sound)
    return started


def test_a_confirmed_version_that_never_starts_is_left_for_the_other_and_then_the_factory() -> None:
    assert _through(HEALTHY, ALL, *[1] * 15) == ["a"] * 5 + ["b"] * 5 + [FACTORY] * 5


def test_where_nothing_works_it_is_the_world_that_is_wrong_and_the_last_that_was_healthy_is_tried_for_ever() -> None:
    assert _through(HEALTHY, ALL, *[1] * 40)[15:] == ["a"] * 25
    assert _through(HEALTHY._replace(active="b"), ALL, *[1] * 40)[15:] == ["b"] * 25
    # As older versions refuse settings that they do not know.
    assert _through(HEALTHY, ALL, *[1] * 5, 2, 2, *[1] * 9) == ["a"] * 5 + ["b", FACTORY] + ["a"] * 9


def test_without_another_slot_the_factory_is_next() -> None:
    assert _through(HEALTHY, {"a": "0.3", FACTORY: "0.1"}, *[1] * 7) == ["a"] * 5 + [FACTORY] * 2


def test_where_power_goes_in_every_start_the_next_is_tried_too() -> None:
    boot = HEALTHY
    started = []
    for _ in range(7):
        boot, slot = choose(boot, ALL)
        started.append(slot)
    assert started == ["a"] * 5 + ["b"] * 2
    assert boot.failed
    assert boot.failed.text == (
        "version 0.3 in a was given up: it did not become healthy in 5 starts; version 0.2 in b starts instead"
    )


def test_a_slot_whose_trial_failed_is_no_way_back() -> None:
    boot = launcher.fail_trial(HEALTHY._replace(trial=Trial("b", "0.2")), "unhealthy", "no meter")
    assert _through(boot, ALL, *[1] * 6) == ["a"] * 5 + [FACTORY]


def test_settings_that_cannot_be_are_no_fault_of_a_confirmed_version() -> None:
    boot, slot = choose(HEALTHY, ALL)
    assert ended(boot, slot, End(2), ALL) == (HEALTHY, 2)


def test_settings_that_an_older_version_does_not_know_are_a_reason_to_leave_it() -> None:
    left = HEALTHY._replace(active="b", given_up=("a",), proven=False)
    boot, slot = choose(left, ALL)
    assert slot == "b"
    boot, result = ended(boot, slot, End(2), ALL)
    assert result is None
    boot, slot = choose(boot, ALL)
    assert slot == FACTORY
    # There is no other, and no way back.
    assert ended(boot, slot, End(2), ALL)[1] == 2


@pytest.mark.parametrize(
    ("boot", "sound", "slot"),
    [
        (Boot(), {"a": "0.3", "b": "0.4rc1", FACTORY: "0.2"}, "b"),
        (Boot(), {"a": "0.3", FACTORY: "0.3"}, FACTORY),
        (Boot(), {FACTORY: ""}, FACTORY),
        (HEALTHY, {"b": "0.2", FACTORY: "0.1"}, "b"),
        (HEALTHY, {FACTORY: "0.1"}, FACTORY),
        (HEALTHY._replace(trial=Trial("b", "0.9")), ALL, "a"),
        (HEALTHY._replace(trial=Trial("b", "0.2", starts=2)), ALL, "b"),
        (HEALTHY._replace(trial=Trial("b", "0.2", starts=3)), ALL, "a"),
        (HEALTHY._replace(given_up=("b", FACTORY)), {"b": "0.2", FACTORY: "0.1"}, "b"),
    ],
    ids=[
        "a lost book: the newest",
        "a lost book: the factory where it is as new",
        "a factory of unknown version",
        "the active one is not whole",
        "both slots are empty",
        "another version than the one on trial",
        "a last start on trial",
        "enough of the trial",
        "all was given up: the newest of what is left",
    ],
)
def test_what_starts(boot: Boot, sound: dict[str, str], slot: str) -> None:
    assert choose(boot, sound)[1] == slot


def test_a_newer_package_is_the_owners_act() -> None:
    upgraded = {**ALL, FACTORY: "0.4"}
    boot, slot = choose(HEALTHY, upgraded)
    assert (slot, boot.active, boot.factory, boot.proven) == (FACTORY, FACTORY, "0.4", False)
    # Once: a version that was uploaded afterwards stays, though it is older than nothing.
    uploaded = boot._replace(active="a", proven=True, starts=0)
    assert choose(uploaded, {**upgraded, "a": "0.5"})[1] == "a"


def test_a_package_that_does_not_work_gives_way_to_what_worked() -> None:
    assert _through(HEALTHY, {**ALL, FACTORY: "0.4"}, *[1] * 6) == [FACTORY] * 5 + ["a"]
    assert _through(HEALTHY, {**ALL, FACTORY: "0.4"}, 2, 1) == [FACTORY, "a"]


def test_a_package_that_is_no_newer_changes_nothing() -> None:
    boot, slot = choose(HEALTHY, {**ALL, FACTORY: "0.2.5"})
    assert (slot, boot.active, boot.factory) == ("a", "a", "0.2.5")


@pytest.mark.parametrize(("version", "slot"), [("0.9", "b"), ("0.3.5", FACTORY)])
def test_a_newer_package_ends_the_trial_of_an_older_version(version: str, slot: str) -> None:
    trial = Trial("b", version)
    boot, chosen = choose(HEALTHY._replace(trial=trial), {"a": "0.3", "b": version, FACTORY: "0.4"})
    assert (chosen, boot.active) == (slot, FACTORY)


def test_on_a_disk_that_takes_nothing_it_counts_in_memory(capsys: pytest.CaptureFixture[str]) -> None:
    class ReadOnly(launcher.Disk):
        def read(self, path: str, limit: int) -> bytes:
            about = {"format": 1, "active": "a", "version": "0.3", "hardware": [launcher.HARDWARE]}
            return json.dumps(about).encode()

        def is_folder(self, path: str) -> bool:
            return True

        def write(self, path: str, chunks: Any) -> None:
            raise OSError(30, "Read-only file system")

    book = launcher.Book(ReadOnly(), "/x", "0.1")
    started = []
    for _ in range(12):
        started.append(book.start()[1])
        assert book.end(started[-1], End(1)) is None
    assert started == ["a"] * 5 + ["b"] * 5 + [FACTORY] * 2
    assert capsys.readouterr().err.count("starts cannot be counted on the disk: /x: Read-only file system") == 1


class _Memory(launcher.Disk):
    """One folder of files."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, path: str, limit: int) -> bytes:
        return self.files[path][:limit]

    def write(self, path: str, chunks: Any) -> None:
        self.files[path] = b"".join(chunks)

    def sync(self, path: str) -> None:
        pass

    def rename(self, path: str, onto: str) -> None:
        self.files[onto] = self.files.pop(path)

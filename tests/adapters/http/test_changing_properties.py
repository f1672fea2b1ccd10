"""Whatever is sent as a change: never an error of the box's own, and nothing changes but by a valid wish."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ngair.model.rules import Wishes
from ngair.model.site import Site
from tests.adapters.http.granting import CARRIED, JSON, MAIN_FUSE, OUTLET, Asking, asking, change
from tests.api.houses import CHARGER

KEYS = st.sampled_from(("max_a", "priority", "paused", "fallback_a", "rating_a", "setpoint_a", ""))
SCALARS = st.none() | st.booleans() | st.integers(-2, 40) | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner), max_leaves=4)
BODIES = st.one_of(
    st.dictionaries(KEYS, st.none() | st.booleans() | st.integers(-2, 40), max_size=3).map(msgspec.json.encode),
    VALUES.map(lambda value: msgspec.json.encode(value)),
    st.binary(max_size=60),
)
SEGMENTS = st.sampled_from(
    ("api", "v1", "outlets", "fuses", "main", "garage", "pause", "resume", CHARGER.serial, "CB2", "1", "2", "..", "%2F")
)
PATHS = st.one_of(
    st.sampled_from((OUTLET, MAIN_FUSE, OUTLET + "/pause", "/api/v1/outlets/CB2/1", "/api/v1/outlets/CB2/1/resume")),
    st.lists(SEGMENTS, max_size=7).map(lambda segments: "/" + "/".join(segments)),
)
METHODS = st.sampled_from(("PATCH", "POST", "PUT", "DELETE", "GET", "OPTIONS"))
HOSTS = st.sampled_from((b"127.0.0.1", b"127.0.0.1", b"box.example", b"ctek-ng-air.local", b"evil.example", b""))
GOOD_HOSTS = (b"127.0.0.1", b"box.example", b"ctek-ng-air.local")
HEADERS = st.lists(
    st.sampled_from(
        (
            b"Content-Type: text/plain",
            b"Origin: http://evil.example",
            b"Origin: http://127.0.0.1",
            b"Origin: null",
            b"Sec-Fetch-Site: cross-site",
            b"Sec-Fetch-Site: same-origin",
            b"X-Forwarded-Host: 127.0.0.1",
            b"If-None-Match: *",
            b"X-Ngair-Token: guessed",
        )
    ),
    max_size=2,
)


@pytest.fixture(name="box", scope="module")
def _box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    folder: Path = tmp_path_factory.mktemp("wishes")
    with asking(folder) as box:
        yield box


CARRYING = st.sampled_from((CARRIED, CARRIED, CARRIED, b"", CARRIED[:-1]))


@given(PATHS, METHODS, BODIES, HOSTS, st.booleans(), HEADERS, CARRYING)
@example(OUTLET, "PATCH", b'{"max_a":10,"priority":2,"paused":true,"fallback_a":6}', b"127.0.0.1", True, [], CARRIED)
@example(MAIN_FUSE, "PATCH", b'{"rating_a":16}', b"127.0.0.1", True, [], CARRIED)
@example(MAIN_FUSE, "PATCH", b'{"rating_a":16}', b"127.0.0.1", True, [b"Origin: http://evil.example"], CARRIED)
@example(MAIN_FUSE, "PATCH", b'{"rating_a":16}', b"127.0.0.1", True, [], b"")
def test_whatever_is_asked(
    box: Asking, path: str, method: str, body: bytes, host: bytes, json: bool, headers: list[bytes], carried: bytes
) -> None:
    before = box.house.site
    with box.server.wire() as wire:
        wire.send(change(path, method, body, *([JSON] if json else []), *headers, host=host, carried=carried))
        answer = wire.answer(method)
    after = box.house.site
    assert answer.status < 500
    assert_sound(after)
    if answer.status != 200 or method not in ("PATCH", "POST"):
        assert after == before
        return
    assert host in GOOD_HOSTS
    assert json
    assert carried == CARRIED
    assert b"X-Ngair-Token: guessed" not in headers
    assert b"Content-Type: text/plain" not in headers
    assert not {b"Origin: http://evil.example", b"Origin: null", b"Sec-Fetch-Site: cross-site"} & set(headers)
    document = msgspec.json.decode(answer.body)
    for key, value in (msgspec.json.decode(body) if body else {}).items():
        assert_granted(document, key, value)
    assert msgspec.structs.replace(after, wishes=before.wishes) == before, "only wishes change"


def assert_granted(document: dict[str, Any], key: str, value: Any) -> None:
    if key == "rating_a":
        wanted = document["setting_a"] if value is None else [value] * 3
        assert document["rating_a"] == wanted
    else:
        assert document["wish"][key] == (0 if key == "priority" and value is None else value)


def assert_sound(site: Site) -> None:
    """What no wish may ever be."""
    wishes: Wishes = site.wishes
    outlets = {f"{box.serial}/{outlet.id}": outlet for box in site.charge_boxes for outlet in box.outlets}
    for key, wish in wishes.outlets.items():
        outlet = outlets[key]
        legal = range(outlet.min_a, outlet.max_a + 1)
        assert wish.max_a is None or wish.max_a in legal
        assert wish.fallback_a is None or wish.fallback_a == 0 or wish.fallback_a in legal
        assert wish.priority in range(10)
    assert wishes.main_fuse_a is None or 6 <= wishes.main_fuse_a <= 25

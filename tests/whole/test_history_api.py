"""The past of a house, asked of the whole program: what happened is told, exported, and still told after a restart."""

from __future__ import annotations

import csv
import io
import threading
import time
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from ngair.model.history import Batch
from tests.adapters.http.wire import Wire, request
from tests.api.pasts import bucket, kept
from tests.contracts.programs import QUIET
from tests.program import Box, running

BIG_ROWS = 20_000
"""Their export fills every buffer on its way."""
HOUSE = "sim:?speed=60"
"""A minute in a second."""
STILL = "sim:?speed=0.001"
"""A second in a quarter of an hour."""
DESCRIBED = (
    "/api/v1/history/power",
    "/api/v1/history/energy",
    "/api/v1/sessions",
    "/api/v1/events",
    "/api/v1/why",
    "/api/v1/export",
)


def arguments(data: Path, *more: str) -> list[str]:
    house = ["run", "--meter", HOUSE, "--charger", "sim:", "--main-fuse", "25", "--data", str(data), *QUIET]
    return [*house, "--prices", "1.95 SEK", "--time-zone", "Europe/Stockholm", *more]


def remembered(box: Box) -> None:
    """Wait until some minutes of charging are kept."""
    box.until("/api/v1/site", lambda site: site["memory"]["state"] == "up")
    box.until("/api/v1/history/power?step=minute", lambda power: len(power["t"]) > 3)
    box.until("/api/v1/sessions", lambda found: found["sessions"] and found["sessions"][0]["energy_wh"] > 0)
    box.until("/api/v1/history/energy", lambda found: found["total"]["charged_wh"])


def test_what_happened_is_told_and_described(tmp_path: Path) -> None:
    with running(*arguments(tmp_path)) as box:
        remembered(box)
        description = box.json("/openapi.json")
        for path in DESCRIBED:
            schema = description["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            document = box.json(path)
            jsonschema.Draft202012Validator({**schema, "components": description["components"]}).validate(document)
        energy = box.json("/api/v1/history/energy?by=hour")
        assert (energy["currency"], energy["zone"]) == ("SEK", "Europe/Stockholm")
        assert energy["rows"][-1]["import_cost"] == pytest.approx(energy["rows"][-1]["import_wh"] * 1.95e-3)
        kinds = {entry["kind"] for entry in box.json("/api/v1/events?limit=500")["entries"]}
        assert {"started", "plugged", "setpoint"} <= kinds
        [session] = box.json("/api/v1/sessions")["sessions"]
        power: Any = box.json(f"/api/v1/history/power?step=10s&outlet={session['outlet']}")
        assert max(watts or 0 for watts in power["mean"]["power_w"]) > 1000
        why = box.json("/api/v1/why")
        assert why["outlets"][0]["outlet"] == session["outlet"]
        assert why["outlets"][0]["text"]
        assert box.stop() == 0


def test_the_export_is_the_same_after_a_restart(tmp_path: Path) -> None:
    with running(*arguments(tmp_path)) as box:
        remembered(box)
        before = box.json("/api/v1/export?what=samples")
        assert box.stop() == 0
    # Its house began before the one before had ended: minutes that it lived through again would be kept anew.
    with running(*arguments(tmp_path, "--meter", STILL)) as box:
        box.until("/api/v1/site", lambda site: site["memory"]["state"] == "up")
        after = box.json("/api/v1/export?what=samples")
        assert after["epoch"] == before["epoch"]
        assert after["rows"][: len(before["rows"])] == before["rows"]
        answer = box.get("/api/v1/export?format=csv&what=samples")
        _, *rows = csv.reader(io.StringIO(answer.body.decode(), newline=""), strict=True)
        assert len(rows) >= len(before["rows"])
        starts = [one for one in box.json("/api/v1/events")["entries"] if one["kind"] == "started"]
        assert [one["detail"].get("clean") for one in starts][:1] == [True]
        assert len(starts) == 2


def test_many_questions_slow_nobody(tmp_path: Path) -> None:
    """While some ask for all that there is, the meter's document goes on being answered and renewed."""
    with running(*arguments(tmp_path)) as box:
        remembered(box)
        statuses: list[int] = []
        paths = ("/api/v1/export", "/api/v1/history/energy?by=year", "/api/v1/events?limit=500")
        asking = [
            threading.Thread(target=lambda path=path: statuses.extend(box.get(path).status for _ in range(10)))
            for path in paths * 3
        ]
        for one in asking:
            one.start()
        telegrams = box.json("/api/v1/site")["meter"]["telegrams"]
        box.until("/api/v1/site", lambda site: site["meter"]["telegrams"] > telegrams + 60)
        for one in asking:
            one.join()
        assert len(statuses) == 90
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 60
        assert "rror" not in "".join(box.errors)


def test_a_stop_waits_for_no_export(tmp_path: Path) -> None:
    start_s = int(time.time()) // 60 * 60 - 60 * BIG_ROWS
    kept(tmp_path, Batch(buckets=tuple(bucket("minute", start_s + 60 * number) for number in range(BIG_ROWS))))
    with running(*arguments(tmp_path)) as box:
        box.until("/api/v1/site", lambda site: site["memory"]["state"] == "up")
        reading = [Wire(box.address, receive_bytes=4096) for _ in range(2)]
        for wire in reading:
            wire.send(request("/api/v1/export"))
            assert wire.socket.recv(8) == b"HTTP/1.1"
        assert box.get("/api/v1/export").status == 503, "both are under way, for nobody reads on"
        assert box.stop() == 0
        for wire in reading:
            wire.close()
        assert "rror" not in "".join(box.errors)


def test_without_a_memory(tmp_path: Path) -> None:
    with running(*arguments(tmp_path, "--history", "off")) as box:
        for path in DESCRIBED:
            answer = box.get(path)
            assert answer.status == 503
            assert "switched off" in msgspec.json.decode(answer.body)["detail"]
        assert box.json("/api/v1/site")["memory"]["state"] == "off"
        assert not (tmp_path / "history.db").exists()

"""The program while its meter goes away and comes back: it says so once, and reads on."""

from __future__ import annotations

from pathlib import Path

from ngair.sim.options import Options
from ngair.sim.world import World
from tests.contracts.programs import Dongle, told, told_of_the_link
from tests.contracts.wires import Pty, free_port
from tests.program import Box, running, wait_for

TELEGRAMS = World(Options(seed=6)).advance(5)


def reads(box: Box, count: int) -> None:
    box.until("/api/v1/site", lambda site: site["meter"]["link"] == "up" and site["meter"]["telegrams"] >= count)


def test_a_cable_that_is_pulled_and_plugged_in_again(tmp_path: Path) -> None:
    pty = Pty(tmp_path / "meter")
    with running("run", "--meter", f"serial://{pty.device}", "--data", str(tmp_path / "data"), "--mdns", "off") as box:
        told(box, f"WARNING meter lost: {pty.device} does not exist: ")
        try:
            for number in range(1, 4):
                pty.plug_in()
                speak_until_heard(pty, box, number)
                pty.unplug()
                site = box.until("/api/v1/site", lambda site: site["meter"]["link"] == "lost")
                assert str(pty.device) in site["meter"]["link_detail"]
                assert site["meter"]["reading"] is not None, "the last reading, with its age"
            pty.plug_in()
            speak_until_heard(pty, box, 4)
            assert box.stop() == 0
        finally:
            pty.unplug()
    assert told_of_the_link(box) == ["meter lost", "meter connected", *["meter lost", "meter is back"] * 3]


def speak_until_heard(pty: Pty, box: Box, times: int) -> None:
    """Until the line is read, what is sent is lost. Once for each time that the cable was plugged in."""
    before = box.json("/api/v1/site")["meter"]["telegrams"]
    assert before >= times - 1

    def heard() -> bool:
        pty.write(TELEGRAMS[0])
        return bool(box.json("/api/v1/site")["meter"]["telegrams"] > before)

    wait_for(heard, lambda: "".join(box.errors))


def test_a_dongle_that_is_restarted(tmp_path: Path) -> None:
    port = free_port()
    with running("run", "--meter", f"tcp://127.0.0.1:{port}", "--data", str(tmp_path), "--mdns", "off") as box:
        told(box, f"WARNING meter lost: tcp://127.0.0.1:{port} cannot be reached (Connection refused): ")
        for number in range(1, 4):
            with Dongle(TELEGRAMS[0], port):
                reads(box, number)
            box.until("/api/v1/site", lambda site: site["meter"]["link"] == "lost")
        with Dongle(b"Port already in use\r\n", port) as dongle:
            wait_for(lambda: dongle.connected > 0)
        with Dongle(TELEGRAMS[0], port) as dongle:
            reads(box, 4)
            dongle.send(TELEGRAMS[1])
            reads(box, 5)
            assert box.stop() == 0
    assert told_of_the_link(box) == ["meter lost", "meter connected", *["meter lost", "meter is back"] * 3]


def test_a_recording_that_ends_is_not_played_again(tmp_path: Path) -> None:
    (tmp_path / "recording.txt").write_bytes(b"".join(TELEGRAMS))
    meter = f"file://{tmp_path}/recording.txt?speed=100"
    with running("run", "--meter", meter, "--data", str(tmp_path / "data"), "--mdns", "off") as box:
        site = box.until("/api/v1/site", lambda site: site["meter"]["link"] == "ended")
        assert site["meter"]["telegrams"] == len(TELEGRAMS)
        assert box.stop() == 0
    assert told_of_the_link(box) == ["meter connected", "meter ended"]

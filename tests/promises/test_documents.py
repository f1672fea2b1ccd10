"""The documents tell of everything that there is, and nothing that there is not."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from ngair.api.resources import CHANGES, RESOURCES
from ngair.api.routes import ROUTES
from ngair.cli.main import COMMANDS, parser_of_all
from ngair.model.settings import SETTINGS, Layer, Setting, SettingError, resolve

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")]
)
SCRIPTS = sorted(path.name for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix)
FENCED = re.compile(r"^```(?P<kind>[a-z]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<place>[^)#\s]+)[^)]*\)")
OURS = re.compile(r"^(?:\$ )?(?:sudo )?(?:(?:\S*/)?ngair|(?P<demo>scripts/run))(?P<arguments> .*)?$")


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/ARCHITECTURE.md"])
def test_the_expected_documents_are_there(name: str) -> None:
    assert Path(name) in DOCUMENTS


def test_every_room_is_told_of() -> None:
    text = _text(Path("docs/ARCHITECTURE.md"))
    rooms = [f"`{room.name}/`" for room in (ROOT / "src" / "ngair").iterdir() if list(room.glob("*.py"))]
    assert [room for room in rooms if f"| {room} |" not in text] == []


@pytest.mark.parametrize("command", [module.__name__.rpartition(".")[2] for module in COMMANDS])
def test_every_command_is_told_of(command: str) -> None:
    assert f"ngair {command}" in _everything()


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.key)
def test_every_setting_is_told_of(setting: Setting) -> None:
    text = _everything()
    for name in filter(None, (setting.key, setting.flag, setting.variable)):
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text), f"{name} is in no document"


@pytest.mark.parametrize("path", sorted({row.path for rows in (ROUTES, RESOURCES, CHANGES) for row in rows}))
def test_every_endpoint_is_told_of(path: str) -> None:
    assert path in _everything()


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_script_is_told_of(script: str) -> None:
    assert f"scripts/{script}" in _everything()


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_a_document_leads_nowhere_wrong(document: Path) -> None:
    assert _faults(_text(document), (ROOT / document).parent) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("see [this](docs/no-such-file.md)", "docs/no-such-file.md"),
        ("start `scripts/no-such-script`", "scripts/no-such-script"),
        ("```\nngair demo --no-such-flag 3   # tries\n```\n", "ngair demo --no-such-flag"),
        ("```\nscripts/run --no-such-flag\n```\n", "scripts/run --no-such-flag"),
        ("```sh\n$ cat x | ngair no-such-command\n$ ngair no-such-command\n```\n", "ngair no-such-command"),
        ('```toml\nno_such_setting = "x"\n```\n', "no_such_setting"),
    ],
)
def test_what_is_wrong_is_found(text: str, fault: str) -> None:
    assert any(fault in found for found in _faults(text, ROOT))


def _faults(text: str, folder: Path) -> list[str]:
    """Links, scripts, commands and settings in a document that are not there."""
    places = [match["place"] for match in LINK.finditer(text)]
    faults = [place for place in places if ":" not in place and not (folder / place).exists()]
    scripts = set(re.findall(r"(?<![\w/.])scripts/[\w.-]*\w", text))
    faults += sorted(script for script in scripts if not (ROOT / script).exists())
    for block in FENCED.finditer(text):
        if block["kind"] in {"", "sh", "bash", "console"}:
            faults += _wrong_commands(block["text"])
        elif block["kind"] == "toml":
            faults += _wrong_settings(block["text"])
    return faults


def _wrong_commands(block: str) -> list[str]:
    """Lines that start `ngair` in a way it does not know. Usage with [brackets] is not a line to start."""
    wrong = []
    for line in block.replace("\\\n", " ").splitlines():
        match = OURS.match(line)
        if match is None or "[" in line:
            continue
        words = shlex.split(match["arguments"] or "", comments=True)
        words[:0] = ["demo"] if match["demo"] else []
        end = next((i for i, word in enumerate(words) if word in {"|", "<", ">", ">>", "&", "&&", "2>"}), None)
        try:
            parser_of_all().parse_args(words[:end])
        except SystemExit as exit_:
            wrong += [line] if exit_.code else []
    return wrong


def _wrong_settings(block: str) -> list[str]:
    try:
        resolve([Layer("document", tomllib.loads(block))])
    except (SettingError, tomllib.TOMLDecodeError) as error:
        return [f"{error} in: {block}"]
    return []


def _everything() -> str:
    return "\n".join(_text(document) for document in DOCUMENTS)


def _text(document: Path) -> str:
    return (ROOT / document).read_text(encoding="utf-8")

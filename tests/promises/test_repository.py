"""What the repository promises to whoever clones it: locks, scripts, one version, no trace of a workplace."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import ngair

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ["build", "run", "test", "fuzz"]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and not path.suffix)

HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
REQUIREMENT = re.compile(r"[a-z0-9][a-z0-9.-]*==[0-9][^ *]*( ; [^\\]+)? \\")
ADDRESS = re.compile(r"://|index|find-links|trusted-host|\bfile:|@")

# Put together here, so that the names themselves do not stand in the repository.
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in [
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("piwheels", "org"),
            ("npmjs", "org"),
            ("npmjs", "com"),
            ("deb", "debian", "org"),
        ]
    )
)
WORKPLACES = re.compile(r"(?<![\w.])/(?:work|root)/\w" + "|" + r"(?<![\w.])/tmp/" + "play")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_exact_versions_hashes_and_no_address(name: str) -> None:
    assert _lock_faults(_lock(name)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "click>=8 \\\n    --hash=sha256:" + "0" * 64,
        "click==8.* \\\n    --hash=sha256:" + "0" * 64,
        "click==8.1",
        "click==8.1 \\\n    --hash=md5:" + "0" * 32,
        "--index" + "-url https://example.com/simple",
        "click @ https://example.com/click.whl \\\n    --hash=sha256:" + "0" * 64,
        "# made in /somewhere",
        "-e .",
    ],
)
def test_a_faulty_lock_is_found(wrong: str) -> None:
    assert _lock_faults(_lock("run") + wrong + "\n") != []


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = _pyproject()
    run, test = _locked("run"), _locked("test")
    for text in project["build-system"]["requires"]:
        assert _satisfied(text, _locked("build")), f"{text} is not in requirements/build.txt: run scripts/lock"
    for text in project["project"]["dependencies"]:
        assert _satisfied(text, run), f"{text} is not in requirements/run.txt: run scripts/lock"
    for text in project["dependency-groups"]["test"]:
        assert _satisfied(text, test), f"{text} is not in requirements/test.txt: run scripts/lock"


def test_the_tests_run_with_the_versions_of_the_program() -> None:
    build, run, test = (_locked(name) for name in ("build", "run", "test"))
    assert {name: test[name] for name in run} == run
    assert {name: test.get(name, version) for name, version in build.items()} == build


def test_there_is_no_other_lock_file() -> None:
    others = {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "pylock.toml"}
    assert {path for path in _tracked_files() if Path(path).name in others} == set()


def test_no_host_of_a_package_registry_and_no_workplace_is_named() -> None:
    named = []
    for path in _tracked_files():
        text = (ROOT / path).read_text(encoding="utf-8", errors="replace")
        named += [f"{path}: {found[0]}" for found in REGISTRY_HOSTS.finditer(text)]
        named += [f"{path}: {found[0]}" for found in WORKPLACES.finditer(text)]
    assert named == []


def test_the_scripts_are_there() -> None:
    assert {path.name for path in SCRIPTS} >= {"run", "test", "check", "lock", "bench"}


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=lambda path: path.name)
def test_a_script_can_be_started(script: Path) -> None:
    assert script.stat().st_mode & 0o111 == 0o111
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env ")
    if text.startswith("#!/usr/bin/env bash\n"):
        subprocess.run(["bash", "-n", str(script)], check=True)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^(?:\$ )?(?:\./)?(scripts/test)(?:\s+#.*)?$", readme, re.MULTILINE)
    assert commands, "README.md shows no line that is the command scripts/test"
    ci = (ROOT / ".ci/run").read_text(encoding="utf-8").rstrip().splitlines()[-1]
    assert commands[0] in ci


def test_the_version_stands_in_one_place() -> None:
    project = _pyproject()
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "src/ngair/__init__.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", ngair.__version__)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(ngair.__version__)}\b", changelog, re.MULTILINE)


def test_the_licence_is_there() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert _pyproject()["project"]["license"] == "Apache-2.0"


def _lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="ascii")


def _lock_faults(text: str) -> list[str]:
    """Lines that are neither an exact requirement nor a hash, and requirements that no hash follows."""
    lines = text.splitlines()
    faults = [line for line in lines if not (REQUIREMENT.fullmatch(line) or HASH.fullmatch(line))]
    faults += [line for line in lines if ADDRESS.search(line)]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line.endswith("\\") != bool(HASH.fullmatch(following)):
            faults.append(line)
    return faults


def _locked(name: str) -> dict[str, str]:
    """Package -> version."""
    found = re.findall(r"^([a-z0-9.-]+)==(\S+)", _lock(name), re.MULTILINE)
    return {canonicalize_name(package): version for package, version in found}


def _satisfied(text: str, locked: dict[str, str]) -> bool:
    requirement = Requirement(text)
    version = locked.get(canonicalize_name(requirement.name))
    return version is not None and requirement.specifier.contains(version)


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _tracked_files() -> list[str]:
    """What a clone would hold, with what is new and not ignored."""
    # Whoever runs the tests need not own the checkout.
    git = ["git", "-c", f"safe.directory={ROOT}"]
    command = [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in done.stdout.split("\0") if path and (ROOT / path).is_file()]

# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for every file of a clone: nothing of the machine that wrote it, pinned and hashed dependencies."""

import hashlib
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
# REUSE-IgnoreStart
HEADER = "# SPDX-FileCopyrightText: ", "# SPDX-License-Identifier: "
# REUSE-IgnoreEnd
#: Package indexes by name, and the settings that would name another one.
INDEXES = re.compile(rb"pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|(?:extra-)?index-url|find-links")


@pytest.fixture(scope="module")
def files() -> list[Path]:
    """What is or would be committed; a folder without git (an unpacked archive) has nothing to check."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a git work tree")
    paths = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]


def texts(files: list[Path]) -> Iterator[tuple[Path, bytes]]:
    for path in files:
        data = path.read_bytes()
        if b"\0" not in data[:8192]:
            yield path, data


def test_no_file_names_a_package_index(files: list[Path]) -> None:
    allowed = {Path(__file__)}
    found = [path for path, data in texts(files) if path not in allowed and INDEXES.search(data)]
    assert not found


def test_no_file_names_a_path_of_the_machine_that_wrote_it(files: list[Path]) -> None:
    places = {ROOT, ROOT.parent / "shared", Path.home()}
    telling = [place for place in places if len(place.parts) > 2 or place.name == "root"]  # not /src, /tmp
    ours = b"|".join(re.escape(os.fsencode(place)) for place in telling)
    pattern = re.compile(rb"(?<![\w.])(?:" + ours + rb")(?![\w-])")
    if not telling:
        pytest.skip("this clone and this home lie at paths that tell nothing")
    assert not [(path, match[0]) for path, data in texts(files) if (match := pattern.search(data))]


def test_files_that_record_an_address_stay_untracked() -> None:
    """uv.lock and package-lock.json hold the address of whichever index their writer used."""
    command = ["git", "ls-files", "uv.lock", "*/uv.lock", "package-lock.json", "*/package-lock.json"]
    tracked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert tracked.stdout == ""
    assert "uv.lock" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_every_source_file_says_whose_it_is_and_under_which_license(files: list[Path]) -> None:
    missing = []
    for path in files:
        if (path.suffix == ".py" or path.name == "dev") and (text := path.read_text("utf-8")):
            lines = [line for line in text.splitlines()[:3] if not line.startswith("#!")]
            if [line[: len(start)] for line, start in zip(lines, HEADER, strict=False)] != list(HEADER):
                missing.append(path)
    assert not missing


def test_requirements_are_pinned_and_hashed_and_nothing_else() -> None:
    """pip and uv then install the same bytes from whichever index a machine is set up with."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    joined = re.sub(r"\\\n", " ", text)
    lines = [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    pinned = re.compile(r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==\S+( ; [^-]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    assert lines
    assert not [line for line in lines if not pinned.fullmatch(line)]


def test_the_lock_covers_what_pyproject_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    locked: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([a-z0-9-]+)==([^\s;]+)", "\n".join(lines), re.MULTILINE):
        locked.setdefault(name, []).append(version)
    stale = []
    for requirement in map(Requirement, asked):
        versions = locked.get(requirement.name.lower().replace("_", "-").replace(".", "-"), [])
        if not any(requirement.specifier.contains(version) for version in versions):
            stale.append(f"{requirement} is not in requirements.lock ({versions}); run ./dev lock")
    assert not stale


def test_vendored_files_are_the_ones_that_were_pinned() -> None:
    folder = ROOT / "src/onrecord/web/static/vendor"
    pins = json.loads((folder / "VENDOR.json").read_text("utf-8"))
    entries = {entry["file"]: entry["sha256"] for pin in pins for entry in pin["files"]}
    present = {path.name for path in folder.iterdir()} - {"VENDOR.json"}
    assert present == set(entries)
    for name, expected in entries.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == expected, name


@pytest.mark.parametrize("script", ["dev", ".ci/run"])
def test_scripts_can_be_started(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


def test_the_container_takes_one_version_of_each_package() -> None:
    """With the marker of each line of the lock, for a package may be there twice."""
    [run] = re.findall(
        r"^RUN (grep .*) > /constraints", (ROOT / "deploy" / "Containerfile").read_text(), re.M
    )
    lines = subprocess.run(run, shell=True, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    wanted = [Requirement(line) for line in lines.splitlines()]
    for python in ("3.11", "3.13"):
        at = {"python_version": python, "python_full_version": f"{python}.0"}
        names = [it.name for it in wanted if it.marker is None or it.marker.evaluate(at)]
        assert len(names) == len(set(names)) > 100

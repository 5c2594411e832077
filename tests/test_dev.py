# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev` with installers that only pretend: what it would run, when, and what it says where it cannot."""

import ast
import base64
import hashlib
import importlib.util
import io
import json
import os
import runpy
import subprocess
import sys
import tarfile
import threading
from collections.abc import Sequence
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "dev"
PROJECT = (
    '[project]\nname = "sample"\nversion = "1"\n[build-system]\nrequires = []\n[tool.ruff]\nline-length = 9\n'
)


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, standing in a small project of its own."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spec = importlib.util.spec_from_loader("dev_script", SourceFileLoader("dev_script", str(SCRIPT)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    (tmp_path / "requirements.lock").write_text("sample==1 --hash=sha256:00\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "find_uv", lambda: None)
    return module


class Installers:
    """Takes the commands down; the one that makes .venv leaves a Python there. Fails at the `fail_at`-th."""

    def __init__(self, root: Path, fail_at: int = 0) -> None:
        self.root, self.fail_at = root, fail_at
        self.commands: list[list[str]] = []

    def __call__(self, command: Sequence[str], extra: dict[str, str]) -> None:
        self.commands.append(list(command))
        if len(self.commands) == self.fail_at:
            raise subprocess.CalledProcessError(7, list(command))
        if "venv" in command:
            tools = self.root / ".venv" / "bin"
            tools.mkdir(parents=True)
            for name in ("python", "pip"):
                (tools / name).touch(mode=0o755)

    @property
    def kinds(self) -> list[str]:
        names = {"venv": "venv", "--require-hashes": "locked", "-e": "project"}
        return [next(kind for word, kind in names.items() if word in command) for command in self.commands]


def set_up(dev: ModuleType, root: Path, fail_at: int = 0) -> list[str]:
    installers = Installers(root, fail_at)
    dev.set_up(root, installers)
    return installers.kinds


# --- the first line a person meets ------------------------------------------------------------------------------


def test_an_old_python_gets_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, this is .* at "):
        runpy.run_path(str(SCRIPT))


def test_an_old_python_can_parse_the_script_up_to_that_line() -> None:
    ast.parse(SCRIPT.read_text("utf-8"), feature_version=(3, 7))


def test_help_names_every_command(dev: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in ("demo", "run", "test", "lint", "bench", "screenshot", "lock", "vendor"):
        assert f"./dev {name}" in shown
    assert dev.main([]) == 2


@pytest.mark.parametrize(
    "argv", [["tests"], ["bench"], ["bench", "nothing"], ["bench", "web"], ["screenshot"]]
)
def test_what_is_not_there_is_said_in_one_line(
    dev: ModuleType, capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    assert dev.main(argv) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1


def test_a_benchmark_that_is_not_written_names_its_area(
    dev: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, area in dev.BENCHES.items():
        assert dev.main(["bench", name]) == 2
        assert area in capsys.readouterr().err


# --- set-up -----------------------------------------------------------------------------------------------------


def test_set_up_runs_once(dev: ModuleType, tmp_path: Path) -> None:
    assert set_up(dev, tmp_path) == ["venv", "locked", "project"]
    assert set_up(dev, tmp_path) == []


def test_everything_is_installed_by_hash_as_wheels(dev: ModuleType, tmp_path: Path) -> None:
    installers = Installers(tmp_path)
    dev.set_up(tmp_path, installers)
    locked, project = installers.commands[1:]
    assert {"--require-hashes", "--only-binary", str(tmp_path / "requirements.lock")} <= set(locked)
    assert {"--no-deps", "--no-build-isolation"} <= set(project)


def test_uv_is_used_where_there_is_one(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "find_uv", lambda: "/bin/uv")
    installers = Installers(tmp_path)
    dev.set_up(tmp_path, installers)
    assert [command[0] for command in installers.commands] == ["/bin/uv"] * 3
    assert "--require-hashes" in installers.commands[1]


@pytest.mark.parametrize(
    ("name", "text", "again"),
    [
        ("requirements.lock", "sample==2 --hash=sha256:00\n", ["venv", "locked", "project"]),
        ("pyproject.toml", PROJECT.replace('"1"', '"2"'), ["project"]),
        ("pyproject.toml", PROJECT.replace("9", "110"), []),
    ],
)
def test_a_change_redoes_what_depends_on_it(
    dev: ModuleType, tmp_path: Path, name: str, text: str, again: list[str]
) -> None:
    set_up(dev, tmp_path)
    (tmp_path / name).write_text(text)
    assert set_up(dev, tmp_path) == again
    assert set_up(dev, tmp_path) == []


@pytest.mark.parametrize("fail_at", [1, 2, 3])
def test_a_set_up_that_was_cut_off_is_made_again(
    dev: ModuleType, tmp_path: Path, fail_at: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        set_up(dev, tmp_path, fail_at)
    assert "set-up failed (7) at: " in capsys.readouterr().err
    assert set_up(dev, tmp_path) == ["venv", "locked", "project"]


def test_an_environment_that_dev_did_not_finish_is_made_again(dev: ModuleType, tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "set-up.json").write_text('{"environment": ')
    assert set_up(dev, tmp_path) == ["venv", "locked", "project"]


def test_an_environment_whose_python_has_gone_is_made_again(dev: ModuleType, tmp_path: Path) -> None:
    set_up(dev, tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "upgraded" / "away")
    assert set_up(dev, tmp_path) == ["venv", "locked", "project"]


def test_a_clone_that_was_moved_is_set_up_again(dev: ModuleType, tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    for name in ("pyproject.toml", "requirements.lock"):
        (before / name).write_bytes((tmp_path / name).read_bytes())
    set_up(dev, before)
    before.rename(after)
    assert set_up(dev, after) == ["venv", "locked", "project"]


def test_two_at_once_make_one_environment(dev: ModuleType, tmp_path: Path) -> None:
    installers = Installers(tmp_path)
    started = threading.Barrier(2)

    def one() -> None:
        started.wait()
        dev.set_up(tmp_path, installers)

    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert installers.kinds == ["venv", "locked", "project"]


@pytest.mark.parametrize("missing", [{"ensurepip"}, {"ensurepip", "pip"}])
def test_a_python_without_ensurepip(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: set[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else object())
    if "pip" in missing:
        with pytest.raises(SystemExit, match="apt install python3-venv"):
            set_up(dev, tmp_path)
        return
    installers = Installers(tmp_path)
    dev.set_up(tmp_path, installers)
    assert "--without-pip" in installers.commands[0]
    into = ["-m", "pip", "--python", str(tmp_path / ".venv" / "bin" / "python"), "install"]
    assert [command[1:6] for command in installers.commands[1:]] == [into, into]


def test_a_home_that_cannot_be_written_gets_caches_in_the_clone(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    folders = dev.cache_folders(tmp_path)
    assert folders and all(Path(folder).is_relative_to(tmp_path) for folder in folders.values())
    monkeypatch.setenv("HOME", str(tmp_path))
    assert dev.cache_folders(tmp_path) == {}


def test_installers_leave_standard_output_to_the_command(
    dev: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    dev.run_loudly([sys.executable, "-c", "print('noise')"], {})
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "noise\n")


# --- commands ---------------------------------------------------------------------------------------------------


def tool(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_lint_runs_every_check_and_sums_up(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tools = tmp_path / ".venv" / "bin"
    monkeypatch.setattr(dev, "set_up", lambda root: tools / "python")
    for name, code in {"ruff": 1, "mypy": 0, "lint-imports": 0, "reuse": 0}.items():
        tool(tools / name, f"exit {code}")
    assert dev.main(["lint"]) == 1
    table = capfd.readouterr().out.split("\n\n")[-1].splitlines()
    assert [line.split("  ")[0] for line in table] == [
        "ruff check",
        "ruff format",
        "mypy",
        "mypy scripts",
        "import rule",
        "licenses",
    ]
    assert ["failed" in line for line in table] == [True, True, False, False, False, False]
    tool(tools / "ruff", "exit 0")
    assert dev.main(["lint"]) == 0


SPREAD = ["-n", "4", "--dist", "worksteal"]


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["test"], ["python", "-m", "pytest", *SPREAD]),
        (["test", "-rs", "tests/web"], ["python", "-m", "pytest", *SPREAD, "-rs", "tests/web"]),
        (["test", "tests/test_x.py"], ["python", "-m", "pytest", "tests/test_x.py"]),
        (["test", "-n0"], ["python", "-m", "pytest", "-n0"]),
        (["test", "-k", "x"], ["python", "-m", "pytest", "-k", "x"]),
        (["test", "--slow", "-x"], ["python", "-m", "pytest", "-m", "", *SPREAD, "-x"]),
        (["demo", "--port", "0"], ["onrecord", "demo", "--port", "0"]),
        (["run", "-C", "x", "status"], ["onrecord", "-C", "x", "status"]),
    ],
)
def test_arguments_are_passed_on(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], command: list[str]
) -> None:
    became: list[list[str]] = []

    def become(words: list[str]) -> int:
        became.append(words)
        return 0

    tools = tmp_path / ".venv" / "bin"
    monkeypatch.setattr(dev, "set_up", lambda root: tools / "python")
    monkeypatch.setattr(dev, "become", become)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 2, 5})
    monkeypatch.chdir(tmp_path)
    assert dev.main(argv) == 0
    assert became == [[str(tools / command[0]), *command[1:]]]


def test_one_core_runs_tests_one_by_one(dev: ModuleType) -> None:
    assert dev.spread([], 1) == [] != dev.spread([], 2)


@pytest.mark.parametrize(
    ("exported", "code"),
    [("new==1 --hash=sha256:00\n", 0), ("new @ https://index.example/new.whl\n", 1), (None, 3)],
)
def test_lock_takes_over_only_a_file_without_addresses(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exported: str | None, code: int
) -> None:
    before = (tmp_path / "requirements.lock").read_text()
    uv = tmp_path / "bin" / "uv"
    (tmp_path / "exported").write_text(exported or "")
    # The last word of the export command is the file it writes.
    write = 'for word; do last=$word; done; [ "$1" = lock ] || cat exported > "$last"'
    tool(uv, write if exported is not None else "exit 3")
    monkeypatch.setattr(dev, "find_uv", lambda: str(uv))
    assert dev.main(["lock"]) == code
    assert (tmp_path / "requirements.lock").read_text() == (before if code else exported)


def package(**files: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return out.getvalue()


def pin_of(data: bytes) -> dict[str, Any]:
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    files = [{"file": "lib.min.js", "from": "lib", "sha256": ""}]
    return {"name": "lib", "version": "1.0.0", "license": "0BSD", "integrity": integrity, "files": files}


def test_vendor_refuses_a_package_that_is_not_the_pinned_one(dev: ModuleType) -> None:
    pin = pin_of(package(lib="one"))
    assert dev.unpack(pin, package(lib="one"), "1.0.0") == {"lib.min.js": b"one"}
    with pytest.raises(SystemExit, match=r"expected sha512-.*, got sha512-"):
        dev.unpack(pin, package(lib="two"), "1.0.0")


def test_vendor_pins_a_version_that_is_asked_for(
    dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "src/onrecord/web/static/vendor"
    folder.mkdir(parents=True)
    (folder / "VENDOR.json").write_text(json.dumps([pin_of(package(lib="one"))]))
    monkeypatch.setattr(dev.shutil, "which", lambda name: name)
    monkeypatch.setattr(dev, "npm_pack", lambda npm, name, version: package(lib=version))
    assert dev.main(["vendor", "other@1.0.0"]) == 2
    assert dev.main(["vendor", "lib@2.0.0"]) == 0
    assert (folder / "lib.min.js").read_text() == "2.0.0"
    (pin,) = json.loads((folder / "VENDOR.json").read_text())
    assert pin["version"] == "2.0.0"
    assert pin["files"][0]["sha256"] == hashlib.sha256(b"2.0.0").hexdigest()


@pytest.mark.parametrize("version", ["", "latest", "^4", "1.0.0 --registry=x"])
def test_vendor_takes_exact_versions_only(dev: ModuleType, version: str) -> None:
    with pytest.raises(SystemExit, match="exact version"):
        dev.npm_pack("npm", "lib", version)

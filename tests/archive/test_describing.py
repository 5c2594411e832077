# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The descriptions of an edition say what is really in it, and the programs they are for accept them."""

import hashlib
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import frictionless
import pytest

from onrecord.archive import Archive
from onrecord.catalog.columns import dataset_meaning
from onrecord.engine.parquet import column_names, read_rows
from onrecord.publish.dataset import TABLES


@pytest.fixture
def edition(published: Archive) -> Path:
    return published.folder / "editions" / "1"


def described(edition: Path, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((edition / name).read_bytes())
    return found


def test_every_table_and_column_has_its_meaning(edition: Path) -> None:
    package, croissant = described(edition, "datapackage.json"), described(edition, "croissant.json")
    fields = {
        resource["name"]: {field["name"]: field["description"] for field in resource["schema"]["fields"]}
        for resource in package["resources"]
        if "schema" in resource
    }
    sets = {
        made["name"]: {field["name"]: field["description"] for field in made["field"]}
        for made in croissant["recordSet"]
    }
    written = {
        name: {
            column: dataset_meaning(name, column)
            for column in column_names(edition / "dataset" / f"{name}.parquet")
        }
        for name in TABLES
    }
    assert fields == sets == written


def test_every_file_of_the_dataset_is_named_with_its_digest(edition: Path) -> None:
    digests = {
        f"dataset/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (edition / "dataset").iterdir()
    }
    package, croissant = described(edition, "datapackage.json"), described(edition, "croissant.json")
    assert {item["path"]: item["hash"].removeprefix("sha256:") for item in package["resources"]} == digests
    assert {item["contentUrl"]: item["sha256"] for item in croissant["distribution"]} == digests
    assert [item["name"] for item in package["licenses"]] == ["CC-BY-4.0"]
    assert croissant["license"] == ["https://spdx.org/licenses/CC-BY-4.0.html"]
    assert croissant["@type"] == "sc:Dataset" and croissant["@context"]["sc"] == "https://schema.org/"


def test_frictionless_accepts_the_package_and_its_rows(edition: Path) -> None:
    """The rows are handed over as they are: its own reader of Parquet turns a missing integer into a number."""
    package = described(edition, "datapackage.json")
    report = frictionless.Package.validate_descriptor(package)
    assert report.valid, report.flatten(["type", "note"])
    broken = frictionless.Package.validate_descriptor(package | {"resources": [{"name": "nowhere"}]})
    assert not broken.valid
    checked = 0
    for resource in package["resources"]:
        if "schema" not in resource:
            continue
        path = edition / resource["path"]
        rows = list(read_rows(path, column_names(path)))
        schema = frictionless.Schema.from_descriptor(
            {key: value for key, value in resource["schema"].items() if key != "foreignKeys"}
        )
        if rows:
            inline = frictionless.Resource(data=rows, schema=schema)
            said = inline.validate()
            assert said.valid, (
                resource["name"],
                said.flatten(["rowNumber", "fieldName", "type", "note"])[:5],
            )
            checked += len(rows)
    assert checked > 20


def test_references_hold(edition: Path) -> None:
    """Each value of a column that refers to another table stands there, and keys are there once."""
    package = described(edition, "datapackage.json")
    values: dict[tuple[str, str], list[Any]] = {}

    def column(table: str, name: str) -> list[Any]:
        path = edition / "dataset" / f"{table}.parquet"
        return values.setdefault((table, name), [row[name] for row in read_rows(path, [name])])

    followed = 0
    for resource in package["resources"]:
        schema = resource.get("schema", {})
        for key in schema.get("primaryKey", []):
            found = column(resource["name"], key)
            assert len(found) == len(set(found))
        for reference in schema.get("foreignKeys", []):
            there = reference["reference"]
            ours = column(resource["name"], reference["fields"][0])
            assert set(ours) <= set(column(there["resource"], there["fields"][0])), resource["name"]
            followed += len(ours)
    assert followed > 10


@pytest.mark.skipif(importlib.util.find_spec("mlcroissant") is None, reason="mlcroissant is not installed")
def test_mlcroissant_validates_it(edition: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mlcroissant.scripts.validate", "--jsonld", str(edition / "croissant.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr and "WARNING" not in done.stderr

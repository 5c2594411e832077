# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI document holds, asked by a program that nobody here wrote: what it says may be asked is answered as it
says, and what it says may not is refused.
"""

from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from onrecord.archive import Archive
from onrecord.archive.reading import open_reader
from onrecord.archive.settings import WebSettings
from onrecord.web.access.people import Users
from onrecord.web.access.roles import SCOPES, Role
from onrecord.web.app import create_app
from onrecord.web.site import Site

#: Questions to each operation, rightly and wrongly put.
_QUICK: Final = 4
_LONG: Final = 150


def ask(archive: Archive, examples: int) -> list[str]:
    """Ask each operation so often; gives those that were asked. The owner asks, so that nothing is closed."""
    with Users(archive.folder) as users:
        users.add("own", Role.OWNER, "correct horse battery")
        token = users.issue("own", SCOPES[Role.OWNER])
    site = Site(folder=archive.folder, web=WebSettings(notices_per_hour=10_000))
    app = create_app(open_reader(archive.folder), site=site)
    app.openapi_schema = _readable(app.openapi())
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
    accepted = schema.config.checks.positive_data_acceptance
    # What a name names, whether a notice has all that the law asks for, what stands in a table: no schema says that.
    accepted.expected_statuses = [*accepted.expected_statuses, "400", "422"]
    [hit] = open_reader(archive.folder).search("Tune", ("recording",))
    sound = open_reader(archive.folder).recording(hit.id).sounds[0].sha256
    there = {"id": hit.id, "sha256": sound}
    asked = []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation: Any = found.ok()
        asked.append(f"{operation.method.upper()} {operation.path}")
        named = {name: value for name, value in there.items() if f"{{{name}}}" in operation.path}
        query = {"q": "tune"} if operation.path == "/api/search" else {}
        if named or query:
            operation.Case(path_parameters=named, query=query).call_and_validate()
        # Nothing can be asked wrongly where nothing is asked for; of an id in the path everything is one.
        asks = bool(operation.query) or bool(operation.body)
        for mode in GenerationMode if asks else (GenerationMode.POSITIVE,):

            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                derandomize=True,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(operation.as_strategy(generation_mode=mode))
            def one(case: Any) -> None:
                case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

            one()
    return asked


def test_what_the_document_says_is_so(held: Archive) -> None:
    asked = ask(held, _QUICK)
    assert {"GET /api/search", "GET /sound/{sha256}", "POST /lookup", "POST /api/notices"} <= {*asked}


@pytest.mark.slow
def test_what_the_document_says_is_so_at_length(held: Archive) -> None:
    assert len(ask(held, _LONG)) > 8


def _readable(tree: Any) -> Any:
    """The document without `prefixItems`, which schemathesis 4.32 takes for a fault in the schemas of answers: of a
    tuple it then looks at how many there are, and that each is of one of the types.
    """
    if isinstance(tree, list):
        return [_readable(each) for each in tree]
    if not isinstance(tree, dict):
        return tree
    rest = {name: _readable(each) for name, each in tree.items() if name != "prefixItems"}
    return rest | {"items": {"anyOf": _readable(tree["prefixItems"])}} if "prefixItems" in tree else rest

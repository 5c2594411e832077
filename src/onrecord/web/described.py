# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the JSON interface is described in OpenAPI: answers and bodies by the very types that are sent.

`api.describe` puts the types themselves among the components.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from fastapi import APIRouter
from starlette.responses import Response

from onrecord.web.problems import Problem

#: Of a type in OpenAPI; `{name}` is that of the type.
REF: Final = "#/components/schemas/{name}"
Answers = dict[int | str, dict[str, Any]]
_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Response | Awaitable[Response]])


def schema(kind: type) -> dict[str, str]:
    """Names a type."""
    return {"$ref": REF.format(name=kind.__name__)}


def answer(kind: type, description: str, media_type: str = "application/json") -> dict[str, Any]:
    """An answer of that type."""
    return {"description": description, "content": {media_type: {"schema": schema(kind)}}}


def problem(description: str) -> dict[str, Any]:
    """An answer that says what is wrong."""
    return answer(Problem, description, "application/problem+json")


def body(content: Mapping[str, Any]) -> dict[str, Any]:
    """What must be sent: a schema for each media type."""
    described = {media_type: {"schema": each} for media_type, each in content.items()}
    return {"requestBody": {"required": True, "content": described}}


def both(router: APIRouter, path: str, function: _Endpoint, responses: Answers) -> _Endpoint:
    """A question by GET, which answers HEAD as well."""
    router.add_api_route(path, function, methods=["GET"], responses=responses)
    router.add_api_route(path, function, methods=["HEAD"], include_in_schema=False)
    return function

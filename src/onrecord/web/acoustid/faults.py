# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AcoustID answers where it cannot answer: a number, a sentence, and the HTTP status that goes with it."""


class Refused(Exception):
    """`code` is AcoustID's own number of the fault."""

    def __init__(self, code: int, sentence: str, status: int = 400) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.status = status


def unknown_format(name: str) -> Refused:
    return Refused(1, f'unknown format "{name}"')


def missing(name: str) -> Refused:
    return Refused(2, f'missing required parameter "{name}"')


def unreadable(why: str) -> Refused:
    """A body of which nothing can be read holds no parameter either."""
    return Refused(2, f'missing required parameter "client": {why}')


def invalid_fingerprint() -> Refused:
    return Refused(3, "invalid fingerprint")


def internal() -> Refused:
    return Refused(5, "internal error", 500)


def invalid_user() -> Refused:
    return Refused(
        6,
        'invalid user API key: expected the key in the address of the queue, as "onrecord serve" prints it',
    )


def invalid_uuid(name: str) -> Refused:
    return Refused(7, f'parameter "{name}" is not a valid UUID')


def not_positive(name: str) -> Refused:
    return Refused(9 if name.startswith("bitrate") else 8, f'parameter "{name}" must be a positive integer')


def invalid_foreign_id(name: str) -> Refused:
    return Refused(10, f'parameter "{name}" is not a valid foreign ID, it must be in the format vendor:id')


def invalid_difference(most: int) -> Refused:
    return Refused(11, f'parameter "maxdurationdiff" must be between 1 and {most}')


def not_allowed(why: str) -> Refused:
    return Refused(12, f"not allowed: {why}")


def unavailable(why: str) -> Refused:
    return Refused(13, f"service currently unavailable, try again later: {why}", 503)


def too_many(rate: int) -> Refused:
    return Refused(14, f"rate limit ({rate:f} requests per second) exceeded, try again later", 429)


def too_large(why: str) -> Refused:
    return Refused(19, f"request too large: {why}", 413)

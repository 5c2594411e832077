# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One tree of errors; a class carries its exit code, an instance may carry a hint for the person.

OnrecordError            1  something failed, and nothing that was committed is lost
├── UsageError           2  the request itself cannot be understood
│   └── ConfigError      2  a setting is unknown or has the wrong type
├── PartlyDone           3  some items were refused; they are listed
│   └── FeedExpired      3  a feed is too old to be trusted; what is held goes on being served
├── IntegrityError       4  bytes are not what their digest says
│   ├── DigestMismatch   4  one blob, one file, one record
│   ├── LogBroken        4  the hash chain of the log does not hold
│   └── SignatureInvalid 4  an edition or feed is not signed by the key it must be signed by
├── ArchiveLocked        5  another process is writing
├── ArchiveNotFound      1  no archive in this folder
├── ReadersOnly          1  a snapshot holds what readers need, and takes nothing
├── NewerFormat          1  written by a newer onrecord; left untouched
├── NotFound             1  nothing has this id
├── IsWithdrawn          1  it was withdrawn: nothing more is said of it
├── StoreFull            1  no root has room
├── StoreFailed          1  a disk refuses to be written, or a limit of the system was reached
├── SourceFailed         1  a source did not answer as its protocol says ("it has nothing" is an answer)
├── RecordRejected       1  one record of a source cannot be read
├── SourceRefused        1  the terms, the rights or the shape of the bytes forbid reading it
├── EditionRefused       1  what was to be published cannot leave in this form
├── EngineFailed         1  an engine beside this process does not start, or failed at a job
├── PluginInvalid        1  an entry point did not load or breaks its contract
└── MirrorFailed         1  an edition could not be fetched whole
"""

from typing import ClassVar


class OnrecordError(Exception):
    """Root of every error that onrecord raises on purpose.

    `message` names the thing, what was expected and what came; `hint` says what a person can do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(OnrecordError):
    exit_code = 2


class ConfigError(UsageError):
    pass


class PartlyDone(OnrecordError):
    exit_code = 3


class FeedExpired(PartlyDone):
    """`day` is the one on which the feed ceased to be good."""

    def __init__(self, where: str, day: str, why: str = "") -> None:
        super().__init__(
            f"{where}: the feed expired on {day}: nothing new is trusted{why}",
            "ask its owner to run `onrecord keys renew`; what is held goes on being served",
        )
        self.day = day


class IntegrityError(OnrecordError):
    exit_code = 4


class DigestMismatch(IntegrityError):
    pass


class LogBroken(IntegrityError):
    pass


class SignatureInvalid(IntegrityError):
    pass


class ArchiveLocked(OnrecordError):
    exit_code = 5


class ReadersOnly(OnrecordError):
    pass


class ArchiveNotFound(OnrecordError):
    pass


class NewerFormat(OnrecordError):
    pass


class NotFound(OnrecordError):
    pass


class IsWithdrawn(OnrecordError):
    """A thing that a withdrawal hides. `day` is that of the withdrawal, `code` the rule; the message names no title.

    `by` says where that stands, in place of the day.
    """

    def __init__(self, day: str, code: str, by: str = "") -> None:
        super().__init__(
            f"withdrawn {by or f'on {day}'} [{code}]", "the withdrawal would have to be taken back"
        )
        self.day = day
        self.code = code


class StoreFull(OnrecordError):
    pass


class StoreFailed(OnrecordError):
    pass


class SourceFailed(OnrecordError):
    pass


class RecordRejected(OnrecordError):
    """One record of a source cannot be read; the source goes on with the next.

    `where` is the file with line or record number.
    """

    def __init__(self, message: str, where: str = "", hint: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message, hint)
        self.where = where


class SourceRefused(OnrecordError):
    pass


class EditionRefused(OnrecordError):
    pass


class EngineFailed(OnrecordError):
    pass


class PluginInvalid(OnrecordError):
    pass


class MirrorFailed(OnrecordError):
    pass

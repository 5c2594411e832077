# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`onrecord users`"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from onrecord.cli.output import Output, options
from onrecord.cli.users_playlist import playlist
from onrecord.cli.users_plays import plays

if TYPE_CHECKING:
    from onrecord.web.access.people import Users

_ROLES = ("listener", "curator", "owner")
_SCOPES = ("read", "listen", "scrobble", "curate", "own")


@click.group("users")
def command() -> None:
    """Say who has an account on the page. Nobody needs one to read or to listen.

    A listener's players keep what was heard; a curator rules on what waits, and hears what may not be streamed; an
    owner sees how the server is as well. Accounts lie in users.sqlite in the archive's folder: readable by you alone,
    never in the log or an edition.

    \b
    Example:  onrecord users add --role owner ada
    """


command.add_command(plays)
command.add_command(playlist)


@command.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default="listener", show_default=True)
@options
def add(name: str, role: str, folder: Path, out: Output) -> None:
    """Make an account. The password is asked for, or read as one line of standard input.

    \b
    Example:  onrecord users add --role curator ada
    """
    from onrecord.web.access.roles import Role

    with _users(folder) as users:
        person = users.add(name, Role(role), _password())
    out.result("users.add", person, lambda: iter([f"{person.name} is {person.role.value} now"]))


@command.command("list")
@options
def list_(folder: Path, out: Output) -> None:
    """List the accounts with their tokens and app passwords, and the day each was last used.

    \b
    Example:  onrecord users list
    """
    with _users(folder) as users:
        people, tokens = users.everybody(), users.tokens()

    def text() -> Iterator[str]:
        for person in people:
            yield f"{person.name}  {person.role.value}  since {person.added}"
            for token in tokens:
                if token.user == person.name:
                    ends = f", until {token.ends}" if token.ends else ""
                    used = f"last used {token.used}" if token.used else "never used"
                    label = f" {token.label!r}" if token.label else ""
                    scopes = " ".join(token.scopes)
                    yield f"  {token.id}  {token.kind}{label}: {scopes}; made {token.made}{ends}; {used}"
        if not people:
            yield "nobody has an account; `onrecord users add --role owner NAME` makes one"

    out.result("users.list", {"users": people, "tokens": tokens}, text)


@command.command("role")
@click.argument("name")
@click.argument("role", type=click.Choice(_ROLES))
@options
def role(name: str, role: str, folder: Path, out: Output) -> None:
    """Give somebody another role. It holds at their next request; their tokens are good for no more than the role.

    \b
    Example:  onrecord users role ada listener
    """
    from onrecord.web.access.roles import Role

    with _users(folder) as users:
        person = users.set_role(name, Role(role))
    out.result("users.role", person, lambda: iter([f"{person.name} is {person.role.value} now"]))


@command.command("password")
@click.argument("name")
@options
def password(name: str, folder: Path, out: Output) -> None:
    """Set another password. It ends the person's sessions and signed addresses; tokens stay (`users revoke`).

    \b
    Example:  onrecord users password ada
    """
    with _users(folder) as users:
        person = users.person(name)
        users.set_password(name, _password())
    out.result("users.password", person, lambda: iter([f"{person.name} has another password now"]))


@command.command("remove")
@click.argument("name")
@options
def remove(name: str, folder: Path, out: Output) -> None:
    """Remove an account with its sessions, tokens and app passwords, and what was kept of their listening, at once.

    \b
    Example:  onrecord users remove ada
    """
    from onrecord.web.listens.keeping import forget

    with _users(folder) as users:
        person = users.person(name)
        users.remove(name)
    forget(folder, person.name)
    out.result("users.remove", person, lambda: iter([f"{person.name} has no account any more"]))


@command.command("token")
@click.argument("name")
@click.option("--scope", "scopes", type=click.Choice(_SCOPES), multiple=True, required=True,
              help="What it is good for; may be given several times.")  # fmt: skip
@click.option("--label", default="", help="What it is for, so that you know it again.")
@click.option("--days", type=click.IntRange(min=1), help="It ends after so many days.  [default: never]")
@options
def token(
    name: str, scopes: tuple[str, ...], label: str, days: int | None, folder: Path, out: Output
) -> None:
    """Make a token for a program, as `Authorization: Bearer onr_…`. It is shown this once.

    \b
    Example:  onrecord users token ada --scope scrobble --label phone
    """
    from onrecord.web.access.roles import Scope

    with _users(folder) as users:
        made = users.issue(name, map(Scope, scopes), label, days)
        id = users.id_of(made)
    out.result("users.token", {"token": made, "id": id}, lambda: iter([made]))
    out.say(f"kept as a digest alone: note it now; `onrecord users revoke {id}` ends it")


@command.command("app-password")
@click.argument("name")
@click.option("--label", default="", help="Which player it is for, so that you know it again.")
@options
def app_password(name: str, label: str, folder: Path, out: Output) -> None:
    """Make a password for one player, which never gets the person's own. It opens listening, nothing else.

    \b
    Example:  onrecord users app-password ada --label "player on the phone"
    """
    with _users(folder) as users:
        made = users.make_app_password(name, label)
    out.result("users.app-password", {"password": made}, lambda: iter([made]))
    out.say("note it now; `onrecord users list` shows its id, `onrecord users revoke ID` ends it")


@command.command("revoke")
@click.argument("id")
@options
def revoke(id: str, folder: Path, out: Output) -> None:
    """End a token or an app password, at once.

    \b
    Example:  onrecord users revoke 3f9a0c11d2e4
    """
    with _users(folder) as users:
        users.revoke(id)
    out.result("users.revoke", {"id": id}, lambda: iter([f"{id} opens nothing any more"]))


def _users(folder: Path) -> "Users":
    from onrecord.archive import Archive
    from onrecord.web.access.people import Users

    with Archive.open(folder):  # says so where there is none
        return Users(folder)


def _password() -> str:
    if sys.stdin.isatty():
        said: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return said
    return sys.stdin.readline().rstrip("\r\n")

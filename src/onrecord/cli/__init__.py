# SPDX-FileCopyrightText: 2026 The onrecord contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line. Nothing heavy is imported before a command runs; each command is a file."""

import importlib
import os
import signal
import sys
from typing import NoReturn

import click

from onrecord import __version__
from onrecord.errors import OnrecordError

#: Each command with the module that holds it and the line that `onrecord --help` shows.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init", "Make an archive in a folder."),
    "sources": ("sources", "List the sources that can be harvested, and their terms."),
    "harvest": ("harvest", "Read records of a source."),
    "add": ("add", "Add files and folders of sound."),
    "probe": ("probe", "Say what the bytes of a file say, without an archive."),
    "identify": ("identify", "Say which recordings of the archive files sound like."),
    "submissions": ("submissions", "List what was said of fingerprints, and take it back."),
    "match": ("match", "Join what the sources say into recordings, releases and artists."),
    "catalog": ("catalog", "Report on what sources say, decide, compare, take out."),
    "sql": ("sql", "Ask the tables by a SELECT."),
    "search": ("search", "Find recordings, releases and artists."),
    "rights": ("rights", "Ask the rights gate, and why."),
    "royalties": ("royalties", "Say who is paid, by which rule, and what another rule would do."),
    "export": ("export", "Take files out again, with decisions and credits."),
    "publish": ("publish", "Make the next edition."),
    "keys": ("keys", "Keep the keys that the feed is trusted by."),
    "mirror": ("mirror", "Follow, fetch and seed editions of other archives."),
    "store": ("store", "Prepare disks for blobs."),
    "check": ("check", "Read everything again and name what is damaged."),
    "serve": ("serve", "Serve the page."),
    "users": ("users", "Say who has an account on the page."),
    "snapshot": ("snapshot", "Ship the index to machines that only read."),
    "status": ("status", "Show the archive in numbers."),
    "doctor": ("doctor", "Say what stands in the way of the archive, and what to do."),
    "config": ("config", "Show the settings, and where each was set."),
    "plan": ("plan", "Say what an archive of some size needs."),
    "demo": ("demo", "Run the whole way on real music that comes along."),
}


class Commands(click.Group):
    """Imports a command when it is called, and lists them without importing any."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"onrecord.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="onrecord")
@click.option(
    "-C", "--archive", "folder", type=click.Path(), envvar="ONRECORD_ARCHIVE", help="The archive's folder."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with its schema.")
@click.option("--quiet", is_flag=True, help="Print the result alone.")
@click.pass_context
def group(context: click.Context, folder: str | None, as_json: bool, quiet: bool) -> None:
    """An open music archive that anyone can run and anyone can mirror.

    \b
    Exit codes: 0 done, 1 failed, 2 usage, 3 some items were refused (they are listed), 4 something is damaged,
    5 another process is writing, 130 interrupted.

    \b
    Example:  onrecord init my-archive && onrecord -C my-archive add --held-as owner ~/Music
    """
    # The same options may stand behind the command; `output.options` takes either.
    context.obj = {"folder": folder, "as_json": as_json, "quiet": quiet}


def main() -> NoReturn:
    """Run the command line and exit with its code."""
    # SIGPIPE stays ignored: else a listener who goes away, or a worker that dies, would end the process without a word.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        code = group.main(prog_name="onrecord", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        print(
            "onrecord: stopped; what was committed stays, the same command goes on from there",
            file=sys.stderr,
        )
        code = 130
    except OnrecordError as error:
        print(f"onrecord: {_inert(error.message)}", file=sys.stderr)
        if error.hint:
            print(f"  {_inert(error.hint)}", file=sys.stderr)
        code = error.exit_code
    except OSError as error:
        where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
        print(
            f"onrecord: {_inert(where)}{error.strerror or error}; nothing committed is lost", file=sys.stderr
        )
        code = 1
    except Exception as error:
        # The own word of SQLite or Arrow on what is damaged; their libraries are not imported here for that.
        if type(error).__module__ == "pyarrow.lib":
            print(f"onrecord: a table of the archive cannot be read: {_inert(str(error))}", file=sys.stderr)
            print("  run `onrecord check`: it names the table; what was committed stays", file=sys.stderr)
            sys.exit(_flushed(4))
        if type(error).__module__ != "apsw":
            raise
        if type(error).__name__ == "FullError":
            print("onrecord: the disk is full; nothing committed is lost", file=sys.stderr)
            print("  make room, then run the same command again", file=sys.stderr)
            code = 1
        else:
            print(f"onrecord: an index of the archive cannot be read: {_inert(str(error))}", file=sys.stderr)
            print(
                "  run `onrecord check`: it makes the index again; what was committed stays", file=sys.stderr
            )
            code = 4
    sys.exit(_flushed(code))


def _flushed(code: int) -> int:
    """The exit code once everything was written; an answer that could not be written is a failure."""
    try:
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        pass  # who listened has gone away
    except OSError as error:
        print(f"onrecord: standard output: {error.strerror or error}", file=sys.stderr)
        code = code or 1
    # What is left is dropped, or Python would try again while it ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _terminated(*_: object) -> None:
    raise KeyboardInterrupt


def _inert(text: str) -> str:
    return "".join(char if char.isprintable() else "\ufffd" for char in text)

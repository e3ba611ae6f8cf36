"""The command line: each command is parsed, calls what does the work, and prints. A file per command."""

from __future__ import annotations

import sys
from typing import Any

import click

from agents.cli.dead_letters import dead_letters
from agents.cli.demo import demo
from agents.cli.edits import edits
from agents.cli.explain import explain
from agents.cli.generate import generate
from agents.cli.options import defaults_from_file
from agents.cli.publish import publish
from agents.cli.review import review
from agents.cli.run import run
from agents.cli.topics import topics
from agents.cli.underpaid import underpaid
from agents.cli.worker import worker
from schemas.errors import CleanclaimError, Misuse, Unavailable

COMMANDS = (demo, generate, run, explain, review, edits, underpaid, dead_letters, topics, publish, worker)

WRONG = 1
"""Exit code where the work was done and found something wrong, or the program is at fault."""
MISUSE = 2
"""Exit code for what the person can mend: a wrong argument, an unreadable file."""
UNAVAILABLE = 3
"""Exit code where something that is needed does not answer, such as a full disk."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it."""


class Program(click.Group):
    """The group of all commands, which turns our errors into a line on standard error and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the group's own list
        """The commands in the order in which one meets them."""
        return list(self.commands)

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program. Standard output may be a file on a full disk; a closed pipe click ends in silence."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            _complain(f"{error.filename or 'standard output'}: {error.strerror or 'an error of the system'}")
            sys.exit(UNAVAILABLE)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Everything else that escapes is a defect, and shows where."""
        try:
            ctx.default_map = defaults_from_file(self)
            return super().invoke(ctx)
        except CleanclaimError as error:
            code = MISUSE if isinstance(error, Misuse) else UNAVAILABLE if isinstance(error, Unavailable) else WRONG
            _complain(str(error))
            ctx.exit(code)
        except KeyboardInterrupt:
            _complain("interrupted; the same command again goes on from what a run has committed")
            ctx.exit(INTERRUPTED)


def _complain(text: str) -> None:
    for line in text.splitlines():
        click.echo(f"cleanclaim: {line}", err=True)


@click.group(
    cls=Program,
    commands={str(command.name): command for command in COMMANDS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=True,
)
@click.version_option(package_name="cleanclaim", prog_name="cleanclaim", message="%(prog)s %(version)s")
def main() -> None:
    """Decide, before a stress-test claim leaves, whether to release, hold or rebuild it, and say why.

    \b
      cleanclaim demo

    Exit codes: 0 done; 1 something was wrong with the input (run --strict) or with the program; 2 a wrong argument or
    file; 3 something needed is not available; 130 interrupted.
    """

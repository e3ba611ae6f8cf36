"""The reference of the command line, made from the commands themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = """\
# Commands

Generated from the commands by `make docs`; change the command, not this page. Each says the same with `--help`.
"""

_WIDTH = 100


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """`command` under its full name, then every command below it."""
    yield name, command
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from commands(below, f"{name} {below.name}")


def commands_page(main: click.Command) -> str:
    """The help of every command that `main` has."""
    inherited: dict[str, Any] = {**main.context_settings, "terminal_width": _WIDTH}
    parts = [_HEAD]
    for name, command in commands(main, "cleanclaim"):
        context = click.Context(command, info_name=name, **inherited)
        parts.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)

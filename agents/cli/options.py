"""Options that several commands share, made from the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agents.settings import CONFIGURATION, OUT, REFERENCE_DIRECTORY, STORE

if TYPE_CHECKING:
    from collections.abc import Callable

    from agents.settings import Setting

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

FILE = click.Path(dir_okay=False, path_type=Path)
DIRECTORY = click.Path(file_okay=False, path_type=Path)


def _option(name: str, setting: Setting, kind: click.Path, metavar: str, **changes: Any) -> Decorator:
    values: dict[str, Any] = {
        "envvar": setting.variable,
        "show_envvar": True,
        "help": setting.description,
        "type": kind,
        "metavar": metavar,
        "default": setting.default,
        "show_default": setting.default is not None,
    }
    return click.option(name, **(values | changes))


store = _option("--store", STORE, FILE, "FILE")
out = _option("--out", OUT, DIRECTORY, "DIR")
out_if_named = _option("--out", OUT, DIRECTORY, "DIR", default=None, show_default=False)
reference = _option("--reference", REFERENCE_DIRECTORY, DIRECTORY, "DIR")
configuration = _option("--config", CONFIGURATION, FILE, "FILE")
clock = click.option(
    "--clock",
    type=click.Choice(["events", "wall"]),
    default="events",
    show_default=True,
    help="What time it is: the latest event time so far, or the real time, for live use.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


def rules(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what claims are judged by."""
    return reference(configuration(command))


def print_json(value: Any) -> None:
    """One object on one line of standard output."""
    click.echo(json.dumps(value, ensure_ascii=False))

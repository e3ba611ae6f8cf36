"""Options that several commands share, made from the settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agents.settings import Settings, load_settings, read_file, variable_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

FILE = click.Path(dir_okay=False, path_type=Path)
DIRECTORY = click.Path(file_okay=False, path_type=Path)


def _option(name: str, setting: str, kind: click.ParamType, metavar: str, **changes: Any) -> Decorator:
    """An option that is also a setting, and says what the setting says."""
    field = Settings.model_fields[setting]
    default = str(field.default) if isinstance(field.default, Path) else field.default
    values: dict[str, Any] = {
        "envvar": variable_of(setting),
        "show_envvar": True,
        "help": field.description,
        "type": kind,
        "metavar": metavar,
        "default": default,
        "show_default": default is not None,
    }
    return click.option(name, **(values | changes))


store = _option("--store", "store", FILE, "FILE")
out = _option("--out", "out", DIRECTORY, "DIR")
out_if_named = _option("--out", "out", DIRECTORY, "DIR", default=None, show_default=False)
reference = _option("--reference", "reference_dir", DIRECTORY, "DIR")
configuration = _option("--config", "config", FILE, "FILE")
bootstrap_servers = _option("--bootstrap-servers", "bootstrap_servers", click.STRING, "HOST:PORT")
schema_registry_url = _option("--schema-registry-url", "schema_registry_url", click.STRING, "URL")
partitions = _option("--partitions", "partitions", click.INT, "N")
replication_factor = _option("--replication-factor", "replication_factor", click.INT, "N")
slot = _option("--slot", "slot", click.STRING, "NAME")
agents = _option("--agents", "agents", click.STRING, "NAME,...")
web_port = _option("--web-port", "web_port", click.INT, "PORT")
web_bind = _option("--web-bind", "web_bind", click.STRING, "HOST")
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


def worker(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a worker. What they give goes to `load_settings`, with the rest of the settings."""
    return slot(agents(web_port(web_bind(connection(command)))))


def defaults_from_file(command: click.Command) -> dict[str, Any]:
    """What the settings file says instead of the defaults of options, as click's `default_map` of `command`.

    Raises `Misuse` where the file is wrong.
    """
    said = {variable_of(name): value for name, value in read_file().items()}
    if not said:
        return {}
    load_settings()  # a misspelt name in the file is an error whatever the command
    return _defaults(command, said)


def _defaults(command: click.Command, said: dict[str, Any]) -> dict[str, Any]:
    if isinstance(command, click.Group):
        return {name: _defaults(below, said) for name, below in command.commands.items()}
    return {
        str(option.name): said[option.envvar]
        for option in command.params
        if isinstance(option.envvar, str) and option.envvar in said
    }


def cluster(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that make topics or look at them."""
    return connection(partitions(replication_factor(command)))


def connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that use Kafka. What they give goes to `load_settings`, with the rest of the settings."""
    return bootstrap_servers(schema_registry_url(command))


def print_json(value: Any) -> None:
    """One object on one line of standard output."""
    click.echo(json.dumps(value, ensure_ascii=False))

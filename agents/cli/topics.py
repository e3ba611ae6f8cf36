"""`cleanclaim topics`: the catalogue on a Kafka cluster, and its schemas in a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from agents.cli import options
from agents.cli.screen import Screen, counted
from agents.kafka.connection import admin_client, schema_registry
from agents.kafka.topics import Layout, compare, find
from agents.kafka.topics import create as create_topics
from agents.settings import load_settings

if TYPE_CHECKING:
    from agents.settings import Settings


@click.group(short_help="The topics and schemas on a Kafka cluster.")
def topics() -> None:
    """Make the topics that workers need, or see whether they are as they must be.

    \b
      cleanclaim topics create --bootstrap-servers localhost:9092 --replication-factor 1
    """


@topics.command(short_help="Make the topics that are not there.")
@options.cluster
def create(**given: str | int | None) -> None:
    """Make every topic of the catalogue that is not there; leave those that are as they are.

    With a schema registry, also register the schema of every topic there, so that all versions of it can be read
    by all others (FULL_TRANSITIVE).

    \b
      cleanclaim topics create --bootstrap-servers localhost:9092 --replication-factor 1
    """
    settings = load_settings(**given)
    screen = Screen()
    made = create_topics(admin_client(settings), _layout(settings))
    for name in made:
        screen.line(f"made {name}", indent=2)
    screen.line(f"{counted(len(made), 'topic')} made, the others stood.", style="dim")
    registry = schema_registry(settings)
    if registry is not None:
        ids = registry.register()
        screen.line(f"{counted(len(ids), 'schema')} registered under {settings.schema_registry_url}.", style="dim")


@topics.command(short_help="Compare the topics of a cluster with the catalogue.")
@options.cluster
def check(**given: str | int | None) -> None:
    """Say where topics, or schemas in a registry, differ from what cleanclaim needs, and what to do.

    Exits with 1 if anything differs.

    \b
      cleanclaim topics check --bootstrap-servers localhost:9092 --replication-factor 1
    """
    settings = load_settings(**given)
    screen = Screen()
    found = find(admin_client(settings), settings.namespace)
    differences = list(map(str, compare(found, _layout(settings))))
    registry = schema_registry(settings)
    if registry is not None:
        differences += registry.differences()
    for difference in differences:
        screen.line(difference)
    screen.line(f"{counted(len(differences), 'difference')} from the catalogue.", style="dim")
    if differences:
        click.get_current_context().exit(1)


def _layout(settings: Settings) -> Layout:
    return Layout(settings.partitions, settings.replication_factor, settings.namespace)

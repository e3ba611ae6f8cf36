"""Every command says what it does, gives a line to paste, and stands in docs/commands.md."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest

from agents.cli import main
from agents.cli.reference import commands, commands_page
from agents.settings import variable_of

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
COMMANDS = dict(commands(main, "cleanclaim"))


def pasted(name: str) -> list[str]:
    """The lines to paste in the help of a command."""
    return [
        line.strip() for line in (COMMANDS[name].help or "").splitlines() if "cleanclaim " in line and line[:1] == " "
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_documented(name):
    assert f"\n## {name}\n" in PAGE.read_text("utf-8")


def test_the_page_says_what_help_says():
    assert commands_page(main) == PAGE.read_text("utf-8"), "run make docs: commands.md is out of date"


@pytest.mark.parametrize("name", COMMANDS)
def test_help_says_what_happens_then_gives_a_line_to_paste(name):
    text = COMMANDS[name].help or ""

    assert text.split("\n", 1)[0].rstrip().endswith((".", ",", ":")) or len(text.split("\n\n")[0].split()) > 3
    assert pasted(name)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_to_paste_is_one_that_the_command_takes(name):
    for line in pasted(name):
        for part in line.split("|"):
            words = [word for word in shlex.split(part.split(">")[0]) if word]
            if words[0] != "cleanclaim":
                continue
            command: click.Command = main
            words = words[1:]
            while isinstance(command, click.Group):
                command = command.commands[words.pop(0)]
            command.make_context("cleanclaim", words)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name):
    options = [parameter for parameter in COMMANDS[name].params if isinstance(parameter, click.Option)]

    assert [] == [option.name for option in options if not option.help]


PATHS = ("store", "out", "reference_dir", "config", "bootstrap_servers", "schema_registry_url")


@pytest.mark.parametrize("setting", PATHS)
def test_a_setting_that_changes_from_call_to_call_is_an_option_too(setting):
    variables = {parameter.envvar for command in COMMANDS.values() for parameter in command.params}

    assert variable_of(setting) in variables

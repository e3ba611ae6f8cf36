"""Logs come out in one form, and no way leads a tagged value into them."""

from __future__ import annotations

import ast
import io
import json
import logging
from pathlib import Path

import pytest
import structlog

from agents.logs import FIELDS, configure, get_logger
from schemas.codec import RECORDS
from schemas.phi import tagged

AGENTS = Path(__file__).parents[2] / "agents"
SPOKEN = {"debug", "info", "warning", "error", "critical", "exception", "log"}


@pytest.fixture(autouse=True)
def as_before():
    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.raiseExceptions
    yield
    root.handlers[:], logging.raiseExceptions = before[0], before[2]
    root.setLevel(before[1])
    structlog.contextvars.clear_contextvars()


class Terminal(io.StringIO):
    def isatty(self):
        return True


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def logged(speak, level="INFO", **bound):
    stream = io.StringIO()
    configure(level, stream, **bound)
    speak()
    return lines(stream)


def raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_an_event_is_a_line_of_json_with_its_fields_and_those_of_the_process():
    (line,) = logged(lambda: get_logger("cleanclaim.x").info("restored", processor="tally", partitions=3), worker="a")

    assert {"event": "restored", "level": "info", "logger": "cleanclaim.x", "worker": "a"}.items() <= line.items()
    assert ("tally", 3) == (line["processor"], line["partitions"])
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_a_person_can_read_it():
    stream = Terminal()
    configure("INFO", stream)
    get_logger("cleanclaim.x").warning("waiting", processor="tally")

    (line,) = stream.getvalue().splitlines()
    assert "waiting" in line
    assert "processor=tally" in line
    assert not line.startswith("{")


def test_what_is_below_the_level_is_not_there():
    def speak():
        get_logger("cleanclaim.x").info("no")
        logging.getLogger("cleanclaim.y").info("no")
        get_logger("cleanclaim.x").error("yes")

    assert ["yes"] == [line["event"] for line in logged(speak, "ERROR")]


def test_a_field_that_logs_do_not_know_is_dropped():
    (line,) = logged(lambda: get_logger("cleanclaim.x").info("event", claim_id="Canary", exc_info="Canary"))

    assert {"event", "level", "logger", "timestamp"} == set(line)


def test_of_a_library_the_template_stands_without_arguments():
    (line,) = logged(lambda: logging.getLogger("faust.x").error("crashed: %r", {"claim": "Canary"}))

    assert "crashed: %r" == line["event"]
    assert "Canary" not in str(line)


def test_of_a_text_with_its_arguments_worked_in_the_first_line_stands():
    text = "Task exception was never retrieved\nfuture: KeyError('Canary')"
    (line,) = logged(lambda: logging.getLogger("asyncio").error(text))

    assert "Task exception was never retrieved" == line["event"]


def test_of_an_exception_the_class_and_the_place_stand_and_not_its_text():
    error = raised(KeyError("Canary"))
    (line,) = logged(lambda: logging.getLogger("mode").error("crashed", exc_info=error))

    assert "KeyError" == line["exception"]
    assert line["frames"][-1].endswith("in raised")
    assert "Canary" not in str(line)


def test_a_record_that_cannot_be_formatted_is_not_printed_either(capsys):
    logged(lambda: logging.getLogger("faust").error("%d", "Canary"))

    assert "" == capsys.readouterr().err


def test_no_field_of_logs_is_tagged_in_any_record():
    assert not set(FIELDS) & {path[-1] for record in RECORDS for path in tagged(record)}


def _calls():
    for file in sorted(AGENTS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SPOKEN:
                target = node.func.value
                name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
                if name.strip("_") in {"log", "logger", "logging"}:
                    yield pytest.param(node, id=f"{file.relative_to(AGENTS.parent)}:{node.lineno}")


@pytest.mark.parametrize("call", list(_calls()))
def test_no_call_passes_more_than_a_constant_text_and_known_fields(call):
    assert call.func.attr != "exception"
    assert [True] == [isinstance(argument, ast.Constant) for argument in call.args]
    assert {keyword.arg for keyword in call.keywords} <= set(FIELDS)

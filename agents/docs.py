"""Writes the generated pages of docs/: what the code declares, so that the pages cannot drift.

python -m agents.docs          # rewrite the pages that `pages` lists, in docs/
"""

from __future__ import annotations

import json
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from agents import asyncapi
from agents.cli import main as command_line
from agents.cli.reference import commands_page
from agents.kafka.access import ROLES
from agents.logs import FIELDS
from agents.metrics.catalogue import METRICS
from agents.metrics.labels import LEARNED_EDITS, OTHER, SITES, UNKNOWN
from agents.settings import FILE_VARIABLE, Settings, takes, variable_of
from schemas.codec import avsc, avsc_name
from schemas.phi import tagged
from streams.gates import EDITS
from streams.topics import TOPICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from streams.edits import BuiltInEdit
    from streams.topics import Topic

DOCS = Path(__file__).parent.parent / "docs"

_RULES_HEAD = """\
# The built-in edits

Generated from the edits themselves by `make docs`; change the edit, not this page.

A claim meets every edit, and every edit that applies speaks. **REBUILD**: the claim as built can never be right.
**HOLD**: it may become right when a fact arrives or a person confirms. **WARN**: released with a note.
*Rebuild* says what a finding means for the proposal: *mechanical*, it is computed; *authored*, only a person can supply
the value; *blocking*, the answer would change it, so there is none yet. *Basis*: silent until the encounter is complete
and its setting known. *Confirm*: `cleanclaim review` can turn the hold into a warning.
"""

_SETTINGS_HEAD = f"""\
# Settings of programs

Generated from `agents/settings.py` by `make docs`; change that, not this page. What claims are judged by is set in
another file: [configuration](configuration.md).

An option of a command wins over the variable, that over the settings file, that over the default. The settings file is
TOML, one `name = value` a line, and `{FILE_VARIABLE}` says where it is; a name that is not below stops the start.
Secrets are better set as variables; no log, error or page ever shows one.
"""

_ACCESS_HEAD = """\
# Who may do what on Kafka

Generated from `agents/kafka/access.py` by `make docs`; change that, not this page. `tests/kafka/test_security.py` gives
each role exactly this on a broker that wants SASL/SCRAM over TLS, and lets each do its part.

With a namespace, it stands before every name. READ and WRITE of a topic imply DESCRIBE. A program that does the work of
several roles, as a worker with several agents, is granted what each of them is.
"""

_METRICS_HEAD = f"""\
# Metrics

Generated from `agents/metrics/catalogue.py` by `make docs`; change that, not this page.

A Kafka worker shows them at `/metrics` on its web port, on 127.0.0.1 unless `--web-bind` says otherwise, together with
the process metrics of prometheus-client (`process_*`). Each worker speaks of its own partitions and of its time since
it started: add up over workers, but take `cleanclaim_edits` from any one. `cleanclaim run --metrics FILE` writes the
same names to a file (mode 0600, replaced as a whole every 15 s and at the end), for node_exporter's textfile collector
or whoever reads files; there, counts go on from run to run.

Counters count committed work: what was rolled back was never counted. No label identifies a patient, a provider or a
claim. Labels are bounded: all built-in edits, {LEARNED_EDITS} learned ones and {SITES} sites at most; what comes later
stands under `{OTHER}`, what is not there under `{UNKNOWN}`.
"""

_LOGS_HEAD = """\
# Logs of workers

Generated from `agents/logs.py` by `make docs`; change that, not this page.

On standard error, one event a line: JSON, or readable text where standard error is a terminal. `CLEANCLAIM_LOG_LEVEL`
sets the least that is logged. An event is a constant text under `event`, with `timestamp`, `level`, `logger` and some
of the fields below; a field that is not among them is dropped. Libraries come out in the same form: of their records
the template stands without its arguments, and of exceptions the class (`exception`) and where they came through
(`frames`). So nothing that identifies a patient, a provider or a claim can come into a log.
"""

_TOPICS_HEAD = """\
# Topics and records

Generated from the catalogue (`streams/topics.py`) and the Avro schemas by `make docs`; change those, not this page.
Values are Confluent-framed Avro: byte 0, a 4-byte schema id, the body. *Tagged* fields identify a patient, provider or
a claim, or could; no log, metric, alert or error text shows them.
"""


def rules_page() -> str:
    """The rule reference: a table for each gate, a row for each edit."""
    lines = [_RULES_HEAD]
    for gate, edits in groupby(EDITS, key=lambda edit: edit.gate):
        lines += [f"## {gate}", "", "| edit | severity | rebuild | basis | confirm | when | remedy | source |"]
        lines += ["|---|---|---|---|---|---|---|---|", *map(_rule, edits), ""]
    return "\n".join(lines)


def _rule(edit: BuiltInEdit) -> str:
    cells = (
        f"`{edit.edit_id}`",
        edit.severity,
        "" if edit.proposal == "none" else edit.proposal,
        "yes" if edit.basis else "",
        "yes" if edit.confirmable else "",
        edit.condition,
        edit.remedy,
        edit.source,
    )
    return f"| {' | '.join(cells)} |"


def settings_page() -> str:
    """Every setting: its name in the file, its variable, what it takes, its default, and why."""
    lines = [_SETTINGS_HEAD, "| name | variable | takes | default | what |", "|---|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in {None, ""} else f"`{field.default}`"
        lines.append(f"| `{name}` | `{variable_of(name)}` | {takes(field)} | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def access_page() -> str:
    """What each role is granted, by resource."""
    lines = [_ACCESS_HEAD]
    for role, grants in ROLES.items():
        lines += [f"## {role[0].upper()}{role[1:]}", "", "| resource | name | operations |", "|---|---|---|"]
        by_resource: dict[tuple[str, str], list[str]] = {}
        for grant in grants:
            name = f"`{grant.name}`" + (" and all that begins so" if grant.prefixed else "")
            by_resource.setdefault((grant.resource.lower().replace("_", " "), name), []).append(grant.operation)
        lines += [f"| {kind} | {name} | {', '.join(done)} |" for (kind, name), done in by_resource.items()]
        lines.append("")
    return "\n".join(lines)


def metrics_page() -> str:
    """Every metric: type, labels, what it says, and where it is to be had."""
    lines = [_METRICS_HEAD, "| metric | type | labels | what | engine |", "|---|---|---|---|---|"]
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.says} | {metric.where} |")
    return "\n".join(lines) + "\n"


def logs_page() -> str:
    """Every field of an event."""
    lines = [_LOGS_HEAD, "| field | what |", "|---|---|"]
    lines += [f"| `{name}` | {what} |" for name, what in FIELDS.items()]
    return "\n".join(lines) + "\n"


def topics_page() -> str:
    """Every topic, then every record with its tagged fields."""
    lines = [
        _TOPICS_HEAD,
        "| topic | record | key | kept |",
        "|---|---|---|---|",
        *map(_topic, TOPICS),
        "",
        "## Records",
    ]
    for model in dict.fromkeys(topic.record for topic in TOPICS if topic.record):
        fields = ", ".join(f"`{field['name']}`" for field in avsc(model)["fields"])
        marked = ", ".join(f"`{'.'.join(path)}`" for path in sorted(tagged(model))) or "none"
        lines += ["", f"### {model.__name__}", "", avsc(model)["doc"], ""]
        lines += [f"Schema: `schemas/avsc/{avsc_name(model)}.avsc`. Fields: {fields}.", "", f"Tagged: {marked}."]
    return "\n".join(lines) + "\n"


def _topic(topic: Topic) -> str:
    days = f"{topic.retention_days} days" if topic.retention_days else "for ever"
    record = topic.record.__name__ if topic.record else "bytes"
    key = topic.key_words.replace("|", "\\|")
    return f"| `{topic.name}` | {record} | {key} | {'compacted' if topic.compacted else days} |"


def pages() -> Iterator[tuple[Path, str]]:
    """Each generated page: where it lies and what it says."""
    yield DOCS / "asyncapi.json", json.dumps(asyncapi.document(), indent=1, ensure_ascii=False) + "\n"
    yield DOCS / "kafka-access.md", access_page()
    yield DOCS / "commands.md", commands_page(command_line)
    yield DOCS / "logs.md", logs_page()
    yield DOCS / "metrics.md", metrics_page()
    yield DOCS / "rules.md", rules_page()
    yield DOCS / "settings.md", settings_page()
    yield DOCS / "topics.md", topics_page()


def main() -> None:
    """Rewrite the generated pages."""
    for path, text in pages():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

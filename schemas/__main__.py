"""Keep the package's schema ids: `python -m schemas check` compares, `python -m schemas add` gives new ones."""

from __future__ import annotations

import sys
from pathlib import Path

from schemas import codec, compatibility, registry

HERE = Path(__file__).parent


def main(arguments: list[str]) -> str | None:
    """Do what `arguments` ask; the text returned says what is wrong."""
    if arguments not in (["check"], ["add"]):
        return "usage: python -m schemas check | add"
    obstacles = [
        f"schema id {schema_id}: {obstacle}"
        for model in codec.RECORDS
        for schema_id, earlier in registry.versions(model).items()
        for obstacle in compatibility.both_ways(codec.avsc(model), earlier)
    ]
    if obstacles:
        return "\n".join([*obstacles, "Old and new must read each other: add or drop only fields with a default."])
    changed = [model for model in codec.RECORDS if not registry.is_current(model)]
    if changed and arguments == ["check"]:
        return f"{', '.join(model.__name__ for model in changed)}: no id for this text yet; run: python -m schemas add"
    for schema_id, model in enumerate(changed, start=max(registry.history()) + 1):
        text = (HERE / "avsc" / f"{codec.avsc_name(model)}.avsc").read_text("utf-8")
        (HERE / "ids" / f"{schema_id}.avsc").write_text(text, "utf-8")
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

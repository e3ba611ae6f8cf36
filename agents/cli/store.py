"""Opens a store for a command: which processors run, and under which rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.embedded import Embedded, Options
from agents.embedded.store import MEMORY
from agents.processors import PROCESSORS
from schemas.errors import Misuse

if TYPE_CHECKING:
    from pathlib import Path

    from streams.processor import Processor
    from streams.rules import Rules

_DEFAULTS = Options()


def processors(rules: Rules) -> tuple[Processor, ...]:
    """Every processor, in the order in which a record is carried through them."""
    return tuple(make(rules) for make in PROCESSORS.values())


def open_engine(store: Path | None, rules: Rules, options: Options = _DEFAULTS) -> Embedded:
    """An engine over `store`, made where there is none; in memory for None."""
    return Embedded(processors(rules), MEMORY if store is None else store, options)


def require_store(store: Path) -> None:
    """Raise `Misuse` where there is no store: only `run` makes one."""
    if not store.is_file():
        raise Misuse(f"{store}: no store there; cleanclaim run makes one")

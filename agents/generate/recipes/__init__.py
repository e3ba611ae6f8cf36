"""The defects, by the gate that has to find them. Importing this package enters them all."""

from agents.generate.recipes import (
    administrative,
    coding,
    diagnosis,
    documentation,
    echo,
    encounters,
    ownership,
    pairs,
    several_claims,
    site_of_service,
)

__all__ = [
    "administrative",
    "coding",
    "diagnosis",
    "documentation",
    "echo",
    "encounters",
    "ownership",
    "pairs",
    "several_claims",
    "site_of_service",
]

"""The National Provider Identifier check: ten digits, first 1 or 2, Luhn over 80840 and the number (CMS)."""

from __future__ import annotations

from functools import lru_cache

_DOUBLED = str.maketrans("0123456789", "0246813579")  # digit doubled, its two digits summed
_PREFIX_SUM = 24  # of 80840
_LENGTH = 10


@lru_cache(maxsize=65_536)  # an operation has thousands of providers, not millions
def is_valid_npi(npi: str) -> bool:
    """Whether `npi` is well-formed and its check digit is right."""
    if len(npi) != _LENGTH or npi[0] not in "12" or not (npi.isascii() and npi.isdigit()):
        return False
    total = _PREFIX_SUM + sum(map(int, npi[0::2].translate(_DOUBLED))) + sum(map(int, npi[1::2]))
    return total % 10 == 0

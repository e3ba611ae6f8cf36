#!/usr/bin/env python3
"""Write the table of billable ICD-10-CM codes from the package simple-icd-10-cm (MIT), which carries CDC's release.

    .venv/bin/python scripts/make_icd10cm.py > streams/tables/icd10cm_leaves.txt

Codes only: the texts stay with their publisher. For another release, install the version of the package that carries
it and change RELEASE and VALID_FROM here.
"""

from __future__ import annotations

import sys

import simple_icd_10_cm as icd

PACKAGE = "simple-icd-10-cm 1.5.0"
RELEASE = "April 2026"
VALID_FROM = "2025-10-01"  # start of the fiscal year that the release belongs to

HEADING = f"""\
# ICD-10-CM codes that have no code below them, without dots: the only ones that a claim may carry.
# source: CDC, National Center for Health Statistics, as packaged by {PACKAGE} (MIT); made by scripts/make_icd10cm.py
# release: {RELEASE}
# valid_from: {VALID_FROM}
# valid_to:
"""


def leaves() -> list[str]:
    """Every billable code, ascending. Chapters and blocks are no codes, even where they have nothing below them."""
    codes = icd.get_all_codes(with_dots=True)
    return sorted(
        {code.replace(".", "") for code in codes if icd.is_category_or_subcategory(code) and icd.is_leaf(code)}
    )


if __name__ == "__main__":
    sys.stdout.write(HEADING + "\n".join(leaves()) + "\n")

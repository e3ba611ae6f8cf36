"""Defects of stress echo: one code for the whole, or images beside components, but never both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.generate.case import copied
from agents.generate.catalogue import GLOBAL, ROLES, shares
from agents.generate.cures import rebuilt
from agents.generate.recipe import recipe
from agents.generate.services import Scene, Service
from agents.generate.splitting import split_global

if TYPE_CHECKING:
    from agents.generate.case import Bill, Case
    from agents.generate.cures import Cure


def _one_code(scene: Scene) -> bool:
    return scene.service is Service.ECHO


def _one_code_in_office(scene: Scene) -> bool:
    return scene.service is Service.ECHO and scene.owned_whole


def _parts_in_office(scene: Scene) -> bool:
    return scene.service is Service.ECHO_PARTS and scene.owned_whole


def _parts_in_facility(scene: Scene) -> bool:
    return scene.service is Service.ECHO_PARTS and scene.kind.facility and scene.one_reader


def _parts_of_one_physician(scene: Scene) -> bool:
    return scene.service is Service.ECHO_PARTS and scene.one_reader and (scene.owned_whole or scene.kind.facility)


def _reader_of_images(case: Case) -> Bill:
    return next(bill for bill in case.bills if bill.professional)


@recipe("stress-echo-unbundled", 14, _one_code)
def bundle(case: Case) -> list[Cure]:
    """A physician's component, or the images, are billed beside the code that includes them."""
    bill = _reader_of_images(case)
    bill.propose(bill.claim.lines, case.place)
    code = case.pick(("93016", "93018", "93350"))
    line = bill.maker.line(bill.next_number, code)
    if code == "93350" and case.scene.kind.facility:
        line = bill.maker.line(bill.next_number, code, "26")
    case.find(bill, "coding-stress-echo-bundle", line.line_number)
    if case.chance(0.4):
        line.modifiers = [*line.modifiers, "59"]
        case.find(bill, "coding-unbundling-modifier", line.line_number)
    bill.claim.lines.append(line)
    return [rebuilt(case, bill)]


@recipe("stress-echo-with-global-test", 12, _one_code_in_office)
def bundle_global(case: Case) -> list[Cure]:
    """The whole stress echo and the whole stress ECG."""
    bill = case.bills[0]
    bill.propose(bill.claim.lines, case.place)
    line = bill.maker.line(bill.next_number, GLOBAL)
    bill.claim.lines.append(line)
    case.find(bill, "coding-stress-echo-bundle", line.line_number)
    return [rebuilt(case, bill)]


@recipe("images-with-global-test-of-one", 20, _parts_in_office)
def merge(case: Case) -> list[Cure]:
    """One physician's images and global stress test: one code has them both."""
    bill = case.bills[0]
    images = bill.claim.lines[0]
    test = bill.maker.line(2, GLOBAL, npi=images.rendering_npi)
    bill.claim.lines = [images, test]
    bill.stands = bill.documented = dict.fromkeys(ROLES, 2)
    case.find(bill, "coding-stress-echo-with-global", 2)
    charge = images.charge_cents + test.charge_cents
    bill.propose([copied(images, procedure_code="93351", charge_cents=charge)], case.place)
    return [rebuilt(case, bill)]


@recipe("images-with-global-test-of-two", 20, _parts_in_office)
def split(case: Case) -> list[Cure]:
    """One physician read the images, another did the test: images and components."""
    bill = case.bills[0]
    images = bill.claim.lines[0]
    test = bill.maker.line(2, GLOBAL)
    bill.claim.lines = [images, test]
    bill.stands = bill.documented = dict.fromkeys(ROLES, 2)
    case.find(bill, "coding-stress-echo-with-global", 2)
    bill.propose([images, *split_global(bill, test, ROLES)], case.place)
    return [rebuilt(case, bill)]


@recipe("images-with-global-test-in-facility", 20, _parts_in_facility)
def merge_in_facility(case: Case) -> list[Cure]:
    """As in the office, in a hospital: the one code takes 26, and the tracing's share is left to the hospital."""
    bill = _reader_of_images(case)
    images = bill.claim.lines[0]
    test = bill.maker.line(2, GLOBAL, npi=images.rendering_npi)
    bill.claim.lines = [images, test]
    bill.stands = bill.documented = dict.fromkeys(ROLES[1:], 2)
    case.find(bill, "site-global-in-facility", 2)
    case.find(bill, "coding-stress-echo-with-global", 2)
    split = shares(test.charge_cents, ROLES)
    charge = images.charge_cents + split["supervision"] + split["interpretation"]
    bill.propose([copied(images, procedure_code="93351", charge_cents=charge)], case.place)
    return [rebuilt(case, bill)]


@recipe("images-and-components-of-one", 16, _parts_of_one_physician)
def components_of_one(case: Case) -> list[Cure]:
    """One physician's images and components: a single code may be right, so the claim goes out with a warning."""
    bill = _reader_of_images(case)
    for line in bill.claim.lines:
        line.rendering_npi = bill.claim.lines[0].rendering_npi
    case.find(bill, "coding-stress-echo-components")
    return []

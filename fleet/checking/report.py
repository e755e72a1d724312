"""What was checked, as a table for people and as JUnit for CI. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from fleet.checking.checks import Checked, Gate

_NOT_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "\ufffd")


def table(checked: Sequence[Checked]) -> str:
    """One row a variant, then what failed or was found, in words."""
    head = ("variant", "changed", "lint", "evals", "safety", "result")
    rows = [
        (
            one.candidate.name, "yes" if one.candidate.changed else "no",
            *(gate.said for gate in one.gates), "ok" if one.ok else "FAILED",
        )
        for one in checked
    ]  # fmt: skip
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(wide) for cell, wide in zip(row, widths, strict=True)).rstrip()
             for row in (head, tuple("-" * wide for wide in widths), *rows)]  # fmt: skip
    for one in checked:
        for gate in one.gates:
            lines += _words(one, gate)
    return "\n".join(lines)


def _words(one: Checked, gate: Gate) -> list[str]:
    if not gate.why:
        return []
    mark = "FAILED" if gate.ok is False else "note"
    return ["", f"{one.candidate.name}: {gate.name} {mark}", *(f"  {why}" for why in gate.why)]


def junit(checked: Sequence[Checked]) -> str:
    """A JUnit document: a suite a variant, a test case a gate."""
    root = ElementTree.Element("testsuites", name="check_prompts")
    for one in checked:
        suite = ElementTree.SubElement(
            root, "testsuite", name=_xml(one.candidate.name), tests=str(len(one.gates)),
            failures=str(sum(gate.ok is False for gate in one.gates)), errors="0",
            skipped=str(sum(gate.ok is None for gate in one.gates)),
        )  # fmt: skip
        for gate in one.gates:
            case = ElementTree.SubElement(
                suite, "testcase", name=gate.name, classname=_xml(one.candidate.name)
            )
            if gate.ok is False:
                failure = ElementTree.SubElement(case, "failure", message=_xml(gate.said))
                failure.text = _xml("\n".join(gate.why))
            elif gate.ok is None:
                ElementTree.SubElement(case, "skipped", message=_xml(gate.said))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """Without what XML 1.0 cannot hold."""
    return text.translate(_NOT_XML)

"""What a conformance check found, and how it is told."""

import json
from collections.abc import Iterator
from typing import NamedTuple

ERROR, WARNING, NOTE = "error", "warning", "note"

RULES = {
    1: "directory",
    2: "graph",
    3: "signatures",
    4: "types",
    5: "batch dimension",
    6: "names",
    7: "compiled code",
    8: "operations",
    9: "state",
    10: "weights",
    11: "warm-up file",
    12: "loads",
    13: "answers",
    14: "equality",
    15: "repetition",
    16: "independent rows",
    17: "rows of answers",
    18: "wrong requests",
    19: "warm-up replay",
    20: "size of answers",
}


class Finding(NamedTuple):
    """One sentence about one rule.

    Attributes:
        rule: Its number in RULES.
        level: ERROR refuses the export; WARNING and NOTE do not.
        message: What is wrong, where, and what to do.
    """

    rule: int
    level: str
    message: str


class Report(NamedTuple):
    """What became of one directory.

    Attributes:
        path: The directory.
        loader: What loaded it, in words.
        findings: In the order of the rules.
        tried: Numbers of the rules that were judged.
    """

    path: str
    loader: str
    findings: list[Finding]
    tried: list[int]

    @property
    def accepted(self) -> bool:
        """Whether nothing refuses it."""
        return not any(f.level == ERROR for f in self.findings)

    def text(self) -> str:
        """The report for people."""
        lines = list(self._lines())
        counts = [
            f"{n} {word}{'s' if n > 1 else ''}"
            for level, word in ((ERROR, "error"), (WARNING, "warning"))
            if (n := sum(f.level == level for f in self.findings))
        ]
        verdict = "accepted" if self.accepted else "REFUSED"
        said = ", ".join([verdict, *counts])
        return "\n".join([f"{self.path}: {said}", f"  {self.loader}", *lines])

    def json(self) -> str:
        """The report for programs, in one line."""
        return json.dumps(
            {
                "path": self.path,
                "accepted": self.accepted,
                "loader": self.loader,
                "tried": self.tried,
                "findings": [
                    {**f._asdict(), "name": RULES[f.rule]}
                    for f in self.findings
                ],
            }
        )

    def _lines(self) -> Iterator[str]:
        for number, name in RULES.items():
            found = [f for f in self.findings if f.rule == number]
            if not found:
                state = "ok" if number in self.tried else "not tried"
                yield f"  {number:2d} {name}: {state}"
            for finding in found:
                yield (
                    f"  {number:2d} {name}: {finding.level}: {finding.message}"
                )

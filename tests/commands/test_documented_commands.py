"""Every command in the documentation is one that its command would take.

Read by the real parser: a flag that does not exist, a value that it cannot
have, a flagfile, recipe, model of the zoo, metric or make target that is not
there. Nothing is trained.
"""

import pathlib
import re
import shlex
from typing import NamedTuple

import pytest
from absl import flags as absl_flags

from tfgan_transfer.commands import flagfiles, flags
from tfgan_transfer.errors import UserError
from tfgan_transfer.metrics.evaluate import METRICS
from tfgan_transfer.settings import table
from tfgan_transfer.trained import zoo

ROOT = pathlib.Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MODULE = re.compile(r"(?:\S*/)?python3? -m tfgan_transfer\.(\w+)(.*)")
PROGRAM = re.compile(r"tfgan-transfer (?!-)(\w+)(.*)")
# In a sentence: `train --run_dir=DIR --steps=N`.
SPAN = re.compile(rf"`((?:{'|'.join(table.COMMANDS)})) (--[^`]+)`")
PLACEHOLDER = re.compile(r"=(?:N|M|H|STEP|PORT)\b")
MAKE = re.compile(r"make(?: (.*))?$")
# What a shell takes for itself.
ENDS = {"&", "&&", "|", ";", ">", ">>", "2>"}


class Command(NamedTuple):
    """A line of the documentation.

    Attributes:
        place: `FILE:LINE`.
        name: `make`, or a command of ours.
        words: What stands after it.
    """

    place: str
    name: str
    words: list[str]


def blocks(text):
    """(number of the first line, line) of fenced blocks; `\\` joins lines."""
    inside, begun, waiting = False, 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside, waiting = not inside, ""
        elif inside:
            begun = begun if waiting else number
            waiting += line.strip().removeprefix("$ ")
            if waiting.endswith("\\"):
                waiting = waiting[:-1]
                continue
            yield begun, waiting
            waiting = ""


def words_of(text):
    words = shlex.split(text, comments=True)
    end = next((i for i, word in enumerate(words) if word in ENDS), None)
    return words[:end]


def fenced(name, text):
    """Commands that stand in blocks of their own, to be typed as they are."""
    for number, line in blocks(text):
        place = f"{name}:{number}"
        for pattern in (MODULE, PROGRAM):
            if match := pattern.match(line):
                yield Command(place, match[1], words_of(match[2]))
        if match := MAKE.match(line):
            yield Command(place, "make", words_of(match[1] or ""))


def commands(name, text):
    yield from fenced(name, text)
    for match in SPAN.finditer(text):
        place = f"{name}:{text[: match.start()].count(chr(10)) + 1}"
        line = PLACEHOLDER.sub("=1", match[2]).replace("...", "")
        yield Command(place, match[1], words_of(" ".join(line.split())))


FOUND = [
    command
    for page in PAGES
    for command in commands(str(page.relative_to(ROOT)), page.read_text())
]


def parsed(command):
    """Values by flag, as the command itself would read them."""
    assert command.name in table.COMMANDS, f"no command {command.name!r}"
    values = absl_flags.FlagValues()
    flags.define(command.name, values)
    absl_flags.DEFINE_bool("help", False, "", flag_values=values)
    absl_flags.DEFINE_bool("helpfull", False, "", flag_values=values)
    words = [word.text for word in flagfiles.expand(command.words)]
    rest = values([command.name, *words])[1:]
    assert not rest, f"words that are no flags: {rest}"
    return {n: values[n].value for n in values if values[n].present}


def check(command):
    if command.name == "make":
        targets = re.findall(
            r"^([\w./-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE
        )
        asked = [word for word in command.words if "=" not in word]
        assert set(asked) <= set(targets), f"no target {asked}"
        return
    given = parsed(command)
    for flag in ("metrics", "eval_metrics"):
        unknown = {*listed(given.get(flag))} - METRICS.keys()
        assert not unknown, f"--{flag}: {unknown}"
    for flag in ("source", "sources", "checkpoint"):
        for word in listed(given.get(flag)):
            name = word.removeprefix(zoo.PREFIX)
            assert name == word or name in zoo.names(), f"--{flag}: {word}"


def listed(value):
    words = value if isinstance(value, list) else (value or "").split(",")
    return [word.strip() for word in words if word]


@pytest.mark.parametrize(
    "command",
    FOUND,
    ids=lambda command: f"{command.place} {command.name}",
)
def test_documented(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    check(command)


def test_each_command_is_documented():
    shown = {command.name for command in FOUND}
    assert shown == {*table.COMMANDS, "make"}


@pytest.mark.parametrize(
    "line, error",
    [
        ("python -m tfgan_transfer.train --stpes=3", absl_flags.Error),
        ("tfgan-transfer train --steps=few", absl_flags.Error),
        ("tfgan-transfer train --network=dcgn", absl_flags.Error),
        ("tfgan-transfer train --flagfile=configs/none.flags", UserError),
        ("tfgan-transfer train --recipe=few", absl_flags.Error),
        ("tfgan-transfer train --source=zoo:cats", AssertionError),
        ("tfgan-transfer evaluate --metrics=kid,kdi", AssertionError),
        ("tfgan-transfer generate --num 4 out", AssertionError),
        ("tfgan-transfer trian --steps=3", AssertionError),
        (".venv/bin/python -m tfgan_transfer.serve --port", absl_flags.Error),
        ("tfgan-transfer train \\\n  --steps=3 \\\n --x=1", absl_flags.Error),
        ("make tset", AssertionError),
    ],
)
def test_a_wrong_line_is_found(line, error, monkeypatch):
    monkeypatch.chdir(ROOT)
    (command,) = commands("page.md", f"words\n```\n{line}\n```\n")
    assert command.place == "page.md:3"
    with pytest.raises(error):
        check(command)


def test_comments_and_pipes_are_the_shells():
    text = "```\ntfgan-transfer train --steps=3 | head  # a look\n```"
    (command,) = commands("page.md", text)
    assert parsed(command) == {"steps": 3}

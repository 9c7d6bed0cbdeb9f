"""The table of settings holds together, row by row."""

import ast
import pathlib
import subprocess
import sys

import pytest

from tfgan_transfer.errors import UserError
from tfgan_transfer.settings import config, table
from tfgan_transfer.settings.rules import RULES
from tfgan_transfer.settings.setting import EVERY
from tfgan_transfer.training import run_directory

ROOT = pathlib.Path(__file__).parents[2]
ROWS = [row for rows in table.GROUPS.values() for row in rows]


def test_each_setting_has_one_row():
    names = [row.name for row in table.SETTINGS]
    assert len(names) == len({*names})
    for command in table.COMMANDS:
        rows = [r for rows in table.of_command(command).values() for r in rows]
        assert len(rows) == len({row.name for row in rows}), command


def test_families_are_those_of_the_rules():
    assert {*EVERY} == {*RULES} == {*table.BY_NAME["model"].choices}
    for row in table.SETTINGS:
        assert row.families and {*row.families} <= {*EVERY}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_help_makes_sense_alone(row):
    assert row.help.endswith(".") and len(row.help.split()) > 2
    assert not row.help.startswith(("Its ", "The same", "Of the", "As "))


def test_settings_are_read_where_they_are_used():
    """A row that no module mentions would have no effect."""
    sources = [
        path.read_text()
        for path in (ROOT / "tfgan_transfer").rglob("*.py")
        if "settings" not in path.parts
    ]
    words = {
        node.value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    built = {"generator_lr", "critic_lr", "feature_lr"} | {
        f"test_{x}" for x in "ab"
    }
    rest = {r.name for r in table.SETTINGS} - words - built
    # Those of the class head go to it together, from `stack.CLASSES`.
    assert rest <= {*config.RULES["stack_gan"].inherit.__globals__["CLASSES"]}


def test_safe_settings_may_change_and_others_may_not():
    stored = {name: "then" for name in config.DEFAULTS} | {"lr_decay": "none"}
    for row in table.SETTINGS:
        asked = {row.name: "now"}
        if row.safe:
            run_directory.refuse_changes(stored, asked)
            continue
        with pytest.raises(UserError, match=f"{row.name}=now"):
            run_directory.refuse_changes(stored, asked)


@pytest.mark.parametrize("model", EVERY)
def test_a_foreign_setting_is_refused(model):
    for row in table.SETTINGS:
        if model in row.families:
            continue
        config.refuse_foreign({row.name: row.unused}, model)
        with pytest.raises(UserError, match=f"{row.name}: is for"):
            config.refuse_foreign({row.name: "other"}, model)


def test_the_table_needs_no_tensorflow():
    program = (
        "import sys; from tfgan_transfer.settings import config; "
        "print({'tensorflow', 'keras', 'numpy'} & set(sys.modules))"
    )
    words = [sys.executable, "-c", program]
    finished = subprocess.run(words, capture_output=True, text=True, cwd=ROOT)
    assert finished.stdout == "set()\n", finished.stderr

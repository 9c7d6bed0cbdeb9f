"""The documentation's tables of flags are those of the settings.

`python tests/settings/test_documentation.py` writes them.
"""

import os
import pathlib
import re
import subprocess
import sys

from tfgan_transfer.settings import recipes, table

DOCS = pathlib.Path(__file__).parents[2] / "docs"
TABLE = re.compile(r"<!-- flags: (.*?) -->\n(.*?)\n<!-- end -->", re.S)
RECIPES = re.compile(r"<!-- recipes -->\n(.*?)<!-- end -->", re.S)


def written(match: re.Match) -> str:
    rows = table.markdown(match[1].split())
    return f"<!-- flags: {match[1]} -->\n{rows}\n<!-- end -->"


def listed(match: re.Match) -> str:
    rows = ["| recipe | what for |", "|---|---|"]
    rows += [f"| `{n}` | {recipes.about(n)} |" for n in recipes.names()]
    return "\n".join(["<!-- recipes -->", *rows, "<!-- end -->"])


def updated(text: str) -> str:
    return RECIPES.sub(listed, TABLE.sub(written, text))


def test_tables_are_those_of_the_settings():
    texts = {path: path.read_text() for path in DOCS.glob("*.md")}
    assert sum(len(TABLE.findall(text)) for text in texts.values()) >= 4
    assert sum(len(RECIPES.findall(text)) for text in texts.values()) == 2
    for path, text in texts.items():
        assert updated(text) == text, path.name


def test_every_setting_of_a_run_is_in_the_list_of_all():
    tables = TABLE.findall((DOCS / "settings.md").read_text())
    named = [name for names, _ in tables for name in names.split()]
    assert sorted(named) == sorted(table.BY_NAME)


def test_pages_are_built_without_a_warning(tmp_path):
    """Also: no link between them is broken."""
    site = tmp_path / "site"
    words = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    built = subprocess.run(
        [*words, "--site-dir", str(site)],
        cwd=DOCS.parent,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    assert "--hours" in (site / "settings" / "index.html").read_text()


if __name__ == "__main__":
    for path in DOCS.glob("*.md"):
        path.write_text(updated(path.read_text()))

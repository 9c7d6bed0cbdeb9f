"""README's tables of flags are those of the settings.

`python tests/settings/test_readme.py` writes them.
"""

import pathlib
import re

from tfgan_transfer.settings import table

README = pathlib.Path(__file__).parents[2] / "README.md"
TABLE = re.compile(r"<!-- flags: (.*?) -->\n(.*?)\n<!-- end -->", re.S)


def written(match: re.Match) -> str:
    rows = table.markdown(match[1].split())
    return f"<!-- flags: {match[1]} -->\n{rows}\n<!-- end -->"


def test_tables_are_those_of_the_settings():
    text = README.read_text()
    assert len(TABLE.findall(text)) >= 4
    assert TABLE.sub(written, text) == text


if __name__ == "__main__":
    README.write_text(TABLE.sub(written, README.read_text()))

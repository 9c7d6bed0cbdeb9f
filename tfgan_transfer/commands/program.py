"""The program `tfgan-transfer`: a command and its flags after the name.

`tfgan-transfer train --data=...` is `python -m tfgan_transfer.train --data=...`
from wherever the package is installed.
"""

import ast
import pathlib
import runpy
import sys
from typing import NoReturn

import tfgan_transfer
from tfgan_transfer.errors import choices
from tfgan_transfer.settings import table

NAME = "tfgan-transfer"
_FOLDER = pathlib.Path(tfgan_transfer.__file__).parent


def main() -> None:
    """Runs the command that the first word names, and leaves the process."""
    _, *words = sys.argv
    command, *rest = words or ["--help"]
    if command in ("--help", "-h", "help"):
        print(usage())
    elif command == "--version":
        print(NAME, tfgan_transfer.__version__)
    elif command in table.COMMANDS:
        sys.argv = [f"{NAME} {command}", *rest]
        runpy.run_module(
            f"tfgan_transfer.{command}", run_name="__main__", alter_sys=True
        )
    else:
        _refuse(command)


def usage() -> str:
    """A line for each command."""
    lines = [f"{NAME} COMMAND --flag=value ...", ""]
    for command in table.COMMANDS:
        source = (_FOLDER / f"{command}.py").read_text(encoding="utf-8")
        about = ast.get_docstring(ast.parse(source)).partition("\n")[0]
        lines.append(f"  {command:13s} {about}")
    return "\n".join([*lines, "", f"{NAME} COMMAND --help shows its flags."])


def _refuse(command: str) -> NoReturn:
    print(f"error: {choices(NAME, command, table.COMMANDS)}", file=sys.stderr)
    sys.exit(2)

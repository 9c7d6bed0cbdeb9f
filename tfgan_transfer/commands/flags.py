"""absl flags from the table of settings.

Flags have no defaults of their own: what is not given is taken from the run
directory or derived from the data, see `settings.config`. Importing this
module must stay cheap, so that `--help` answers at once: no TensorFlow here.
"""

import contextlib
import os
import textwrap
from collections.abc import Iterator

from absl import flags

from tfgan_transfer.settings import recipes, table
from tfgan_transfer.settings.setting import Setting

# Flags that are the path of a file or folder and nothing else. What may also
# be `folder:PATH` or `zoo:NAME` is expanded where it is read.
PATHS = frozenset(
    """run_dir study_dir model_base cache_dir augment_preview out grid cycles
    prompts class_plot inception check pairs""".split()
)


class BareChoice(flags.EnumFlag):
    """An enum whose bare form, `--name`, means its first value."""

    def __init__(self, row: Setting):
        super().__init__(
            row.name, None, row.help, enum_values=list(row.choices)
        )
        self.boolean = True

    def _parse(self, argument: str) -> str:
        bare = {"true": self.parser.enum_values[0]}
        return super()._parse(bare.get(argument, argument))


class BareText(flags.Flag):
    """A text whose bare form, `--name`, means the empty one."""

    def __init__(self, row: Setting):
        parser, serializer = flags.ArgumentParser(), flags.ArgumentSerializer()
        super().__init__(parser, serializer, row.name, None, row.help)
        self.boolean = True

    def _parse(self, argument: str) -> str | None:
        bare = {"true": "", "false": None}
        return super()._parse(bare.get(argument, argument))


class Recipe(flags.ArgumentParser):
    """The name of a recipe: a wrong one need not wait for TensorFlow."""

    def parse(self, argument: str) -> str:
        """Judges it; `help` and an empty one are left to the command.

        Raises:
            ValueError: If there is no such recipe.
        """
        given = argument not in ("", recipes.HELP)
        if given and (mistake := recipes.misnamed(argument)):
            raise ValueError(mistake)
        return argument


class Number(flags.ArgumentParser):
    """A number within the bounds of its setting, else a sentence about them.

    Args:
        row: The setting, an integer or a number.
    """

    def __init__(self, row: Setting):
        whole = row.kind == "integer"
        self.reads = flags.IntegerParser() if whole else flags.FloatParser()
        self.row = row
        self.syntactic_help = "a whole number" if whole else "a number"

    def parse(self, argument: str | float) -> float:
        """Reads it as absl does, and judges it.

        Raises:
            ValueError: If it is no number, or out of bounds.
        """
        low, high = self.row.low, self.row.high
        bounds = {"at least": low, "at most": high}
        words = [f"{w} {n}" for w, n in bounds.items() if n is not None]
        of = f" of {' and '.join(words)}" if words else ""
        mistake = f"expected {self.syntactic_help}{of}"
        try:
            value = self.reads.convert(argument)
        except (TypeError, ValueError):
            raise ValueError(f"{mistake}{self._example(argument)}") from None
        if not self._within(value):
            raise ValueError(mistake)
        return value

    def _within(self, value: float) -> bool:
        low, high = self.row.low, self.row.high
        return not (
            (low is not None and value < low)
            or (high is not None and value > high)
        )

    def _example(self, argument: str | float) -> str:
        """How a number is written, by what was meant if that can be told."""
        if isinstance(self.reads, flags.IntegerParser):
            return ""
        for text in (str(argument).replace(",", ".", 1), "0.5"):
            with contextlib.suppress(ValueError):
                if self._within(float(text)):
                    return f", such as {text}"
        return ""


def define(command: str, values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines the flags of a command.

    Args:
        command: A key of `table.COMMANDS`.
        values: Where: those of the process, or others that only parse.
    """
    for rows in table.of_command(command).values():
        for row in rows:
            _define(row, values)


def _define(row: Setting, values: flags.FlagValues) -> None:
    about = (row.name, None, row.help)
    if row.kind == "choice?":
        flags.DEFINE_flag(BareChoice(row), values)
    elif row.kind == "text?":
        flags.DEFINE_flag(BareText(row), values)
    elif row is table.BY_NAME["recipe"]:
        serializer = flags.ArgumentSerializer()
        flags.DEFINE(Recipe(), *about, values, serializer)
    elif row.choices:
        flags.DEFINE_enum(
            row.name, None, list(row.choices), row.help, flag_values=values
        )
    elif row.kind in ("integer", "number"):
        serializer = flags.ArgumentSerializer()
        flags.DEFINE(Number(row), *about, values, serializer)
    else:
        kinds = {
            "text": flags.DEFINE_string,
            "yes": flags.DEFINE_bool,
            "list": flags.DEFINE_list,
            "repeated": flags.DEFINE_multi_string,
        }
        kinds[row.kind](*about, flag_values=values)


def given() -> dict:
    """Values of the flags that were given on the command line or in a file.

    Shells expand `~` only where a word begins, not in `--out=~/faces`, so it
    is done here.

    Returns:
        Flag name -> value.
    """
    values = flags.FLAGS
    found = {
        name: values[name].value for name in values if values[name].present
    }
    paths = {name: found[name] for name in PATHS & found.keys() if found[name]}
    return found | {n: os.path.expanduser(path) for n, path in paths.items()}


def help_of(command: str, full: bool) -> Iterator[str]:
    """Lines of the help of a command, by what one does with its flags.

    Args:
        command: A key of `table.COMMANDS`.
        full: Whether rarely needed flags are shown too.
    """
    hidden = 0
    for title, rows in table.of_command(command).items():
        shown = [row for row in rows if full or row.common]
        hidden += len(rows) - len(shown)
        if shown:
            yield f"{title}:"
            for row in shown:
                yield from _described(row)
    if hidden:
        yield f"\n--helpfull shows {hidden} more."


def _described(row: Setting) -> list[str]:
    bare = "[no]" if row.kind == "yes" else ""
    words = [row.help]
    if row.choices:
        words.append(f"One of {', '.join(row.choices)}.")
    return textwrap.wrap(
        f"--{bare}{row.name}: {' '.join(words)}{table.default_of(row)}",
        width=79,
        initial_indent="  ",
        subsequent_indent="      ",
        break_on_hyphens=False,
    )

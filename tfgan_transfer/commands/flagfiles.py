"""Files of flags, `--flagfile=PATH`: read here so that errors have a place."""

import codecs
import os
import pathlib
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tfgan_transfer.errors import UserError

_DIRECTIVE = re.compile(r"--?flagfile(?:=(.*))?$", re.DOTALL)
_QUOTED = re.compile(r"""(--?[\w-]+=)?(["'])([^"']*)\2$""")


class Word(NamedTuple):
    """One word of a command line.

    Attributes:
        text: The word.
        place: `FILE, line N` of a flagfile; empty for the command line.
    """

    text: str
    place: str = ""


def expand(words: Iterable[str]) -> list[Word]:
    """Puts the lines of flagfiles in the place of `--flagfile=PATH`.

    Args:
        words: A command line without the program.

    Raises:
        UserError: If a file cannot be read, includes itself, or has a line
            that is not `--name=value`; with the file and the line.
    """
    return list(_expand([Word(word) for word in words], ()))


def place_of(words: Iterable[Word], message: str) -> str:
    """Where the flag stands that absl complains about, empty if nowhere.

    Args:
        words: What `expand` returned.
        message: What absl says, such as `flag --steps=4x: ...`.
    """
    named = re.search(r"flag '?(?:--)?(\w+)", message)
    flag = re.compile(
        rf"--?(?:no)?{re.escape(named[1])}(?:=|$)" if named else "$^"
    )
    places = [word.place for word in words if flag.match(word.text)]
    return places[-1] if places else ""


def _expand(words: list[Word], open_files: tuple) -> Iterator[Word]:
    rest = iter(words)
    for word in rest:
        if word.text == "--":
            yield from (word, *rest)
            return
        named = _DIRECTIVE.match(word.text)
        if not named:
            yield word
            continue
        path = named[1] if named[1] is not None else next(rest, Word("")).text
        file = _find(path, word, open_files)
        if file in open_files:
            raise UserError(
                f"--flagfile: {word.place}: {path!r} includes itself; take "
                "that line out"
            )
        yield from _expand(list(_lines(file)), (*open_files, file))


def _find(path: str, word: Word, open_files: tuple) -> pathlib.Path:
    """Beside the file that includes it, or else from where we are."""
    given = pathlib.Path(os.path.expanduser(path))
    beside = [file.parent / given for file in open_files[-1:]]
    for file in [*beside, given]:
        if file.is_file():
            return file.resolve()
    at = f"{word.place}: " if word.place else ""
    raise UserError(
        f"--flagfile: {at}there is no file {path!r}; expected a text file with "
        "one --name=value in each line"
    )


def _lines(file: pathlib.Path) -> Iterator[Word]:
    for number, line in enumerate(_text(file).splitlines(), 1):
        line = line.strip()
        if not line or line.startswith(("#", "//")):
            continue
        place = f"{file}, line {number}"
        quoted = _QUOTED.match(line)
        if quoted:
            line = (quoted[1] or "") + quoted[3]
        fault = _fault(line)
        if fault:
            raise UserError(f"--flagfile: {place}: {fault}, received {line!r}")
        yield Word(line, place)


def _fault(line: str) -> str:
    name, _, value = line.partition("=")
    if not line.startswith("-") or re.search(r"\s", name):
        return "expected --name=value without blanks around the name"
    if value[:1].isspace():
        return "expected no blank after ="
    if re.search(r"\s#(\s|$)", value):
        return "a comment needs a line of its own"
    return ""


def _text(file: pathlib.Path) -> str:
    try:
        content = file.read_bytes()
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise ValueError("it is UTF-16")
        if b"\0" in content:
            raise ValueError("it is not text")
        return content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(
            f"--flagfile: {str(file)!r} cannot be read ({error}); expected "
            "text in UTF-8 with one --name=value in each line"
        ) from error

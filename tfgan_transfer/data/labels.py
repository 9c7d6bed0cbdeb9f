"""Labels from the way files are laid out: class folders or `tags.csv`."""

import csv
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tfgan_transfer.data.source import Entry, Item, Source, some
from tfgan_transfer.errors import UserError

TAGS_FILE = "tags.csv"


@dataclass(frozen=True)
class Labels:
    """The label columns, and which of them hold for each name.

    Attributes:
        mode: `"none"`, `"class"` or `"tags"`.
        vocabulary: Label names, sorted.
        active: For each labelled name, indices into `vocabulary`.
        problems: Names that cannot be used, each with the reason.
    """

    mode: str = "none"
    vocabulary: tuple[str, ...] = ()
    active: dict[str, tuple[int, ...]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def labelled(
    spec: str,
    entries: dict[str, Entry],
    read_text: Callable[[str], bytes | None],
    fetch: Callable[[str], bytes],
    labels: bool = True,
) -> Source:
    """Completes a tree of files to a source with labels.

    Args:
        spec: The source as the user wrote it.
        entries: The images by name.
        read_text: Returns the content of a file of the tree, None if absent.
        fetch: Returns the content of an image.
        labels: Whether to look for labels; without, any layout will do.

    Raises:
        UserError: See `infer`.
    """
    usable = [name for name, entry in entries.items() if not entry.problem]
    found = infer(spec, usable, read_text) if labels else Labels()
    entries = dict(entries)
    for name, active in found.active.items():
        identity = f"{entries[name].identity}-{active}"
        entries[name] = replace(entries[name], identity=identity)
    for name, problem in found.problems.items():
        entries[name] = Entry(name, problem=problem)

    def read(names: Sequence[str]) -> Iterator[Item]:
        for name in names:
            yield Item(name, found.active.get(name, ()), partial(fetch, name))

    return Source(
        spec=spec,
        entries=tuple(entries[name] for name in sorted(entries)),
        label_mode=found.mode,
        vocabulary=found.vocabulary,
        read=read,
    )


def infer(
    spec: str,
    names: Collection[str],
    read_text: Callable[[str], bytes | None],
) -> Labels:
    """Finds out how a tree of images is labelled.

    A lone folder that wraps everything is stepped into first. There, a
    `tags.csv` gives tags; images at the top give no labels; images in
    immediate subfolders give one class for each subfolder.

    Args:
        spec: The source as the user wrote it, for messages.
        names: Image paths with `/` between folders.
        read_text: Returns the content of a file of the tree, None if absent.

    Returns:
        The labels of all names.

    Raises:
        UserError: The layout is ambiguous or `tags.csv` is malformed.
    """
    base = ""
    while (content := _table(spec, base + TAGS_FILE, read_text)) is None:
        tops = {name[len(base) :].partition("/")[:2] for name in names}
        if len(tops) != 1 or not (only := next(iter(tops)))[1]:
            return _class_folders(spec, base, names)
        base += only[0] + "/"
    return _tags(spec, base, names, content)


def _table(
    spec: str, name: str, read_text: Callable[[str], bytes | None]
) -> bytes | None:
    try:
        return read_text(name)
    except Exception as error:  # No permission, encrypted, failed checksum.
        raise UserError(
            f"--data={spec}: {name} cannot be read ({error})"
        ) from error


def _class_folders(spec: str, base: str, names: Collection[str]) -> Labels:
    parts = {name: name[len(base) :].split("/") for name in names}
    loose = sum(len(path) == 1 for path in parts.values())
    classes = tuple(sorted({p[0] for p in parts.values() if len(p) > 1}))
    if not classes:
        return Labels()
    if loose:
        raise UserError(
            f"--data={spec}: {loose} images lie beside the folders "
            f"{some(classes)}; expected either only images or only class "
            f"folders; choose one folder with #{base}{classes[0]} or move them"
        )
    if all(len(path) > 2 for path in parts.values()):
        raise UserError(
            f"--data={spec}: the folders {some(classes)} hold only folders; "
            f"expected images in them; choose one with #{base}{classes[0]}"
        )
    column = {name: index for index, name in enumerate(classes)}
    active = {name: (column[path[0]],) for name, path in parts.items()}
    return Labels("class", classes, active)


def _tags(
    spec: str, base: str, names: Collection[str], content: bytes
) -> Labels:
    rows = _parse(f"--data={spec}: {base}{TAGS_FILE}", content)
    vocabulary = tuple(sorted({tag for tags in rows.values() for tag in tags}))
    column = {tag: index for index, tag in enumerate(vocabulary)}
    active, problems = {}, {}
    for name in names:
        tags = rows.pop(_key(name[len(base) :]), None)
        if tags is None:
            problems[name] = f"not listed in {TAGS_FILE}"
        else:
            active[name] = tuple(sorted({column[tag] for tag in tags}))
    for name in rows:
        problems[base + name] = f"listed in {TAGS_FILE} but missing"
    return Labels("tags", vocabulary, active, problems)


def _parse(where: str, content: bytes) -> dict[str, list[str]]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
        table = [row for row in csv.reader(lines) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{where} is not a UTF-8 comma-separated table"
        ) from error
    header = [column.strip() for column in table[0]] if table else []
    if header != ["file", "tags"]:
        raise UserError(
            f"{where} must begin with the header 'file,tags', received "
            f"{','.join(header)[:60]!r}"
        )
    separators = re.compile(r"[\s;,]+")
    # A row may hold more columns: tags separated by unquoted commas.
    return {
        _key(row[0].strip()): [
            t for t in separators.split(" ".join(row[1:])) if t
        ]
        for row in table[1:]
    }


def _key(name: str) -> str:
    # macOS writes decomposed accents where an editor writes composed ones.
    return unicodedata.normalize("NFC", name.replace("\\", "/"))

"""Labels from the way files are laid out: class folders or `tags.csv`."""

import csv
import io
import posixpath
import re
import unicodedata
from collections import defaultdict
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
        unlabelled: Why a layout that might mean labels gives none.
    """

    mode: str = "none"
    vocabulary: tuple[str, ...] = ()
    active: dict[str, tuple[int, ...]] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    unlabelled: str = ""


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
    usable = {name for name, entry in entries.items() if not entry.problem}
    others = entries.keys() - usable
    found = infer(spec, usable, read_text, others) if labels else Labels()
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
        unlabelled=found.unlabelled,
    )


def infer(
    spec: str,
    names: Collection[str],
    read_text: Callable[[str], bytes | None],
    unusable: Collection[str] = (),
) -> Labels:
    """Finds out how a tree of images is labelled.

    A lone folder that wraps everything is stepped into first. There, a
    `tags.csv` gives tags; images in immediate subfolders give one class for
    each subfolder. Any other layout gives no labels, and says why if it looks
    like one of these.

    Args:
        spec: The source as the user wrote it, for messages.
        names: Image paths with `/` between folders.
        read_text: Returns the content of a file of the tree, None if absent.
        unusable: Paths of other images, which may stand in `tags.csv` too.

    Returns:
        The labels of all names.

    Raises:
        UserError: `tags.csv` is malformed.
    """
    base = ""
    while (content := _table(spec, base + TAGS_FILE, read_text)) is None:
        tops = {name[len(base) :].partition("/")[:2] for name in names}
        if len(tops) != 1 or not (only := next(iter(tops)))[1]:
            return _class_folders(base, names)
        base += only[0] + "/"
    rows = _parse(f"--data={spec}: {base}{TAGS_FILE}", content)
    others = [name for name in unusable if name.startswith(base)]
    return _tags(base, names, others, rows)


def _table(
    spec: str, name: str, read_text: Callable[[str], bytes | None]
) -> bytes | None:
    try:
        return read_text(name)
    except Exception as error:  # No permission, encrypted, failed checksum.
        raise UserError(
            f"--data={spec}: {name} cannot be read ({error})"
        ) from error


def _class_folders(base: str, names: Collection[str]) -> Labels:
    parts = {name: name[len(base) :].split("/") for name in names}
    loose = sum(len(path) == 1 for path in parts.values())
    classes = tuple(sorted({p[0] for p in parts.values() if len(p) > 1}))
    if not classes:
        return Labels()
    if loose:
        return Labels(
            unlabelled=f"{loose} images lie beside the folders {some(classes)}"
            "; expected either only images or only class folders; choose one "
            f"folder with #{base}{classes[0]} or move them"
        )
    if all(len(path) > 2 for path in parts.values()):
        return Labels(
            unlabelled=f"the folders {some(classes)} hold only folders; "
            f"expected images in them; choose one with #{base}{classes[0]}"
        )
    column = {name: index for index, name in enumerate(classes)}
    active = {name: (column[path[0]],) for name, path in parts.items()}
    return Labels("class", classes, active)


def _tags(
    base: str,
    names: Collection[str],
    unusable: Collection[str],
    table: dict[str, set[str]],
) -> Labels:
    matched = _matched(
        {name: _key(name[len(base) :]) for name in [*names, *unusable]}, table
    )
    rows = {
        name: {tag for key in matched[name] for tag in table[key]}
        for name in names
        if name in matched
    }
    vocabulary = tuple(sorted(set().union(*rows.values())))
    column = {tag: index for index, tag in enumerate(vocabulary)}
    problems = {
        name: f"not listed in {TAGS_FILE}" for name in names if name not in rows
    }
    for key in table.keys() - {k for keys in matched.values() for k in keys}:
        name = key or f"{TAGS_FILE}, a row without a file"
        problems[base + name] = f"listed in {TAGS_FILE} but missing"
    if not vocabulary:
        why = f"{base}{TAGS_FILE} gives no image a tag; fill its second column"
        return Labels(problems=problems, unlabelled=why)
    active = {
        name: tuple(sorted(column[tag] for tag in tags))
        for name, tags in rows.items()
    }
    return Labels("tags", vocabulary, active, problems)


def _matched(
    keys: dict[str, str], table: Collection[str]
) -> dict[str, list[str]]:
    """The rows of each image that has any.

    Case counts only where images differ in nothing else.

    Args:
        keys: The normal form of each image's name.
        table: The normal forms that the table lists.
    """
    alike, listed = defaultdict(list), defaultdict(list)
    for name, key in keys.items():
        alike[key.casefold()].append(name)
    for key in table:
        listed[key.casefold()].append(key)
    found = {}
    for folded, names in alike.items():
        for name in names:
            rows = [
                key
                for key in listed[folded]
                if len(names) == 1 or key == keys[name]
            ]
            if rows:
                found[name] = rows
    return found


def _parse(where: str, content: bytes) -> dict[str, set[str]]:
    """The tags of each file name in normal form, of all of its rows."""
    try:
        text = io.StringIO(content.decode("utf-8-sig"), newline="")
        table = [[cell.strip() for cell in row] for row in csv.reader(text)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{where} is not a UTF-8 comma-separated table"
        ) from error
    table = [row for row in table if any(row)]
    header = table[0] if table else []
    columns = [cell.lower() for cell in header]
    if columns not in (["file", "tags"], ["file", "tag"]):
        raise UserError(
            f"{where} must begin with the header 'file,tags', received "
            f"{','.join(header)[:60]!r}"
        )
    rows = [(_key(row[0]), row[1:]) for row in table[1:]]
    tags = defaultdict(set)
    for key, cells in _split(rows, one_each=columns[1] == "tag"):
        tags[key] |= cells
    return tags


def _split(
    rows: list[tuple[str, list[str]]], one_each: bool
) -> Iterator[tuple[str, set[str]]]:
    """Takes the cells of the tags column apart.

    Commas and semicolons separate tags; in a table without any, blanks do. A
    row may hold more cells: tags separated by unquoted commas.

    Args:
        rows: Name and cells.
        one_each: Whether each cell is one tag as it stands.
    """
    if not one_each:
        rows = [
            (key, [part for cell in cells for part in re.split("[;,]", cell)])
            for key, cells in rows
        ]
    rows = [(key, {" ".join(c.split()) for c in cells}) for key, cells in rows]
    rows = [(key, cells - {""}) for key, cells in rows]
    blanks = not one_each and all(len(cells) < 2 for _, cells in rows)
    for key, cells in rows:
        yield key, set(" ".join(cells).split()) if blanks else cells


def _key(name: str) -> str:
    # macOS writes decomposed accents where an editor writes composed ones.
    name = unicodedata.normalize("NFC", name.replace("\\", "/"))
    return posixpath.normpath("/" + name).lstrip("/")

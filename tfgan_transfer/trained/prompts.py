"""What a user asks a conditional generator for, as label rows."""

import csv
import difflib
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from tfgan_transfer.errors import UserError
from tfgan_transfer.serving.export import prompts as words
from tfgan_transfer.trained import written_names

FLAGS = ("tags", "class", "prompts")


class Prompt(NamedTuple):
    """One thing to draw.

    Attributes:
        name: Beginning of its files' names.
        label: Float32 [L].
    """

    name: str
    label: np.ndarray


def read(given: Mapping, record: Mapping) -> list[Prompt]:
    """The prompts that the flags hold.

    Args:
        given: `tags`, `class_name` or `prompts`, as given.
        record: What the checkpoint says about its run.

    Returns:
        The prompts; none if no flag asks for anything.

    Raises:
        UserError: If there is more than one such flag, a word is unknown or
            the generator has no labels.
    """
    asked = [name for name in FLAGS if given.get(name)]
    if not asked:
        return []
    if len(asked) > 1:
        raise UserError(
            f"--{asked[0]}: expected one of --tags, --class and "
            f"--prompts, received also --{asked[1]}; leave one out"
        )
    [flag] = asked
    vocabulary = labels_of(record, f"--{flag}")
    value = given[flag]
    if flag == "class":
        return [Prompt(written_names.of(value), _class(value, vocabulary))]
    if flag == "tags":
        name = written_names.of("_".join(_words(value)))
        return [Prompt(name, _tags(value, vocabulary))]
    return [
        Prompt(name, _tags(prompt, vocabulary))
        for name, prompt in _rows(pathlib.Path(value))
    ]


def labels_of(record: Mapping, flag: str) -> list[str]:
    """The vocabulary of a conditional run.

    Raises:
        UserError: If its generator takes no labels.
    """
    if not record["generator"].get("num_labels"):
        raise UserError(
            f"{flag}: this generator takes no labels; train one with "
            "--model=acgan"
        )
    return record["data"]["vocabulary"]


def _class(name: str, vocabulary: Sequence[str]) -> np.ndarray:
    if name not in vocabulary:
        raise _unknown("--class", name, vocabulary)
    return np.eye(len(vocabulary), dtype=np.float32)[vocabulary.index(name)]


def _tags(prompt: str, vocabulary: Sequence[str]) -> np.ndarray:
    """Marks the tags that a prompt names, as an exported model does."""
    found, left = words.read(tf.constant([prompt]), vocabulary)
    unknown = left[0].numpy().decode().split()
    if unknown:
        longest = max(len(_words(tag)) for tag in vocabulary)
        near = " ".join(unknown[:longest])
        raise _unknown("--tags", near, vocabulary)
    if not found.numpy().any():
        raise _unknown("--tags", prompt, vocabulary)
    return found[0].numpy().astype(np.float32)


def _words(text: str) -> list[str]:
    return words.plain(tf.constant(text)).numpy().decode().split()


def _rows(path: pathlib.Path) -> list[tuple[str, str]]:
    """The ids and prompts of a file, each fit to be part of a file's name."""
    try:
        # Spreadsheets put a mark in front.
        text = path.read_text(encoding="utf-8-sig")
        lines = list(csv.reader(text.splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"--prompts: {str(path)!r} cannot be read ({error}); expected a "
            "text file of lines such as: 1,green hair blue eyes"
        ) from error
    rows, taken = [line for line in lines if line], {}
    for number, row in enumerate(rows, 1):
        row[0] = row[0].strip()
        why = written_names.problem_of_id(row[0]) if len(row) > 1 else ""
        same = written_names.same(row[0])
        if same in taken:
            why = f"is that of row {taken[same]}, but for case at most"
        if why or len(row) < 2:
            shown = f"{','.join(row)!r:.200}"
            raise UserError(
                f"--prompts: row {number} of {str(path)!r} is {shown}; "
                "expected an id, a comma and a prompt"
                + (f", but its id {why}; choose another" if why else "")
            )
        taken[same] = number
    if not rows:
        raise UserError(f"--prompts: {str(path)!r} holds no prompt")
    return [(row[0], " ".join(row[1:])) for row in rows]


def _unknown(flag: str, text: str, vocabulary: Sequence[str]) -> UserError:
    plain = {" ".join(_words(name)): name for name in vocabulary}
    near = difflib.get_close_matches(" ".join(_words(text)), plain, 1, 0.4)
    suggestion = f"; did you mean {plain[near[0]]!r}?" if near else "."
    return UserError(
        f"{flag}: {text!r} is unknown{suggestion} Expected some of: "
        f"{', '.join(vocabulary)}"
    )

"""Prompts in the words of a vocabulary.

By operations alone, so that they are understood inside an exported graph,
where no Python runs, and by `generate` in the same way.
"""

import re
from collections.abc import Sequence

import tensorflow as tf

# What may stand between tags.
FILLERS = ("and", "with", "a")
# A plural's s, as in "eyes"; "ss" and words of three letters stay.
_PLURAL = r"(\S{2,}[^s\s])s(\s|$)"


def parse(prompts: tf.Tensor, vocabulary: Sequence[str]) -> tf.Tensor:
    """Marks the tags that prompts name, in any order.

    "Green hair, blue eyes" and "blue_eye green_hair" name the same tags.

    Args:
        prompts: String [B].
        vocabulary: L tags.

    Returns:
        Float32 [B, L] of 0 and 1.

    Raises:
        tf.errors.InvalidArgumentError: When run on a prompt with a word that
            is in no tag, or with no tag at all.
    """
    found, left = read(prompts, vocabulary)
    known = tf.logical_and(tf.equal(left, ""), tf.reduce_any(found, axis=1))
    check = tf.debugging.Assert(
        tf.reduce_all(known),
        [
            "unknown words in a prompt; expected some of: "
            + ", ".join(vocabulary)
            + "; received:",
            tf.boolean_mask(prompts, tf.logical_not(known)),
        ],
    )
    with tf.control_dependencies([check]):
        return tf.cast(found, tf.float32)


def read(
    prompts: tf.Tensor, vocabulary: Sequence[str]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Finds the tags that prompts name.

    Args:
        prompts: String [B].
        vocabulary: L tags.

    Returns:
        Bool [B, L], and the words that belong to no tag, string [B].
    """
    left = _spaced(plain(prompts))
    # Longest first, so that "dark green hair" is not taken for "green hair".
    order = sorted(
        range(len(vocabulary)), key=lambda i: -_length(vocabulary[i])
    )
    columns = [None] * len(vocabulary)
    for i in order:
        left, columns[i] = _take(left, vocabulary[i])
    for word in FILLERS:
        left, _ = _take(left, word)
    return tf.stack(columns, axis=1), tf.strings.strip(left)


def plain(text: tf.Tensor) -> tf.Tensor:
    """Lower-case words without marks and plurals: tags differ in no more."""
    text = tf.strings.regex_replace(tf.strings.lower(text), r"[-_,;]", " ")
    return tf.strings.regex_replace(text, _PLURAL, r"\1\2")


def _spaced(text: tf.Tensor) -> tf.Tensor:
    """Gives each word a space of its own on either side."""
    text = tf.strings.regex_replace(tf.strings.strip(text), r"\s+", "  ")
    return tf.strings.join([" ", text, " "])


def _length(tag: str) -> int:
    return len(tag.replace("-", "_").replace(" ", "_").split("_"))


def _take(text: tf.Tensor, tag: str) -> tuple[tf.Tensor, tf.Tensor]:
    """Text [B] without a tag, and whether it was there, bool [B]."""
    with tf.init_scope():
        # Now, while the graph is made.
        words = _spaced(plain(tf.constant(tag))).numpy().decode()
    pattern = re.escape(words).replace(r"\ ", " ")
    there = tf.strings.regex_full_match(text, f".*{pattern}.*")
    # A word's own spaces go with it, those of its neighbours stay.
    return tf.strings.regex_replace(text, pattern, ""), there

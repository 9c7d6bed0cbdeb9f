"""Image files looked at inside the graph, before anything decodes them.

A file of some kilobytes may hold a picture of gigabytes, or thousands of them.
The sizes are read from the headers here, and of an animated GIF everything
after the first picture is cut off, since TensorFlow decodes all of them.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfgan_transfer.pixels import MOST_PIXELS

_HEADER = 32
_KINDS = "JPEG, PNG, GIF, BMP, WebP"
# States of a walk through the blocks of a GIF.
_BETWEEN, _IN_OTHERS, _IN_PICTURE, _DONE = range(4)


def checked(file: tf.Tensor) -> tf.Tensor:
    """The file, or as much of it as its first picture takes.

    Args:
        file: A scalar string: PNG, JPEG, GIF, BMP or WebP.

    Returns:
        A scalar string.

    Raises:
        tf.errors.InvalidArgumentError: When run on anything else, or on a
            picture of more than `MOST_PIXELS`.
    """
    head = tf.strings.substr(file, 0, _HEADER)
    bytes_ = _bytes(tf.strings.join([head, "\0" * _HEADER]))[:_HEADER]

    def starts(text: bytes, place: int = 0) -> tf.Tensor:
        return tf.reduce_all(bytes_[place : place + len(text)] == list(text))

    gif = starts(b"GIF8")
    file, frame = tf.cond(
        gif, lambda: _first_picture(file), lambda: (file, tf.zeros([2], _INT))
    )
    size = tf.case(
        [
            (starts(b"\xff\xd8\xff"), lambda: _jpeg(file)),
            (starts(b"\x89PNG"), lambda: _png(bytes_)),
            (gif, lambda: tf.maximum(frame, _pair(bytes_, 6, 2))),
            (starts(b"BM"), lambda: tf.abs(_pair(bytes_, 18, 4))),
            (starts(b"WEBP", 8), lambda: _webp(bytes_)),
        ],
        default=lambda: tf.zeros([2], _INT),
    )
    pixels = tf.reduce_prod(size)
    empty = tf.debugging.Assert(tf.strings.length(file) > 0, ["Input is empty"])
    with tf.control_dependencies([empty]):
        known = tf.debugging.Assert(
            pixels > 0, [f"Unknown image file format. One of {_KINDS} required"]
        )
    small = tf.debugging.Assert(
        pixels <= MOST_PIXELS,
        [f"image: expected at most {MOST_PIXELS} pixels, received:", pixels],
    )
    with tf.control_dependencies([known, small]):
        return tf.identity(file)


_INT = tf.int64


def _bytes(text: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.io.decode_raw(text, tf.uint8), _INT)


def _number(bytes_: tf.Tensor, places: Sequence[int]) -> tf.Tensor:
    """The number of some bytes, the lowest one first."""
    return tf.add_n([bytes_[p] * 256**i for i, p in enumerate(places)])


def _pair(bytes_: tf.Tensor, place: int, size: int) -> tf.Tensor:
    """Width and height, numbers of `size` bytes that follow each other."""
    first = [_number(bytes_, range(place, place + size))]
    found = tf.stack(
        [*first, _number(bytes_, range(place + size, place + 2 * size))]
    )
    # A height below 0 says that the picture begins at its upper edge.
    return tf.where(found >= 2**31, found - 2**32, found)


def _png(bytes_: tf.Tensor) -> tf.Tensor:
    return tf.stack(
        [_number(bytes_, range(top, top - 4, -1)) for top in (19, 23)]
    )


def _jpeg(file: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.image.extract_jpeg_shape(file)[:2], _INT)


def _webp(bytes_: tf.Tensor) -> tf.Tensor:
    fourth = bytes_[15]
    packed = _number(bytes_, range(21, 25))
    lossless = tf.stack([packed % 2**14, packed // 2**14 % 2**14]) + 1
    large = tf.stack([_number(bytes_, range(p, p + 3)) for p in (24, 27)]) + 1
    return tf.case(
        [
            (fourth == ord("L"), lambda: lossless),
            (fourth == ord("X"), lambda: large),
            (fourth == ord(" "), lambda: _pair(bytes_, 26, 2) % 2**14),
        ],
        default=lambda: tf.zeros([2], _INT),
    )


def _first_picture(file: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """A GIF that ends after its first picture, and the picture's size."""
    length = tf.cast(tf.strings.length(file), _INT)
    # As bytes, for they are as many as the file's; and some beyond its end.
    raw = tf.io.decode_raw(file, tf.uint8)
    raw = tf.concat([raw, tf.zeros([_HEADER], tf.uint8)], 0)

    def at(place: tf.Tensor) -> tf.Tensor:
        return tf.cast(raw[place], _INT)

    def colours(flags: tf.Tensor) -> tf.Tensor:
        """Bytes of a table of colours."""
        table = 3 * tf.bitwise.left_shift(tf.constant(2, _INT), flags % 8)
        return table * tf.cast(flags >= 128, _INT)

    def step(
        place: tf.Tensor, state: tf.Tensor, picture: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        first = at(place)
        between = state == _BETWEEN
        other, found = between & (first == 0x21), between & (first == 0x2C)
        inside = ~between & (first > 0)
        picture = tf.where(found, place, picture)
        # A block's last part has no bytes.
        after = tf.where(state == _IN_OTHERS, _BETWEEN, _DONE)
        state = tf.where(inside, state, after)
        state = tf.where(between, _DONE, state)
        state = tf.where(other, _IN_OTHERS, state)
        state = tf.where(found, _IN_PICTURE, state)
        flags = at(tf.minimum(place + 9, length))
        skipped = tf.where(found, 11 + colours(flags), 1 + first)
        return (
            place + tf.where(other, tf.constant(2, _INT), skipped),
            state,
            picture,
        )

    place, state, picture = tf.while_loop(
        lambda place, state, _: (place < length) & (state != _DONE),
        step,
        (13 + colours(at(tf.constant(10, _INT))), _BETWEEN, length),
    )
    size = tf.cast(raw[picture : picture + _HEADER // 2], _INT)
    size = tf.concat([size, tf.zeros([_HEADER], _INT)], 0)
    end = tf.cast(tf.minimum(place, length), tf.int32)
    kept = tf.strings.join([tf.strings.substr(file, 0, end), ";"])
    return kept, _pair(size, 5, 2)

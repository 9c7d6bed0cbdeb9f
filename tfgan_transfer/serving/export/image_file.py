"""Image files looked at inside the graph, before anything decodes them.

A file of some kilobytes may hold a picture of gigabytes, or thousands of them.
The sizes are read from the headers here, and of an animated GIF everything
after the first picture is cut off, since TensorFlow decodes all of them. How a
camera was held is read as well, which TensorFlow's decoders do not do.
"""

from collections.abc import Sequence

import tensorflow as tf

from tfgan_transfer.pixels import MOST_PIXELS

_HEADER = 32
# Bytes in which cameras put their notes, and the most entries of these.
_FRONT, _ENTRIES = 2**17, 512
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


def orientation(file: tf.Tensor) -> tf.Tensor:
    """How a camera held the picture of a JPEG: EXIF's number, 1 for upright.

    Exif 2.32, sections 4.5 and 4.6.2: in a segment APP1 that begins with
    "Exif", a TIFF header, low or high bytes first, and entries of 12 bytes,
    of which the one with the tag 0x112 says it.

    Args:
        file: A scalar string that `checked` has let pass.

    Returns:
        An int64 scalar, 1 to 8; 1 for other files and where nothing is said.
    """
    raw = tf.io.decode_raw(tf.strings.substr(file, 0, _FRONT), tf.uint8)
    length = tf.cast(tf.size(raw), _INT)
    raw = tf.concat([raw, tf.zeros([_HEADER], tf.uint8)], 0)

    def high_first(place: tf.Tensor, count: int) -> tf.Tensor:
        return _number(_at(raw, place, count), range(count - 1, -1, -1))

    def is_exif(place: tf.Tensor) -> tf.Tensor:
        head = _at(raw, place, 10)
        wanted = tf.constant([0xFF, 0xE1, *b"Exif"], _INT)
        return tf.reduce_all(tf.gather(head, [0, 1, 4, 5, 6, 7]) == wanted)

    def goes_on(place: tf.Tensor) -> tf.Tensor:
        # Compressed pixels follow the segment 0xDA.
        marker = high_first(place, 2)
        known = (marker >= 0xFF01) & (marker != 0xFFDA)
        return (place + 10 < length) & known & ~is_exif(place)

    (place,) = tf.while_loop(
        goes_on,
        lambda place: (place + 2 + high_first(place + 2, 2),),
        (tf.constant(2, _INT),),
    )
    found = (high_first(tf.constant(0, _INT), 2) == 0xFFD8) & is_exif(place)
    return tf.cond(
        found, lambda: _of_tiff(raw, place + 10), lambda: tf.constant(1, _INT)
    )


def _of_tiff(raw: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """The orientation that the entries of a TIFF header name."""
    low_first = _at(raw, start, 2)[0] == ord("I")

    def number(place: tf.Tensor, count: int) -> tf.Tensor:
        bytes_ = _at(raw, place, count)
        return _number(tf.where(low_first, bytes_, bytes_[::-1]), range(count))

    first = start + number(start + 4, 4)
    entries = number(first, 2)
    (entry,) = tf.while_loop(
        lambda i: (i < entries) & (number(first + 2 + 12 * i, 2) != 0x112),
        lambda i: (i + 1,),
        (tf.constant(0, _INT),),
        maximum_iterations=_ENTRIES,
    )
    value = number(first + 10 + 12 * entry, 2)
    named = (entry < tf.minimum(entries, _ENTRIES)) & (value > 0) & (value < 9)
    return tf.where(named, value, 1)


def _at(raw: tf.Tensor, place: tf.Tensor, count: int) -> tf.Tensor:
    """So many bytes from a place on; zeros beyond the end."""
    last = tf.cast(tf.size(raw) - count, _INT)
    place = tf.clip_by_value(place, 0, last)
    found = tf.cast(raw[place : place + count], _INT)
    return tf.ensure_shape(found, [count])


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

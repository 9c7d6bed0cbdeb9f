"""SavedModels that break one rule each, and one that breaks none."""

import os
import pathlib
import shutil

import keras
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tests.support.hand_made import record, spec, warm_up

NUMBER = [spec("number", 4)]


def network():
    return keras.Sequential(
        [
            keras.layers.Input((4,), name="number"),
            keras.layers.Dense(8, name="wide"),
            keras.layers.BatchNormalization(name="norm"),
        ]
    )


def good(number):
    return {"twice": number * 2}


def python(number):
    return {"twice": tf.numpy_function(lambda x: x * 2, [number], tf.float32)}


def writes(path):
    """Functions that leave a mark at `path`, each in another way."""

    def prints(number):
        tf.print("here", output_stream=f"file://{path}")
        return {"twice": number * 2}

    def saves(number):
        tf.raw_ops.SaveV2(
            prefix=str(path),
            tensor_names=["number"],
            shape_and_slices=[""],
            tensors=[number],
        )
        return {"twice": number * 2}

    def dumps(number):
        tf.io.write_file(str(path), "here")
        return {"twice": number * 2}

    return {"prints": prints, "saves": saves, "dumps": dumps}


def random(number):
    return {"noisy": number + tf.random.normal(tf.shape(number))}


def mean(number):
    return {"centred": number - tf.reduce_mean(number)}


def ragged(number):
    return {"twice": tf.concat([number, number], 0)}


def half(number):
    return {"half": tf.cast(number, tf.bfloat16)}


def large(number):
    return {"large": tf.tile(number, (1, 2**18 + 1))}


def text(number):
    return {"text": tf.strings.as_string(number[:, 0])}


def unpacked(data):
    return {"found_bytes": tf.io.decode_compressed(data, "GZIP")}


def photo(image_bytes):
    def brightness(file):
        image = tf.io.decode_image(file, 3, expand_animations=False)
        return tf.reduce_mean(tf.cast(image[:5], tf.float32))

    return {"brightness": tf.map_fn(brightness, image_bytes, tf.float32)}


def words(prompt):
    known = tf.reduce_all(tf.strings.regex_full_match(prompt, "red|blue"))
    with tf.control_dependencies([tf.debugging.Assert(known, ["not a word"])]):
        return {"length": tf.strings.length(prompt)}


def one_row_only(number):
    # Of two rows the second would be told apart by nobody.
    with tf.control_dependencies(
        [tf.debugging.assert_less(tf.shape(number)[0], 2)]
    ):
        return {"twice": number * 2}


FUNCTIONS = {
    "good": (good, NUMBER),
    "python": (python, NUMBER),
    "random": (random, NUMBER),
    "mean": (mean, NUMBER),
    "ragged": (ragged, NUMBER),
    "half": (half, NUMBER),
    "large": (large, NUMBER),
    "text": (text, NUMBER),
    "one_row": (one_row_only, NUMBER),
    "unpacked": (unpacked, [spec("data", dtype=tf.string)]),
    "b64": (
        lambda b64: {"found_bytes": b64},
        [spec("b64", dtype=tf.string)],
    ),
    "photo": (photo, [spec("image_bytes", dtype=tf.string)]),
    "words": (words, [spec("prompt", dtype=tf.string)]),
    "fixed": (good, [tf.TensorSpec((3, 4), tf.float32, "number")]),
    "scalar": (good, [tf.TensorSpec((), tf.float32, "number")]),
    "no_input": (lambda: {"one": tf.ones([1])}, []),
    "jit": (
        tf.function(good, jit_compile=True),
        NUMBER,
    ),
}


def save(path, function, inputs, name="serving_default", **variables):
    """A SavedModel by TensorFlow's own means."""
    module = tf.Module()
    for key, value in variables.items():
        setattr(module, key, value)
    concrete = tf.function(function).get_concrete_function(*inputs)
    tf.saved_model.save(module, str(path), signatures={name: concrete})
    return path


def archive(path, function, tracked=None):
    """A SavedModel by Keras' means."""
    made = keras.export.ExportArchive()
    if tracked is not None:
        made.track(tracked)
    made.add_endpoint("serving_default", function, input_signature=NUMBER)
    made.write_out(str(path), verbose=False)
    return path


def copies(path, name):
    """A copy of a version, and its place in a folder of its own."""
    made = path.parents[1] / name / path.name
    shutil.copytree(path, made)
    return made


def retag(path, tags):
    """Gives the graphs in a SavedModel these tags."""
    file = path / "saved_model.pb"
    saved = saved_model_pb2.SavedModel.FromString(file.read_bytes())
    saved.meta_graphs[0].meta_info_def.tags.extend(tags)
    file.write_bytes(saved.SerializeToString())


def write(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """Name of each version -> its directory."""
    made = {}
    for name, (function, inputs) in FUNCTIONS.items():
        made[name] = save(folder / name / "1", function, inputs)
    made["other"] = save(folder / "other" / "1", good, NUMBER, "other")
    keras.utils.set_random_seed(0)
    model = network()
    made["once"] = archive(
        folder / "once" / "1", lambda number: {"wide": model(number)}
    )
    made["doubled"] = archive(
        folder / "doubled" / "1", lambda number: {"wide": model(number)}, model
    )
    made["training"] = archive(
        folder / "training" / "1",
        lambda number: {"wide": model(number, training=True)},
    )
    made["keras_variables"] = save(
        folder / "keras_variables" / "1",
        lambda number: {"wide": model(number)},
        NUMBER,
        weights=list(model.variables),
    )
    unused = tf.Variable(tf.ones([500]))
    made["idle"] = save(
        folder / "idle" / "1",
        lambda number: {"wide": model(number)},
        NUMBER,
        weights=[variable.value for variable in model.variables],
        unused=unused,
    )
    break_files(made)
    return made


def break_files(made: dict[str, pathlib.Path]) -> None:
    """Adds versions whose files are wrong."""
    fine = np.ones((1, 4), np.float32)
    for name, records in {
        "fails_warm_up": [record(number=fine), record(number=fine[:, 0] > 0)],
        "many_records": [record(number=fine)] * 1001,
        "no_record": [b"not a message"],
    }.items():
        made[name] = copies(made["good"], name)
        warm_up(made[name], *records)
    made["warm"] = copies(made["once"], "warm")
    warm_up(made["warm"], record(number=fine))
    made["told_words"] = copies(made["words"], "told_words")
    warm_up(made["told_words"], record(prompt=tf.constant(["red", "blue"])))
    made["tags"] = copies(made["good"], "tags")
    retag(made["tags"], ["gpu"])
    made["cut_off"] = copies(made["once"], "cut_off")
    (data,) = made["cut_off"].glob("variables/*.data*")
    os.truncate(data, data.stat().st_size // 2)
    made["no_index"] = copies(made["once"], "no_index")
    (made["no_index"] / "variables" / "variables.index").unlink()
    made["latest"] = copies(made["good"], "named").rename(
        made["good"].parent / "latest"
    )
    made["closed"] = copies(made["good"], "closed")
    made["closed"].chmod(0o700)
    (made["closed"] / "notes.txt").write_text("of nobody's business")

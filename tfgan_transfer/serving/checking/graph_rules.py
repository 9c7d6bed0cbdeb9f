"""Rules for the graph of a SavedModel, and for its weights."""

import re
from collections import Counter
from collections.abc import Iterator

import tensorflow as tf
from tensorflow.core.framework import node_def_pb2

from tfgan_transfer.serving.checking.findings import (
    ERROR,
    NOTE,
    WARNING,
    Finding,
)
from tfgan_transfer.serving.checking.saved_graph import SavedGraph

_COMPILED = ("XlaCallModule", "XlaLaunch", "_XlaCompile", "_XlaRun")
_PYTHON = re.compile(r"(Eager)?PyFunc(Stateless)?")
# Readers and writers of files, of checkpoints and of logs, datasets that lie
# in files or come over the network, and what ends the process.
_OUTSIDE = re.compile(
    r"ReadFile|WriteFile|\w*Reader(V2)?|(Experimental)?MatchingFiles\w*|"
    r"Save(V2|Slices)?|Restore(V2|Slice)?|MergeV2Checkpoints|"
    r"DistributedSave|LoadAndRemapMatrix|GenerateVocabRemapping|"
    r"(Create|Write|Flush)\w*Summary\w*|Debug(Identity|NanCount|Numeric)\w*|"
    r"(Experimental)?(TextLine|TFRecord|FixedLengthRecord|CSV|Sql|LMDB|Cache|"
    r"Save|Load|Snapshot\w*|DataService)Dataset(V\d)?|"
    r"(Experimental)?DatasetToTFRecord|ListSnapshotChunksDataset|"
    r"RegisterDataset(V2)?|FileSystemSetConfiguration|RemoteCall|"
    r"Collective\w+|_?(Host)?(Send|Recv)|Abort"
)
# Stateless ones take their seed as an input.
_RANDOM = re.compile(
    r"Random(StandardNormal|Uniform|UniformInt|Shuffle|Crop|Gamma|Poisson|"
    r"PoissonV2)|TruncatedNormal|ParameterizedTruncatedNormal|Multinomial|"
    r"Stateful(StandardNormal|StandardNormalV2|TruncatedNormal|Uniform|"
    r"UniformInt|UniformFullInt|RandomBinomial)|Rng\w+|NonDeterministicInts|"
    r"SampleDistortedBoundingBox(V2)?|\w+CandidateSampler"
)
_ASSIGNING = re.compile(
    r"Assign\w*|Resource(Apply|SparseApply|Scatter|StridedSliceAssign)\w*"
)


def compiled(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 7: nothing is compiled by XLA, which the server has turned off."""
    for name in saved.signatures:
        for node, function in saved.reached(name):
            marked = node.attr["_XlaMustCompile"].b or (
                function and saved.functions[function].attr["_XlaMustCompile"].b
            )
            if marked or node.op in _COMPILED:
                yield Finding(
                    7,
                    ERROR,
                    f"{name!r} calls a jit-compiled function "
                    f"({function or node.name}); the server answers 'XLA "
                    "compilation disabled'; export it without jit_compile",
                )
                break


def operations(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 8: operations that the server has, and that touch no files."""
    places = {name: saved.reached(name) for name in saved.signatures}
    places["loading"] = [
        *saved.started(),
        # Weights are files that a version may have.
        *(p for p in saved.restoring() if p.node.op != "RestoreV2"),
    ]
    places["a function of its own"] = saved.others()
    for name, found in places.items():
        told = {(node.op, _why(node)) for node, _ in found}
        for op, why in sorted(told, key=str):
            if why:
                yield Finding(
                    8, ERROR, f"{name!r} needs {why} ({op}); leave it out"
                )


def _why(node: node_def_pb2.NodeDef) -> str | None:
    """What an operation needs that no model may use, if anything."""
    if _PYTHON.fullmatch(node.op):
        return "Python code, which the server does not have"
    # Others print to where the server reports its own troubles.
    prints = node.op == "PrintV2"
    if prints and node.attr["output_stream"].s.startswith(b"file:"):
        return "files of the machine where it runs"
    if _OUTSIDE.fullmatch(node.op):
        return "files of the machine where it runs, or its network"
    if not hasattr(tf.raw_ops, node.op):
        return f"an operation that TensorFlow {tf.__version__} lacks"
    return None


def state(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 9: no signature draws random numbers, or changes a variable."""
    for name in saved.signatures:
        found = sorted({place.node.op for place in saved.reached(name)})
        for op in found:
            if _RANDOM.fullmatch(op):
                yield Finding(
                    9,
                    ERROR,
                    f"{name!r} draws random numbers of its own ({op}), so that "
                    "no request can be repeated; use tf.random.stateless_* "
                    "with a seed for each row",
                )
            elif _ASSIGNING.fullmatch(op):
                yield Finding(
                    9,
                    ERROR,
                    f"{name!r} changes a variable ({op}), as layers do when "
                    "training; call the model with training=False",
                )


def weights(saved: SavedGraph) -> Iterator[Finding]:
    """Rule 10: each number that is used is stored, and stored once."""
    restored, read = saved.restored(), saved.read()
    lost = sorted(set(read) - set(restored) - saved.initialised())
    if lost:
        yield Finding(
            10,
            ERROR,
            f"{len(lost)} variables are used but not stored, such as "
            f"{lost[0]!r}; were Keras variables given to tf.saved_model.save? "
            "use keras.export.ExportArchive",
        )
    idle = {name: size for name, size in restored.items() if name not in read}
    extra, used = sum(idle.values()), sum(read.values())
    if lost or not extra:
        return
    copies = Counter(idle.values()) - Counter(read.values())
    twice = used > 0 and sum(copies.elements()) < extra / 2
    yield Finding(
        10,
        ERROR if twice else WARNING if extra > used / 100 else NOTE,
        f"{extra + used:,} numbers are stored and {used:,} used"
        + (
            "; weights are stored twice, as ExportArchive.track and "
            "Model.export do; leave track out"
            if twice
            else f"; {sorted(idle)[0]!r} is read by no signature"
        ),
    )


RULES = (compiled, operations, state, weights)

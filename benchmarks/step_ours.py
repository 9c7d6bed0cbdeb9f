"""The train steps of `train_step.py` in this library, as `train` runs them."""

import itertools
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import step_worker
import tensorflow as tf

from tfgan_transfer import data, families
from tfgan_transfer.families.family import Plan
from tfgan_transfer.gans import loop
from tfgan_transfer.networks import resnet_cifar
from tfgan_transfer.ops import convolution, pixel_blocks
from tfgan_transfer.pixels import to_uint8
from tfgan_transfer.settings import config
from tfgan_transfer.trained.sampling import rendered
from tfgan_transfer.training import devices

FLAGS = {"limit": 256, "flip": False}
# The game of the recipe `features_64`.
PROJECTED = {"adversarial_loss": "hinge", "feature_norm": "batch"}


def settings(case, precision, device):
    """The flags of a case, resolved."""
    flags = {
        **FLAGS,
        "devices": f"{device}:1",
        "size": str(case["size"]),
        "batch_size": case["batch"],
        "precision": precision.replace("tfloat32", "float32"),
        "steps": 1000,
    }
    if case["network"] == "cyclegan":
        pair = {"model": "cyclegan", "network": "resnet_6", "pool_size": 0}
        pair |= {"data_a": "shapes", "data_b": "shapes#outline"}
        flags |= pair
    else:
        flags |= {"network": case["network"], "n_critic": case["n_critic"]}
        flags |= {"data": "shapes", "generator_lr": 1e-4}
        if "critic" in case:
            flags |= {**PROJECTED, "critic": case["critic"]}
        if case["labels"]:
            flags |= {"model": "acgan", "conditioning": "concat"}
    return config.resolve(
        flags,
        None,
        side=case["size"],
        count=FLAGS["limit"],
        label_mode="class" if case["labels"] else "none",
    )


def counted(function):
    """FLOPs of the convolutions and products that a graph has to do."""
    total, seen = 0, set()
    graph = function.graph
    waiting = [t.op for t in graph.outputs] + list(graph.control_outputs)
    while waiting:
        operation = waiting.pop()
        if operation.name in seen:
            continue
        seen.add(operation.name)
        waiting += [t.op for t in operation.inputs] + operation.control_inputs
        total += flops(operation)
        called = operation.op_def.attr if operation.op_def else ()
        for attribute in called:
            if attribute.type == "func" and attribute.name == "f":
                name = operation.get_attr("f").name
                total += counted(graph._get_function(name))
    return total


def flops(operation):
    """Two for each multiplication of a convolution or a product."""
    kind, inputs = operation.type, operation.inputs
    if kind == "MatMul":
        shared = inputs[0].shape[0 if operation.get_attr("transpose_a") else 1]
        return 2 * operation.outputs[0].shape.num_elements() * shared
    if kind == "DepthwiseConv2dNative":
        window = inputs[1].shape[:2].num_elements()
        return 2 * operation.outputs[0].shape.num_elements() * window
    if kind == "Conv2D":
        maps, kernel = operation.outputs[0].shape, inputs[1].shape
    elif kind == "Conv2DBackpropInput":
        maps, kernel = inputs[2].shape, inputs[1].shape
    elif kind == "Conv2DBackpropFilter":
        maps, kernel = inputs[2].shape, operation.outputs[0].shape
    else:
        return 0
    return 2 * maps.num_elements() * kernel[:3].num_elements()


def product(precision, device):
    """A product of two large matrices."""
    kind = "bfloat16" if precision == "mixed_bfloat16" else "float32"
    shape = [step_worker.SIDES[device]] * 2
    matrix = tf.cast(tf.random.uniform(shape), kind)
    multiply = tf.function(lambda: tf.matmul(matrix, matrix))
    return lambda: multiply()[0, 0].numpy()


def sampling(model, case, layers):
    """Draws batches as `generate` does, or layer by layer."""
    count = step_worker.BATCHES * case["batch"]
    latents = np.random.default_rng(0).normal(size=(count, 128))
    latents = latents.astype(np.float32)
    if layers:
        batches = np.split(latents, step_worker.BATCHES)
        return lambda: [to_uint8(model.sample(batch)) for batch in batches]
    return lambda: list(rendered(model.ema_generator, latents, None, None))


def finished(step, batches):
    """A step that ends when the device has done its work."""
    return lambda: [float(value) for value in step(batches).values()]


def training(setting, precision):
    """A step of `scale.py`: strategy and stream as in training, on noise."""
    setting = dict(setting)
    count = setting.pop("images")
    resolved = config.resolve(
        {
            **{"data": "shapes", "network": "dcgan", "n_critic": 1},
            **{"steps": 1000, "precision": precision, **setting},
        },
        None,
        side=32,
        count=count,
    )
    side = int(setting["size"])
    shape = (count, side, side, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    labels = np.zeros((count, 0), np.float32)
    names = tuple(map(str, range(count)))
    images = data.ImageSet(pixels, labels, (), "none", names)
    family = families.of(resolved)
    strategy = devices.strategy(resolved)
    devices.prepare(resolved)
    with strategy.scope():
        model = family.build(Plan(resolved), images, xla=False)
    stream = iter(family.batches(resolved, images, strategy, 0))
    step = model.train_function
    return finished(step, stream), None, int, step_worker.resident


def peak(device):
    """Peak of the memory of a process, or of a GPU, in MiB."""
    if device == "cpu":
        return step_worker.resident()
    return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 2**20


def widen(width):
    """Builds generators of another width than the critic's."""
    generator = resnet_cifar.generator

    def wide(*args, **kwargs):
        return generator(*args, **{**kwargs, "width": width})

    resnet_cifar.generator = wide


def several(model, stream):
    """Steps in one call, as `--steps_per_call` has them."""
    count = step_worker.STEPS
    ahead = loop.in_calls(model, itertools.repeat(count))

    def step():
        for _ in range(count):
            ahead(stream)

    step.steps = count
    return step


def whole(model, element):
    """All of a step compiled by XLA, and no loop around it."""
    return finished(tf.function(model.train_step, jit_compile=True), element)


def make(case, name, precision, threads, device):
    """Step, matrix product, memory; for `count`, the FLOPs of a step only."""
    if threads:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_tensor_float_32_execution(
        precision == "tfloat32"
    )
    resolved = settings(case, precision, device)
    family = families.of(resolved)
    images = family.load_data(resolved).train
    mirrored = devices.strategy(resolved)
    bare = name in ("graph_bare", "xla_bare", "xla_whole")
    strategy = tf.distribute.get_strategy() if bare else mirrored
    if name == "graph_returning":
        devices.keep_memory = bool
    devices.prepare(resolved)
    if name == "graph_onednn":
        convolution.worthwhile = lambda *_: False
    if name in ("count", "graph_wide"):
        # Blocks of pixels also multiply by zeros: counted is work without.
        pixel_blocks.FEW = 0
    if "generator_width" in case:
        widen(case["generator_width"])
    with strategy.scope():
        model = family.build(
            Plan(resolved),
            images,
            xla=name in ("xla", "xla_bare", "xla_several"),
        )
    stream = iter(family.batches(resolved, images, strategy, 0))
    # One batch again and again: this is not about reading images.
    element = strategy.experimental_local_results(next(stream))[0]
    stream = iter(
        strategy.experimental_distribute_dataset(
            tf.data.Dataset.from_tensors(element).repeat()
        )
    )
    if name == "count":
        train = model.train_function.__wrapped__
        traced = train.get_concrete_function(stream)
        return int, counted(traced), int, int
    rest = product(precision, device), lambda: peak(device)
    if name.endswith("sample"):
        layers = name == "graph_layers_sample"
        return sampling(model, case, layers), None, *rest
    if name == "xla_whole":
        return whole(model, element), None, *rest
    if name.endswith("_several"):
        return several(model, stream), None, *rest
    return finished(model.train_function, stream), None, *rest


if __name__ == "__main__":
    step_worker.serve(make)

"""Requests that are nearly right: REST bodies and gRPC messages."""

import copy
import json
import random

from tensorflow_serving.apis import predict_pb2

from tests.support.hand_made import NAME

GOOD = {"instances": [{"seed": 4, "label": 2}]}
BODIES = [
    GOOD,
    {"inputs": {"seed": [4, 7], "label": [2, 0]}},
    {"signature_name": "prompt", "instances": ["red", "blue"]},
    {"signature_name": "a2b", "instances": [{"b64": "iVBORw0KGgo="}]},
    {"signature_name": "latents", "inputs": [[0.5, -1, 2e3, 0]]},
    {
        "signature_name": "many",
        "instances": [
            {"whole": [1, 2], "number": 1.5, "flag": True, "text": "é"}
        ],
    },
]
SCRAPS = [
    None,
    True,
    0,
    -1,
    1.5,
    2**63,
    -(2**70),
    1e308,
    float("nan"),
    float("-inf"),
    "",
    "red",
    "\ud800",
    "\x00",
    [],
    [[]],
    [[1], [2, 3]],
    {},
    {"b64": "%%"},
    {"b64": "AAA"},
    {"b64": None},
    {"seed": 1},
]


def places(value, path=()):
    """Paths to every value inside nested lists and objects."""
    yield path
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*path, key))
    elif isinstance(value, list):
        for i in range(len(value)):
            yield from places(value[i], (*path, i))


def scrap(draw: random.Random):
    """A value that hardly ever fits, of its own."""
    return copy.deepcopy(draw.choice(SCRAPS))


def mutated(draw: random.Random):
    """A body with one to three values replaced, removed or nested."""
    body = json.loads(json.dumps(draw.choice(BODIES)))
    for _ in range(draw.randint(1, 3)):
        path = draw.choice(list(places(body)))
        if not path:
            body = draw.choice([body, [body], scrap(draw)])
            continue
        parent = body
        for key in path[:-1]:
            parent = parent[key]
        action = draw.randrange(4)
        if action == 0:
            del parent[path[-1]]
        elif action == 1:
            parent[path[-1]] = [parent[path[-1]]] * draw.randint(0, 3)
        elif action == 2 and isinstance(parent, dict):
            parent[draw.choice(["seed", "label", "b64", "x", ""])] = 1
        else:
            parent[path[-1]] = scrap(draw)
    return json.dumps(body).encode()


def corrupted(draw: random.Random) -> bytes:
    """The bytes of a good body, cut, doubled, or with others in them."""
    body = bytearray(json.dumps(draw.choice(BODIES)).encode())
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(body) + 1)
        action = draw.randrange(3)
        if action == 0:
            del body[at:]
        elif action == 1:
            body[at:at] = draw.randbytes(draw.randint(1, 5))
        else:
            body[at:at] = draw.choice([b"[", b"}", b'"', b"1e999", b"\xff"])
    return bytes(body)


def nested(draw: random.Random) -> bytes:
    """A body with lists or objects in one another, up to 5,000 deep."""
    depth = draw.choice([5, 64, 65, 100, 700, 1000, 1023, 1024, 5000])
    left, right = draw.choice([("[", "]"), ('{"inputs":', "}")])
    inner = draw.choice(["1", '"red"', "null", ""])
    deep = left * depth + inner + right * draw.choice([depth, depth - 1])
    key = draw.choice(["instances", "inputs", "signature_name", "x"])
    return f'{{"signature_name": "prompt", "{key}": {deep}}}'.encode()


def message(draw: random.Random) -> bytes:
    """A Predict request with wrong types, shapes, values or bytes."""
    made = predict_pb2.PredictRequest()
    made.model_spec.name = NAME
    made.model_spec.signature_name = draw.choice(
        ["", "latents", "half_in", "many", "prompt", "a2b", "none"]
    )
    names = ["seed", "label", "latent", "number", "prompt", "image_bytes"]
    for name in draw.sample(names, draw.randint(1, 3)):
        tensor = made.inputs[name]
        tensor.dtype = draw.choice([*range(24), 100, 109])
        for _ in range(draw.randint(0, 3)):
            size = draw.choice([-1, 0, 1, 2, 4, 2**20, 2**40, 2**62])
            tensor.tensor_shape.dim.add(size=size)
        field = draw.choice(["half_val", "int_val", "int64_val", "uint64_val"])
        value = draw.choice([0, 1, 255, 256, 65535, 65536, 2**31 - 1])
        getattr(tensor, field).extend([value] * draw.randint(0, 4))
        if draw.random() < 0.3:
            tensor.tensor_content = draw.randbytes(draw.randint(0, 9))
        if draw.random() < 0.3:
            tensor.string_val.append(draw.randbytes(5))
    made.output_filter.extend(
        draw.choices(["x", "images"], k=draw.randint(0, 1))
    )
    body = bytearray(made.SerializeToString())
    if draw.random() < 0.3:
        body[draw.randrange(len(body))] = draw.randrange(256)
    return bytes(body)

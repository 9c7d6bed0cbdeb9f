"""A SavedModel as a graph: what its signatures reach, without running it."""

import math
import pathlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tensorflow.core.framework import node_def_pb2
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

# Made by TensorFlow's loaders; not for clients.
INTERNAL = "__saved_model_init_op"
_MAIN_OPS = ("saved_model_main_op", "legacy_init_op")


class Place(NamedTuple):
    """An operation, and the function that holds it; "" for the graph."""

    node: node_def_pb2.NodeDef
    function: str


class SavedGraph:
    """The graph of one version.

    Args:
        path: Its directory.

    Attributes:
        tags: The tags of each meta graph in the file.
        signatures: Name -> SignatureDef, without internal ones.
        functions: Name -> FunctionDef.

    Raises:
        OSError: If the file cannot be read.
        google.protobuf.message.DecodeError: If it is no SavedModel.
    """

    def __init__(self, path: pathlib.Path):
        saved = saved_model_pb2.SavedModel.FromString(
            (path / "saved_model.pb").read_bytes()
        )
        graphs = saved.meta_graphs
        self.tags = [set(graph.meta_info_def.tags) for graph in graphs]
        served = [g for g in graphs if set(g.meta_info_def.tags) == {"serve"}]
        self._graph = served[0] if served else meta_graph_pb2.MetaGraphDef()
        self.signatures = {
            name: signature
            for name, signature in sorted(self._graph.signature_def.items())
            if name != INTERNAL
        }
        graph = self._graph.graph_def
        self.functions = {f.signature.name: f for f in graph.library.function}
        self._nodes = {node.name: node for node in graph.node}

    def reached(self, signature: str) -> list[Place]:
        """The operations that a signature may run."""
        outputs = self.signatures[signature].outputs.values()
        return list(self._walk(info.name for info in outputs))

    def started(self) -> list[Place]:
        """The operations that run once, when the model is loaded."""
        found = self._graph.collection_def
        names = [
            name
            for key in _MAIN_OPS
            if key in found
            for name in found[key].node_list.value
        ]
        # What TensorFlow 2 writes; the loader looks here first.
        outputs = self._graph.signature_def[INTERNAL].outputs.values()
        return list(self._walk([*names, *(info.name for info in outputs)]))

    def restoring(self) -> list[Place]:
        """The operations that read the weights, when the model is loaded."""
        return list(self._walk([self._graph.saver_def.restore_op_name]))

    def others(self) -> list[Place]:
        """The operations of functions that only Python's loader may call."""
        saving = self._walk([self._graph.saver_def.save_tensor_name])
        known = [*self.started(), *self.restoring(), *saving]
        for name in self.signatures:
            known += self.reached(name)
        called = {place.function for place in known}
        return [
            Place(node, name)
            for name, function in self.functions.items()
            if name not in called
            for node in function.node_def
        ]

    def restored(self) -> dict[str, int]:
        """Variables that are read from the files -> numbers they hold."""
        restore = self._nodes.get(self._graph.saver_def.restore_op_name)
        names = restore.input if restore else ()
        return {_node(name): self._size(name) for name in names if name}

    def read(self) -> dict[str, int]:
        """Variables that signatures use -> numbers they hold."""
        return {
            place.node.name: self._size(place.node.name)
            for signature in self.signatures
            for place in self.reached(signature)
            if place.node.op == "VarHandleOp" and not place.function
        }

    def initialised(self) -> set[str]:
        """Variables that something else than the files gives a value."""
        return {
            _node(node.input[0])
            for node in self._nodes.values()
            if node.op == "AssignVariableOp"
        }

    def _size(self, name: str) -> int:
        node = self._nodes.get(_node(name))
        if node is None or node.op != "VarHandleOp":
            return 0
        return math.prod(dim.size for dim in node.attr["shape"].shape.dim)

    def _walk(self, names: Iterable[str]) -> Iterator[Place]:
        """Operations that these need, in the graph and in functions."""
        left, seen, called = [_node(name) for name in names], set(), set()
        while left:
            name = left.pop()
            if name in seen or name not in self._nodes:
                continue
            seen.add(name)
            node = self._nodes[name]
            yield Place(node, "")
            left += [_node(other) for other in node.input]
            yield from self._called(node, called)

    def _called(
        self, node: node_def_pb2.NodeDef, called: set[str]
    ) -> Iterator[Place]:
        """Operations of the functions that an operation calls."""
        left = [node]
        while left:
            for value in left.pop().attr.values():
                for function in (value.func, *value.list.func):
                    name = function.name
                    if name in called or name not in self.functions:
                        continue
                    called.add(name)
                    for inner in self.functions[name].node_def:
                        yield Place(inner, name)
                        left.append(inner)


def _node(tensor: str) -> str:
    return tensor.removeprefix("^").partition(":")[0]

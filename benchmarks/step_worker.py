"""A process that runs one way of a train step whenever it is told to.

One JSON line in, one out. Standard library only: it is imported next to
TensorFlow and next to PyTorch, which do not load together.
"""

import json
import os
import resource
import sys
import time

# Sides of the matrices whose product is the yardstick.
SIDES = {"cpu": 2048, "gpu": 8192}
# In one call of `graph_several`.
STEPS = 10
# Of samples, in a step of `sampling.py`.
BATCHES = 50


def resident():
    """Peak of this process' memory, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(make):
    """Answers on standard output until its input ends.

    Args:
        make: Maps the keyword arguments in `sys.argv[1]` to a step, the FLOPs
            of one (None, unless it only counts), a product of two matrices
            of `SIDES`, and the peak of the memory that matters, in MiB. Step
            and product end when the device has done its work. A step that
            is several says how many by its `steps`.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # What libraries print must not get between the answers.
    os.dup2(2, 1)
    step, flops, product, memory = make(**json.loads(sys.argv[1]))
    began = time.perf_counter()
    step()
    first = time.perf_counter() - began
    step()
    product()
    print(json.dumps({"flops": flops, "first": first}), file=answers)
    for line in sys.stdin:
        what, count = json.loads(line)
        run = step if what == "step" else product
        steps = count * getattr(run, "steps", 1)
        began, used = time.perf_counter(), time.process_time()
        for _ in range(count):
            run()
        answer = {
            "wall": (time.perf_counter() - began) / steps,
            "cpu": (time.process_time() - used) / steps,
            "memory": memory(),
        }
        print(json.dumps(answer), file=answers)

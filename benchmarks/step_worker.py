"""A process that runs one way of a train step whenever it is told to.

One JSON line in, one out. Standard library only: it is imported next to
TensorFlow and next to PyTorch, which do not load together.
"""

import json
import os
import resource
import sys
import time

# Of the matrices whose product is the yardstick.
SIDE = 2048


def serve(make):
    """Answers on standard output until its input ends.

    Args:
        make: Maps the keyword arguments in `sys.argv[1]` to a step, the FLOPs
            of one (None, unless it only counts), and a product of two matrices
            of `SIDE`.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # What libraries print must not get between the answers.
    os.dup2(2, 1)
    step, flops, product = make(**json.loads(sys.argv[1]))
    began = time.perf_counter()
    step()
    first = time.perf_counter() - began
    step()
    product()
    print(json.dumps({"flops": flops, "first": first}), file=answers)
    for line in sys.stdin:
        what, count = json.loads(line)
        run = step if what == "step" else product
        began, used = time.perf_counter(), time.process_time()
        for _ in range(count):
            run()
        answer = {
            "wall": (time.perf_counter() - began) / count,
            "cpu": (time.process_time() - used) / count,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
        print(json.dumps(answer), file=answers)

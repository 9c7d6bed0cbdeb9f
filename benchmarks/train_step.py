"""Time of a train step, ours against PyTorch's on the same nets and batch.

    python benchmarks/train_step.py --torch_python=PATH [--cases=dcgan_32,...]
        [--precisions=float32,bfloat16] [--rounds=9] [--n_critic=5] [--quick]
        [--device=gpu] [--peers=DIRECTORY,...]

PATH is a Python that imports torch; without it only our own ways are timed.
Each way is a process of its own; in each round every way makes `--steps`
steps, one way after the other. Printed are medians over rounds of wall-clock
and of processor time, their ratios to our graph, FLOP/s as a share of a large
matrix product's, measured in the same rounds, and the peak of resident memory.
On a busy machine only ratios of processor time with --threads=1 mean
anything: PyTorch's threads wait for one another by spinning.

With --device=gpu the memory is that of the GPU's tensors, and `float32` is
without TF32, which is what `tfloat32` has; all ways of a case start at once.

With --peers, copies of the repositories that `step_peer.py` names, `peer` is a
way of the cases `cifar_32` and `cyclegan_64`, in float32 on a CPU.
"""

import functools
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from absl import app, flags
from step_worker import SIDES

FLAGS = flags.FLAGS
flags.DEFINE_string("torch_python", None, "A Python with torch.")
flags.DEFINE_list("cases", None, "Of the names in CASES; all of them.")
flags.DEFINE_list("precisions", ["float32", "bfloat16"], "What to compute in.")
flags.DEFINE_list("ways", None, "Of the names in WAYS; all of them.")
flags.DEFINE_integer("rounds", 9, "Rounds.", 1)
flags.DEFINE_integer("steps", 1, "Steps of a way in a round.", 1)
flags.DEFINE_integer("n_critic", 5, "Critic updates of the WGAN-GP cases.", 1)
flags.DEFINE_integer("threads", 0, "Of each process; 0 for its default.", 0)
flags.DEFINE_list("peers", None, "Repositories of `step_peer.py`.")
flags.DEFINE_enum("device", "cpu", SIDES, "What computes.")
flags.DEFINE_bool("quick", False, "Two rounds, one critic update, batch 8.")
flags.DEFINE_bool("json", False, "Print lines of JSON.")

HERE = pathlib.Path(__file__).parent
CASES = {
    "dcgan_32": {"network": "dcgan", "size": 32, "batch": 64, "labels": 0},
    "resnet_32": {"network": "resnet", "size": 32, "batch": 64, "labels": 0},
    # The drawn shapes have four classes.
    "acgan_64": {"network": "dcgan", "size": 64, "batch": 64, "labels": 4},
    "cyclegan_64": {"network": "cyclegan", "size": 64, "batch": 4, "labels": 0},
}
# That of a peer, with its widths; not one of the cases of all ways.
CIFAR = {"network": "resnet_cifar", "size": 32, "batch": 64, "labels": 0}
CIFAR["generator_width"] = 256
# DCGAN's generator before a critic on features, both as `features_64` has
# them. No case of all ways: there is one precision of the features.
PROJECTED = {**CASES["dcgan_32"], "critic": "projected"}
MORE = {"cifar_32": CIFAR, "projected_32": PROJECTED}
PRECISIONS = {
    "float32": "float32",
    "tfloat32": "tfloat32",
    "bfloat16": "mixed_bfloat16",
}
OURS = ("graph", "xla")
# Also graph_onednn (kernels get oneDNN's own gradient in bfloat16), graph_wide
# (images are made pixel by pixel), graph_returning (freed memory goes back to
# the system), graph_bare and xla_bare (no MirroredStrategy), graph_several and
# xla_several (ten steps in a call) and xla_whole (all of the step compiled, and
# no loop around it), to see what these are worth.
WAYS = (*OURS, "torch_eager", "torch_channels_last", "torch_compile")


def bare():
    """Where a peer finds libraries, if ours are carried (`gpu/unpack.py`)."""
    paths = os.environ.get("BARE_LD_LIBRARY_PATH")
    if paths is None:
        return {}
    return {"LD_LIBRARY_PATH": paths, "PYTHONPATH": str(HERE.parent)}


class Worker:
    """One way of one case, in a process of its own."""

    def __init__(self, case, way, precision):
        ours = way.startswith((*OURS, "count"))
        program = "step_ours.py" if ours else "step_torch.py"
        program = "step_peer.py" if way == "peer" else program
        spec = {"case": case, "name": way, "precision": precision}
        # What a step has to do is counted without a GPU's own ways.
        device = "cpu" if way == "count" else FLAGS.device
        spec |= {"threads": FLAGS.threads, "device": device}
        hidden = {"CUDA_VISIBLE_DEVICES": ""} if device == "cpu" else {}
        peers = FLAGS.peers or ()
        paths = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [
                sys.executable if ours else FLAGS.torch_python,
                str(HERE / program),
                json.dumps(spec),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if FLAGS.quick else self.errors,
            text=True,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "PEERS": os.pathsep.join(map(os.path.abspath, peers)),
                # One GPU is enough for all.
                "TF_FORCE_GPU_ALLOW_GROWTH": "true",
                **hidden,
                **({} if ours else bare()),
            },
        )
        self.times = {"step": [], "product": []}
        self.memory = 0.0

    @functools.cached_property
    def ready(self):
        """What the process says once it has made a step; None if it can't."""
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def last_words(self):
        """What it said before it ended; nothing if that was shown."""
        self.errors.seek(0)
        return "".join(self.errors.read().strip().splitlines()[-1:])

    def run(self, what, count):
        self.process.stdin.write(json.dumps([what, count]) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        self.times[what].append((answer["wall"], answer["cpu"]))
        self.memory = answer["memory"] if what == "step" else self.memory

    def median(self, what, clock):
        return statistics.median(time[clock] for time in self.times[what])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def measure(case, precision, ways):
    """Workers that have run all rounds, by name of the way."""
    workers = {}
    start = functools.partial(Worker, case, precision=PRECISIONS[precision])
    # On a CPU they would be in one another's way.
    started = map(start, ways)
    if FLAGS.device == "gpu":
        started = list(started)
    for way, worker in zip(ways, started, strict=True):
        if worker.ready:
            workers[way] = worker
        else:
            print(f"  {way}: does not run: {worker.last_words()}", flush=True)
    for _ in range(FLAGS.rounds):
        for worker in workers.values():
            worker.run("step", FLAGS.steps)
            worker.run("product", FLAGS.steps)
    for worker in workers.values():
        worker.close()
    return workers


def counted(case, precision):
    """FLOPs that a step of ours has to do; by a process, for its memory."""
    worker = Worker(case, "count", PRECISIONS[precision])
    if not worker.ready:
        sys.exit(f"the step cannot be counted: {worker.last_words()}")
    flops = worker.ready["flops"]
    worker.close()
    return flops


def report(name, precision, flops, workers):
    """Prints a row for each way."""
    if "graph" not in workers:
        return print("  nothing to compare with: the way `graph` is missing")
    base = workers["graph"]
    # The faster library's product is the limit for both.
    limits = [
        2
        * SIDES[FLAGS.device] ** 3
        / min(w.median("product", clock) for w in workers.values())
        for clock in (0, 1)
    ]
    for way, worker in workers.items():
        wall, cpu = (worker.median("step", clock) for clock in (0, 1))
        # Our count of FLOPs, for all: what has to be done.
        rates = [flops / time for time in (wall, cpu)]
        row = {
            "case": name,
            "precision": precision,
            "way": way,
            "wall_s": round(wall, 4),
            "cpu_s": round(cpu, 4),
            "wall_ratio": round(wall / base.median("step", 0), 3),
            "cpu_ratio": round(cpu / base.median("step", 1), 3),
            "gflop": round(flops / 1e9, 1),
            "share_wall": round(rates[0] / limits[0], 2),
            "share_cpu": round(rates[1] / limits[1], 2),
            "memory_mib": round(worker.memory),
            "first_s": round(worker.ready["first"], 1),
        }
        if FLAGS.json:
            print(json.dumps(row), flush=True)
            continue
        print(
            f"  {way:20} {wall:7.3f} s, cpu {cpu:7.3f} s, "
            f"{row['wall_ratio']:.2f}x and {row['cpu_ratio']:.2f}x of ours, "
            f"{row['gflop']:.0f} GFLOP at {row['share_wall']:.0%} "
            f"(cpu {row['share_cpu']:.0%}) of a product, "
            f"{row['memory_mib']} MiB, first {row['first_s']} s",
            flush=True,
        )


def main(argv):
    del argv
    ways = FLAGS.ways or WAYS
    ways = [w for w in ways if w.startswith(OURS) or FLAGS.torch_python]
    if FLAGS.quick:
        FLAGS.rounds = min(FLAGS.rounds, 2)
    for name in FLAGS.cases or CASES:
        case = {**CASES, **MORE}[name]
        case = {**case, "name": name, "n_critic": FLAGS.n_critic}
        if FLAGS.quick:
            case |= {"n_critic": 1, "batch": min(8, case["batch"])}
        for precision in FLAGS.precisions:
            load = os.getloadavg()[0]
            print(f"{name} {precision}: {case}, load {load:.1f}", flush=True)
            flops = counted(case, precision)
            report(name, precision, flops, measure(case, precision, ways))


if __name__ == "__main__":
    app.run(main, sys.argv)

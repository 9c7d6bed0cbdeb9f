"""FID formulas side by side: time, error and peak memory at 2048 dimensions.

    python benchmarks/fid_formula.py

Each formula runs in a process of its own, on the same synthetic features:
rectified correlated Gaussians, and a spectrum with a long tail. Errors are
against the nuclear norm of the samples' own product (no covariance is formed
for it). Times include the statistics and are the best of alternating rounds;
memory is what the process grew by beyond the features it was given. On a busy
machine compare CPU seconds, with OPENBLAS_NUM_THREADS=1: threads of OpenBLAS
that wait for a core slow it down by factors, and spin meanwhile.
"""

import argparse
import json
import multiprocessing
import resource
import threading
import time

import numpy as np

_DIMS = 2048


def features(family: str, count: int, seed: int) -> np.ndarray:
    """Synthetic features, float32 [count, 2048]."""
    rng = np.random.default_rng(seed)
    ranks = np.arange(1, _DIMS + 1)
    scales = np.sqrt(ranks**-0.9) * 4
    if family == "long tail":
        scales = np.where(ranks <= 300, 0.5 * ranks**-0.5, 1e-9)
    drawn = rng.standard_normal((count, _DIMS)) * scales
    axes = np.random.default_rng(0).standard_normal((_DIMS, 64)) / 45
    drawn = drawn - 2 * (drawn @ axes) @ axes.T
    if family == "rectified":
        drawn = np.maximum(drawn + 0.1 + 0.002 * seed, 0)
    return drawn.astype(np.float32)


def reference(real: np.ndarray, fake: np.ndarray) -> float:
    """From QR factors of the centred samples, in float64."""
    means, roots, trace = [], [], 0.0
    for side in (real, fake):
        mean = side.mean(axis=0, dtype=np.float64)
        rows = (side - mean) / np.sqrt(len(side) - 1)
        trace += np.sum(rows * rows)
        if len(rows) > _DIMS:
            rows = np.linalg.qr(rows, mode="r")
        means.append(mean)
        roots.append(rows)
    overlap = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    return float(np.sum((means[0] - means[1]) ** 2) + trace - 2 * overlap)


def ours(real: np.ndarray, fake: np.ndarray) -> float:
    """This package's."""
    from tfgan_transfer.metrics.fid import fid

    return fid(real, fake).value


def sqrtm(real: np.ndarray, fake: np.ndarray) -> float:
    """SciPy's square root of the product, as in TTUR and its descendants."""
    import scipy.linalg

    real, fake = real.astype(np.float64), fake.astype(np.float64)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    first, second = (np.cov(side, rowvar=False) for side in (real, fake))
    root = scipy.linalg.sqrtm(first @ second).real
    return float(shift @ shift + np.trace(first + second - 2 * root))


def tfgan(real: np.ndarray, fake: np.ndarray) -> float:
    """TF-GAN's `frechet_classifier_distance_from_activations`."""
    import tensorflow as tf

    from tfgan_transfer.metrics.inception import tfgan_module

    function = tfgan_module(
        "classifier_metrics"
    ).frechet_classifier_distance_from_activations
    with tf.device("CPU"):
        return float(
            function(
                tf.constant(real, tf.float64), tf.constant(fake, tf.float64)
            )
        )


def _peak_growth(stop: threading.Event, start: int, peak: list[int]) -> None:
    while not stop.wait(0.005):
        peak[0] = max(peak[0], _resident() - start)


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def serve(connection, formula) -> None:
    """Answers tasks with value, seconds, CPU seconds and bytes, until None."""
    tiny = np.random.default_rng(0).standard_normal((2, 40, 8))
    formula(*tiny.astype(np.float32))  # Imports and first-call costs.
    while (task := connection.recv()) is not None:
        sides = [features(*arguments) for arguments in task]
        stop, peak = threading.Event(), [0]
        watcher = threading.Thread(
            target=_peak_growth, args=(stop, _resident(), peak)
        )
        watcher.start()
        started, worked = time.perf_counter(), time.process_time()
        value = formula(*sides)
        seconds = time.perf_counter() - started
        worked = time.process_time() - worked
        stop.set()
        watcher.join()
        connection.send((value, seconds, worked, peak[0]))


def measure(counts: int, family: str, rounds: int) -> dict[str, list]:
    """Alternates the formulas; returns value, seconds, CPU seconds, bytes."""
    context = multiprocessing.get_context("spawn")
    task = [(family, counts, 1), (family, counts, 2)]
    workers = {}
    for formula in (ours, sqrtm, tfgan):
        mine, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, formula))
        process.start()
        workers[formula.__name__] = (mine, process)
    found: dict[str, list] = {}
    for _ in range(rounds):
        for name, (connection, _process) in workers.items():
            connection.send(task)
            value, seconds, worked, peak = connection.recv()
            best = found.setdefault(name, [value, seconds, worked, peak])
            best[1:] = (
                min(best[1], seconds),
                min(best[2], worked),
                max(best[3], peak),
            )
    for connection, process in workers.values():
        connection.send(None)
        process.join()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[10000, 500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", help="also write the numbers to this file")
    arguments = parser.parse_args()
    rows = []
    print("| features | formula | FID | error (rel) | s | x | CPU s | x | MB |")
    print("|---|---|---|---|---|---|---|---|---|")
    for count in arguments.counts:
        for family in ("rectified", "long tail"):
            expected = reference(
                features(family, count, 1), features(family, count, 2)
            )
            found = measure(count, family, arguments.rounds)
            _, base, base_cpu, _ = found["ours"]
            for name, (value, seconds, worked, peak) in found.items():
                error = value / expected - 1
                print(
                    f"| {family} {count}/{count} | {name} | {value:.6f} | "
                    f"{error:+.1e} | {seconds:.2f} | {seconds / base:.1f} | "
                    f"{worked:.2f} | {worked / base_cpu:.1f} | "
                    f"{peak / 1e6:.0f} |",
                    flush=True,
                )
                rows.append([family, count, name, *found[name], error])
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(rows, file)


if __name__ == "__main__":
    main()

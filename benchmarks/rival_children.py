"""Starts the trainings of `rivals.py`, all in the same way."""

import ctypes
import os
import pathlib
import signal
import subprocess

PR_SET_PDEATHSIG = 1


def dies_with_us():
    """Makes a training end when this process is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def starting(threads, log):
    """A function that starts a process: its words in, a `Popen` out.

    Args:
        threads: For each operation of either library.
        log: The file to which it writes.
    """
    threads = str(threads)
    around = {
        "PYTHONPATH": str(pathlib.Path(__file__).parents[1]),
        "OMP_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }

    def start(words):
        return subprocess.Popen(
            words,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=dies_with_us,
            env={**os.environ, **around},
        )

    return start

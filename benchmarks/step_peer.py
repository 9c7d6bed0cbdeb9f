"""The train steps of other people's programs, for `train_step.py --peers=...`.

Their files are read from a copy of their repository and run as they are, on
random images, with their own loaders; what is taken from under them is a GPU,
downloads and log writers. Their loop stops before each iteration until it is
told to go on.
"""

import os
import pathlib
import sys
import tempfile
import threading
import types

import numpy as np
import step_worker
import torch
import torchvision
import tqdm
from PIL import Image

random = np.random.default_rng(0)


class Gate:
    """Lets a loop in another thread make one iteration at a time."""

    def __init__(self):
        self.go, self.done = threading.Semaphore(0), threading.Semaphore(0)

    def wait(self):
        self.done.release()
        self.go.acquire()

    def step(self):
        self.go.release()
        self.done.acquire()


class Silent:
    """Takes whatever it is told."""

    def __init__(self, *args, **kwargs):
        del args, kwargs

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


class Cifar(torch.utils.data.Dataset):
    """Random images where CIFAR-10 would be downloaded."""

    def __init__(self, root, train, download, transform):
        del root, train, download
        self.pixels = random.integers(0, 256, (5000, 32, 32, 3), np.uint8)
        self.transform = transform

    def __len__(self):
        return len(self.pixels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.pixels[index])), 0


def collections_wgan_gp(case, gate):
    """github.com/w86763777/pytorch-gan-collections: `wgangp.py`, res32."""

    class Bar(Silent):
        def __init__(self, *limits, **options):
            del options
            self.steps = range(*limits)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            del error

        def __iter__(self):
            for step in self.steps:
                gate.wait()
                yield step

    tqdm.trange = Bar
    torchvision.datasets.CIFAR10 = Cifar
    for name, attribute in (
        ("tensorboardX", "SummaryWriter"),
        ("pytorch_gan_metrics", "get_inception_score_and_fid"),
    ):
        sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[name], attribute, Silent)
    sys.argv[1:] = ["--norecord", f"--sample_step={10**9}"]
    sys.argv += [f"--n_dis={case['n_critic']}", f"--batch_size={case['batch']}"]
    return "wgangp.py"


def pytorch_gan_cyclegan(case, gate):
    """github.com/eriklindernoren/PyTorch-GAN: `cyclegan.py`, 6 blocks."""
    for part in ("train/A", "train/B", "test/A", "test/B"):
        folder = pathlib.Path("../../data/noise") / part
        folder.mkdir(parents=True)
        for i in range(400):
            pixels = random.integers(0, 256, (64, 64, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.jpg")

    class Gated(torch.utils.data.DataLoader):
        def __iter__(self):
            for batch in super().__iter__():
                gate.wait()
                yield batch

    torch.utils.data.DataLoader = Gated
    sys.argv[1:] = ["--dataset_name=noise", "--n_cpu=2"]
    sys.argv += ["--img_height=64", "--img_width=64"]
    sys.argv += [f"--batch_size={case['batch']}"]
    sys.argv += ["--n_residual_blocks=6", f"--sample_interval={10**9}"]
    return "implementations/cyclegan/cyclegan.py"


PEERS = {
    "cifar_32": collections_wgan_gp,
    "cyclegan_64": pytorch_gan_cyclegan,
}


def make(case, name, precision, threads, device):
    """The step, no count of FLOPs, a matrix product, and memory."""
    del name, threads
    if (precision, device) != ("float32", "cpu"):
        raise ValueError("Peers are measured in float32 on a CPU.")
    gate = Gate()
    folder = pathlib.Path(tempfile.mkdtemp()) / "a/b"
    folder.mkdir(parents=True)
    os.chdir(folder)
    program = PEERS[case["name"]](case, gate)
    (program,) = (
        pathlib.Path(repository) / program
        for repository in os.environ["PEERS"].split(os.pathsep)
        if (pathlib.Path(repository) / program).exists()
    )
    sys.path.insert(0, str(program.parent))
    source = program.read_text().replace("cuda:0", "cpu")
    code = compile(source, str(program), "exec")
    run = threading.Thread(
        target=exec, args=(code, {"__name__": "__main__"}), daemon=True
    )
    run.start()
    gate.done.acquire()
    matrix = torch.rand([step_worker.SIDES["cpu"]] * 2)
    return gate.step, None, lambda: matrix @ matrix, step_worker.resident


if __name__ == "__main__":
    step_worker.serve(make)
    # Its loop waits for good.
    os._exit(0)

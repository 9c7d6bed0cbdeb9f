"""CycleGAN in PyTorch as its authors' program trains it, for `pairs.py`.

    torch/bin/python benchmarks/torch_cyclegan.py FOLDER SECONDS PRECISION

FOLDER has `train.npz` with the images `a` and `b`, uint8 [N, H, W, 3], and
`size`, the side to train at, and gets `weights.npz`: those of the translators
`a2b` and `b2a` in the order of their layers, what each makes of the first
image, and how many steps there were. The program's defaults: one image of each
set at a time, flipped and cut at random out of one 286/256 as large, least
squares, cycles weighted by 10, identity by 5, a pool of 50 images, Adam at 2e-4
with beta 0.5. Its rates fall after 100 passes, which no run here comes to.
"""

import itertools
import pathlib
import random
import sys
import time

import numpy as np
import torch
import torch_networks as networks
import torch_rivals
from torch.nn import functional

POOL, JITTER = 50, 286 / 256


class Pool:
    """Shows the critic an older image half of the time."""

    def __init__(self):
        self.images = []

    def shown(self, image):
        if len(self.images) < POOL:
            self.images.append(image)
            return image
        if random.random() < 0.5:
            return image
        place = random.randrange(POOL)
        old, self.images[place] = self.images[place], image
        return old


class CycleGAN:
    """Two translators, two critics of patches, and their optimizers."""

    def __init__(self, precision):
        self.half = precision == "bfloat16"
        made = [networks.translator() for _ in "ab"]
        made += [networks.patch_critic() for _ in "ab"]
        last = {"memory_format": torch.channels_last}
        made = [networks.start(network).to(**last) for network in made]
        self.a2b, self.b2a, self.judge_a, self.judge_b = made
        self.adam, self.critic_adam = (
            torch.optim.Adam(
                itertools.chain(*(n.parameters() for n in pair)),
                2e-4,
                (0.5, 0.999),
                fused=True,
            )
            for pair in (made[:2], made[2:])
        )
        self.pools = Pool(), Pool()

    def of(self, network, images):
        """What a network makes of images, in float32."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            return network(images).float()

    def step(self, a, b):
        """One update of the translators, one of the critics."""
        judges = [self.judge_a, self.judge_b]
        for judge in judges:
            judge.requires_grad_(False)
        fake_a, fake_b = self.of(self.b2a, b), self.of(self.a2b, a)
        loss = (self.of(self.judge_a, fake_a) - 1).square().mean()
        loss = loss + (self.of(self.judge_b, fake_b) - 1).square().mean()
        for own, back, there in ((a, self.b2a, fake_b), (b, self.a2b, fake_a)):
            cycle = functional.l1_loss(self.of(back, there), own)
            same = functional.l1_loss(self.of(back, own), own)
            loss = loss + 10 * cycle + 5 * same
        self.adam.zero_grad()
        loss.backward()
        self.adam.step()
        self.critic_adam.zero_grad()
        rounds = zip(judges, (a, b), (fake_a, fake_b), self.pools, strict=True)
        for judge, real, fake, pool in rounds:
            judge.requires_grad_(True)
            shown = pool.shown(fake.detach())
            loss = (self.of(judge, real) - 1).square().mean()
            loss = loss + self.of(judge, shown).square().mean()
            (0.5 * loss).backward()
        self.critic_adam.step()


def batches(images, size, rng):
    """One image after the other without end, [1, 3, size, size] in [-1, 1]."""
    larger = round(size * JITTER)
    while True:
        for place in rng.permutation(len(images)):
            image = images[place : place + 1]
            if image.shape[2] == size:
                image = functional.interpolate(
                    image, (larger, larger), mode="bicubic"
                )
            top, left = (
                rng.integers(1 + side - size) for side in image.shape[2:]
            )
            image = image[:, :, top : top + size, left : left + size]
            image = image.flip(3) if rng.random() < 0.5 else image
            yield image.clamp(-1, 1).contiguous(
                memory_format=torch.channels_last
            )


def weights(network, image):
    """Of its layers in order, and what it makes of an image."""
    found = {f"{i:03}": w.numpy() for i, w in enumerate(network.parameters())}
    made = network(image).permute(0, 2, 3, 1)
    return {**found, "made": made.numpy()}


def main(folder, seconds, precision):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    random.seed(0)
    folder = pathlib.Path(folder)
    with np.load(folder / "train.npz") as file:
        sets = [
            torch_rivals.to_float(torch.from_numpy(file[name])) for name in "ab"
        ]
        size = int(file["size"])
    rng = np.random.default_rng(0)
    gan = CycleGAN(precision)
    begun, steps = None, 0
    for a, b in zip(
        *(batches(images, size, rng) for images in sets), strict=True
    ):
        gan.step(a, b)
        steps += 1
        begun = time.process_time() if begun is None else begun
        if time.process_time() - begun > float(seconds):
            break
    kept = {"steps": steps}
    with torch.no_grad():
        for name, images in zip(("a2b", "b2a"), sets, strict=True):
            found = weights(getattr(gan, name), images[:1, :, :size, :size])
            kept |= {f"{name}/{key}": value for key, value in found.items()}
    np.savez(folder / "weights.npz", **kept)


if __name__ == "__main__":
    main(*sys.argv[1:])

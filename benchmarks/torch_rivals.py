"""The rivals of `rivals.py`: what PyTorch users would train on few images.

Each is made of training images and settings, and has `step()`, `draw(count)`,
`state()` and `load(state)`; `images` counts what one step is trained on.
"""

import copy
import functools
import importlib
import inspect
import types
from unittest import mock

import numpy as np
import torch
import torch_fastgan
import torch_projected
from torch.nn import functional
from torch_augment import augment

DRAWN = 25
# Batches of 25 by which the batch norms of an average learn its statistics.
CALIBRATED = 4


class Averaged:
    """A moving average of a generator, which draws.

    It forgets faster at first, (1 + n) / (10 + n) after n steps: the paper's
    0.999 is meant for more steps than a processor makes in minutes.
    """

    def __init__(self, generator):
        self.network = copy.deepcopy(generator).requires_grad_(False)
        self.steps = 0

    @torch.no_grad()
    def follow(self, generator):
        kept = min(0.999, (1 + self.steps) / (10 + self.steps))
        ours, theirs = self.network.parameters(), generator.parameters()
        torch._foreach_lerp_(list(ours), list(theirs), 1 - kept)
        # Of spectral norm; batch norms are calibrated when it draws.
        buffers = zip(self.network.buffers(), generator.buffers(), strict=True)
        for mine, its in buffers:
            mine.copy_(its)
        self.steps += 1

    @torch.no_grad()
    def draw(self, latents, count):
        network = copy.deepcopy(self.network).train()
        for layer in network.modules():
            if isinstance(layer, torch.nn.BatchNorm2d):
                layer.reset_running_stats()
                layer.momentum = None
        for _ in range(CALIBRATED):
            network(latents(DRAWN))
        network.eval()
        drawn = [network(latents(DRAWN)) for _ in range(-(-count // DRAWN))]
        return torch.cat(drawn)[:count]


class FastGAN:
    """FastGAN as in the paper: hinge, reconstruction, batch 8, average."""

    images, betas = 8, (0.5, 0.999)

    def __init__(self, pixels, settings):
        self.pixels = to_float(torch.from_numpy(pixels))
        self.half = settings["precision"] == "bfloat16"
        self.generator = torch_fastgan.Generator(settings["width"])
        self.critic = self.made_critic(settings)
        for network in (self.generator, self.critic):
            network.to(memory_format=torch.channels_last)
        self.average = Averaged(self.generator)
        self.adams = [
            torch.optim.Adam(
                [w for w in network.parameters() if w.requires_grad],
                *(2e-4, self.betas),
                fused=True,
            )
            for network in (self.generator, self.critic)
        ]

    def made_critic(self, settings):
        return torch_fastgan.Critic(settings["width"])

    def precision(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.half)

    def latents(self, count):
        return torch.randn(count, torch_fastgan.LATENT)

    def real(self):
        chosen = self.pixels[torch.randint(len(self.pixels), (self.images,))]
        mirrored = torch.rand(self.images, 1, 1, 1) < 0.5
        return torch.where(mirrored, chosen.flip(3), chosen)

    def fake(self):
        with self.precision():
            return self.generator(self.latents(self.images)).float()

    def judge(self, images):
        with self.precision():
            scores, maps = self.critic(images)
        return scores.float(), maps

    def step(self):
        fake, real = self.fake(), augment(self.real())
        quarter = torch.randint(2, (2,)).tolist()
        scores, maps = self.judge(real)
        loss = functional.relu(1 - scores).mean()
        with self.precision():
            loss = loss + self.critic.reconstruction_loss(real, maps, quarter)
        scores, _ = self.judge(augment(fake.detach()))
        self.update(1, loss + functional.relu(1 + scores).mean())
        self.update(0, -self.judge(augment(fake))[0].mean())
        self.average.follow(self.generator)

    def update(self, number, loss):
        adam = self.adams[number]
        adam.zero_grad()
        weights = adam.param_groups[0]["params"]
        loss.backward(inputs=weights)
        adam.step()

    def draw(self, count):
        return to_uint8(self.average.draw(self.latents, count))

    def state(self):
        return {
            "generator": self.generator.state_dict(),
            "critic": self.critic.state_dict(),
            "average": self.average.network.state_dict(),
            "averaged": self.average.steps,
            "adams": [adam.state_dict() for adam in self.adams],
        }

    def load(self, state):
        self.generator.load_state_dict(state["generator"])
        self.critic.load_state_dict(state["critic"])
        self.average.network.load_state_dict(state["average"])
        self.average.steps = state["averaged"]
        for adam, found in zip(self.adams, state["adams"], strict=True):
            adam.load_state_dict(found)


class ProjectedGAN(FastGAN):
    """FastGAN's generator before heads on a classifier's maps.

    Sauer et al. 2021 (arXiv:2111.01007): hinge over all scores of all heads,
    nothing else; batch 64; latents on the unit sphere. The classifier is the
    one that we use, EfficientNet-Lite0 in the place of Lite1, and sees as
    many pixels as with us.
    """

    images, betas = 64, (0.0, 0.99)

    def made_critic(self, settings):
        critic = torch_projected.Critic(self.pixels.shape[-1])
        with np.load(settings["features"]) as found:
            layers = [
                (found[f"kernel_{n}"], found[f"bias_{n}"])
                for n in range(len(found) // 2)
            ]
        torch_projected.learned(critic.features, layers)
        return critic

    def latents(self, count):
        return functional.normalize(super().latents(count))

    def step(self):
        with torch.no_grad():
            fake = self.fake()
        # Batch norm: each kind in a batch of its own.
        loss = functional.relu(1 - self.judge(augment(self.real()))[0]).mean()
        scores, _ = self.judge(augment(fake))
        self.update(1, loss + functional.relu(1 + scores).mean())
        self.update(0, -self.judge(augment(self.fake()))[0].mean())
        self.average.follow(self.generator)


class LightweightGAN:
    """The package lightweight-gan 1.2.1, with the defaults of its command.

    It insists on a GPU; what it asks of one is answered here by the processor.
    Until step 20,000 its moving average is a copy that is made at steps 2,
    1002, 2002 and so on, which a processor does not reach in an hour; so the
    generator itself draws. Its own sheets of samples are left out, and the time
    for them.
    """

    def __init__(self, pixels, settings):
        module, command = _without_a_gpu()
        given = {
            name: argument.default
            for name, argument in inspect.signature(
                command.train_from_folder
            ).parameters.items()
        }
        given |= {
            "image_size": pixels.shape[1],
            "base_dir": settings["work"],
            "lr": given["learning_rate"],
            # Processes of their own would not be counted until they end.
            "num_workers": 0,
            "num_image_tiles": 8,
        }
        # Everything else of the command is not about the networks.
        known = inspect.signature(module.Trainer.__init__).parameters
        self.trainer = module.Trainer(
            **{name: given[name] for name in given if name in known}
        )
        self.trainer.evaluate = lambda *args, **kwargs: None
        self.trainer.set_data_src(settings["folder"])
        self.trainer.init_GAN()
        self.images = (
            self.trainer.batch_size * self.trainer.gradient_accumulate_every
        )
        again = importlib.import_module("retry.api").retry_call
        self.step = functools.partial(
            again, self.trainer.train, tries=3, exceptions=module.NanException
        )

    @torch.no_grad()
    def draw(self, count):
        gan = self.trainer.GAN.eval()
        latents = torch.randn(count, gan.latent_dim)
        images = self.trainer.generate_(gan.G, latents)
        return to_uint8(images * 2 - 1)

    def state(self):
        gan = self.trainer.GAN
        return {
            "gan": gan.state_dict(),
            "adams": [gan.G_opt.state_dict(), gan.D_opt.state_dict()],
            "steps": self.trainer.steps,
        }

    def load(self, state):
        gan = self.trainer.GAN
        gan.load_state_dict(state["gan"])
        for adam, found in zip(
            (gan.G_opt, gan.D_opt), state["adams"], strict=True
        ):
            adam.load_state_dict(found)
        self.trainer.steps = state["steps"]


def _without_a_gpu():
    """The package's module and that of its command, on a processor."""
    try:
        with mock.patch("torch.cuda.is_available", lambda: True):
            module, command = (
                importlib.import_module(f"lightweight_gan.{name}")
                for name in ("lightweight_gan", "cli")
            )
    except RuntimeError as error:
        # What torchvision raises if it was built for another torch.
        raise ImportError(f"lightweight_gan: {error}") from error
    module.torch = types.SimpleNamespace(
        **{**vars(torch), "device": lambda name: torch.device("cpu")}
    )
    module.LightweightGAN.cuda = lambda self, rank: self
    torch.Tensor.cuda = lambda self, rank: self
    return module, command


def to_float(pixels):
    """[B, H, W, 3] uint8 to [B, 3, H, W] in [-1, 1]."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


def to_uint8(images):
    pixels = ((images.float() + 1) * 127.5).round().clamp(0, 255)
    return pixels.to(torch.uint8).permute(0, 2, 3, 1).numpy()


KINDS = {
    "fastgan": FastGAN,
    "projected_gan": ProjectedGAN,
    "lightweight_gan": LightweightGAN,
}

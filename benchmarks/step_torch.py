"""The train steps of `train_step.py` in PyTorch: the peers.

The algorithms are those of `tfgan_transfer/gans`: n critic updates with the
gradient penalty, one generator update, the moving average; CycleGAN with
identity loss and without a pool on either side.
"""

import copy

import step_worker
import torch
import torch_networks as networks
import torch_projected
from torch import autograd
from torch.nn import functional


class Optimizer:
    """Adam with a network and its moving average."""

    def __init__(self, network, betas):
        self.weights = [w for w in network.parameters() if w.requires_grad]
        # The fused one is the fastest that PyTorch has for CPUs.
        self.adam = torch.optim.Adam(self.weights, 1e-4, betas, fused=True)

    def update(self, loss):
        gradients = autograd.grad(loss, self.weights)
        for weight, gradient in zip(self.weights, gradients, strict=True):
            # `backward()` gives gradients the layout of the weights, too.
            same = gradient.stride() == weight.stride()
            if not same:
                gradient = torch.empty_like(weight).copy_(gradient)
            weight.grad = gradient
        self.adam.step()


@torch.no_grad()
def average(copied, network):
    weights = list(copied.parameters())
    torch._foreach_lerp_(weights, list(network.parameters()), 0.001)


class Game:
    """WGAN-GP, and AC-GAN where there are labels."""

    def __init__(self, case, way):
        self.case, self.way = case, way
        size, labels = case["size"], case["labels"]
        if case["network"] == "resnet":
            pair = networks.resnet_generator(size), networks.resnet_critic(size)
        else:
            pair = (
                networks.dcgan_generator(size, labels=labels),
                networks.dcgan_critic(size, labels=labels),
            )
        self.generator, self.critic = map(way.place, pair)
        self.average = copy.deepcopy(self.generator)
        self.generator_adam = Optimizer(self.generator, (0.0, 0.9))
        self.critic_adam = Optimizer(self.critic, (0.0, 0.9))
        batch, n = case["batch"], case["n_critic"]
        shape = (batch, 3, size, size)
        self.images = [way.layout(torch.rand(shape) * 2 - 1) for _ in range(n)]
        self.latents = [torch.randn(batch, 128) for _ in range(n + 1)]
        self.mix = [torch.rand(batch, 1, 1, 1) for _ in range(n)]
        self.labels = torch.eye(max(1, labels))[
            torch.randint(max(1, labels), (batch,))
        ]
        # What is compiled is what does not ask for a second derivative,
        # which torch.compile cannot give.
        self.draw = way.compiled(self.generator)
        self.judge = way.compiled(self.critic)

    def fake(self, latent):
        code = latent
        if self.case["labels"]:
            code = torch.cat([latent, self.labels], 1)
        return self.draw(code).float()

    def class_loss(self, logits):
        if logits is None:
            return 0.0
        return functional.cross_entropy(logits, self.labels)

    def step(self):
        for i in range(self.case["n_critic"]):
            with self.way.precision():
                with torch.no_grad():
                    fake = self.fake(self.latents[i])
                real = self.images[i]
                scores, logits = self.judge(torch.cat([real, fake]))
                real_score, fake_score = scores.chunk(2)
                loss = (fake_score - real_score).mean()
                if logits is not None:
                    loss = loss + sum(map(self.class_loss, logits.chunk(2)))
                mixed = real + self.mix[i] * (fake - real)
                mixed.requires_grad_()
                score = self.critic(mixed)[0].sum()
                (slope,) = autograd.grad(score, mixed, create_graph=True)
            norm = (slope.float().square().sum((1, 2, 3)) + 1e-12).sqrt()
            self.critic_adam.update(loss + 10 * (norm - 1).square().mean())
        with self.way.precision():
            score, logits = self.judge(self.fake(self.latents[-1]))
            loss = self.class_loss(logits) - score.mean()
        self.generator_adam.update(loss)
        average(self.average, self.generator)


class Projected:
    """Hinge loss of a critic on features, one step each."""

    def __init__(self, case, way):
        self.way, size = way, case["size"]
        self.generator = way.place(networks.dcgan_generator(size))
        self.critic = way.place(torch_projected.Critic(size))
        self.average = copy.deepcopy(self.generator)
        self.generator_adam = Optimizer(self.generator, (0.0, 0.9))
        self.critic_adam = Optimizer(self.critic, (0.0, 0.9))
        shape = (case["batch"], 3, size, size)
        self.real = way.layout(torch.rand(shape) * 2 - 1)
        self.latents = [torch.randn(case["batch"], 128) for _ in "cg"]
        self.draw = way.compiled(self.generator)
        self.judge = way.compiled(self.critic)

    def step(self):
        with self.way.precision():
            with torch.no_grad():
                fake = self.draw(self.latents[0]).float()
            # Batch norm: each kind in a batch of its own.
            loss = functional.relu(1 - self.judge(self.real)[0]).mean()
            loss = loss + functional.relu(1 + self.judge(fake)[0]).mean()
        self.critic_adam.update(loss)
        with self.way.precision():
            fake = self.draw(self.latents[1]).float()
            loss = -self.judge(fake)[0].mean()
        self.generator_adam.update(loss)
        average(self.average, self.generator)


class Cycle:
    """CycleGAN."""

    def __init__(self, case, way):
        self.way = way
        make = (networks.translator, networks.patch_critic)
        self.there, self.back = (way.place(make[0]()) for _ in "ab")
        self.critics = [way.place(make[1]()) for _ in "ab"]
        self.averages = [copy.deepcopy(n) for n in (self.there, self.back)]
        self.adam = Optimizer(
            torch.nn.ModuleList([self.there, self.back]), (0.5, 0.999)
        )
        self.critic_adam = Optimizer(
            torch.nn.ModuleList(self.critics), (0.5, 0.999)
        )
        shape = (case["batch"], 3, case["size"], case["size"])
        self.a, self.b = (way.layout(torch.rand(shape) * 2 - 1) for _ in "ab")
        self.a2b, self.b2a = way.compiled(self.there), way.compiled(self.back)
        self.judge_a, self.judge_b = map(way.compiled, self.critics)

    def step(self):
        a, b = self.a, self.b
        with self.way.precision():
            fake_a, fake_b = self.b2a(b).float(), self.a2b(a).float()
            loss = (self.judge_a(fake_a).float() - 1).square().mean()
            loss = loss + (self.judge_b(fake_b).float() - 1).square().mean()
            cycle = functional.l1_loss(self.b2a(fake_b).float(), a)
            cycle = cycle + functional.l1_loss(self.a2b(fake_a).float(), b)
            same = functional.l1_loss(self.a2b(b).float(), b)
            same = same + functional.l1_loss(self.b2a(a).float(), a)
            loss = loss + 10 * cycle + 5 * same
        self.adam.update(loss)
        with self.way.precision():
            total = 0.0
            for judge, real, fake in (
                (self.judge_a, a, fake_a.detach()),
                (self.judge_b, b, fake_b.detach()),
            ):
                scores = judge(torch.cat([real, fake])).float()
                real_score, fake_score = scores.chunk(2)
                total = total + (real_score - 1).square().mean()
                total = total + fake_score.square().mean()
        self.critic_adam.update(0.5 * total)
        average(self.averages[0], self.there)
        average(self.averages[1], self.back)


class Way:
    """How PyTorch is used: device, layout, precision, compiler."""

    def __init__(self, name, precision, device):
        self.compiles = name.startswith("torch_compile")
        last = name != "torch_eager"
        self.format = torch.channels_last if last else torch.contiguous_format
        self.half = precision == "mixed_bfloat16"
        self.gpu = device == "gpu"
        # New tensors are made where they are needed.
        torch.set_default_device("cuda" if self.gpu else "cpu")
        fast = precision == "tfloat32"
        torch.backends.cuda.matmul.allow_tf32 = fast
        torch.backends.cudnn.allow_tf32 = fast
        torch.backends.cudnn.benchmark = True

    def place(self, network):
        return networks.start(network).to(memory_format=self.format)

    def layout(self, images):
        return images.to(memory_format=self.format)

    def compiled(self, network):
        return torch.compile(network) if self.compiles else network

    def precision(self):
        kind = "cuda" if self.gpu else "cpu"
        return torch.autocast(kind, torch.bfloat16, enabled=self.half)

    def finished(self, function):
        """`function`, which comes back when the device has done its work."""
        if not self.gpu:
            return function

        def run():
            function()
            torch.cuda.synchronize()

        return run

    def peak(self):
        """Peak of the memory of a process, or of a GPU, in MiB."""
        if self.gpu:
            return torch.cuda.max_memory_allocated() / 2**20
        return step_worker.resident()


def product(way):
    """A product of two large matrices."""
    kind = torch.bfloat16 if way.half else torch.float32
    side = step_worker.SIDES["gpu" if way.gpu else "cpu"]
    matrix = torch.rand(side, side).to(kind)
    return way.finished(lambda: matrix @ matrix)


def sampling(game, way, constant):
    """Draws batches to uint8; with constant weights if it compiles so."""
    if constant:
        # Imported with the rest of the compiler, which takes seconds.
        from torch._inductor import config

        config.freezing = True
    generator = way.compiled(game.generator.eval())

    def draw():
        images = generator(game.latents[0]).float()
        pixels = ((images + 1) * 127.5).round().clamp(0, 255)
        return pixels.to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()

    def run():
        # Inference mode is faster, but the compiler then takes no constants.
        free = torch.no_grad if constant else torch.inference_mode
        with free(), way.precision():
            return [draw() for _ in range(step_worker.BATCHES)]

    return run


def make(case, name, precision, threads, device):
    """The step, no count of FLOPs, a matrix product, and memory."""
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(0)
    way = Way(name, precision, device)
    kind = Cycle if case["network"] == "cyclegan" else Game
    game = (Projected if "critic" in case else kind)(case, way)
    step = game.step
    if name.endswith("sample"):
        step = sampling(game, way, name == "torch_compile_constant_sample")
    return way.finished(step), None, product(way), way.peak


if __name__ == "__main__":
    step_worker.serve(make)

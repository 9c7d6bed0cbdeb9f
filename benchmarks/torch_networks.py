"""The networks of `tfgan_transfer` as a PyTorch user would write them.

The same layers, widths and first-weight laws as in `tfgan_transfer/networks`:
`dcgan.py`, `resnet.py`, and of `cyclegan.py` the residual translator with the
patch critic. Images are [B, C, H, W].
"""

import itertools

from torch import nn


def dcgan_generator(size, width=64, latent=128, labels=0):
    stages = 3 if size == 32 else 4
    channels = [width * 2**i for i in range(stages)]
    layers = [
        nn.Unflatten(1, (latent + labels, 1, 1)),
        nn.ConvTranspose2d(latent + labels, channels[-1], 4),
    ]
    for before, after in itertools.pairwise([*channels[::-1], 3]):
        layers += [
            nn.BatchNorm2d(before),
            nn.ReLU(),
            nn.ConvTranspose2d(before, after, 4, 2, 1),
        ]
    return nn.Sequential(*layers, nn.Tanh())


class Critic(nn.Module):
    """A trunk with a head for the score, and one for classes if there are."""

    def __init__(self, trunk, score, classes=None):
        super().__init__()
        self.trunk, self.score, self.classes = trunk, score, classes

    def forward(self, images):
        features = self.trunk(images)
        score = self.score(features).flatten().float()
        if self.classes is None:
            return score, None
        return score, self.classes(features).flatten(1).float()


def dcgan_critic(size, width=64, labels=0):
    layers, before = [], 3
    for stage in range(3 if size == 32 else 4):
        after = width * 2**stage
        layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(0.2)]
        before = after
    classes = nn.Conv2d(before, labels, 4) if labels else None
    return Critic(nn.Sequential(*layers), nn.Conv2d(before, 1, 4), classes)


class Residual(nn.Module):
    def __init__(self, before, after, norm, resample):
        super().__init__()
        inner = before if resample == "down" else after
        up = nn.Upsample(scale_factor=2) if resample == "up" else nn.Identity()
        down = nn.AvgPool2d(2) if resample == "down" else nn.Identity()
        self.main = nn.Sequential(
            norm(before),
            nn.ReLU(),
            up,
            nn.Conv2d(before, inner, 3, padding=1, bias=False),
            norm(inner),
            nn.ReLU(),
            nn.Conv2d(inner, after, 3, padding=1),
            down,
        )
        # A 1x1 convolution and repetition commute: the cheaper order.
        self.shortcut = nn.Sequential(down, nn.Conv2d(before, after, 1), up)

    def forward(self, x):
        return self.shortcut(x) + self.main(x)


def resnet_generator(size, width=64, latent=128):
    base = size // 16
    channels = [width * min(2**i, 8) for i in range(5)][::-1]
    blocks = [
        Residual(before, after, nn.BatchNorm2d, "up")
        for before, after in itertools.pairwise(channels)
    ]
    return nn.Sequential(
        nn.Linear(latent, base * base * channels[0]),
        nn.Unflatten(1, (channels[0], base, base)),
        *blocks,
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, 3, 3, padding=1),
        nn.Tanh(),
    )


def resnet_critic(size, width=64):
    base = size // 16
    channels = [width * min(2**i, 8) for i in range(5)]
    blocks = [
        Residual(before, after, lambda c: nn.GroupNorm(1, c), "down")
        for before, after in itertools.pairwise(channels)
    ]
    trunk = nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1), *blocks, nn.Flatten()
    )
    return Critic(trunk, nn.Linear(base * base * channels[-1], 1))


def translator(width=64, blocks=6):
    def unit(layer, channels):
        return [layer, nn.InstanceNorm2d(channels), nn.ReLU()]

    class Block(nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)

    layers = [nn.ReflectionPad2d(3), *unit(nn.Conv2d(3, width, 7), width)]
    for channels in (width, 2 * width):
        conv = nn.Conv2d(channels, 2 * channels, 3, 2, 1)
        layers += unit(conv, 2 * channels)
    for _ in range(blocks):
        deep = 4 * width
        layers.append(
            Block(
                nn.ReflectionPad2d(1),
                *unit(nn.Conv2d(deep, deep, 3), deep),
                nn.ReflectionPad2d(1),
                nn.Conv2d(deep, deep, 3),
                nn.InstanceNorm2d(deep),
            )
        )
    for channels in (4 * width, 2 * width):
        half = channels // 2
        conv = nn.ConvTranspose2d(channels, half, 3, 2, 1, output_padding=1)
        layers += unit(conv, half)
    end = [nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()]
    return nn.Sequential(*layers, *end)


def patch_critic(width=64):
    layers = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
    before = width
    for stage, stride in (1, 2), (2, 2), (3, 1):
        after = width * 2**stage
        layers += [
            nn.Conv2d(before, after, 4, stride, 1),
            nn.InstanceNorm2d(after),
            nn.LeakyReLU(0.2),
        ]
        before = after
    return nn.Sequential(*layers, nn.Conv2d(before, 1, 4, 1, 1))


def start(network):
    """Gives weights that learn DCGAN's law, on which no time depends."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            if module.weight.requires_grad:
                nn.init.normal_(module.weight, std=0.02)
    return network.train()

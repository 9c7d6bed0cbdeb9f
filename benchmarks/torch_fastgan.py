"""FastGAN for 64 px, rebuilt from its paper.

Liu et al. 2021 (arXiv:2101.04775), figures 3 and 4: a generator of nearest
neighbours, convolutions, batch norms and gated linear units, in which the first
maps excite the channels of the last ones; and a critic whose maps must suffice
to paint its real images again. Images are [B, 3, 64, 64] in [-1, 1].

What differs from the paper, which starts at 256 px:
- of its skip-layer excitations there is the one that ends in maps of 64 px;
- the critic sees one size, and its decoders paint 32 px instead of 128: all of
  an image at half its size from the 8x8 map, and a quarter of it as it is from
  a quarter of the 16x16 map;
- what they paint is compared by L1 alone, without a perceptual distance, which
  would bring in a classifier.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

LATENT = 256
# Channels of the maps by their side, times the width; the paper's is 64.
CHANNELS = {4: 16, 8: 8, 16: 4, 32: 2, 64: 2}
WIDTH = 64
# Sides of the critic's last maps, and of what is painted from them.
FINE, COARSE, PAINTED = 16, 8, 32
SLOPE = 0.2


def convolution(before, after, kernel=3, stride=1, padding=1):
    layer = nn.Conv2d(before, after, kernel, stride, padding, bias=False)
    return spectral_norm(layer)


class Noise(nn.Module):
    """Adds noise of one channel to all, in a strength that is learned."""

    def __init__(self):
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        batch, _, height, width = x.shape
        return (
            x + self.strength * x.new_empty(batch, 1, height, width).normal_()
        )


class Excitation(nn.Module):
    """Weighs the channels of a large map by what a small one holds."""

    def __init__(self, small, large):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            convolution(small, large, 4, 1, 0),
            nn.LeakyReLU(SLOPE),
            convolution(large, large, 1, 1, 0),
            nn.Sigmoid(),
        )

    def forward(self, small, large):
        return large * self.gate(small)


def gated(before, after, noise=False):
    """A convolution to twice the channels, of which half are gates."""
    return [
        convolution(before, 2 * after),
        *([Noise()] if noise else []),
        nn.BatchNorm2d(2 * after),
        nn.GLU(1),
    ]


def doubled(before, after, thorough=False):
    """Maps of twice the side, by two convolutions with noise or by one."""
    layers = [nn.Upsample(scale_factor=2), *gated(before, after, thorough)]
    if thorough:
        layers += gated(after, after, noise=True)
    return nn.Sequential(*layers)


class Generator(nn.Module):
    """Images of 64 px from latents [B, 256]."""

    def __init__(self, width=WIDTH):
        super().__init__()
        at = {side: width * many for side, many in CHANNELS.items()}
        first = nn.ConvTranspose2d(LATENT, 2 * at[4], 4, bias=False)
        self.start = nn.Sequential(
            nn.Unflatten(1, (LATENT, 1, 1)),
            spectral_norm(first),
            nn.BatchNorm2d(2 * at[4]),
            nn.GLU(1),
        )
        self.to_8 = doubled(at[4], at[8], thorough=True)
        self.to_16 = doubled(at[8], at[16])
        self.to_32 = doubled(at[16], at[32], thorough=True)
        self.to_64 = doubled(at[32], at[64])
        self.excite = Excitation(at[4], at[64])
        self.paint = nn.Sequential(convolution(at[64], 3), nn.Tanh())

    def forward(self, latents):
        small = self.start(latents)
        large = self.to_64(self.to_32(self.to_16(self.to_8(small))))
        return self.paint(self.excite(small, large))


class Halved(nn.Module):
    """Maps of half the side: the mean of a deep way and a direct one."""

    def __init__(self, before, after):
        super().__init__()
        self.deep = nn.Sequential(
            convolution(before, after, 4, 2),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(SLOPE),
            convolution(after, after),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(SLOPE),
        )
        self.direct = nn.Sequential(
            nn.AvgPool2d(2),
            convolution(before, after, 1, 1, 0),
            nn.BatchNorm2d(after),
            nn.LeakyReLU(SLOPE),
        )

    def forward(self, x):
        return (self.deep(x) + self.direct(x)) / 2


def decoder(before, width):
    """Paints 32 px from maps of 8."""
    return nn.Sequential(
        doubled(before, 2 * width),
        doubled(2 * width, width),
        convolution(width, 3),
        nn.Tanh(),
    )


class Critic(nn.Module):
    """Scores [B, 25] of overlapping parts, and the maps they come from."""

    def __init__(self, width=WIDTH):
        super().__init__()
        at = {side: width * many for side, many in CHANNELS.items()}
        fine, coarse = 2 * at[16], 2 * at[8]
        self.stem = nn.Sequential(convolution(3, at[64]), nn.LeakyReLU(SLOPE))
        self.to_16 = nn.Sequential(Halved(at[64], at[32]), Halved(at[32], fine))
        self.to_8 = Halved(fine, coarse)
        self.score = nn.Sequential(
            convolution(coarse, coarse, 1, 1, 0),
            nn.BatchNorm2d(coarse),
            nn.LeakyReLU(SLOPE),
            convolution(coarse, 1, 4, 1, 0),
            nn.Flatten(),
        )
        self.paint_part = decoder(fine, width)
        self.paint_all = decoder(coarse, width)

    def forward(self, images):
        fine = self.to_16(self.stem(images))
        coarse = self.to_8(fine)
        return self.score(coarse), (fine, coarse)

    def reconstruction_loss(self, images, maps, quarter):
        """L1 of what the maps of real images tell of them.

        Args:
            images: [B, 3, 64, 64], as the critic has seen them.
            maps: What it returned beside their scores.
            quarter: (row, column) of the part, each 0 or 1.
        """
        fine, coarse = maps
        whole = functional.adaptive_avg_pool2d(images, PAINTED)
        loss = functional.l1_loss(self.paint_all(coarse), whole)
        part = cut(images, quarter, PAINTED)
        painted = self.paint_part(cut(fine, quarter, FINE // 2))
        return loss + functional.l1_loss(painted, part)


def cut(maps, quarter, side):
    row, column = (side * number for number in quarter)
    return maps[:, :, row : row + side, column : column + side]

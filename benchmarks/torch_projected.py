"""The critic on frozen features as a PyTorch user would write it.

The layers and sizes of `tfgan_transfer/networks/projected.py` over those of
`lite0.py`, with first weights of any value in proportion; `learned` gives the
features those of the classifier.
Images are [B, 3, H, W]; those of 32 px are judged at 96.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

# Expansion, kernel, stride, channels and repeats of the blocks.
ROWS = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
# The blocks whose maps are seen, their channels, and those of the mixtures.
SEEN = {2: (24, 32), 4: (40, 64), 10: (112, 128), 15: (320, 256)}
WIDEST, INNERMOST = 256, 4


def convolution(before, after, kernel, stride=1, groups=1):
    half = kernel // 2
    return nn.Conv2d(before, after, kernel, stride, half, groups=groups)


class Block(nn.Module):
    def __init__(self, before, expansion, kernel, stride, after):
        super().__init__()
        inner = before * expansion
        layers = []
        if expansion > 1:
            layers += [convolution(before, inner, 1), nn.ReLU6()]
        depthwise = convolution(inner, inner, kernel, stride, groups=inner)
        layers += [depthwise, nn.ReLU6(), convolution(inner, after, 1)]
        self.main = nn.Sequential(*layers)
        self.same = stride == 1 and before == after

    def forward(self, x):
        return x + self.main(x) if self.same else self.main(x)


class Features(nn.Module):
    """The last map of each stride, mixed with the deeper ones."""

    def __init__(self, size):
        super().__init__()
        self.size, self.turned = size, False
        self.stem = nn.Sequential(convolution(3, 32, 3, 2), nn.ReLU6())
        self.blocks, before = nn.ModuleList(), 32
        for expansion, kernel, stride, after, repeats in ROWS:
            for _ in range(repeats):
                block = Block(before, expansion, kernel, stride, after)
                self.blocks.append(block)
                before, stride = after, 1
        channels = [*SEEN.values()]
        self.mix = nn.ModuleList(
            nn.Conv2d(seen, mixed, 1, bias=False) for seen, mixed in channels
        )
        self.merge = nn.ModuleList(
            nn.Conv2d(deeper, mixed, 1, bias=False)
            for (_, mixed), (_, deeper) in zip(
                channels, channels[1:], strict=False
            )
        )
        # Maps must neither vanish nor grow on their way through 48 layers:
        # numbers too small for float32 are slow.
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
        self.requires_grad_(False)

    def maps(self, images):
        """What is seen of images of `size`, of the finest stride first."""
        x, maps = self.stem(images), []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in SEEN:
                maps.append(x)
        return maps

    def forward(self, images):
        side = (self.size, self.size)
        x = functional.interpolate(images, side, mode="bilinear")
        maps = self.maps(x.flip(2, 3) if self.turned else x)
        mixtures = [self.mix[-1](maps[-1])]
        for number in reversed(range(len(maps) - 1)):
            x = self.mix[number](maps[number])
            deeper = self.merge[number](mixtures[0])
            deeper = functional.interpolate(
                deeper, x.shape[2:], mode="bilinear"
            )
            mixtures.insert(0, (x + deeper) * 0.5**0.5)
        return mixtures


def learned(features, layers):
    """Gives features the weights of the classifier.

    TensorFlow, where they come from, pads one pixel more after the last than
    before the first if it halves an even side, and PyTorch the other way round.
    So the network is turned by 180 degrees, sees turned images and makes turned
    maps, which is the same to the heads on them and costs next to nothing.

    Args:
        features: `Features`, changed in place.
        layers: For each convolution from the image on its kernel, [height,
            width, inputs, outputs] or [height, width, channels, 1], and bias,
            as of `tfgan_transfer.networks.lite0.folded`.
    """
    found = [
        layer
        for part in (features.stem, features.blocks)
        for layer in part.modules()
        if isinstance(layer, nn.Conv2d)
    ]
    for layer, (kernel, bias) in zip(found, layers, strict=True):
        axes = (3, 2, 0, 1) if layer.groups == 1 else (2, 3, 0, 1)
        kernel = torch.from_numpy(kernel).permute(axes)
        layer.weight.copy_(kernel.flip(2, 3))
        layer.bias.copy_(torch.from_numpy(bias))
    features.turned = True
    return features


def head(channels, side):
    """Halves a map until it has 4x4 pixels or fewer, and scores each."""
    layers = []
    while side > INNERMOST:
        after = min(2 * channels, WIDEST)
        halving = spectral_norm(nn.Conv2d(channels, after, 4, 2, 1))
        layers += [halving, nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
        channels, side = after, side // 2
    # What padding="same" is, without the copy that PyTorch makes of it.
    around = nn.ZeroPad2d((1, 2, 1, 2))
    score = spectral_norm(nn.Conv2d(channels, 1, 4))
    return nn.Sequential(*layers, around, score, nn.Flatten())


class Critic(nn.Module):
    """Scores [B, K] of all positions in all heads, and no classes."""

    def __init__(self, size):
        super().__init__()
        size = min(max(96, 2 * size), 224)
        self.features = Features(size)
        self.heads = nn.ModuleList(
            head(mixed, size // 2 ** (2 + number))
            for number, (_, mixed) in enumerate(SEEN.values())
        )

    def forward(self, images):
        maps = self.features(images)
        scores = [judge(x) for judge, x in zip(self.heads, maps, strict=True)]
        return torch.cat(scores, 1).float(), None

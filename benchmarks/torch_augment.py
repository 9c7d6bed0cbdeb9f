"""DiffAugment (Zhao et al. 2020, arXiv:2006.10738) in PyTorch.

Colour, translation by up to an eighth, a hole of half the side, always; what
`tfgan_transfer/augment.py` is for us. Images are [B, 3, H, W] in [-1, 1].
"""

import torch
from torch.nn import functional


def color(images):
    brightness, saturation, contrast = torch.rand(3, len(images), 1, 1, 1)
    images = images + brightness - 0.5
    grey = images.mean(1, keepdim=True)
    images = grey + 2 * saturation * (images - grey)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (contrast + 0.5) * (images - mean)


def translation(images):
    batch, side = len(images), images.shape[-1]
    most = side // 8
    shift = torch.randint(-most, most + 1, (batch, 2, 1))
    # Of a grid that counts from -1 to 1, in which a pixel is 2 / side.
    moves = torch.eye(2, 3).repeat(batch, 1, 1)
    moves[:, :, 2:] = shift * (2 / side)
    grid = functional.affine_grid(moves, images.shape, align_corners=False)
    return functional.grid_sample(
        images, grid, mode="nearest", align_corners=False
    )


def cutout(images):
    batch, side = len(images), images.shape[-1]
    centre = torch.randint(0, side + 1, (2, batch, 1))
    distance = torch.arange(side) - centre
    rows, columns = (distance >= -(side // 4)) & (distance < side // 4)
    hole = rows[:, None, :, None] & columns[:, None, None, :]
    return images.masked_fill(hole, 0)


def augment(images):
    return cutout(translation(color(images)))

import numpy as np
import pytest

from tfgan_transfer.data import load
from tfgan_transfer.errors import UserError


def test_digits_are_scikit_learns():
    from sklearn.datasets import load_digits

    train = load("digits", size=(8, 8), channels=1).train
    digits = load_digits()
    assert train.images.shape == (1797, 8, 8, 1)
    assert train.vocabulary == tuple("0123456789")
    for row in (0, 5, 1000):
        index = int(train.names[row].removeprefix("digit-"))
        expected = np.rint(digits.images[index] / 16 * 255)
        np.testing.assert_array_equal(train.images[row, ..., 0], expected)
        assert train.labels[row].argmax() == digits.target[index]
    assert train.images.max() == 255 and train.labels.sum() == 1797


def test_shapes_are_balanced_coloured_and_on_white():
    train = load("shapes", size=(64, 64)).train
    assert train.vocabulary == ("circle", "square", "star", "triangle")
    assert train.labels.sum(0).tolist() == [500] * 4
    assert (train.images[:, [0, 0, -1, -1], [0, -1, 0, -1]] > 200).mean() > 0.9
    inked = (train.images < 230).any(-1).mean((1, 2))
    assert 0.02 < inked.min() and inked.max() < 0.7
    assert len({image.tobytes() for image in train.images}) == 2000


def test_outlines_have_the_place_and_colour_of_the_filled_shape():
    filled = load("shapes", size=(64, 64), limit=200).train
    outline = load("shapes#outline", size=(64, 64)).train
    row = dict(zip(outline.names, range(2000), strict=True))
    for name, image in zip(filled.names, filled.images, strict=True):
        other = outline.images[row[name.replace("filled", "outline")]]
        ink, line = (image < 230).any(-1), (other < 230).any(-1)
        middle = tuple(np.argwhere(ink).mean(0).round().astype(int))
        assert ink[middle] and not line[middle]
        low, high = np.argwhere(ink).min(0), np.argwhere(ink).max(0)
        edge = np.argwhere(line)
        assert np.abs(edge.min(0) - low).max() <= 6
        assert np.abs(edge.max(0) - high).max() <= 6


def test_drawing_does_not_change():
    shape = load("shapes", size=(64, 64), limit=4, seed=1).train
    means = shape.images.mean(axis=(1, 2, 3))
    # Pillow may change the pixels of an edge, nothing more.
    np.testing.assert_allclose(means, [234.1, 236.1, 227.2, 204.7], atol=0.5)


def test_unknown_parts():
    with pytest.raises(UserError, match="did you mean|Did you mean"):
        load("shapes#outlines", size=(8, 8))
    with pytest.raises(UserError, match="data=digits"):
        load("digits#3", size=(8, 8))

"""Several generators behind one endpoint, each row with its own."""

import json

import numpy as np
import pytest
import tensorflow as tf

from tests.support.judging import judged
from tfgan_transfer.errors import UserError
from tfgan_transfer.families import exporting
from tfgan_transfer.serving import servable, status
from tfgan_transfer.serving.export import routing, savedmodel
from tfgan_transfer.trained import opening

WIDTHS = (2, 1, 3)


def network(number):
    """Draws its number, its own label and the latent, a pixel each."""
    rows, runs = tf.Variable(0), tf.Variable(0)

    def draw(inputs, training):
        latent, label = inputs
        assert not training and label.shape[1] == WIDTHS[number]
        rows.assign_add(tf.shape(latent)[0])
        runs.assign_add(1)
        pixels = [
            tf.fill(tf.shape(latent), float(number)),
            tf.cast(tf.argmax(label, axis=1), tf.float32)[:, None],
            latent,
        ]
        return tf.concat(pixels, axis=1)[:, :, None, None]

    draw.rows, draw.runs = rows, runs
    return draw


@pytest.fixture()
def networks():
    return [network(number) for number in range(3)]


def draw(networks, labels):
    routed = tf.function(routing.Routed(networks, WIDTHS, (3, 1, 1)))
    latent = 10 + np.arange(len(labels), dtype=np.float32)[:, None]
    label = np.eye(6, dtype=np.float32)[list(labels)]
    return routed([latent, label], training=False).numpy()[:, :, 0, 0]


def test_rows_reach_their_network_and_come_back_in_order(networks):
    drawn = draw(networks, [5, 0, 2, 1, 3, 0])
    np.testing.assert_array_equal(
        drawn,
        [
            (2, 2, 10),
            (0, 0, 11),
            (1, 0, 12),
            (0, 1, 13),
            (2, 0, 14),
            (0, 0, 15),
        ],
    )
    # Each row was drawn once, by one network.
    assert [int(one.rows) for one in networks] == [3, 1, 2]


def test_a_network_without_rows_does_not_run(networks):
    drawn = draw(networks, [2])
    np.testing.assert_array_equal(drawn, [(1, 0, 10)])
    assert [int(one.runs) for one in networks] == [0, 1, 0]
    assert draw(networks, []).shape == (0, 3)


@pytest.mark.parametrize("label", [[0, 0, 0, 0, 0, 0], [1, 0, 1, 0, 0, 0]])
def test_each_row_has_one_class(networks, label):
    routed = tf.function(routing.Routed(networks, WIDTHS, (3, 1, 1)))
    with pytest.raises(tf.errors.InvalidArgumentError, match="one class in"):
        routed([tf.zeros([1, 1]), tf.constant([label], tf.float32)])


@pytest.fixture(scope="module")
def exported(big, tmp_path_factory):
    return exporting.export(str(big), str(tmp_path_factory.mktemp("m")))


def test_the_check_accepts_it(exported):
    (report,) = judged(exported)
    assert report["findings"] == []
    assert report["tried"] == [*range(1, 21)] and report["accepted"]


def ask(version, signature, **inputs):
    loaded = servable.Servable(version, "test")
    try:
        arrays = {name: np.array(value) for name, value in inputs.items()}
        return loaded.predict(signature, arrays)
    finally:
        loaded.close()


def test_the_answer_is_what_generate_draws(exported, big):
    """Byte for byte, whichever models the rows of a request need."""
    opened = opening.open_model(str(big))
    seeds, labels = (3, 0, 7, 2**40, 0, 0), (4, 0, 2, 3, 1, 1)
    answer = ask(exported, "serving_default", seed=seeds, label=labels)
    files = []
    for seed, label in zip(seeds, labels, strict=True):
        row = np.eye(5, dtype=np.float32)[label]
        [image] = opened.sampler(seed=seed).draw(1, row)
        files.append(tf.io.encode_png(image).numpy())
    assert list(answer["images_bytes"]) == files
    assert len({*files}) == 5


def test_prompts_and_latents_are_routed(exported, big):
    named = ask(exported, "prompt", seed=[1, 1], prompt=[b"a 4", b"1"])[
        "images_bytes"
    ]
    numbered = ask(exported, "serving_default", seed=[1, 1], label=[4, 1])
    assert list(named) == list(numbered["images_bytes"])
    with pytest.raises(status.ServingError, match="one class in each row"):
        ask(exported, "prompt", seed=[1], prompt=[b"4 1"])
    opened = opening.open_model(str(big))
    latent = opened.sampler(seed=1).latents(2)
    images = ask(exported, "latents", latent=latent, label=[0, 3])["images"]
    for row, (model, label) in enumerate([(0, [1, 0, 0]), (1, [1, 0])]):
        inputs = [latent[row : row + 1], np.array([label], np.float32)]
        expected = opened.generators[model]()(inputs, training=False)
        np.testing.assert_allclose(images[row], expected[0], atol=1e-5)


def test_each_weight_is_stored_once(exported, big):
    generators = [load() for load in opening.open_model(str(big)).generators]
    shapes = tf.train.list_variables(str(exported / "variables/variables"))
    stored = sum(
        int(np.prod(shape)) for name, shape in shapes if "_variables" in name
    )
    assert stored == sum(one.count_params() for one in generators)


def test_the_card_lists_the_models(exported):
    path = exported / savedmodel.EXTRA / savedmodel.CARD
    card = json.loads(path.read_text())
    assert card["vocabulary"] == list("01234")
    assert [one["classes"] for one in card["members"]] == [
        list("012"),
        list("34"),
    ]
    assert [one["step"] for one in card["members"]] == [4, 4]
    assert card["data"]["images"] == 537 - 54 + 328


def test_a_class_out_of_range_is_refused(exported):
    with pytest.raises(status.ServingError, match="expected 0 to 4"):
        ask(exported, "serving_default", seed=[0], label=[5])


def test_only_a_saved_model_holds_an_ensemble(big, tmp_path):
    with pytest.raises(UserError, match="^format: received an ensemble"):
        exporting.export(str(big), str(tmp_path), format="onnx")
    assert not [*tmp_path.iterdir()]

"""What is chosen for whom; how long things take is made up here."""

import json

import numpy as np
import pytest
from PIL import Image

from tfgan_transfer import families
from tfgan_transfer.errors import UserError
from tfgan_transfer.planning import (
    budget,
    domains,
    length,
    pictures,
    road,
    sources,
    summary,
)
from tfgan_transfer.planning.pictures import Unusable
from tfgan_transfer.settings import recipes, schedule
from tfgan_transfer.transfer.report import Row

NEAREST = {"zoo:anime_32": 0.1, "zoo:faces_32": 0.3}
SECONDS = {"32": 0.2, "64": 1.0, "96": 2.0}


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    """Steps of a second at 64 px; the zoo's anime faces are nearest."""

    def tried(settings, known=None, hopeless=None):
        parts = schedule.of({"critic_schedule": None, "grow": None, **settings})
        parts = parts or [schedule.Part(settings["steps"], {})]
        found, done = [], 0
        for part in parts:
            size = part.settings.get("size", settings.get("size", "32"))
            size = size.split("x")[0]
            steps, done = part.last - done, part.last
            found.append(budget.Part(steps, 2.0, SECONDS[size], size, ()))
        return found

    monkeypatch.setattr(budget, "tried", tried)
    monkeypatch.setattr(sources, "nearest", lambda images: NEAREST)
    monkeypatch.setattr(domains, "apart", lambda a, b: 2.0)
    # A handful is enough here.
    monkeypatch.setattr(pictures, "FEW", 1)


def folder(tmp_path, count=6, side=64, grey=False, classes=("",)):
    random = np.random.default_rng(0)
    for number in range(count):
        pixels = random.integers(0, 256, (side, side, 3), np.uint8)
        if grey:
            pixels[:] = pixels[:, :, :1]
        place = tmp_path / "photos" / classes[number % len(classes)]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(place / f"{number}.png")
    return {
        "data": f"folder:{tmp_path / 'photos'}",
        "run_dir": str(tmp_path / "run"),
    }


def silent(text):
    pass


def choose(given):
    return road.prepared(given, None, silent)


@pytest.mark.parametrize(
    "given, expected",
    [
        ({}, True),
        ({"steps": 3, "seed": 1, "size": "64", "source": "none"}, True),
        ({"model": "acgan"}, True),
        ({"width": 8}, False),
        ({"adversarial_loss": "hinge"}, False),
        ({"model": "stack_gan"}, False),
        ({"model": "stack_gan", "hours": 1.0}, False),
        ({"recipe": "plain", "hours": 1.0}, False),
        ({"recipe": "few_images", "width": 8}, False),
        ({"recipe": "few_images", "hours": 1.0}, True),
        ({"hours": 0.5, "batch_size": 8}, True),
    ],
)
def test_who_is_left_a_choice(given, expected):
    assert road.asked(given) is expected


def test_photographs_of_64_px_are_grown_to(tmp_path):
    chosen = choose(folder(tmp_path))
    assert chosen.settings["recipe"] == "few_images_64"
    assert chosen.settings["source"] == "zoo:anime_32"
    assert "anime_32 0.1, faces_32 0.3" in chosen.reasons["source"]
    assert chosen.reasons["size"] == "64 px, after a first part at 32 px"
    # Too few to hold any out, and so nothing to judge by.
    assert "holdout" not in chosen.settings
    assert "eval_every" not in chosen.settings
    assert "channels" not in chosen.settings
    # The whole recipe: 830 steps of 0.2 s and 500 of 1 s take 0.2 hours.
    assert recipes.total(chosen.settings) == 1330


PHOTOGRAPHS = {"zoo:tiny_imagenet_32": 0.1, "zoo:anime_32": 0.3}


@pytest.fixture
def photographs(monkeypatch):
    monkeypatch.setattr(sources, "nearest", lambda images: PHOTOGRAPHS)


@pytest.mark.usefixtures("photographs")
@pytest.mark.parametrize(
    ("more", "name", "source", "last"),
    [
        ({}, "photos_64", "zoo:tiny_imagenet_64", "64"),
        ({"size": "64"}, "photos_64", "zoo:tiny_imagenet_64", "64"),
        ({"size": "64x64"}, "photos_64", "zoo:tiny_imagenet_64", "64"),
        ({"size": "96"}, "few_images_64", "zoo:tiny_imagenet_32", "96"),
        ({"size": "32"}, "few_images", "zoo:tiny_imagenet_32", "32"),
        # Too few hours for 64 px: the smaller source is still the nearest.
        ({"hours": 0.05}, "few_images", "zoo:tiny_imagenet_32", "32"),
        # Who names a source or a recipe has it.
        (
            {"source": "zoo:tiny_imagenet_32"},
            "few_images_64",
            "zoo:tiny_imagenet_32",
            "64",
        ),
        (
            {"recipe": "photos_64", "source": "zoo:anime_32", "hours": 1.0},
            "photos_64",
            "zoo:anime_32",
            "64",
        ),
    ],
)
def test_photographs_start_from_a_source_of_their_size(
    tmp_path, more, name, source, last
):
    chosen = choose({**folder(tmp_path), **more})
    assert chosen.settings["recipe"] == name
    assert chosen.settings["source"] == source
    assert chosen.parts[-1].size.split("x")[0] == last
    if "source" not in more:
        words = f"{source}, trained on the images most like yours"
        assert chosen.reasons["source"].startswith(words)


def test_small_pictures_stay_small(tmp_path):
    chosen = choose(folder(tmp_path, side=20))
    assert chosen.settings["recipe"] == "few_images"
    assert "grow" not in chosen.settings


def test_grey_ones_have_one_channel(tmp_path):
    chosen = choose(folder(tmp_path, grey=True))
    assert chosen.settings["channels"] == "1"
    assert "grey" in chosen.reasons["channels"]


def test_labels_are_named_and_learned_if_asked(tmp_path):
    given = folder(tmp_path, classes=("cat", "dog"))
    assert "2 found and not used" in choose(given).reasons["labels"]
    asked = choose({**given, "model": "acgan"})
    assert asked.settings["recipe"] == "labels"
    assert "labels" not in asked.reasons


def test_one_in_ten_is_held_out_of_enough(tmp_path):
    chosen = choose(folder(tmp_path, count=250, side=8))
    assert chosen.settings["holdout"] == 25
    assert chosen.settings["eval_metrics"] == "swd"
    own = choose({**folder(tmp_path, count=250, side=8), "holdout": 3})
    assert own.settings["holdout"] == 3


@pytest.mark.parametrize(("size", "judge"), [("64", "swd"), ("64x48", "kid")])
def test_a_size_is_judged_by_what_can_be_measured_at_it(tmp_path, size, judge):
    chosen = choose({**folder(tmp_path, count=250), "size": size})
    assert chosen.settings["eval_metrics"] == judge
    assert chosen.settings["best_metric"] == judge
    network = {"inception": "DIR", "size": size}
    chosen = choose({**folder(tmp_path, count=250), **network})
    both = "swd,kid" if judge == "swd" else "kid"
    assert chosen.settings["eval_metrics"] == both
    assert chosen.settings["best_metric"] == "kid"


def test_of_two_sets_some_of_each_are_held_out(tmp_path):
    many = folder(tmp_path, 200, 8)["data"]
    fewer = folder(tmp_path / "b", 210, 8)["data"]
    two = {"model": "cyclegan", "data_a": many, "data_b": fewer}
    chosen = choose({**two, "run_dir": "run"})
    assert chosen.settings["holdout"] == 20
    assert chosen.reasons["holdout"] == "20 pictures of each set, to judge by"
    assert chosen.settings["best_metric"] == "swd"
    few = folder(tmp_path / "c", 199, 8)["data"]
    chosen = choose({**two, "data_b": few, "run_dir": "run"})
    assert "holdout" not in chosen.settings
    assert "eval_every" not in chosen.settings
    own = {"test_a": few, "test_b": few, "run_dir": "run"}
    assert "holdout" not in choose({**two, **own}).settings


@pytest.mark.parametrize("distance", [0.99, 1.0])
def test_two_sets_that_are_alike_have_a_recipe(tmp_path, monkeypatch, distance):
    seen = []

    def apart(*sets):
        seen.extend(len(one) for one in sets)
        return distance

    monkeypatch.setattr(domains, "apart", apart)
    two = {
        "model": "cyclegan",
        "data_a": folder(tmp_path, 3, 8)["data"],
        "data_b": folder(tmp_path / "b", 2, 8)["data"],
        "run_dir": "run",
    }
    chosen = choose(two)
    alike = distance < 1
    assert seen == [3, 2]
    name = "pairs_alike" if alike else "pairs"
    assert chosen.settings["recipe"] == name
    assert bool(chosen.settings.get("residual_image")) == alike
    word = "alike" if alike else "not alike"
    assert chosen.reasons["sets"].startswith(f"{word}: distance {distance:g}")
    plan = families.of(chosen.settings).resolve(chosen.settings, None)
    told = list(summary.lines(plan, chosen, "train"))
    assert told[1].startswith(f"sets      {word}: distance")
    assert told[2].startswith(f"recipe    {name}: ")
    # What somebody named, or what a source has, is not compared.
    assert choose({**two, "recipe": "pairs"}).settings["recipe"] == "pairs"
    one = folder(tmp_path / "c", 1, 8)["data"]
    alone = choose({**two, "data_b": one})
    assert alone.settings["recipe"] == "pairs"
    assert "sets" not in alone.reasons
    assert seen == [3, 2]


def test_a_size_and_a_source_of_ones_own(tmp_path):
    given = {**folder(tmp_path), "source": "zoo:faces_32"}
    larger = choose({**given, "size": "96"}).settings
    assert larger["grow"] == "32:830,96:500" and "size" not in larger
    assert larger["source"] == "zoo:faces_32"
    same = choose({**given, "size": "32"}).settings
    assert same["recipe"] == "few_images" and same["size"] == "32"


def test_no_source_is_a_recipe_of_its_own(tmp_path):
    chosen = choose({**folder(tmp_path), "source": "none"})
    assert chosen.settings["recipe"] == recipes.FROM_NOTHING
    assert chosen.settings["source"] is None


def test_steps_and_hours_stretch_a_recipe(tmp_path):
    given = folder(tmp_path)
    assert recipes.total(choose({**given, "steps": 133}).settings) == 133
    chosen = choose({**given, "hours": 0.5})
    # 666 s of steps at their own length; 1800 s less what surrounds them.
    assert chosen.settings["recipe"] == "few_images_64"
    expected = (1800 - budget.AROUND - 3 * 2) / 666 * 1330
    assert recipes.total(chosen.settings) == pytest.approx(expected, abs=2)
    assert chosen.timetable.total == pytest.approx(1800, rel=0.01)


def test_a_schedule_may_be_emptied():
    """The recipe's critic is then the same all the way, for as many steps."""
    given = {"data": "digits", "recipe": "few_images", "critic_schedule": ""}
    of_own = road.prepared(given, None, print).settings
    assert of_own["steps"] == 830 and not of_own["critic_schedule"]
    fewer = road.prepared({**given, "steps": 40}, None, print).settings
    assert fewer["steps"] == 40


def test_too_few_hours_for_large_pictures(tmp_path):
    chosen = choose({**folder(tmp_path), "hours": 0.05})
    assert chosen.settings["recipe"] == "few_images"
    # 6 in 10 of 1,330 steps take 400 s, and 11 around them.
    words = "needs more than 3 minutes here, --hours=0.13 or more"
    assert words in chosen.reasons["recipe"]
    named = choose({**folder(tmp_path), "hours": 0.13})
    assert named.settings["recipe"] == "few_images_64"


def test_too_few_steps_to_learn_from(tmp_path):
    """830 of a fifth of a second to 2 s at 96 px: both critics from 450 on."""
    given = folder(tmp_path)
    chosen = choose({**given, "hours": 0.02})
    assert recipes.total(chosen.settings) < 0.6 * 830
    words, hours = chosen.reasons["steps"].split(" --hours=")
    assert words == "as many as fit into a minute, too few to learn much:"
    hours, has = hours.split(" has ")
    assert has == "830"
    advised = choose({**given, "hours": float(hours), "recipe": "few_images"})
    assert recipes.total(advised.settings) >= 830
    assert "too few" not in advised.reasons["steps"]


def test_large_pictures_are_not_tried_where_small_ones_take_too_long(
    tmp_path, monkeypatch
):
    asked, given = [], folder(tmp_path)

    def tried(settings, known=None, hopeless=None):
        # Half a second a step, whatever the size is.
        steps = recipes.total(settings)
        parts = [budget.Part(steps, 2.0, 0.5, "32")]
        asked.append(hopeless and hopeless(parts))
        return None if asked[-1] else parts

    monkeypatch.setattr(budget, "tried", tried)
    # 6 in 10 of 1,330 steps take 399 s at the least.
    assert choose({**given, "hours": 0.1}).settings["recipe"] == "few_images"
    assert asked == [True, None]
    chosen = choose({**given, "hours": 0.12})
    assert chosen.settings["recipe"] == "few_images_64"
    # Who says how many steps there are does not ask for the time.
    choose({**given, "hours": 0.1, "steps": 2000})
    assert asked[2:] == [False, False]


def test_what_is_not_chosen_says_why(tmp_path):
    given = {**folder(tmp_path), "width": 8, "source": "none"}
    chosen = choose(given)
    assert chosen.settings == {**given, "source": None}
    assert chosen.reasons["recipe"].startswith("plain: --width was given")


def test_a_run_goes_on_as_it_was_begun():
    stored = {"recipe": "few_images", "steps": 830}
    same = road.prepared({"recipe": "few_images"}, stored, silent)
    assert same.settings == {"recipe": "few_images"}
    other = road.prepared({"recipe": "own_critic"}, stored, silent)
    assert other.settings["steps"] == 1800


def test_a_named_recipe_brings_its_model(tmp_path):
    labelled = folder(tmp_path, classes=("cat", "dog"))
    chosen = choose({**labelled, "recipe": "labels"})
    assert chosen.settings["model"] == "acgan"
    assert "labels" not in chosen.reasons
    photos = f"folder:{tmp_path / 'photos' / 'cat'}"
    two = {"data_a": photos, "data_b": photos, "run_dir": "run"}
    paired = choose({**two, "recipe": "pairs"})
    assert paired.settings["model"] == "cyclegan"
    assert recipes.total(paired.settings) == recipes.read("pairs")["steps"]


def test_who_counts_steps_does_not_count_hours():
    stored = {"hours": 0.4, "steps": 830}
    longer = road.prepared({"steps": 1000}, stored, silent).settings
    assert longer == {"steps": 1000, "hours": None}
    both = road.prepared({"steps": 1000, "hours": 1.0}, stored, silent)
    assert both.settings == {"steps": 1000, "hours": 1.0}
    assert road.prepared({}, stored, silent).settings == {}


def test_mistakes_come_before_anything_takes_time(tmp_path):
    said = []
    given = folder(tmp_path)
    whole = (tmp_path / "photos" / "0.png").read_bytes()
    broken = folder(tmp_path / "broken")["data"]
    (tmp_path / "broken" / "photos" / "cut.png").write_bytes(whole[:99])
    for wrong, message in (
        ({"data": ""}, "data: expected a source"),
        ({"devices": "gpu:9"}, "devices: 9 GPUs"),
        ({"model": "acgan"}, "has no labels"),
        ({"recipe": "few"}, "unknown value 'few'"),
        ({"source": "zoo:faces"}, "source: unknown value 'zoo:faces'"),
        ({"source": "runs/none"}, "source: "),
        ({"data": broken}, "1 file cannot be used, beginning with cut.png"),
    ):
        with pytest.raises(UserError, match=message):
            road.prepared({**given, **wrong}, None, said.append)
    assert not said


def test_several_workers_are_given_a_recipe(tmp_path, monkeypatch):
    """Two clocks would make two plans."""
    workers = {"cluster": {"worker": ["a:1", "b:1"]}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(workers))
    given = folder(tmp_path)
    with pytest.raises(UserError, match="recipe: several workers cannot"):
        choose(given)
    with pytest.raises(UserError, match="a TF_CONFIG of 2"):
        choose({**given, "recipe": "few_images", "hours": 1.0})
    named = choose({**given, "recipe": "few_images"})
    assert named.settings["recipe"] == "few_images"


def test_classes_are_read_as_everywhere(tmp_path):
    """A comma in a name is no end of it."""
    given = folder(tmp_path, count=6, classes=("a, b", "c"))
    chosen = choose({**given, "classes": '"a, b"'})
    assert "labels" in chosen.reasons
    assert chosen.settings["classes"] == '"a, b"'


def test_the_nearest_source_needs_images(tmp_path):
    """Who gives none is told so by what looks for them, later."""
    given = {"run_dir": str(tmp_path), "source": "auto", "width": 8}
    assert choose(given).settings == given


def test_a_single_picture_has_no_nearest_source(tmp_path):
    with pytest.raises(UserError, match="a single picture cannot be compared"):
        choose(folder(tmp_path, count=1))


def test_the_share_of_a_network_that_is_copied():
    rows = [
        Row("generator", "a", "copied", "", 30),
        Row("generator", "b", "adapted", "rule", 10),
        Row("generator", "c", "fresh", "new", 60),
        Row("generator", "d", "dropped", "gone", 500),
        Row("critic", "a", "copied", "", 5),
    ]
    assert summary.share_copied(rows) == {"generator": 0.4, "critic": 1.0}
    part = budget.Part(1, 1.0, 1.0, "64", tuple(rows))
    assert "less than half is hardly a transfer" in summary.copied([part])
    assert "less" not in summary.copied([part._replace(rows=rows[4:])])


@pytest.mark.parametrize(
    "seconds, text",
    [
        (20, "a minute"),
        (1500, "25 minutes"),
        (7200, "2.0 hours"),
        (3e5, "3.5"),
    ],
)
def test_durations_in_words(seconds, text):
    assert length.duration(seconds).startswith(text)


def test_what_is_missing_to_judge_by_is_named():
    config = {"eval_every": 0, "steps": 300}
    some = {"images_used": 90, "images_held_out": 10}
    none = {"images_used": 120, "images_held_out": 0}
    words = "nothing while it trains; for that add"
    assert summary._measured(config, [some]) == f"{words} --eval_every=50"
    # What a run was begun with cannot be added to it.
    begun = summary._measured(config, [some], begun=True)
    assert "--" not in begun and begun.endswith("as it was begun")
    for sets in ([none], [some | {"images_used": 200}, none]):
        told = summary._measured(config, sets)
        assert told == f"{words} --holdout=12 --eval_every=50"


def test_hours_that_end_counted_steps_say_where():
    """A step a second, after 7 s; a tenth more than the hours is allowed."""
    part = budget.Part(1000, 2.0, 1.0, "32")
    rare = {"sample_every": 1000, "checkpoint_every": 1000}
    plan = road.Road({**rare, "hours": 0.1}, {}, [part])
    words = summary.time_of(plan)
    assert words.endswith("; --hours=0.1 end it at about step 389")
    assert "end it" not in summary.time_of(plan._replace(fitted=True))
    long = plan._replace(settings={**rare, "hours": 0.3})
    assert "end it" not in summary.time_of(long)
    # A run that goes on has spent some of them.
    rest = plan._replace(spent=100.0, done=200)
    assert "for 1,000 steps that are left" in summary.time_of(rest)
    assert summary.time_of(rest).endswith("at about step 489")


def test_a_blurred_growth_leaves_the_choice():
    for given in ({"growth": "smooth"}, {"equal_phases": True}):
        assert road.asked({"data": "folder:x", **given})
    assert not road.asked({"data": "folder:x", "width": 8})


def test_a_plan_says_when_training_will_refuse_it():
    found = {"source": "folder:x", "images_found": 35, "images_used": 34}
    found |= {"images_held_out": 0}
    one = Unusable(1, 35, every=True)
    told = summary._pictures(found, one, 0.01)
    assert "; 1 file cannot be used: too many, training will refuse it" in told
    assert "allow more than --max_bad_files=0.01" in told
    # 1 of 35 is less than a tenth, and no more than one.
    for allowed in (0.1, 1):
        assert summary._pictures(found, one, allowed).endswith(
            "1 file cannot be used"
        )
    many = summary._pictures(found, Unusable(4, 300, every=False), 3)
    assert "; 4 of the 300 files that were opened cannot be used: too" in many
    none = summary._pictures(found, Unusable(0, 35, every=True), 0.01)
    assert none.endswith("34 to train on")

"""The page at `/`: what it is made of, and in a real browser."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from tests.support.hand_made import WORDS


def test_the_page_needs_nothing_from_elsewhere(server):
    answer = server.get("/")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not re.search(r"""(src|href)=["'](https?:)?//""", answer.text)
    assert "@import" not in answer.text and "url(" not in answer.text


def test_the_card_cannot_end_its_script(server):
    """The card of the hand-made model contains </script>."""
    text = server.get("/").text
    (data,) = re.findall(r'id="data">(.*?)</script>', text, re.S)
    data = json.loads(data)
    assert data["card"]["metrics"]["kid"]["protocol"] == "</script> none"
    assert data["signatures"]["serving_default"] == {
        "output": "images_bytes",
        "outputs": 1,
        "inputs": {
            "label": {"dtype": "integer", "shape": []},
            "seed": {"dtype": "integer", "shape": []},
        },
    }
    # Signatures without images are not offered.
    assert sorted(data["signatures"]) == [
        "a2b",
        "many",
        "prompt",
        "serving_default",
    ]


class Page:
    """What a person does with the page."""

    def __init__(self, browser, url):
        from selenium.webdriver.common.by import By
        from selenium.webdriver.support.ui import Select, WebDriverWait

        self.browser, self.by, self.select = browser, By, Select
        self.wait = WebDriverWait(browser, 20)
        browser.get(url)

    def field(self, name):
        return self.browser.find_element(self.by.NAME, name)

    def fill(self, name, value):
        field = self.field(name)
        if field.get_attribute("type") != "file":
            field.clear()
        field.send_keys(str(value))

    def choose(self, name, text):
        self.select(self.field(name)).select_by_visible_text(text)

    def press(self):
        before = self.browser.execute_script(
            "document.getElementById('images').replaceChildren();"
        )
        assert before is None
        self.browser.find_element(self.by.TAG_NAME, "button").click()

    def images(self):
        """The one value of each image, once they are there."""
        self.wait.until(lambda b: b.find_elements(self.by.TAG_NAME, "img"))
        found = []
        for node in self.browser.find_elements(self.by.TAG_NAME, "img"):
            assert self.browser.execute_script(
                "return arguments[0].decode().then(() => "
                "arguments[0].naturalWidth)",
                node,
            )
            _, data = node.get_attribute("src").split(",")
            image = Image.open(io.BytesIO(base64.b64decode(data)))
            found += np.unique(np.asarray(image)).tolist()
        return found

    def error(self):
        node = self.browser.find_element(self.by.ID, "error")
        self.wait.until(lambda _: node.text)
        return node.text


@pytest.fixture
def page(browser, server):
    yield Page(browser, server.server.url)
    severe = [
        entry["message"]
        for entry in browser.get_log("browser")
        if entry["level"] == "SEVERE" and " 400 " not in entry["message"]
    ]
    assert severe == []


def test_it_draws_at_once_and_shows_the_card(page):
    assert page.images() == [0, 10, 20, 30]
    text = page.browser.find_element("id", "card").text
    assert "a hand-made model" in text and "</script> none" in text
    quality = page.browser.find_element("id", "quality").text
    assert "kid 0.5 (</script> none)" in quality


def test_numbers_of_the_card_can_be_read(page):
    page.images()
    shown = page.browser.execute_script(
        "return arguments[0].map(value => shown(value).textContent ?? "
        "shown(value))",
        [
            0.15554341673851013,
            3,
            {"value": 2.5e-5, "note": "", "of": {}, "as": []},
        ],
    )
    # Nothing is said of what is empty.
    assert shown == ["0.1555", "3", "value0.000025"]


def test_it_is_dark_where_all_is(page):
    background = "return getComputedStyle(document.body).backgroundColor"
    found = {}
    for scheme in ("light", "dark"):
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        page.browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": media}
        )
        numbers = page.browser.execute_script(background)
        found[scheme] = [int(n) for n in re.findall(r"\d+", numbers)]
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert max(found["dark"]) < 64 < 192 < min(found["light"])


def test_pictures_are_enlarged_and_choices_named(page):
    page.images()
    (image, *_) = page.browser.find_elements("tag name", "img")
    # Of 1 to 16 pixels, by a whole number.
    width = int(image.get_attribute("naturalWidth"))
    shown = image.size["width"]
    assert abs(shown - 192) <= width / 2 and shown % width == 0
    menu = page.select(page.field("signature"))
    titles = {option.text for option in menu.options}
    assert {"random picture of a class", "from words", "from A to B"} <= titles


def test_seed_and_class(page):
    page.images()
    page.fill("seed", 5)
    page.choose("label", WORDS[2])
    page.fill("count", 2)
    page.press()
    assert page.images() == [52, 62]


def test_prompt_and_an_unknown_word(page):
    page.choose("signature", "from words")
    page.fill("prompt", "red")
    page.press()
    assert page.images() == [2]
    page.fill("prompt", "purple")
    page.press()
    assert "unknown word" in page.error()


def test_upload(page, tmp_path):
    for value in (17, 200):
        Image.new("RGB", (5, 7), (value, 0, 0)).save(tmp_path / f"{value}.png")
    button = page.browser.find_element("tag name", "button")
    assert button.text == "Generate"
    page.choose("signature", "from A to B")
    assert button.text == "Translate"
    files = [str(tmp_path / f"{value}.png") for value in (17, 200)]
    page.fill("image_bytes", "\n".join(files))
    page.press()
    assert page.images() == [17, 200]

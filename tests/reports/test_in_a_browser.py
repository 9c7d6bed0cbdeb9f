"""The page in a real browser: slider, widths, colours, console."""

import pytest

from tfgan_transfer.reports import report


@pytest.fixture
def opened(browser, unbroken, tmp_path):
    path = report.write(unbroken, tmp_path / "page.html")
    browser.get(path.as_uri())
    yield browser
    assert browser.get_log("browser") == []


def shown(browser):
    return [
        sheet.get_attribute("data-said")
        for sheet in browser.find_elements("css selector", "[data-said]")
        if sheet.is_displayed()
    ]


def test_the_slider_works_by_keys(opened):
    from selenium.webdriver.common.keys import Keys

    slider = opened.find_element("id", "slider-samples")
    said = opened.find_element("css selector", "output")
    assert shown(opened) == ["30 steps"] and said.text == "30 steps"
    slider.send_keys(Keys.ARROW_LEFT)
    assert shown(opened) == ["20 steps"] and said.text == "20 steps"
    assert slider.get_attribute("aria-valuetext") == "20 steps"
    slider.send_keys(Keys.HOME)
    assert shown(opened) == ["0 steps"]


def test_every_picture_can_be_seen(opened):
    widths = opened.execute_script(
        "return Promise.all([...document.images].map(i => "
        "i.decode().then(() => i.naturalWidth)))"
    )
    assert len(widths) > 10 and min(widths) > 0


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_is_wider_than_the_screen(opened, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1}
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {**size, "mobile": False}
    )
    try:
        found = opened.execute_script(
            "const page = document.documentElement;"
            "return [innerWidth, page.scrollWidth - page.clientWidth]"
        )
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert found == [width, 0]


def test_it_is_dark_for_who_likes_it_dark(opened):
    paper = "return getComputedStyle(document.body).backgroundColor"
    colours = {}
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        opened.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [feature]}
        )
        colours[scheme] = opened.execute_script(paper)
    assert colours == {"light": "rgb(250, 249, 246)", "dark": "rgb(20, 22, 24)"}

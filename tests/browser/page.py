# SPDX-License-Identifier: MIT
"""Drives a page that mprof plot wrote from hostile.dat: page.py PAGE THEME

Ends with status 1 and says what was not as it should be."""

import base64
import sys

from chart import Page, browsing, check
from webdriver import DOWN, UP, move

LEFT, RIGHT, END = "\ue012", "\ue014", "\ue010"


def check_text(browser):
    title = browser.script("return byId('title').textContent;")
    check("</script><script>alert(1)</script>" in title, "title: " + title)
    check("\u202e" not in title, "a bidi character came through")
    facts = browser.script("return byId('facts').innerText;")
    check("Command" in facts and "Interval" in facts, "facts: " + facts)
    rows = browser.script("return byId('figures').innerText;")
    check("200 MiB" in rows, "table: " + rows)
    check(browser.script("return document.scripts.length;") == 2,
          "the page has another script")


def check_hover(page):
    low, high = page.range()
    page.hover((30 - low) / (high - low))
    text = page.tooltip()
    check("200 MiB" in text, "the spike isn't under the cursor: " + text)
    check("worker" in text, "no process in the tooltip: " + text)
    check("work" in text and "main" in text, "no function: " + text)


def check_zoom(page):
    browser, whole = page.browser, page.range()
    browser.pointer(move(page.x(0.4), page.y), DOWN,
                    move(page.x(0.5), page.y), move(page.x(0.6), page.y), UP)
    near = page.range()
    span = whole[1] - whole[0]
    check(abs(near[0] - whole[0] - 0.4 * span) < 0.01 * span and
          abs(near[1] - whole[0] - 0.6 * span) < 0.01 * span,
          f"drag: {whole} became {near}")
    browser.pointer(move(page.x(0.5), page.y), DOWN, UP, DOWN, UP)
    check(page.range() == whole, "double click: not the whole again")
    browser.wheel(int(page.x(0.25)), int(page.y), -400)
    near = page.range()
    kept = (whole[0] + 0.25 * span - near[0]) / (near[1] - near[0])
    check(near[1] - near[0] < 0.6 * span and abs(kept - 0.25) < 0.02,
          f"wheel: {whole} became {near}")
    browser.keys("0")
    check(page.range() == whole, "0: not the whole again")


def check_legend(page):
    browser = page.browser
    before = browser.script("return canvas.toDataURL();")
    browser.script("byId('legend').querySelector('button').click();")
    browser.settle()
    check(browser.script("return data.series[0].hidden;"), "not hidden")
    check(browser.script("return canvas.toDataURL();") != before,
          "a hidden series is still there")
    check(not browser.script("""
        return shownMarks(data).some((mark) => mark.kind === "peak");"""),
          "the peak of a hidden series is still there")
    browser.keys("1")
    page.hover(0.3)
    check(not browser.script("return data.series[0].hidden;"), "1: no effect")


def check_keys(page):
    browser, whole = page.browser, page.range()
    browser.script("overlay.focus();")
    browser.keys(END, LEFT, RIGHT, LEFT)
    time = browser.script("return view.cursor;")
    check(time is not None and time < whole[1], f"arrows: {time}")
    browser.keys("p")
    check("200 MiB" in page.tooltip(), "p: " + page.tooltip())
    browser.keys("+")
    near = page.range()
    check(near[1] - near[0] < whole[1] - whole[0], "+: no zoom")
    browser.keys("0", "c", "f", "s")
    check(browser.script("return view.clock && view.fit && view.stacked;"),
          "c, f, s: not switched")
    layers = browser.script("""
        return data.series.map((one) => [one.kind, one.name]);""")
    check(layers[0] == ["layer", "the program itself"] and len(layers) == 3,
          f"s: not the program's layers: {layers}")
    page.hover(0.3)
    check("visible total" in page.tooltip(), "s: " + page.tooltip())
    browser.keys("c", "f", "s")
    check(browser.script("return data.series[0].kind;") == "total",
          "s: not the lines again")
    browser.keys("?")
    check(browser.script("return byId('help').open;"), "?: no help")
    browser.keys("\ue00c")


def check_look(page, theme):
    shot = page.browser.call("GET", "/screenshot")
    with open(f"{theme}.png", "wb") as out:
        out.write(base64.b64decode(shot))
    colour = page.browser.script(
        "return getComputedStyle(document.body).backgroundColor;")
    light = sum(map(int, colour[4:-1].split(","))) > 384
    check(light == (theme == "light"), f"{theme}: the page is {colour}")
    check(page.browser.script("""
        return document.documentElement.scrollWidth <= innerWidth;"""),
          "the page is wider than the window")


def check_memory_axis(browser):
    """Each gridline has its figure, and none stands on another or the unit."""
    for part in 0.001, 0.02, 0.04, 0.2, 0.9:
        texts, ticks = browser.script(f"""
            const texts = [], none = () => {{}};
            const axis = {{...view}};
            const step = memoryTicks(axis).ticks[1].at;
            axis.high = axis.low + step * (3 + {part});
            drawMemoryAxis({{beginPath: none, moveTo: none, lineTo: none,
                stroke: none, fillText: (text, x, y) => texts.push([y, text])}},
                axis, {{}});
            return [texts, memoryTicks(axis).ticks.map((one) => one.label)];""")
        texts.sort()
        check(sorted(text for _, text in texts) == sorted(ticks + ["MiB"]) and
              all(b[0] - a[0] >= 11 for a, b in zip(texts, texts[1:])),
              f"memory axis: {texts}, ticks {ticks}")


def main():
    path, theme = sys.argv[1:]
    with browsing(dark=theme == "dark") as browser:
        browser.open(path)
        browser.settle()
        page = Page(browser)
        page.settle()
        check_text(browser)
        check_look(page, theme)
        check_hover(page)
        check_zoom(page)
        check_legend(page)
        check_keys(page)
        check_memory_axis(browser)
        check(browser.messages() == [], f"console: {browser.messages()}")


main()

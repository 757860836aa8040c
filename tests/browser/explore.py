# SPDX-License-Identifier: MIT
"""Asks a page of hostile.dat its questions: explore.py PAGE FOLDER

Files that the page saves go to FOLDER. Ends with status 1 and says what was
not as it should be; prints how long drawing takes."""

import base64
import csv
import os
import re
import sys
import time
import xml.etree.ElementTree as tree

from accessible import check_accessible
from chart import browsing, check, near, open_page
from webdriver import DOWN, UP, move


def mib(t):
    """The memory that hostile.dat has after t seconds."""
    return 200 if near(t, 30, 0.01) else 50 + t / 2


def mean(start, end):
    """Each sample of a tenth of a second holds until the next one."""
    ticks = range(round(start * 10), round(end * 10))
    return sum(mib(i / 10) for i in ticks) / len(ticks)


def rows(browser):
    return browser.script("""
        return [...byId("range-figures").rows].map((row) =>
            [...row.cells].map((cell) => cell.textContent));""")


def figure(text):
    number, unit = text.replace("\u2212", "-").replace("+", "").split()
    return float(number) / {"KiB": 1024, "MiB": 1, "GiB": 1 / 1024}[unit]


def check_figures(page, start, end):
    page.settle()
    row = rows(page.browser)[0]
    lowest, average, highest, growth, minute = map(figure, row[1:])
    values = [mib(i / 10) for i in range(round(start * 10),
                                         round(end * 10) + 1)]
    check(near(lowest, min(values), 0.06), f"lowest: {row}")
    check(near(highest, max(values), 0.06), f"highest: {row}")
    check(near(average, mean(start, end), 0.15), f"mean: {row}, not "
          f"{mean(start, end)}")
    check(near(growth, mib(end) - mib(start), 0.06), f"growth: {row}")
    check(near(minute, 30, 0.7), f"a minute: {row}")


def check_range(page):
    check_figures(page, 0, 60)
    page.browser.script("setRange(10, 20);")
    check_figures(page, 10, 20)
    page.browser.script("resetRange();")


def check_measure(page):
    browser, whole = page.browser, page.range()
    y = page.y
    browser.drag((page.x_of(15), y), (page.x_of(25), y), (page.x_of(40), y),
                 shift=True)
    page.settle()
    check(page.range() == whole, "a drag with shift zooms")
    start, end = browser.script("return view.measure;")
    check(near(start, 15, 0.2) and near(end, 40, 0.2),
          f"measured {start} to {end}")
    name = browser.script("return byId('range-name').textContent;")
    check(name.startswith("Selected range"), name)
    row = rows(browser)[0]
    check(figure(row[3]) == 200, f"the highest between: {row}")
    check(near(figure(row[4]), mib(end) - mib(start), 0.2),
          f"the growth between: {row}")
    browser.script("byId('unmeasure').click();")
    check(browser.script("return view.measure;") is None, "not forgotten")


def check_calls(page):
    browser, whole = page.browser, page.range()
    y = page.lanes + 30
    browser.pointer(move(page.x_of(20), y))
    text = page.tooltip()
    check("work" in text and "40" in text and "50.0 MiB" in text and
          "60.0 MiB" in text, "the call under the pointer: " + text)
    browser.pointer(move(page.x_of(20), y), DOWN, UP)
    start, end = page.range()
    check(near(start, 8, 0.3) and near(end, 52, 0.3),
          f"a click on a call: {start} to {end}")
    browser.script("byId('back').click();")
    browser.settle()
    check(page.range() == whole, "Back: not where it was")


def check_search(page):
    browser, whole = page.browser, page.range()
    browser.script("byId('search').focus();")
    browser.keys("w", "o", "r", "k")
    found = browser.script("return byId('found').textContent;")
    check(found.startswith("1 of 3 series, 1 of 2 calls"), found)
    check(browser.script("""
        return [...byId("legend").children].filter((one) => !one.hidden)
            .map((one) => one.innerText).join();""").startswith("4711 worker"),
          "the legend is not what was found")
    browser.keys("\ue007")
    start, end = page.range()
    check(near(start, 8, 0.3) and near(end, 52, 0.3),
          f"Enter in the search: {start} to {end}")
    browser.keys("\ue00c")
    check(browser.script("return view.search;") == "", "Esc keeps the search")
    browser.script("resetRange(); hideCursor();")
    browser.settle()
    check(page.range() == whole, "not the whole again")


def check_pan(page):
    browser = page.browser
    browser.script("view.past = []; setRange(20, 30);")
    browser.settle()
    browser.drag((page.x(0.5), page.y), (page.x(0.6), page.y),
                 (page.x(0.7), page.y))
    start, end = page.range()
    check(near(start, 18, 0.1) and near(end, 28, 0.1),
          f"a drag: {start} to {end}")
    browser.keys("b")
    check(page.range() == [20, 30], "b: not back")
    strip = browser.script("""
        const box = byId("window").getBoundingClientRect();
        const all = byId("strip").getBoundingClientRect();
        return [(box.left + box.right) / 2, box.top + box.height / 2,
            all.left, all.width];""")
    check(strip[3] > 300, f"no strip: {strip}")
    a_second = (page.right - page.left) / 60.6
    browser.drag((strip[0], strip[1]), (strip[0] + 5 * a_second, strip[1]),
                 (strip[0] + 10 * a_second, strip[1]))
    start, end = page.range()
    check(near(start, 30, 0.3) and near(end, 40, 0.3),
          f"the strip: {start} to {end}")
    browser.script("resetRange();")
    browser.settle()


def check_address(page, path):
    browser = page.browser
    browser.script("""
        setRange(12.5, 40); toggleSeries(data.series[1], false);
        toggleOption("fit"); setMeasure([20, 30]);""")
    page.settle()
    fragment = browser.script("return location.hash;")
    check(fragment == "#t=12.5,40&m=20,30&o=f&h=1", "address: " + fragment)
    browser.open("/dev/null")
    browser.open(path + fragment)
    browser.settle()
    check(browser.script("""
        return [view.from, view.to, view.measure, view.fit, view.clock,
            data.series.map((one) => one.hidden)];""") ==
          [12.5, 40, [20, 30], True, False, [False, True, False]],
          "the address doesn't bring the view back")
    # The event comes after the script's end.
    browser.wait("""
        const done = arguments[0];
        addEventListener("hashchange", () => done(), { once: true });
        location.hash = "#t=9,x&h=99&o=-&theme=none&m=3";""")
    browser.settle()
    check(near(page.range()[1], 60.6, 0.7), f"a bad address: {page.range()}")
    browser.script("location.hash = '';")
    page.settle()
    check(browser.script("return location.hash;") == "",
          "the whole has an address of its own")


def check_theme(page):
    browser = page.browser
    seen, strips = {}, {}
    for _ in range(3):
        strip = browser.script("""
            byId('theme').click();
            draw();
            return byId('strip').toDataURL();""")
        browser.settle()
        name = browser.script("return byId('theme').textContent;")
        seen[name] = browser.script(
            "return getComputedStyle(document.body).backgroundColor;")
        strips[name] = strip
    check(list(seen) == ["Theme: light", "Theme: dark", "Theme: system"],
          f"themes: {seen}")
    check(seen["Theme: light"] != seen["Theme: dark"], f"themes: {seen}")
    check(strips["Theme: light"] != strips["Theme: dark"],
          "the strip gets its colours later than the chart")


def check_wheel(page):
    browser, whole = page.browser, page.range()
    browser.wheel(int(page.x(0.5)), int(page.y), 200)
    browser.wait("""
        const done = arguments[0];
        const look = () => scrollY > 0 ? done() : setTimeout(look, 20);
        look();""")
    check(page.range() == whole, "the wheel does more than to scroll the page")
    page.measure()
    browser.script("setRange(20, 40);")
    browser.settle()
    browser.wheel(int(page.x(0.5)), int(page.y), -200)
    check(browser.script("return scrollY;") == 0,
          "the wheel scrolls where the chart is zoomed")
    check(page.range()[1] - page.range()[0] < 15, "the wheel doesn't zoom")
    browser.script("resetRange();")
    browser.settle()


def check_touch(page):
    browser, whole = page.browser, page.range()
    browser.cdp("Emulation.setTouchEmulationEnabled", enabled=True,
                maxTouchPoints=2)
    browser.touch([(page.x_of(30), page.y)])
    check("200 MiB" in page.tooltip(), "a tap: " + page.tooltip())
    x, y = page.x(0.5), page.y
    browser.touch([(x - 50, y), (x + 50, y)], [(x - 70, y), (x + 70, y)],
                  [(x - 100, y), (x + 100, y)])
    start, end = page.range()
    span = whole[1] - whole[0]
    check(near(end - start, span / 2, 0.02 * span) and
          near((start + end) / 2, span / 2, 0.02 * span),
          f"two fingers: {start} to {end}")
    browser.touch([(x, y)], [(x - 60, y)], [(x - 120, y)])
    check(page.range()[0] > start + 1, "a finger doesn't move what is zoomed")
    browser.cdp("Emulation.setTouchEmulationEnabled", enabled=False)
    browser.script("resetRange(); hideCursor();")
    browser.settle()


def check_layer(page):
    """The layer of a stack under the pointer is named, and their sum."""
    browser = page.browser
    browser.script("toggleOption('stacked');")
    browser.settle()
    # after 10 s 3 MiB of the program itself, above them 22, above them 30
    for mib_there, name, own in (15, "4711 worker", 22), (50, "4712", 30):
        y = page.top + browser.script(
            f"return memoryToY(view, {mib_there});")
        browser.pointer(move(page.x_of(10), y))
        line = " ".join(page.tooltip().split("\n")[2:5])
        check(name in line and f"{own}.0 MiB of 55.0 MiB" in line,
              f"the layer at {mib_there} MiB: {page.tooltip()}")
    browser.script("toggleOption('stacked'); hideCursor();")
    browser.settle()


def saved(folder, name):
    """The path of a saved file that is whole: an empty one keeps its name until
    the browser replaces it."""
    for _ in range(600):
        for one in os.listdir(folder):
            path = os.path.join(folder, one)
            if one.endswith(name) and os.path.getsize(path) > 0:
                return path
        time.sleep(0.05)
    sys.exit(f"explore.py: {name} was not saved: {os.listdir(folder)}")


def check_save(page, folder):
    browser = page.browser
    browser.cdp("Browser.setDownloadBehavior", behavior="allow",
                downloadPath=folder)
    browser.script("setRange(29, 31);")
    browser.settle()
    for kind in "png", "svg", "csv":
        browser.script(f"byId('save-{kind}').click();")
    with open(saved(folder, ".png"), "rb") as file:
        check(file.read(4) == b"\x89PNG", "the picture is no PNG")
    root = tree.parse(saved(folder, ".svg")).getroot()
    texts = [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]
    check("</script><script>alert(1)</script>" in texts[0] and
          any("4711 worker" in text for text in texts), f"SVG: {texts}")
    with open(saved(folder, ".csv"), newline="", encoding="utf-8") as file:
        table = list(csv.reader(file))
    check(table[0] == ["series", "time_s", "value", "unit"], str(table[0]))
    own = [(float(row[1]), float(row[2])) for row in table[1:]
           if row[0] == "all processes"]
    check([time_s for time_s, _ in own] == [t / 10 for t in range(290, 311)]
          and all(near(value, mib(time_s), 0.001) for time_s, value in own),
          f"CSV: {own}")
    browser.script("resetRange();")
    browser.settle()


def check_print(page):
    answer = page.browser.cdp("Page.printToPDF", preferCSSPageSize=True)
    sheets = len(re.findall(rb"/Type\s*/Page\b",
                            base64.b64decode(answer["data"])))
    check(sheets == 1, f"printed on {sheets} sheets")


WATCH_FIRST = """
    const mark = performance.mark.bind(performance);
    performance.mark = (name) => {
        const strip = document.getElementById("strip");

        if (name === "mprof-drawn")
            window.firstStrip = strip.getContext("2d")
                .getImageData(0, 2, strip.width, strip.height - 4).data
                .filter((part, i) => i % 4 === 3 && part > 0).length;
        return mark(name);
    };"""


def check_first_frame(browser, path):
    """The strip with the whole recording is there when the page first is."""
    browser.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH_FIRST)
    browser.open(path)
    painted = browser.script("return window.firstStrip;")
    # its frame alone has two sides of some forty pixels
    check(painted > 1000, f"the strip is empty at first: {painted} pixels")


def main():
    path, folder = sys.argv[1:]
    with browsing() as browser:
        check_first_frame(browser, path)
        page = open_page(browser, path, "hostile")
        check_accessible(browser)
        page.measure()
        check_range(page)
        check_measure(page)
        check_calls(page)
        check_search(page)
        check_pan(page)
        check_layer(page)
        check_save(page, folder)
        check_theme(page)
        check_touch(page)
        check_wheel(page)
        check_address(page, path)
        check_print(page)
        check(browser.messages() == [], f"console: {browser.messages()}")


main()

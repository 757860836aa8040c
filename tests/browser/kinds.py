# SPDX-License-Identifier: MIT
"""Looks at pages of other kinds than one recording's: kinds.py FOLDER

FOLDER has flame.html, deep.html, compare.html, panels.html, restless.html,
long.html and brief.html.
Ends with status 1 and says what was not as it should be; prints how long drawing
takes."""

import sys

from accessible import check_accessible
from chart import browsing, check, near, open_page
from webdriver import DOWN, UP, move


def check_flame(page):
    """88 MiB: load has 24 of its own, and called loads, which has 64."""
    browser = page.browser
    check(browser.script("return data.flame;"), "no flame graph")
    table = browser.script("""
        return [...byId("range-figures").rows].map((row) =>
            [...row.cells].map((cell) => cell.textContent).join());""")
    check(table[:2] == ["loads:7,64.0 MiB,64.0 MiB,72.7 %",
                        "load:2,24.0 MiB,88.0 MiB,100.0 %"], str(table))
    y = page.lanes + 8
    browser.pointer(move(page.x_of(60), y))
    text = page.tooltip()
    check("loads" in text and "64.0 MiB" in text and "72.7 %" in text,
          "the frame under the pointer: " + text)
    browser.pointer(move(page.x_of(60), y), DOWN, UP)
    check(page.range() == [24, 88], f"a click on a frame: {page.range()}")
    browser.keys("0")
    check(page.range() == [0, 88], "0: not the whole")
    browser.script("byId('search').focus();")
    browser.keys("l", "o", "a", "d")
    found = browser.script("return byId('found').textContent;")
    check(found == "2 frames, 88.0 MiB, 100.0 %", found)
    browser.keys("\ue00c")
    browser.keys("\ue013", "\ue013", "\ue013", "\ue007")
    check(page.range() == [0, 88], f"Enter on a frame: {page.range()}")
    browser.keys("\ue013", "\ue007")
    check(page.range() == [24, 88], f"Enter on loads: {page.range()}")


def check_deep(page):
    """Sixty frames on each other: the outermost one is in view at first."""
    page.browser.open(page.browser.script("return location.pathname;"))
    page.browser.settle()
    stage = page.browser.script("""
        const stage = byId("stage").getBoundingClientRect();
        return [stage.height, stage.bottom, innerHeight];""")
    check(stage[0] > stage[2], f"sixty frames in one window: {stage}")
    check(stage[1] <= stage[2], f"the outermost frame is below: {stage}")


def check_compare(page):
    """b.dat has 60 + t/15 MiB, hostile.dat 50 + t/2 and a spike of 200."""
    page.settle()
    table = page.browser.script("""
        return [...byId("range-figures").rows].map((row) =>
            [...row.cells].map((cell) => cell.textContent));""")
    check(table[2][0] == "difference" and
          table[2][1] == "\u2212138 MiB" and
          table[2][3] == "+10.0 MiB", str(table))
    page.browser.script("moveCursor(10, false);")
    text = page.tooltip()
    check("difference" in text and "+5.67 MiB" in text, "tooltip: " + text)


def check_panels(page):
    browser = page.browser
    titles = browser.script("return data.panels.map((one) => one.title);")
    check(titles == ["CPU (%)", "threads"], str(titles))
    places = browser.script("""
        return view.layout.panels.map((one) => [one.top, one.bottom])
            .concat([[view.layout.axis, view.layout.axis]]).flat();""")
    check(places == sorted(places) and
          places[0] > browser.script("return view.layout.bottom;"),
          f"not below each other: {places}")
    page.browser.pointer(move(page.x_of(5), page.y))
    text = page.tooltip().split("\n")
    check(any("CPU" in row and "80.0 %" in row for row in text) and
          any("threads" in row and "7.00" in row for row in text), str(text))
    check(browser.script("""
        return data.marks.filter((one) => one.kind === "phase").length;""") >
          1, "no phases are shaded")


def check_restless(page):
    """Two samples a pixel, up and down between 400 and 980 MiB: a line would
    be a block; a part that has room for it is a line."""
    browser = page.browser
    check(browser.script("return isDense(view, data.series[0]);"),
          "strokes that are a block")
    calm = browser.script("""
        const series = data.series[0];
        return Math.max(...meanColumns(denseColumns(view, series), series)
            .map((one) => Math.abs(one.mean - 690)));""")
    check(calm < 60, f"the means are {calm} MiB off")
    axis = browser.script("""
        const { ticks, unit } = memoryTicks(view);
        return [unit, ticks[0].label];""")
    check(axis == ["MiB", "0"], f"980 MiB are said in MiB: {axis}")
    unit = browser.script("""
        data.marks.push({ kind: "limit", mib: 1024, at: 0, role: "alarm",
            label: "limit 1 GiB" });
        draw();
        const unit = view.unit.name;
        data.marks.pop();
        draw();
        return unit;""")
    check(unit == "MiB", f"980 MiB below a limit of 1 GiB: {unit}")
    browser.script("setRange(100, 105);")
    page.settle()
    check(not browser.script("return isDense(view, data.series[0]);"),
          "fifty samples are a line")


def check_long(page):
    """A million samples: the mean of all is that of all, not of what is
    kept, also of a part; the page says where it ends."""
    browser = page.browser
    page.settle()
    row = browser.script("""
        return [...byId("range-figures").rows[0].cells].map((cell) =>
            cell.textContent);""")
    check(row[2] == "1.46 GiB" and row[3] == "8.79 GiB", str(row))
    check(browser.script("return byId('finest').textContent;") == "",
          "the whole is as fine as a page can be")
    browser.script("setRange(33000, 33100);")
    page.settle()
    text = browser.script("return byId('finest').textContent;")
    check(text.startswith("Zooming in further shows no more"), text)
    mean = browser.script("return meanIn(data.series[0], 20000, 60000);")
    check(near(mean, 1499.5, 0.5), f"the mean of a part: {mean}")
    browser.script("setRange(33333.2, 33333.4);")
    page.settle()
    row = browser.script("""
        return [...byId("range-figures").rows[0].cells].map((cell) =>
            cell.textContent);""")
    check(row[3] == "8.79 GiB", f"the spike: {row}")


def check_brief(page):
    """A child has one sample, of 2.5 MiB: that is its mean too."""
    rows = page.browser.script("""
        return [...byId("figures").rows].map((row) =>
            [...row.cells].slice(1).map((cell) => cell.textContent));""")
    check(["2.50 MiB", "0.1 s", "2.50 MiB", "2.50 MiB", "0.1 s", "0.1 s",
           "1"] in rows, str(rows))


def check_killed(page):
    """On a narrow screen, too, the end and the peak are said in full."""
    browser = page.browser
    browser.cdp("Emulation.setDeviceMetricsOverride", width=400, height=900,
                deviceScaleFactor=1, mobile=False)
    page.settle()
    labels, right = browser.script(
        "draw(); return [view.labels, view.layout.right];")
    browser.cdp("Emulation.clearDeviceMetricsOverride")
    page.settle()
    alarms = browser.script("""
        return [...document.querySelectorAll(".tile.alarm")].map((tile) =>
            tile.textContent);""")
    check(alarms == ["Findingkilled at its 1 GiB limit after 60.0 s"],
          f"tiles of the end: {alarms}")
    signal = browser.script("return byId(\"facts\").textContent;")
    check("killed by SIGKILL, out of memory" in signal, f"facts: {signal}")
    texts = [label["text"] for label in labels]
    for text in ("killed by SIGKILL, out of memory",
                 "peak 1004 MiB, between samples"):
        check(text in texts, f"{text}: the labels are {texts}")
    for i, one in enumerate(labels):
        check(0 <= one["start"] and one["end"] <= right,
              f"{one['text']}: beyond the chart")
        for other in labels[i + 1:]:
            check(abs(one["y"] - other["y"]) >= 14 or
                  one["end"] <= other["start"] or
                  other["end"] <= one["start"],
                  f"{one['text']} over {other['text']}")


def main():
    folder = sys.argv[1]
    with browsing() as browser:
        for name, look in (("flame", check_flame), ("deep", check_deep),
                           ("compare", check_compare),
                           ("panels", check_panels),
                           ("restless", check_restless),
                           ("oom", check_killed),
                           ("long", check_long), ("brief", check_brief)):
            page = open_page(browser, f"{folder}/{name}.html", name)
            check_accessible(browser)
            page.measure()
            look(page)
            check(browser.messages() == [],
                  f"{name}: console: {browser.messages()}")


main()

# SPDX-License-Identifier: MIT
"""Says how long the largest pages take to draw: speed.py FOLDER

FOLDER has crowd.html, whose series are doubled here, since a chart has 100
recordings at most, and long.html."""

import json
import re
import sys

from chart import browsing, check, open_page


def double(path):
    """Writes the page anew with each of its series twice."""
    with open(path, encoding="utf-8") as file:
        page = file.read()
    found = re.search(r'id="recording">(.*?)</script>', page, re.S)
    data = json.loads(found[1])
    data["series"] *= 2
    text = json.dumps(data).replace("<", "\\u003c")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page[:found.start(1)] + text + page[found.end(1):])


def painted(browser):
    """How many colours the middle column of the chart has."""
    return browser.script("""
        const probe = new OffscreenCanvas(1, canvas.height)
            .getContext("2d");

        probe.drawImage(canvas, -canvas.width / 2, 0);
        const { data } = probe.getImageData(0, 0, 1, canvas.height);
        return new Set(new Uint32Array(data.buffer)).size;""")


def check_fresh(browser):
    """A crowd is not painted anew where nothing in it changed: what does change
    is seen at once, and the way back leads to the same picture."""
    seen = browser.script("""
        const look = (change) => {
            change();
            draw();
            return canvas.toDataURL();
        };
        const series = data.series[150], theme = view.theme;
        const [from, to] = [view.from, view.to];
        const steps = {
            hidden: [() => { series.hidden = true; },
                () => { series.hidden = false; }],
            lit: [() => { view.lit = series; }, () => { view.lit = null; }],
            searched: [() => { view.search = data.series[199].name; },
                () => { view.search = ""; }],
            themed: [() => { view.theme = "dark"; applyTheme(); },
                () => { view.theme = theme; applyTheme(); }],
            moved: [() => { view.from += 1; view.to += 1; },
                () => { [view.from, view.to] = [from, to]; }],
        };
        const before = look(() => {});
        return Object.entries(steps).map(([name, [there, back]]) =>
            [name, look(there) !== before, look(back) === before]);""")
    for name, differs, returns in seen:
        check(differs, f"the crowd before it was {name}")
        check(returns, f"the crowd is not as it was before it was {name}")


def main():
    folder = sys.argv[1]
    double(f"{folder}/crowd.html")
    with browsing() as browser:
        open_page(browser, f"{folder}/crowd.html", "200 series")
        check(browser.script("return data.series.length;") == 200,
              "not 200 series")
        check(painted(browser) > 6, "the crowd is not there")
        check_fresh(browser)
        page = open_page(browser, f"{folder}/long.html",
                         "10 million samples")
        check(browser.script("return data.series[0].samples;") == 1e7,
              "not 10 million samples")
        check(painted(browser) > 2, "the line is not there")
        check(page.browser.messages() == [],
              f"console: {page.browser.messages()}")


main()

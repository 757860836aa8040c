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


def main():
    folder = sys.argv[1]
    double(f"{folder}/crowd.html")
    with browsing() as browser:
        open_page(browser, f"{folder}/crowd.html", "200 series")
        check(browser.script("return data.series.length;") == 200,
              "not 200 series")
        check(painted(browser) > 6, "the crowd is not there")
        page = open_page(browser, f"{folder}/long.html",
                         "10 million samples")
        check(browser.script("return data.series[0].samples;") == 1e7,
              "not 10 million samples")
        check(painted(browser) > 2, "the line is not there")
        check(page.browser.messages() == [],
              f"console: {page.browser.messages()}")


main()

# SPDX-License-Identifier: MIT
"""The page that mprof plot writes, as it is in a browser."""

import contextlib
import sys
import urllib.error

from webdriver import Browser, move


def check(fact, what):
    if not fact:
        sys.exit(f"{sys.argv[0].rpartition('/')[2]}: {what}")


def near(a, b, within):
    return abs(a - b) <= within


@contextlib.contextmanager
def browsing(**options):
    """A browser, closed at the end; what it refuses is said, with status 1."""
    browser = Browser(**options)
    try:
        yield browser
    except urllib.error.HTTPError as error:
        sys.exit(error.read().decode())
    finally:
        browser.close()


class Page:
    def __init__(self, browser):
        self.browser = browser
        self.measure()

    def measure(self):
        box = self.browser.script("""
            scrollTo(0, 0);
            const box = byId("overlay").getBoundingClientRect();
            return [box.left, box.top, view.layout.left,
                view.layout.right, view.layout.bottom,
                view.layout.lanesTop];""")
        self.left, self.right = box[0] + box[2], box[0] + box[3]
        self.top, self.y = box[1], box[1] + box[4] / 2
        self.lanes = box[1] + box[5]

    def x(self, part):
        return self.left + (self.right - self.left) * part

    def x_of(self, time):
        """The place of a time of the axis."""
        low, high = self.range()
        return self.x((time - low) / (high - low))

    def range(self):
        return self.browser.script("return [view.from, view.to];")

    def tooltip(self):
        return self.browser.script("""
            const box = byId("tooltip");
            return box.hidden ? "" : box.innerText;""")

    def hover(self, part):
        self.browser.pointer(move(self.x(part), self.y))

    def settle(self):
        """Waits until what follows a movement is done, too."""
        self.browser.wait("""
            const done = arguments[0];
            const look = () => view.drag || frame || settled ?
                setTimeout(look, 20) : done();
            look();""")


DRAW = """
    const at = (name) => performance.getEntriesByName(name)[0].startTime;
    const [from, to] = [view.from, view.to], span = to - from;
    const probe = new OffscreenCanvas(1, 1).getContext("2d",
        { willReadFrequently: true });
    const took = (show) => {
        const times = [];

        for (let i = 0; i < 5; i++) {
            [view.from, view.to] = show(i).map((part) => from + part * span);
            const begin = performance.now();
            draw();
            probe.drawImage(canvas, 0, 0);
            probe.getImageData(0, 0, 1, 1);
            times.push(performance.now() - begin);
        }
        return times.sort((a, b) => a - b)[2];
    };
    const all = [at("mprof-drawn") - at("mprof-begins"),
        took(() => [0, 1]), took((i) => [0.2 + i / 40, 0.7 + i / 40]),
        took((i) => [0.4 - 0.4 * 0.7 ** i, 0.4 + 0.5 * 0.7 ** i])];
    [view.from, view.to] = [from, to];
    draw();
    return all;"""


def report(page, name):
    """How long drawing took, until the pixels are there, for people: no
    bound."""
    print("# %s: first drawing %.1f ms, a redraw %.1f ms, moved %.1f ms, "
          "zoomed %.1f ms" % (name, *page.browser.script(DRAW)))


def open_page(browser, path, name):
    """Opens a page, waits until it is drawn and reports how long that took."""
    browser.open(path)
    browser.settle()
    page = Page(browser)
    page.settle()
    report(page, name)
    page.settle()
    return page

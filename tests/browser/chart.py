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


def report(page, name):
    """How long drawing took, for people: no bound."""
    took = page.browser.script("""
        const at = (name) => performance.getEntriesByName(name)[0].startTime;
        const begin = performance.now();
        for (let i = 0; i < 10; i++)
            draw();
        return [at("mprof-drawn") - at("mprof-begins"),
            (performance.now() - begin) / 10];""")
    print("# %s: first drawing %.1f ms, a redraw %.1f ms" % (name, *took))


def open_page(browser, path, name):
    """Opens a page, waits until it is drawn and reports how long that took."""
    browser.open(path)
    browser.settle()
    page = Page(browser)
    page.settle()
    report(page, name)
    page.settle()
    return page

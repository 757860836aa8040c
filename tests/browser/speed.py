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


def check_moved(browser):
    """A crowd that moves is shown where it goes, and is exact when it rests."""
    seen = browser.script("""
        const rest = () => {
            clearTimeout(settled);
            settled = 0;
            draw();
        };
        const probe = new OffscreenCanvas(canvas.width, canvas.height)
            .getContext("2d", { willReadFrequently: true });
        const shot = () => {
            probe.clearRect(0, 0, canvas.width, canvas.height);
            probe.drawImage(canvas, 0, 0);
            return probe.getImageData(0, 0, canvas.width,
                canvas.height).data;
        };
        const [from, to] = [view.from, view.to], span = to - from;
        const steps = {
            right: [0.05, 0.05], left: [-0.05, -0.05],
            in: [0.02, -0.02], out: [-0.03, 0.03], far: [0.3, 0.3],
        };
        const all = Object.entries(steps).map(([name, [more, less]]) => {
            [view.from, view.to] = [from + 0.3 * span, from + 0.6 * span];
            rest();
            const before = shot();
            view.from += more * span;
            view.to += less * span;
            draw();
            const { rough } = view, moved = shot();
            rest();
            const exact = shot();
            crowdSheet.look = [];
            draw();
            const anew = shot();
            const differ = (one, other) => one.filter((part, i) =>
                Math.abs(part - other[i]) > 64).length / one.length;

            return [name, rough, view.rough, differ(before, exact),
                differ(moved, exact), differ(exact, anew)];
        });
        [view.from, view.to] = [from, to];
        rest();
        return all;""")
    for name, rough, still, before, moved, anew in seen:
        check(rough == (name != "far"), f"{name}: rough is {rough}")
        check(not still, f"{name}: still rough at rest")
        check(moved < before / 2, f"{name}: {moved} of the pixels differ "
              f"while the chart moves, {before} if it had stayed")
        check(anew == 0, f"{name}: not exact at rest")


def check_settles(browser):
    """A movement that goes no further is drawn exactly without being asked."""
    browser.script("""
        [view.from, view.to] = [data.from + 50, data.from + 100];
        draw();
        view.from += 2;
        view.to += 2;
        draw();
        if (!view.rough)
            throw new Error("not rough");""")
    browser.wait("""
        const done = arguments[0];
        const look = () => view.rough || settled ? setTimeout(look, 20) :
            done();
        look();""")
    browser.script("""
        [view.from, view.to] = [data.from, data.to];
        draw();""")


def check_batches(browser):
    """Many layers are painted in turns, whose memory is bounded, and look as if
    they were painted at once."""
    layers, one = browser.script("""
        const { series } = data;
        const paint = (most) => {
            crowdSheet.look = [];
            crowdSheet.most = most;
            draw();
            return canvas.toDataURL();
        };
        data.series = Array(6).fill(series).flat();
        const turns = paint(MOST_LAYERS), { length } = crowdSheet.layers;
        const once = paint(Infinity);
        data.series = series;
        paint(MOST_LAYERS);
        return [length, turns === once];""")
    check(layers <= 512, f"{layers} layers at once")
    check(one, "layers that are painted in turns look different")


def main():
    folder = sys.argv[1]
    double(f"{folder}/crowd.html")
    with browsing() as browser:
        open_page(browser, f"{folder}/crowd.html", "200 series")
        check(browser.script("return data.series.length;") == 200,
              "not 200 series")
        check(painted(browser) > 6, "the crowd is not there")
        check_fresh(browser)
        check_moved(browser)
        check_settles(browser)
        check_batches(browser)
        page = open_page(browser, f"{folder}/long.html",
                         "10 million samples")
        check(browser.script("return data.series[0].samples;") == 1e7,
              "not 10 million samples")
        check(painted(browser) > 2, "the line is not there")
        messages = page.browser.messages()
        check(messages == [], f"console: {messages}")


main()

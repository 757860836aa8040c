# SPDX-License-Identifier: MIT
"""Rules that a page must keep for people who can't see it or use no mouse:
names, roles, contrast, the order of focus. The rules are those of WCAG 2.1 AA
that a program can check."""

from chart import check

RULES = """
const faults = [];
const fail = (rule, one) => faults.push(rule + ": " +
    one.outerHTML.slice(0, 100));
const seen = (one) => one.checkVisibility() &&
    one.getBoundingClientRect().width > 1;

// names and roles
if (!document.documentElement.lang) faults.push("no language");
if (!document.title) faults.push("no title");
const nameOf = (one) => one.getAttribute("aria-label") ||
    one.textContent.trim() || one.title;
for (const one of document.querySelectorAll("button, a, input, dialog, " +
    "[role=application], [role=region], [role=group], section, aside"))
    if (!nameOf(one)) fail("no name", one);
for (const one of document.querySelectorAll("section, aside"))
    if (!one.getAttribute("aria-label")) fail("a landmark without a name", one);
const landmarks = [...document.querySelectorAll("section, aside")]
    .map((one) => one.getAttribute("aria-label"));
if (new Set(landmarks).size !== landmarks.length)
    faults.push("landmarks of one name: " + landmarks);
for (const one of document.querySelectorAll("canvas"))
    if (!one.closest("[aria-hidden=true]") && !nameOf(one))
        fail("a canvas without a name", one);
const roles = ["application", "region", "group", "status"];
for (const one of document.querySelectorAll("[role]"))
    if (!roles.includes(one.getAttribute("role"))) fail("unknown role", one);
for (const one of document.querySelectorAll("[aria-pressed]"))
    if (one.localName !== "button" ||
        !["true", "false"].includes(one.getAttribute("aria-pressed")))
        fail("aria-pressed", one);
const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
if (new Set(ids).size !== ids.length) faults.push("an id twice");
for (const name of ["main", "h1"])
    if (document.querySelectorAll(name).length !== 1)
        faults.push("not one " + name);
let level = 0;
for (const one of document.querySelectorAll("h1, h2, h3")) {
    if (Number(one.localName[1]) > level + 1) fail("a level is skipped", one);
    level = Number(one.localName[1]);
}
for (const table of document.querySelectorAll("main .scroll table"))
    for (const cell of table.querySelectorAll("th"))
        if (!cell.getAttribute("scope")) fail("a header without scope", cell);
for (const list of document.querySelectorAll("ul, ol"))
    for (const one of list.children)
        if (one.localName !== "li") fail("no list item", one);
for (const list of document.querySelectorAll("dl"))
    for (const one of list.children)
        if (!["dt", "dd", "div"].includes(one.localName))
            fail("no part of a list of terms", one);
for (const one of document.querySelectorAll("[aria-hidden=true]"))
    if (one.matches("[tabindex], button") ||
        one.querySelector("button, a, input, [tabindex]"))
        fail("hidden, and takes the focus", one);
for (const one of document.querySelectorAll("[tabindex]"))
    if (one.tabIndex > 0) fail("tabindex above 0", one);
for (const one of document.querySelectorAll("*"))
    if (seen(one) && one.scrollHeight > one.clientHeight + 1 &&
        one.clientHeight > 0 && one.tabIndex < 0 &&
        ["auto", "scroll"].includes(getComputedStyle(one).overflowY) &&
        !one.querySelector("button, a, [tabindex]"))
        fail("scrolls, and keys can't reach it", one);

// contrast
const channels = (text) => {
    const made = document.createElement("canvas").getContext("2d");

    made.fillStyle = text;
    made.fillRect(0, 0, 1, 1);
    return [...made.getImageData(0, 0, 1, 1).data];
};
const light = (rgb) => rgb.slice(0, 3).map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (one) => {
    for (; one; one = one.parentElement) {
        const colour = channels(getComputedStyle(one).backgroundColor);

        if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
};
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;

    if (!walker.currentNode.data.trim() || !seen(one) ||
        one.matches("script, style, noscript, button:disabled, .unseen"))
        continue;
    const style = getComputedStyle(one);
    const ends = [light(channels(style.color)), light(behind(one))]
        .sort((a, b) => b - a);
    const ratio = (ends[0] + 0.05) / (ends[1] + 0.05);
    const large = parseFloat(style.fontSize) >= 24;

    if (ratio < (large ? 3 : 4.5))
        fail("contrast " + ratio.toFixed(2), one);
}
return faults;
"""

FOCUSED = """
const one = document.activeElement;
const box = one.getBoundingClientRect();
const style = getComputedStyle(one);
return [one.id || one.getAttribute("aria-label") || one.textContent.trim(),
    box.width > 0 && box.height > 0,
    style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    one === document.body];
"""

FOCUSABLE = """
return [...document.querySelectorAll("button, input, [tabindex]")]
    .filter((one) => !one.disabled && one.checkVisibility())
    .map((one) => one.id || one.getAttribute("aria-label") ||
        one.textContent.trim());
"""


def check_focus(browser):
    """Tab goes through all that can be used, in the order of the text, and
    shows where it is."""
    expected = browser.script(FOCUSABLE)
    browser.script("document.activeElement.blur(); scrollTo(0, 0);")
    reached = []
    for _ in expected:
        browser.keys("\ue004")
        name, is_seen, is_marked, is_body = browser.script(FOCUSED)
        check(not is_body, f"the focus is lost after {reached}")
        check(is_seen and is_marked, f"the focus on {name} is not seen")
        reached.append(name)
    check(reached == expected, f"order of focus: {reached}, not {expected}")
    browser.script("document.activeElement.blur();")


def check_accessible(browser):
    for theme in "light", "dark":
        browser.script(f"view.theme = '{theme}'; applyTheme();")
        browser.settle()
        faults = browser.script(RULES)
        check(faults == [], f"{theme}: " + "; ".join(faults))
    browser.script("view.theme = data.theme; applyTheme();")
    browser.settle()
    check_focus(browser)

# SPDX-License-Identifier: MIT
"""A browser without a window, driven over WebDriver with nothing but the
standard library."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import urllib.request

# For one call, a page of 10 million samples on a loaded machine included.
PATIENCE_S = 600


class Browser:
    def __init__(self, dark=False, width=1280, height=1000):
        # The path of a socket is short, whatever TMPDIR is.
        self.profile = tempfile.mkdtemp(dir="/tmp")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE,
            env={**os.environ, "TMPDIR": self.profile}, text=True)
        for line in self.driver.stdout:
            found = re.search(r"on port (\d+)\.", line)
            if found:
                break
        self.root = f"http://127.0.0.1:{found[1]}/session"
        self.session = self.call("POST", "", self.capabilities(
            width, height))["sessionId"]
        self.root += "/" + self.session
        theme = "dark" if dark else "light"
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": theme}])

    def capabilities(self, width, height):
        return {"capabilities": {"alwaysMatch": {
            "timeouts": {"script": 1000 * PATIENCE_S,
                         "pageLoad": 1000 * PATIENCE_S},
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": [
                "--headless", "--no-sandbox", "--disable-gpu",
                "--disable-background-networking", "--no-first-run",
                "--disable-dev-shm-usage",
                f"--user-data-dir={self.profile}",
                f"--window-size={width},{height}"]}}}}

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.root + path, data, {"Content-Type": "application/json"},
            method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)["value"]

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute",
                         {"cmd": command, "params": params})

    def open(self, path):
        self.call("POST", "/url", {"url": "file://" + path})

    def script(self, text):
        return self.call("POST", "/execute/sync",
                         {"script": text, "args": []})

    def wait(self, text):
        """Runs a script that calls arguments[0] when it is done, with what
        the answer is."""
        return self.call("POST", "/execute/async",
                         {"args": [], "script": text})

    def settle(self):
        """Waits for two frames, after which all that was asked is drawn."""
        self.wait("""
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(done));""")

    def pointer(self, *actions):
        self.call("POST", "/actions", {"actions": [{
            "type": "pointer", "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": list(actions)}]})
        self.settle()

    def drag(self, *places, shift=False):
        """With the left button from the first place to the last."""
        kinds = ["mousePressed"] + ["mouseMoved"] * (len(places) - 1)
        for kind, (x, y) in list(zip(kinds, places)) + [
                ("mouseReleased", places[-1])]:
            self.cdp("Input.dispatchMouseEvent", type=kind, x=int(x),
                     y=int(y), button="left", clickCount=1,
                     buttons=0 if kind == "mouseReleased" else 1,
                     modifiers=8 if shift else 0)
        self.settle()

    def touch(self, *steps):
        """Fingers on the screen: a list of their places a step; then all are
        lifted."""
        for i, places in enumerate(steps):
            self.cdp("Input.dispatchTouchEvent",
                     type="touchMove" if i else "touchStart",
                     touchPoints=[{"x": int(x), "y": int(y), "id": n}
                                  for n, (x, y) in enumerate(places)])
            self.settle()
        self.cdp("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
        self.settle()

    def wheel(self, x, y, amount):
        self.call("POST", "/actions", {"actions": [{
            "type": "wheel", "id": "wheel", "actions": [{
                "type": "scroll", "x": x, "y": y, "deltaX": 0,
                "deltaY": amount}]}]})
        self.settle()

    def keys(self, *keys):
        actions = []
        for key in keys:
            actions += [{"type": "keyDown", "value": key},
                        {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [
            {"type": "key", "id": "keys", "actions": actions}]})
        self.settle()

    def messages(self):
        return self.call("POST", "/se/log", {"type": "browser"})

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()
            self.driver.stdout.close()
            shutil.rmtree(self.profile, ignore_errors=True)


def move(x, y):
    return {"type": "pointerMove", "duration": 0, "x": int(x), "y": int(y)}


DOWN = {"type": "pointerDown", "button": 0}
UP = {"type": "pointerUp", "button": 0}

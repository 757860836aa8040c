# SPDX-License-Identifier: MIT
"""A browser without a window, driven over WebDriver with nothing but the
standard library."""

import json
import re
import shutil
import subprocess
import tempfile
import urllib.request


class Browser:
    def __init__(self, dark=False, width=1280, height=1000):
        self.profile = tempfile.mkdtemp()
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"],
            stdout=subprocess.PIPE, text=True)
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
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute",
                         {"cmd": command, "params": params})

    def open(self, path):
        self.call("POST", "/url", {"url": "file://" + path})

    def script(self, text):
        return self.call("POST", "/execute/sync",
                         {"script": text, "args": []})

    def settle(self):
        """Waits for two frames, after which all that was asked is drawn."""
        self.call("POST", "/execute/async", {"args": [], "script": """
            const done = arguments[0];
            requestAnimationFrame(() => requestAnimationFrame(done));"""})

    def pointer(self, *actions):
        self.call("POST", "/actions", {"actions": [{
            "type": "pointer", "id": "mouse",
            "parameters": {"pointerType": "mouse"},
            "actions": list(actions)}]})
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

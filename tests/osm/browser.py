# SPDX-License-Identifier: MIT
"""A headless Chromium, driven over the WebDriver protocol (W3C) with nothing but the standard library."""
import base64
import json
import pathlib
import re
import shutil
import signal
import tempfile
import urllib.error
import urllib.request

from .process import Process
from .wait import PATIENCE, Timeout, free_port, wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def available():
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


class Browser:
    """A browser with a profile of its own; `with` ends it, and the driver, by their pids."""

    def __init__(self, width=1000, height=800):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="osm-browser-"))
        port = free_port()
        self.base = f"http://127.0.0.1:{port}"
        self.session = None
        self.driver = Process([shutil.which("chromedriver"), f"--port={port}", "--log-level=SEVERE"], self.folder,
                              "chromedriver", {"HOME": str(self.folder)})
        try:
            self.driver.wait_for(self._is_up, PATIENCE, "chromedriver does not answer")
            arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--no-first-run", "--disable-background-networking", "--disable-component-update",
                         "--disable-extensions", "--disable-sync", "--mute-audio",
                         f"--user-data-dir={self.folder / 'profile'}", f"--window-size={width},{height}"]
            answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome", "goog:chromeOptions": {"args": arguments},
                "goog:loggingPrefs": {"browser": "ALL"}}}})
            self.session = answer["sessionId"]
        except BaseException:
            self.close()
            raise

    def _is_up(self):
        try:
            return self._ask("GET", "/status")["ready"]
        except OSError:
            return False

    def _ask(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            value = json.load(error)["value"]
            raise AssertionError(f"{method} {path}: {value['error']}: {value['message']}") from None

    def ask(self, method, path, body=None):
        return self._ask(method, f"/session/{self.session}{path}", body)

    def close(self):
        try:
            if self.session:
                self.ask("DELETE", "")
        finally:
            self.driver.end(signal.SIGTERM)
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is not None and self.session:
            try:
                print("--- the browser's log", *(entry["message"] for entry in self.log()), sep="\n")
                print(f"--- the page\n{self.run('return document.body.innerText')[:4000]}")
            except (AssertionError, OSError):
                pass
        self.close()

    # --- pages

    def go(self, url):
        self.ask("POST", "/url", {"url": url})

    def new_window(self):
        handle = self.ask("POST", "/window/new", {"type": "tab"})["handle"]
        self.use(handle)
        return handle

    def window(self):
        return self.ask("GET", "/window")

    def use(self, handle):
        self.ask("POST", "/window", {"handle": handle})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def tool(self, command, **parameters):
        """A command of the DevTools protocol."""
        return self.ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def scheme(self, name):
        self.tool("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def size(self, width, height, phone=False):
        self.tool("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))

    def log(self):
        return self.ask("POST", "/se/log", {"type": "browser"})

    # --- elements

    def until(self, script, what, *arguments, patience=PATIENCE):
        """The first true value the script returns."""
        return wait_until(lambda: self.run(script, *arguments), patience,
                          lambda: f"{what}\n{self.run('return document.body.innerText')[:3000]}", poll=0.1)

    def text(self, selector="main"):
        return self.run("const e = document.querySelector(arguments[0]); return e ? e.innerText : ''", selector)

    def see(self, pattern, selector="main"):
        """Waits until the visible text there matches; returns the match."""
        self.until("const e = document.querySelector(arguments[0]);"
                   "return Boolean(e) && new RegExp(arguments[1], 's').test(e.innerText)", f"{selector} ~ {pattern}",
                   selector, pattern)
        return re.search(pattern, self.text(selector), re.S)

    def find(self, xpath):
        self.until("return Boolean(document.evaluate(arguments[0], document, null, 9).singleNodeValue)", xpath, xpath)
        return self.ask("POST", "/element", {"using": "xpath", "value": xpath})[ELEMENT]

    def _do(self, xpath, *steps):
        """What is drawn anew may be gone between finding it and acting on it: then once more."""
        refusal = None

        def done():
            nonlocal refusal
            try:
                element = self.find(xpath)
                for path, body in steps:
                    self.ask("POST", f"/element/{element}{path}", body)
                return True
            except Timeout:
                raise
            except AssertionError as error:
                refusal = error
                return False
        wait_until(done, PATIENCE, lambda: f"{xpath}: {refusal}")

    def click(self, xpath):
        self._do(xpath, ("/click", {}))

    def press(self, *keys):
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def type(self, xpath, text):
        """Instead of what stands there."""
        self._do(xpath, ("/clear", {}), ("/value", {"text": text}))

"""Chooses images on the page of the service in a headless Chromium, and checks what it shows against `a2d detect`.

Called with A2D MODEL DETECTOR IMAGE...; ends with 0 where the page shows the same verdicts on a phone and on a desk."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import websocket  # websocket-client

BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
WIDTHS = {"phone": 390, "desk": 1280}
PATIENCE = 60.0  # seconds
NAMES = {True: "adversarial", False: "benign", None: "none"}

# The verdicts that are shown, each with its name, and what is as wide as the window or wider.
SHOWN = """JSON.stringify({
  verdicts: [...document.querySelectorAll('#verdicts article')].map((article) =>
    [article.querySelector('.name').innerText, article.className]),
  pictures: [...document.querySelectorAll('#verdicts img')].filter((image) => image.naturalWidth > 0).length,
  rows: document.querySelectorAll('#verdicts td').length,
  model: document.querySelector('#model').innerText,
  state: document.querySelector('#state').innerText,
  width: document.documentElement.scrollWidth,
})"""


class Tab:
    """A tab of the browser, spoken to by its debugging protocol."""

    def __init__(self, port):
        pages = until(lambda: [tab for tab in ask(f"http://127.0.0.1:{port}/json") if tab["type"] == "page"])
        self.socket = websocket.create_connection(pages[0]["webSocketDebuggerUrl"], timeout=PATIENCE)
        self.events = []
        self.calls = 0
        for domain in ["Page", "DOM", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.calls += 1
        self.socket.send(json.dumps({"id": self.calls, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") != self.calls:
                self.events.append(message)
            elif "error" in message:
                raise RuntimeError(f"{method}: {message['error']}")
            else:
                return message["result"]

    def value(self, expression):
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def of(self, *methods):
        return [event["params"] for event in self.events if event.get("method") in methods]


def ask(url):
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return json.load(answer)


def until(known):
    """What is known as soon as it is anything."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if found := known():
                return found
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError("waited a minute for the page")


def shown(tab, address, width, images):
    tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
    tab.call("Page.navigate", url=address + "/")
    until(lambda: tab.value("document.readyState === 'complete' && document.querySelector('#model').innerText !== ''"))
    root = tab.call("DOM.getDocument")["root"]["nodeId"]
    node = tab.call("DOM.querySelector", nodeId=root, selector="#file")["nodeId"]
    tab.call("DOM.setFileInputFiles", nodeId=node, files=[os.path.abspath(image) for image in images])
    enough = f"document.querySelectorAll('#verdicts article').length >= {len(images)}"
    until(lambda: tab.value(f"{enough} && document.querySelectorAll('#verdicts img').length === [...document.images].filter((i) => i.complete).length"))
    return json.loads(tab.value(SHOWN))


def check(page, width, expected):
    assert page["verdicts"] == expected, f"expected {expected}, the page shows {page['verdicts']}"
    assert page["pictures"] == len(expected), f"{page['pictures']} of {len(expected)} pictures are shown"
    assert page["rows"] > 0 and page["model"] and not page["state"], page
    assert page["width"] <= width, f"the page is {page['width']} pixels wide in a window of {width}"


def main():
    a2d, model, detector, *images = sys.argv[1:]
    browser = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"found no Chromium among {', '.join(BROWSERS)}; CHROMIUM may name one")
    of = ["--model", model, "--detector", detector]
    detect = subprocess.run([a2d, "detect", *of, "--format", "json", *images], check=True, stdout=subprocess.PIPE)
    expected = [
        [os.path.basename(verdict["input"]), NAMES[verdict["adversarial"]]]
        for verdict in json.loads(detect.stdout)["verdicts"]
    ]
    assert len({verdict for _, verdict in expected}) > 1, "expected benign and adversarial images"
    serve = subprocess.Popen([a2d, "serve", *of, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"]
    options += ["--remote-allow-origins=*", f"--user-data-dir={profile.name}", "about:blank"]
    chromium = subprocess.Popen([browser, *options], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        address = serve.stderr.readline().strip().removeprefix("listening on ")
        port_file = os.path.join(profile.name, "DevToolsActivePort")
        port = until(lambda: os.path.exists(port_file) and open(port_file).readline().strip())
        tab = Tab(port)
        for device, width in WIDTHS.items():
            page = shown(tab, address, width, images)
            check(page, width, expected)
            print(f"{device}: {len(expected)} verdicts, as a2d detect has them")
        logged = [event["entry"] for event in tab.of("Log.entryAdded")]
        complaints = [entry for entry in logged if entry["level"] in ("warning", "error")]
        complaints += tab.of("Runtime.exceptionThrown")
        assert not complaints, complaints
        asked = {event["request"]["url"] for event in tab.of("Network.requestWillBeSent")}
        abroad = [url for url in asked if not url.startswith((address, "blob:", "data:"))]
        assert not abroad, f"the page asks elsewhere: {abroad}"
    finally:
        chromium.kill()
        serve.terminate()
        chromium.wait()
        serve.wait()


if __name__ == "__main__":
    main()

"""Screenshots of the web client with headless Chromium, driven through its DevTools protocol.

On the command line:  ./dev shot PATH OUTPUT.png [--db NAME | --url http://127.0.0.1:8069]
                      [--login admin] [--password admin]
                      [--width 1366] [--height 900] [--wait SELECTOR] [--click SELECTOR] [--fill SELECTOR TEXT]
                      [--js EXPRESSION] [--sleep SECONDS] [--shot FILE] [--full]
Steps (--wait, --click, --fill, --key, --js, --sleep, --shot) are done in the order in which they are written; OUTPUT
is taken last.
With --db a server is started on that database for the time of the shots. Width 390 makes it a phone.

In a program:
    with Browser(width=390) as page:
        page.login("http://127.0.0.1:8069", "admin", "admin")
        page.open("/odoo/customer-invoices")
        page.wait(".o_list_view")
        page.click("text=INV/2026/00001")
        page.shot("a.png")
"""

import argparse
import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import websocket

from tools.ui import Failure, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE_WIDTH = 600
LIMIT = 30
# A selector is CSS, or `text=…` for the innermost visible element that shows this text.
FIND = """(selector => {
  const seen = e => e && e.getClientRects().length && getComputedStyle(e).visibility !== 'hidden';
  if (!selector.startsWith('text=')) return [...document.querySelectorAll(selector)].find(seen) || null;
  const text = selector.slice(5).trim();
  const shows = e => seen(e) && e.innerText && e.innerText.trim() === text;
  const all = [...document.querySelectorAll('body *')].filter(shows);
  return all.find(e => ![...e.children].some(c => all.includes(c))) || null;
})"""


class Browser:
    """One page of one headless browser."""

    def __init__(self, *, width=1366, height=900, language="es-MX"):
        self.width, self.height, self.language = width, height, language
        self.base, self.messages = "", []
        self._number = 0

    def __enter__(self):
        program = next(filter(None, map(shutil.which, NAMES)), None)
        if not program:
            raise Failure("there is no Chromium: ./dev setup says how to install it")
        self._profile = tempfile.mkdtemp(prefix="shot-")
        self._process = subprocess.Popen(
            [
                program,
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-extensions",
                f"--lang={self.language}",
                "--remote-allow-origins=*",
                "--remote-debugging-port=0",
                f"--user-data-dir={self._profile}",
                "about:blank",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            self._connect()
        except Failure:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exception):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    def _connect(self):
        port_file = Path(self._profile) / "DevToolsActivePort"
        end = time.monotonic() + LIMIT
        while not (port_file.exists() and port_file.read_text().strip()):
            if time.monotonic() > end or self._process.poll() is not None:
                raise Failure("Chromium does not start")
            time.sleep(0.05)
        port = port_file.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=LIMIT) as response:
            page = next(target for target in json.load(response) if target["type"] == "page")
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=LIMIT, suppress_origin=True)
        for domain in ("Page", "Runtime", "Network"):
            self.command(f"{domain}.enable")
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=self.width,
            height=self.height,
            deviceScaleFactor=1,
            mobile=self.width < PHONE_WIDTH,
        )
        if self.width < PHONE_WIDTH:
            self.command("Emulation.setTouchEmulationEnabled", enabled=True)

    def command(self, method, **parameters):
        """Send one DevTools command and return its result; events that come meanwhile are looked through for errors."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self._note(answer)

    def _note(self, event):
        parameters = event.get("params", {})
        if event.get("method") == "Runtime.exceptionThrown":
            self.messages.append(parameters["exceptionDetails"].get("exception", {}).get("description", "exception"))
        elif event.get("method") == "Runtime.consoleAPICalled" and parameters["type"] == "error":
            self.messages.append(" ".join(str(one.get("value", one.get("description"))) for one in parameters["args"]))

    def js(self, expression):
        """Value of a JavaScript expression in the page; a promise is waited for."""
        result = self.command("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise Failure(
                f"JavaScript: {result['exceptionDetails'].get('exception', {}).get('description', expression)}"
            )
        return result["result"].get("value")

    def until(self, expression, limit=LIMIT):
        """Wait until an expression is true."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.js(f"!!({expression})"):
                return
            time.sleep(0.1)
        self.shot(Path(tempfile.gettempdir()) / "shot-timeout.png")
        raise Failure(f"waited {limit} s in vain for {expression[-200:]}; see {tempfile.gettempdir()}/shot-timeout.png")

    def wait(self, selector, limit=LIMIT):
        """Wait until an element is visible."""
        self.until(f"{FIND}({json.dumps(selector)})", limit)

    def wait_gone(self, selector, limit=LIMIT):
        """Wait until no such element is visible."""
        self.until(f"!{FIND}({json.dumps(selector)})", limit)

    def click(self, selector):
        """Wait for an element, bring it into view and click in its middle as a person would."""
        self.wait(selector)
        x, y = self.js(
            f"(e => {{ e.scrollIntoView({{block: 'center'}}); const r = e.getBoundingClientRect();"
            f" return [r.x + r.width / 2, r.y + r.height / 2]; }})({FIND}({json.dumps(selector)}))",
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def fill(self, selector, text):
        """Replace what is in a field by a text."""
        self.click(selector)
        self.js(f"(e => e.select && e.select())({FIND}({json.dumps(selector)}))")
        self.command("Input.insertText", text=text)

    def files(self, selector, *paths):
        """Choose files of the disk in a file input, which may be hidden as those of the web client are."""
        self.until(f"document.querySelector({json.dumps(selector)})")
        root = self.command("DOM.getDocument")["root"]["nodeId"]
        node = self.command("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.command("DOM.setFileInputFiles", nodeId=node, files=[str(Path(path).resolve()) for path in paths])

    def key(self, name):
        """Press a key such as Enter, Tab or Escape."""
        code = {"Enter": 13, "Tab": 9, "Escape": 27}.get(name, 0)
        text = {"text": "\r"} if name == "Enter" else {}
        self.command("Input.dispatchKeyEvent", type="keyDown", key=name, code=name, windowsVirtualKeyCode=code, **text)
        self.command("Input.dispatchKeyEvent", type="keyUp", key=name, code=name, windowsVirtualKeyCode=code)

    def open(self, path):
        """Go to an address; a path is taken on the server that was logged in to."""
        self.command("Page.navigate", url=urllib.parse.urljoin(self.base + "/", path))
        time.sleep(0.2)
        self.until("document.readyState === 'complete'")
        self.settle()

    def settle(self, quiet=0.6, limit=LIMIT):
        """Wait until the web client shows something and has not changed for a moment."""
        end, last, since = time.monotonic() + limit, None, time.monotonic()
        while time.monotonic() < end:
            state = self.js(
                "[document.body ? document.body.innerHTML.length : 0,"
                " !!document.querySelector('.o_blockUI, .o_loading_indicator'),"
                " !document.querySelector('body.o_web_client')"
                " || !!document.querySelector('.o_action_manager > *')].join()",
            )
            if state != last:
                last, since = state, time.monotonic()
            elif state.endswith("false,true") and time.monotonic() - since > quiet:
                return
            time.sleep(0.1)

    def login(self, base, login, password):
        """Log in through the login page's own form."""
        self.base = base.rstrip("/")
        self.open("/web/login")
        self.js(
            f"document.querySelector('input[name=login]').value = {json.dumps(login)};"
            f"document.querySelector('input[name=password]').value = {json.dumps(password)};"
            "document.querySelector('form.oe_login_form').submit()",
        )
        self.until("!location.pathname.startsWith('/web/login') && document.readyState === 'complete'")

    def shot(self, target, *, full=False):
        """Write what the page shows to a PNG file; `full` takes what lies below the window's edge as well."""
        options = {}
        if full:
            # The web client scrolls inside: let it grow, and the whole page with it.
            height = self.js(
                "Math.max(document.documentElement.scrollHeight,"
                " ...[...document.querySelectorAll('.o_content, .o_form_view')].map(e => e.scrollHeight + 120))",
            )
            self.command(
                "Emulation.setDeviceMetricsOverride",
                width=self.width,
                height=int(height),
                deviceScaleFactor=1,
                mobile=self.width < PHONE_WIDTH,
            )
            time.sleep(0.3)
            options["captureBeyondViewport"] = True
        data = self.command("Page.captureScreenshot", format="png", **options)["data"]
        target = Path(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(base64.b64decode(data))
        return target


class _Step(argparse.Action):
    """Keeps steps in the order in which they were written."""

    def __call__(self, _parser, namespace, values, option_string=None):
        namespace.steps = [*(namespace.steps or []), (option_string.lstrip("-"), values)]


def parse(arguments):
    """Options of the command."""
    parser = argparse.ArgumentParser(
        prog="./dev shot", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("path", help="such as /odoo/customer-invoices")
    parser.add_argument("output", help="PNG file")
    parser.add_argument("--db")
    parser.add_argument("--url", default="http://127.0.0.1:8069")
    parser.add_argument("--login", default="admin")
    parser.add_argument("--password")
    parser.add_argument("--width", type=int, default=1366)
    parser.add_argument("--height", type=int)
    parser.add_argument("--full", action="store_true")
    parser.set_defaults(steps=[])
    for name, count in (
        ("wait", None),
        ("click", None),
        ("fill", 2),
        ("js", None),
        ("sleep", None),
        ("shot", None),
        ("key", None),
    ):
        parser.add_argument(f"--{name}", action=_Step, nargs=count, dest="steps")
    return parser.parse_args(arguments)


def _do(page, name, value):
    if name == "fill":
        page.fill(*value)
    elif name == "js":
        print(json.dumps(page.js(value), ensure_ascii=False))
    elif name == "sleep":
        time.sleep(float(value))
    elif name == "shot":
        page.settle()
        page.shot(value)
    else:
        getattr(page, name)(value)
    if name in ("click", "key", "fill"):
        page.settle()


def take(options, url):
    """Do the steps and take the shot; tell what the page wrote to its console as errors."""
    height = options.height or (844 if options.width < PHONE_WIDTH else 900)
    with Browser(width=options.width, height=height) as page:
        page.login(url, options.login, options.password or options.login)
        page.open(options.path)
        for name, value in options.steps:
            _do(page, name, value)
        page.settle()
        say(f"wrote {page.shot(options.output, full=options.full)}")
        for message in page.messages:
            print(f"console error: {message}", file=sys.stderr)
    return 0


def main(arguments):
    """Entry point of `./dev shot`."""
    options = parse(arguments)
    if not options.db:
        return take(options, options.url)
    from tools import cluster, setup_odoo, templates
    from tools.odoo_process import OdooServer

    setup_odoo.ensure()
    cluster.ensure()
    if not templates.exists(options.db):
        raise Failure(f"there is no database {options.db}: ./dev db list")
    with OdooServer(options.db) as server:
        return take(options, server.url)

"""A browser: Debian's chromium, driven by selenium. Without one, the tests here are skipped."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.formats import html
from harness.report import Report

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--remote-allow-origins=*",
    "--hide-scrollbars",
    "--lang=en",
    "--accept-lang=en",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One browser for all tests, with a profile folder of its own."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not chromedriver:
        pytest.skip("chromium or chromedriver is not installed (Debian: apt-get install chromium chromium-driver)")
    selenium = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (pip install '.[test]')")
    from selenium.webdriver.chrome.service import Service

    options = selenium.ChromeOptions()
    options.binary_location = chromium
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    browser = selenium.Chrome(options, Service(chromedriver))
    yield browser
    browser.quit()


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the files of a folder while the block runs; gives their address on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *about: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder, and the address on this machine under which its files are served."""
    folder = tmp_path_factory.mktemp("site")
    with served(folder) as address:
        yield folder, address


def visit(driver: Any, address: str) -> None:
    """Have the browser open a page, and wait until all of it is there: on a busy machine the driver does not always."""
    from selenium.webdriver.support.wait import WebDriverWait

    driver.get("about:blank")
    driver.get(address)
    WebDriverWait(driver, 60).until(lambda page: page.execute_script("return document.readyState") == "complete")


Opened = Callable[..., Any]


@pytest.fixture
def opened(driver: Any, site: tuple[Path, str]) -> Iterator[Opened]:
    """Opens a report: ``opened(report, "#all", width=320, dark=True)``. In the end the browser must have had nothing to complain of."""
    folder, base = site

    def command(method: str, **parameters: Any) -> None:
        driver.execute_cdp_cmd(f"Emulation.{method}", parameters)

    def open_it(report: Report, at: str = "", *, width: int = 1200, dark: bool = False, script: bool = True, media: str = "") -> Any:
        content = html.render(report)
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.html"  # a name of its own, so that no cache gives another report
        (folder / name).write_bytes(content)
        command("setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        command("setEmulatedMedia", media=media, features=[scheme, {"name": "prefers-reduced-motion", "value": "reduce"}])
        command("setScriptExecutionDisabled", value=not script)
        visit(driver, f"{base}/{name}{at}")
        return driver

    yield open_it
    complaints = [entry for entry in driver.get_log("browser") if "favicon.ico" not in entry["message"]]
    assert complaints == [], "errors, warnings and violations of the page's own policy"

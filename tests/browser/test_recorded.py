"""A page asks a service; Chromium's own developer tools record that, and what they export is judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.gzip import GZipMiddleware

import harness
from harness.report import Report
from harness.serve.listening import running
from harness.serve.mock import reference_app

PAGE = """<!doctype html><meta charset="utf-8"><title>Counter</title><link rel="icon" href="data:,"><script>
const trace = () => "00-" + [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("") +
  "-b7ad6b7169203331-01";
const ask = async (query, members) => {
  const answer = await fetch("/v1/chat/completions" + query, {
    method: "POST",
    headers: {"Content-Type": "application/json", "Accept-Language": "pl", "traceparent": trace()},
    body: JSON.stringify({model: "asystent-wyszukujacy-2", messages: [{role: "user", content: "Jak złożyć wniosek o dowód osobisty?"}], ...members}),
  });
  return answer.text();
};
const visit = async () => {
  await (await fetch("/v1/models", {headers: {"traceparent": trace()}})).json();
  const said = [await ask("", {}), await ask("", {stream: true}), await ask("", {messages: "none"})];
  await ask("?broken", {stream: true}).catch(() => null);
  await fetch("ELSEWHERE/v1/models").catch(() => null);
  return said.map(text => text.length);
};
</script>"""

EXPORT = """
const done = arguments[0];
(async () => {
  const {NetworkLog} = await import("devtools://devtools/bundled/models/logs/logs.js");
  const {Writer} = await import("devtools://devtools/bundled/models/har/har.js");
  const {Progress} = await import("devtools://devtools/bundled/core/common/common.js");
  let text = "";
  const stream = {write: async part => { text += part; }, close: async () => {}};
  await Writer.Writer.write(stream, NetworkLog.NetworkLog.instance().requests(), {sanitize: true}, new Progress.Progress());
  return {text};
})().then(done, error => done({error: String(error)}));
"""
"""What the button "Export HAR (sanitized)" does."""


def _with_a_page(service: Any, elsewhere: str) -> Any:
    """The service, with a page at its origin, and its streams broken off where that is asked for."""

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        async def breaking(message: Any) -> None:
            if message.get("body"):
                await send({**message, "body": message["body"][:100], "more_body": True})
                raise ConnectionResetError
            await send(message)

        if scope["type"] == "http" and scope["path"] == "/page":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": PAGE.replace("ELSEWHERE", elsewhere).encode()})
        else:
            await service(scope, receive, breaking if scope.get("query_string") == b"broken" else send)

    return serve


@pytest.fixture
def tools(driver: Any) -> Iterator[Any]:
    """A tab with developer tools that watch the browser's first tab; ``tools(url)`` has that go to a page and pay its visit."""
    address = driver.capabilities["goog:chromeOptions"]["debuggerAddress"].replace("localhost", "127.0.0.1")
    page = driver.current_window_handle
    driver.get("about:blank")
    driver.switch_to.new_window("tab")
    own = driver.current_window_handle
    driver.get(f"devtools://devtools/bundled/devtools_app.html?ws={address}/devtools/page/{page}&panel=network")

    def watching(_: Any) -> bool:
        script = """const done = arguments[0]; import("devtools://devtools/bundled/core/sdk/sdk.js").then(
            sdk => done(sdk.TargetManager.TargetManager.instance().targets().length > 0), error => done(false));"""
        return bool(driver.execute_async_script(script))

    def recorded(url: str) -> str:
        wait = pytest.importorskip("selenium.webdriver.support.ui").WebDriverWait
        try:
            wait(driver, 20).until(watching)
        except Exception:
            pytest.skip("the developer tools of this Chromium cannot be opened in a tab")
        driver.switch_to.window(page)
        driver.get(url)
        driver.set_script_timeout(60)
        said = driver.execute_async_script("visit().then(arguments[0], error => arguments[0](String(error)));")
        assert isinstance(said, list), said
        driver.switch_to.window(own)
        exported = driver.execute_async_script(EXPORT)
        if "error" in exported:
            pytest.skip(f"the developer tools of this Chromium export otherwise: {exported['error']}")
        return str(exported["text"])

    yield recorded
    driver.switch_to.window(own)
    driver.close()
    driver.switch_to.window(page)
    driver.get("about:blank")
    driver.get_log("browser")  # the page meant to fail in places


def judged(tools: Any, folder: Path, mutant: str | None = None) -> tuple[Report, Report]:
    with running(reference_app("assistant", "lt")) as elsewhere:
        service = reference_app("assistant", "pl", mutant=mutant)
        with running(GZipMiddleware(_with_a_page(service, elsewhere), minimum_size=300)) as url:
            recording = tools(f"{url}/page")
    path = folder / "session.har"
    path.write_text(recording, encoding="utf-8")
    provider, consumer = harness.judge_file(path, ["assistant"], country="pl")
    return provider, consumer


def accused(report: Report) -> set[str]:
    return {each.requirement for each in report.verdicts if each.verdict in ("failed", "warning", "needs-review", "harness-error")}


def test_what_the_developer_tools_export(tools: Any, tmp_path: Path) -> None:
    provider, consumer = judged(tools, tmp_path)
    assert accused(provider) == set()
    assert accused(consumer) == {"CORE-REQ-002"}
    assert provider.requests == 5
    assert provider.notes[1].startswith("Passed over: ")
    exercised = {each.requirement for each in provider.verdicts if each.exercised}
    assert exercised >= {"CHAT-API-001", "CHAT-STR-002", "CHAT-AID-001", "CORE-ERR-001", "CORE-ENC-005", "CORE-TRC-001"}


def test_a_fault_is_found_in_it(tools: Any, tmp_path: Path) -> None:
    provider, _ = judged(tools, tmp_path, "errors-leave-the-trace")
    assert accused(provider) == {"CORE-TRC-001"}

"""What clients do that are wrong, broken or gone; and testers who turn the mock's knobs."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import httpx
from websockets.exceptions import WebSocketException

from benchmarks.soak.scene import Scene

_TASKS = "/openapi/tingwu/v2/tasks"


async def bad_requests(scene: Scene) -> None:
    """Calls that make no sense; each is refused, and none with a defect of the mock."""
    app = scene.keys["app"]
    for method, path, body in (
        ("PUT", f"{_TASKS}?type=realtime", b"{"),
        ("PUT", f"{_TASKS}?type=realtime", b'{"AppKey": "%b", "Input": 7}' % app.encode()),
        ("PUT", f"{_TASKS}?type=offline", b'{"AppKey":"%b","Input":{}}' % app.encode()),
        ("PUT", f"{_TASKS}?type=realtime", b"[" * 2000),
        ("GET", f"{_TASKS}/{'0' * 32}", b""),
        ("GET", "/no/such/path", b""),
        ("POST", "/api/v1/services/aigc/multimodal-generation/generation", b'{"model": "x"}'),
        ("GET", "/?Action=NoSuchAction", b""),
        ("GET", "/oss/bucket/tingwu/output/none.json", b""),
        ("POST", "/_mock/faults", b'{"action": {"type": "none"}}'),
        ("POST", "/_mock/wait", b'{"kind": 5}'),
    ):
        try:
            answer = await scene.control.request(method, path, content=body)
        except httpx.HTTPError:
            continue  # a fault
        # A fault, or an awkward service.
        wanted = answer.status_code == 502 or "ServerError" in answer.text or scene.awkward
        if answer.status_code >= 500 and not wanted:
            scene.ledger.find(f"{method} {path} with {body[:40]!r} answers {answer.status_code}")


async def odd_bytes(scene: Scene) -> None:
    """Bytes that are no HTTP, requests that break off, a client that goes without a word."""
    parts = urlsplit(scene.url)
    for data in (
        b"\x00\xff" * 50,
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 500,
        b"PUT /openapi/tingwu/v2/tasks?type=realtime HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n"
        b"\r\n{",
        b"GET /_mock/journal?wait_ms=20000&since=999999999 HTTP/1.1\r\nHost: a\r\n\r\n",
    ):
        scene.tally.odd += 1
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(data)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            await asyncio.sleep(0.02)
            if scene.random.random() < 0.5:
                writer.transport.abort()
            else:
                writer.close()
                await writer.wait_closed()


async def wrong_tokens(scene: Scene) -> None:
    """A MeetingJoinUrl that was made up, and nonsense in a session."""
    base = scene.url.replace("http", "ws")
    with contextlib.suppress(WebSocketException):
        await scene.tally.connect(f"{base}/api/ws/v1?mc=wrong", proxy=None)
    task = await scene.tingwu.create_realtime()
    with contextlib.suppress(WebSocketException, ConnectionError):
        connection = await scene.tally.connect(task.join_url, proxy=None, compression=None)
        try:
            await connection.send("no JSON")
            await connection.send(b"\x00" * 320)
            await connection.send('{"header": {"name": "NoSuchCommand"}}')
            await asyncio.wait_for(connection.recv(), 2)
        except TimeoutError:
            pass
        finally:
            await connection.close()


async def shaken_scope(scene: Scene) -> None:
    """A scope of its own that is reset and dropped while a stream is on."""
    name = f"{scene.name}-{scene.random.randrange(10**9)}"
    await scene.control.post("/_mock/scopes", json={"name": name, "clock": "virtual"})
    body = {
        "AppKey": name,
        "Input": {"SourceLanguage": "cn", "Format": "pcm", "SampleRate": 16000},
        "Parameters": {"Transcoding": {"SpectrumEnabled": True}},
    }
    answer = await scene.control.put(_TASKS, params={"type": "realtime"}, json=body)
    url = answer.json()["Data"]["MeetingJoinUrl"]
    with contextlib.suppress(WebSocketException, ConnectionError, TimeoutError):
        connection = await scene.tally.connect(url, proxy=None, compression=None)
        try:
            await connection.send('{"header": {"name": "StartTranscription"}}')
            await connection.send(scene.audio[:32_000])
            await scene.control.post("/_mock/reset", params={"scope": name})
            await asyncio.wait_for(connection.wait_closed(), 5)
        finally:
            await connection.close()
    offline = {"AppKey": name, "Input": {"SourceLanguage": "cn", "FileUrl": "https://a.com/a.mp3"}}
    await scene.control.put(_TASKS, params={"type": "offline"}, json=offline)
    await scene.control.delete(f"/_mock/scopes/{name}")


async def knobs(scene: Scene) -> None:
    """The control API: rules come and go, scenarios, waits, lists of everything."""
    rule = {"action": {"type": "latency", "ms": 5}, "match": {"nth": 3}, "times": 2}
    added = await scene.ask("POST", "faults", rule)
    script = {"task_key": "key-1", "script": {"sentences": ["The printer is broken.", "Again?"]}}
    await scene.ask("POST", "scripts", script)
    for path in ("tasks", "sessions", "faults", "scripts", "violations", "callbacks", "files"):
        await scene.ask("GET", path)
    await scene.control.get("/_mock/scopes")
    await scene.control.get("/_mock/metrics")
    await scene.control.get("/_mock/journal/har", params={"scope": scene.name, "limit": 200})
    wait = {"kind": "request", "count": 1, "timeout_ms": 200}
    await scene.control.post("/_mock/wait", params={"scope": scene.name}, json=wait)
    wait = {"status": "FAILED", "count": 10_000, "timeout_ms": 100}
    await scene.control.post("/_mock/wait", params={"scope": scene.name}, json=wait)
    await scene.ask("DELETE", f"faults/{added['id']}")
    await scene.ask("DELETE", "scripts", task_key="key-1") if scene.random.random() < 0.5 else None
    await _watch(scene)


async def _watch(scene: Scene) -> None:
    """Look at the journal's stream for a moment, and go."""
    query = {"scope": scene.name, "limit": "5"}
    async with scene.control.stream("GET", "/_mock/journal/stream", params=query) as answer:
        async for _ in answer.aiter_bytes():
            return


async def scenario(scene: Scene) -> None:
    """A scenario in a scope of its own, which is then reset and dropped."""
    name = f"{scene.name}-scenario-{scene.random.randrange(10**9)}"
    given = {"scope": name}
    starter = scene.random.choice(["socket-lost", "failed-file"])
    answer = await scene.control.post("/_mock/scenarios", params=given, json={"name": starter})
    if answer.status_code != 200:
        scene.ledger.find(f"the scenario {starter} answers {answer.status_code}")
    await scene.control.post("/_mock/reset", params=given)
    await scene.control.delete(f"/_mock/scopes/{name}")

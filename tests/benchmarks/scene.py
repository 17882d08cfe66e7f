"""The setup of most benchmarks: a receiver, a token endpoint and a database in its own folder."""

import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from pydantic import SecretStr

from core.catalog import accept
from core.models import GeneralSettings, WebhookOptions
from core.store import Store, config, open_store, queue
from core.store.opening import file_of
from tests.benchmarks.bodies import TYPE, body_of
from tests.benchmarks.nginx import nginx
from tests.benchmarks.processes import cpu_seconds, first_line, running

_AT_ONCE = 1000
_LOOK = 0.02


@dataclass(frozen=True, slots=True)
class Scene:
    """A store with OIDC settings and nothing else. `store` is open in this process, which is the emitter."""

    store: Store
    receiver: str

    @property
    def path(self) -> Path:
        """The path of the database."""
        return file_of(self.store.place)

    @contextmanager
    def dispatcher(self, *program: str) -> Iterator["Dispatching"]:
        """Run a dispatcher as `serve` does, with its log in a file. `program`: the module with the command line."""
        os.environ["HOOKKEEPER_KEY_FILE"] = str(self.path.with_name("keys"))  # there may be two scenes
        before = recorded(self.path)
        with running(
            "-m",
            *(program or ("core.cli",)),
            "--db",
            str(self.path),
            "serve",
            log=self.path.with_suffix(".log"),
        ) as process:
            yield Dispatching(self.path, process, before)


@asynccontextmanager
async def scene(*, fastest: bool = False) -> AsyncIterator[Scene]:
    """Set everything up, without webhooks and dispatcher. `fastest`: use nginx as the receiver if it is installed."""
    with (
        tempfile.TemporaryDirectory(prefix="hookkeeper-bench-") as folder,
        nginx(Path(folder)) if fastest else nullcontext() as server,
        running("-m", "tests.benchmarks.receiver") as receiver,
        running("-m", "tests.support.token_endpoint") as tokens,
    ):
        path = Path(folder)
        os.environ["HOOKKEEPER_KEY_FILE"] = str(path / "keys")
        async with open_store(path / "hookkeeper.db") as store:
            settings = GeneralSettings(
                authentication_url=first_line(tokens),
                client_id="hookkeeper",
                secret_key=SecretStr("correct horse"),
                allowed_networks=("127.0.0.0/8",),
            )
            await config.save_settings(store, settings, actor="bench")
            yield Scene(store, server or first_line(receiver))


async def add_webhook(
    scene: Scene, path: str = "/hook", *, event_type: str = TYPE, concurrency: int = 100
) -> str:
    """Add a webhook for the receiver and return its ID."""
    options = WebhookOptions(url=scene.receiver + path, concurrency=concurrency)
    return (await config.add_webhook(scene.store, event_type, options, actor="bench")).id


async def emit(scene: Scene, number: int, *, event_type: str = TYPE, first: int = 0) -> None:
    """Store this many events of 1 kB."""
    for begin in range(0, number, _AT_ONCE):
        numbers = range(first + begin, first + min(number, begin + _AT_ONCE))
        bodies = [accept(event_type, body_of(str(each))) for each in numbers]
        await asyncio.gather(*(queue.emit(scene.store, event_type, body) for body in bodies))


@dataclass(frozen=True, slots=True)
class Pass:
    """The deliveries recorded per second, and the dispatcher's CPU microseconds per delivery."""

    rate: float
    cpu: float


@dataclass(slots=True)
class Dispatching:
    """A running dispatcher."""

    path: Path
    process: Popen[str]
    before: int

    async def deliver(self, number: int) -> Pass:
        """Wait until this many more deliveries are recorded. The first tenth is a warm-up and is not measured."""
        began, cpu, first = 0.0, 0.0, 0
        while (done := recorded(self.path) - self.before) < number:
            if not began and done >= number // 10:
                began, cpu, first = time.perf_counter(), cpu_seconds(self.process.pid), done
            if self.process.poll() is not None:
                raise RuntimeError("The dispatcher has ended.")
            await asyncio.sleep(_LOOK)
        self.before += done
        _check(self.path)
        taken, used = time.perf_counter() - began, cpu_seconds(self.process.pid) - cpu
        return Pass((done - first) / taken, used / (done - first) * 1e6)


def _check(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        bad = database.execute("SELECT reason FROM attempts WHERE outcome != 'ok' LIMIT 1").fetchone()
    if bad is not None:
        raise RuntimeError(f"Not everything arrived: {bad[0]}.")


def recorded(path: Path) -> int:
    """Return the number of attempts in the books."""
    with closing(sqlite3.connect(path)) as database:
        return int(database.execute("SELECT coalesce(max(seq), 0) FROM attempts").fetchone()[0])

"""`serve`, `status` and `stop`: run the dispatcher in the foreground, report on it, and drain it."""

import gc
import json
import os
import time
from dataclasses import asdict
from typing import TextIO, cast

from core.cli.output import print_json, print_line, say
from core.cli.words import fail, failure_of
from core.errors import HookkeeperError
from core.place import Place
from core.service.child import STARTED_BY_VARIABLE, stop_dispatcher
from core.store import nodes

_PATIENCE = 310.0


def run_serve(database: Place, *, started_by: str = "serve") -> int:
    """Deliver in the foreground until told to stop. Raises HookkeeperError."""
    # Imported late: status and stop need neither an HTTP client nor the event loop.
    import structlog
    import uvloop

    from core import local_limit
    from core.service.log import Log
    from core.service.serve import serve

    local_limit.raise_open_files()
    # Imports leave no garbage, and attempts leave few cycles. Collecting took one or two percent of a delivery.
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 20, 100)
    log = Log()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, log)),
        cache_logger_on_first_use=True,
    )
    try:
        uvloop.run(serve(database, started_by=os.environ.get(STARTED_BY_VARIABLE, started_by)))
    except BaseExceptionGroup as group:
        known, unknown = group.split(HookkeeperError)
        if unknown is not None or known is None:
            raise
        raise _first(known) from None
    finally:
        log.close()
    return 0


def _first(group: BaseExceptionGroup[HookkeeperError]) -> HookkeeperError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def run_status(database: Place, *, as_json: bool = False) -> int:
    """Print who delivers, and who has held the write lock for too long. Raises StoreError.

    Returns the exit status: 1 if nobody delivers, else 0.
    """
    status = nodes.require_standing_at(database)
    holder = nodes.long_writer_at(database)
    if as_json:
        shown = asdict(status) | {"database": str(database), "write_lock": holder and asdict(holder)}
        print(json.dumps(shown, default=str))
        if not status.running:
            fail(failure_of(HookkeeperError(status.words)), status.words)
    else:
        print_line(f"{status.words} {holder.words}" if holder else status.words)
    return 0 if status.running else 1


def run_stop(database: Place, *, as_json: bool = False) -> int:
    """Drain the dispatcher and wait until it has stopped. Raises HookkeeperError."""
    status = nodes.require_standing_at(database)
    if status.pid is None:
        if status.unknown:
            raise HookkeeperError(status.words)
        _tell_stop(None, as_json)
        return 0
    stop_dispatcher(status.pid)
    patience = time.monotonic() + _PATIENCE
    while nodes.standing_at(database).pid == status.pid:
        if time.monotonic() > patience:
            raise HookkeeperError(f"The dispatcher {status.pid} has not stopped yet.")
        time.sleep(0.05)  # nothing signals that the lock is free
    _tell_stop(status.pid, as_json)
    return 0


def _tell_stop(pid: int | None, as_json: bool) -> None:
    if as_json:
        print_json({"stopped": pid})
    else:
        say("Nobody delivers." if pid is None else f"Stopped: pid {pid}.")

"""`hookkeeper doctor`: checks everything that deliveries depend on, without changing anything."""

import shutil
from datetime import UTC, datetime

from core import local_limit
from core.errors import HookkeeperError
from core.place import Place
from core.service.doctor import delivering, files, machine
from core.service.doctor.finding import Finding, well, wrong
from core.store import KeyMissing, Store, StoreError, config, open_store
from core.store.keyring import Keyring
from core.store.opening import file_of
from core.store.sealed import require_keys
from core.store.sqlite.beside import real
from core.store.sqlite.inspection import SQLITE_VERSION, inspect
from core.store.sqlite.migration import require_database

__all__ = ["Finding", "examine"]


async def examine(database: Place, *, network: bool = False) -> list[Finding]:
    """Run all checks and return their findings in display order. `network` adds the checks that ask other machines."""
    database = real(file_of(database))
    found = [machine.python(), machine.sqlite(SQLITE_VERSION), *files.database_files(database)]
    found.append(machine.open_files(local_limit.highest_open_files()))
    if database.parent.is_dir():
        found.append(machine.space(shutil.disk_usage(database.parent).free))
    found += files.keys()
    try:
        require_database(database)
    except (StoreError, OSError):  # `database_files` has reported it already
        return [*found, machine.clock(datetime.now(UTC), None)]
    found.append(delivering.dispatcher(database))
    found += delivering.write_lock(database)
    try:
        Keyring.load()
    except StoreError as error:
        return [*found, wrong("keys", str(error))]
    try:
        async with open_store(database, writes=False) as store:
            found += await _look_inside(store, network=network)
    except HookkeeperError as error:
        found.append(wrong("integrity", str(error)))
    return found


async def _look_inside(store: Store, *, network: bool) -> list[Finding]:
    inspection = await inspect(store)
    found = [
        files.write_ahead_log(inspection.log_size),
        machine.clock(datetime.now(UTC), inspection.newest),
    ]
    if inspection.problem:
        words = f"The database is damaged: {inspection.problem}. Restore it from a backup."
        return [*found, wrong("integrity", words)]
    found.append(well("integrity", f"The database is whole; version {inspection.version}, as it should be."))
    try:
        await require_keys(store)
    except KeyMissing as error:
        return [*found, wrong("keys", str(error))]
    settings = await config.load_settings(store)
    found.append(delivering.tls_files(settings))
    return [*found, *await delivering.network(store, settings)] if network else found

"""nginx as the receiver, where it is installed. It is fast and not our own program."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen
from time import monotonic, sleep

_PATIENCE = 10.0
_SETTINGS = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 10000000;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; default_type application/json; return 200 '{{"success":true}}'; }}
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[str | None]:
    """Run nginx and yield its address, or None where it is not installed."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        yield None
        return
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings = folder / "nginx.conf"
    settings.write_text(_SETTINGS.format(folder=folder, port=port))
    process = Popen([program, "-e", "/dev/null", "-p", str(folder), "-c", str(settings)])
    try:
        _await(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _await(port: int, process: Popen[bytes]) -> None:
    patience = monotonic() + _PATIENCE
    while monotonic() < patience and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            sleep(0.02)
        else:
            return
    raise RuntimeError("nginx does not start.")

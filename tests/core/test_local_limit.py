"""The limits of this process and this machine, as real processes meet them."""

import errno
import subprocess
import sys

import pytest

from core import local_limit
from tests.support.no_files import no_file_can_be_opened

LINUX = sys.platform == "linux"


def _under(limits: str, code: str) -> str:
    """What this code prints in a process under these limits."""
    words = ["sh", "-c", f'{limits}; exec "$0" -c "$1"', sys.executable, code]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()


def test_the_soft_limit_of_open_files_is_raised_to_the_hard_one() -> None:
    """Many systems have a soft limit of 1,024, or of 256, and a much higher hard one."""
    code = "from core import local_limit as l; import resource as r; l.raise_open_files()"
    code += "; print(r.getrlimit(r.RLIMIT_NOFILE), l.highest_open_files())"
    assert _under("ulimit -Sn 100; ulimit -Hn 300", code) == "(300, 300) 300"


def test_too_few_open_files_to_deliver() -> None:
    """It is said in a sentence instead of failing somewhere later."""
    code = "from core import local_limit as l, errors as e\ntry: l.raise_open_files()\nexcept e.HookkeeperError as x: print(x)"
    assert _under("ulimit -n 20", code) == (
        "This process may have 20 files open, and delivering needs 48. Raise the limit: ulimit -n 1024"
    )


def test_connections_have_what_is_left() -> None:
    """What is open already, and 16 for what is open for a moment, are not theirs."""
    code = "from core import local_limit as l; import os; f = [os.open('/dev/null', 0) for _ in range(50)]"
    few, many = (
        int(_under(f"ulimit -n {limit}", code + "; print(l.most_connections())")) for limit in (20 + 60, 1060)
    )
    assert few < 20
    assert many - few == 980
    assert _under("ulimit -n 60", code + "; print(l.most_connections())") == "1"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EMFILE, ""), "too many open files"),
        (OSError(errno.ENFILE, ""), "too many open files in all"),
        (OSError(errno.ENOMEM, ""), "not enough memory"),
        (MemoryError(), "not enough memory"),
        (OSError(errno.ENOBUFS, ""), "no network buffers left"),
        (OSError(errno.ECONNREFUSED, ""), None),
        (OSError(errno.ENETUNREACH, ""), None),
        (OSError(None, "no such host"), None),
        (OSError(), None),
        (TimeoutError(), None),
        (ValueError(errno.EMFILE), None),
    ],
    ids=repr,
)
def test_which_errors_are_limits(error: BaseException, words: str | None) -> None:
    """Those of this machine, and no others."""
    assert local_limit.reason_of(error) == words


def test_whether_a_file_can_be_opened_now() -> None:
    """For what fails without a number."""
    assert local_limit.reached() is None
    with no_file_can_be_opened():
        assert local_limit.reached() == "too many open files"
    assert local_limit.reached() is None


_PORTS = """
import asyncio, resource, socket
from core.delivery.http import Http
from tests.support.attempts import attempt_at
async def main():
    servers = [socket.create_server((host, 5000), family=family, backlog=9) for host, family in HOSTS]
    kept = [socket.create_connection(("127.0.0.1", 5000)) for _ in range(2)]
    async with Http(lambda: ("127.0.0.0/8", "::1/128")) as http:
        for url in ("http://127.0.0.1:5000/", "http://[2001:4860:4860::8888]:5000/", "http://[::1]:5000/"):
            result = await attempt_at(http, url)
            print(result.outcome, result.reason)
asyncio.run(main())
"""


@pytest.mark.skipif(not LINUX, reason="a network of one's own is Linux's")
def test_no_port_left() -> None:
    """EADDRNOTAVAIL is our limit where all ports are taken, and not where this machine has no IPv6."""
    code = _PORTS.replace("HOSTS", '[("127.0.0.1", socket.AF_INET)]')
    network = (
        "ip link set lo up && echo 40000 40001 > /proc/sys/net/ipv4/ip_local_port_range"
        ' && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && exec "$0" -c "$1"'
    )
    words = ["unshare", "-rn", "sh", "-c", network, sys.executable, code]
    try:
        found = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if found.returncode and not found.stdout:
        pytest.skip(f"no network of its own: {found.stderr[-200:]}")
    assert found.stdout.splitlines() == [
        "local_limit no local port left; no attempt used",
        "connection [2001:4860:4860::8888]:5000: cannot assign requested address",
        "connection [::1]:5000: cannot assign requested address",
    ]

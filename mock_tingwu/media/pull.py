"""A live stream that is pulled, or a recording that is, as PCM while it comes.

RTMP, FLV over HTTP, HLS, and any file of media over HTTP or on this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .decoder import pyav_available
from .errors import MediaUnavailable, Stop

if TYPE_CHECKING:
    from mock_tingwu.core.reach import Reach
    from mock_tingwu.loopback import MakeSocket

    from .pull_bodies import Allowed
    from .pulled import Pulled

__all__ = ["pull"]


def pull(
    url: str,
    sample_rate: int,
    *,
    stop: Stop,
    allowed: Allowed,
    make_socket: MakeSocket | None = None,
    reach: Reach | None = None,
    open_s: float = 5.0,
    read_s: float = 5.0,
) -> Pulled:
    """Open a stream, and wait until it has shown what audio is in it.

    ``url`` is one of rtmp, rtmps, http or https, a file's, or a path. ``allowed`` is asked for it,
    and for whatever it leads to: redirects, variants and parts of HLS. It answers what to contact
    instead, or to contact. ``reach`` is asked for every address that is connected to. ``stop`` is
    asked before whatever is waited for, and ends everything: at the latest ``read_s`` seconds after
    a server has fallen silent. By ``make_socket`` loopback addresses are those of another network
    (`mock_tingwu.loopback`), though not for RTMP.

    A connection has to stand within ``open_s`` seconds, and every byte has to come within
    ``read_s``.

    Raises:
        MediaUnavailable: PyAV is not installed.
        PullError: it cannot be had.
        Stopped: ``stop`` said so.
    """
    if not pyav_available():
        raise MediaUnavailable("a live stream")
    from .pull_bodies import Opener
    from .pulled import Pulled, Source

    opener = Opener(allowed, stop, open_s, read_s, make_socket, reach)
    source = Source(url, opener, open_s, read_s)
    try:
        return Pulled(source, sample_rate)
    except BaseException:
        source.close()
        raise

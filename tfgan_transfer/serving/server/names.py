"""The names by which this server may be called, and from which pages.

A page of any site may send requests to 127.0.0.1 from the browser that shows
it: under the site's own name, which it lets point here for a moment (DNS
rebinding), or as a form that needs no leave. The first shows in `Host`, the
second in `Origin`, and no page can write either.
"""

import ipaddress
import socket
from collections.abc import Iterable, Mapping

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Names:
    """Who a request may be for.

    Args:
        host: The address that is bound.
        others: Further names, such as a proxy's.
    """

    def __init__(self, host: str, others: Iterable[str] = ()):
        self.known = {_plain(name) for name in (host, *LOOPBACK, *others)}
        self.addresses = host not in LOOPBACK
        if self.addresses:
            self.known |= {socket.gethostname().lower()}

    def refusal(self, method: str, headers: Mapping[str, str]) -> str | None:
        """Why a request is refused, or None.

        Args:
            method: Of HTTP.
            headers: By lower-case names.
        """
        host = headers.get("host")
        # Only what is no browser sends none.
        if host is not None and not self._knows(_name(host)):
            return (
                f"Host {host!r} is not a name of this server; expected one of "
                f"{', '.join(sorted(self.known))}; add others with "
                "--host_names"
            )
        origin = headers.get("origin")
        if method in ("GET", "HEAD") or origin is None:
            return None
        if host is None or origin.partition("://")[2].lower() != host.lower():
            return f"a page of {origin!r} may not send requests to this server"
        return None

    def _knows(self, name: str) -> bool:
        if name in self.known:
            return True
        # An address is nobody's to point elsewhere.
        return self.addresses and _is_address(name)


def _name(host: str) -> str:
    """The name in a `Host`, without the port."""
    name, colon, port = host.rpartition(":")
    if colon and port.isdecimal():
        host = name
    return _plain(host)


def _plain(name: str) -> str:
    return name.strip().lower().removeprefix("[").removesuffix("]").rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True

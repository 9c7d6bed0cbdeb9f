"""The versions of one model: found in a directory, loaded, swapped.

The rules are TensorFlow Serving's: a child of the directory whose name is an
integer is a version; the highest one is served; it is loaded and warmed up
before the one it replaces goes; one that cannot be loaded leaves the old one
serving.
"""

import contextlib
import pathlib
import re
import threading
import time
from collections.abc import Callable, Iterator

from tfgan_transfer.serving import card, status
from tfgan_transfer.serving.servable import Servable
from tfgan_transfer.serving.server import rows

START, LOADING, AVAILABLE, UNLOADING, END = (
    "START",
    "LOADING",
    "AVAILABLE",
    "UNLOADING",
    "END",
)


class Version:
    """One version and what became of it.

    Attributes:
        number: Its number.
        state: One of the states of TensorFlow Serving.
        error: Why it could not be loaded, or None.
        servable: The loaded model while there is one.
    """

    def __init__(self, number: int):
        self.number = number
        self.state = START
        self.error: status.ServingError | None = None
        self.servable: Servable | None = None
        self.users = 0
        self.attempts = 0
        self.next_attempt = 0.0


class Versions:
    """What is served, kept in step with a directory by a thread.

    Args:
        base: The directory with the versions.
        model: Name of the model.
        poll_seconds: Time between two looks at the directory.
        retries: Further attempts at a version that could not be loaded.
        retry_seconds: Time between two attempts.
        most_rows: Rows of a request; what is sensible for the model if None.
        say: Is told, in a line, what happens.
    """

    def __init__(
        self,
        base: pathlib.Path,
        model: str,
        *,
        poll_seconds: float = 1.0,
        retries: int = 5,
        retry_seconds: float = 60.0,
        most_rows: int | None = None,
        say: Callable[[str], None] = print,
    ):
        self.base = pathlib.Path(base)
        self.model = model
        self.poll_seconds = poll_seconds
        self.retries = retries
        self.retry_seconds = retry_seconds
        self.most_rows = most_rows
        self.say = say
        self._versions: dict[int, Version] = {}
        self._wanted: int | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to watch the directory."""
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> bool:
        """Ends watching, and unloads what no request is using.

        A request that is still being answered is given up.

        Args:
            seconds: Time for what has to end by itself.

        Returns:
            Whether all of it has ended.
        """
        end = time.monotonic() + seconds
        self._stop.set()
        if self._thread:
            self._thread.join(seconds)
        self._retire(None)
        with self._lock:
            used = [v.servable for v in self._versions.values() if v.users]
        for servable in used:
            # It stops before its next operation.
            servable.close()
        while self.busy() and time.monotonic() < end:
            time.sleep(0.01)
        return not self.busy()

    def busy(self) -> int:
        """The number of requests that are being answered, and of loads."""
        with self._lock:
            users = sum(v.users for v in self._versions.values())
        loading = self._stop.is_set() and self._thread is not None
        return users + (loading and self._thread.is_alive())

    def poll(self) -> None:
        """Looks at the directory once, and loads what has to be loaded."""
        found = find(self.base)
        wanted = max(found, default=None)
        if wanted != self._wanted:
            self._wanted = wanted
            if wanted is not None:
                # A number that comes back, as in a rollback, starts anew.
                known = self._versions.get(wanted)
                if known is None or known.state == END:
                    with self._lock:
                        self._versions[wanted] = Version(wanted)
        if wanted is None:
            self._retire(None)
            return
        version = self._versions[wanted]
        if version.state == AVAILABLE:
            self._retire(version)
        elif version.state in (START, LOADING):
            if time.monotonic() >= version.next_attempt:
                self._load(version, found[wanted])

    @contextlib.contextmanager
    def lease(
        self, number: int | None = None, label: str = ""
    ) -> Iterator[Version]:
        """Lends a version that stays loaded until it is given back.

        Args:
            number: The version, or None for the newest one.
            label: A label, of which this server has none.

        Raises:
            ServingError: If there is no such version.
        """
        if label:
            raise status.invalid(
                f"Unrecognized servable version label: {label}"
            )
        with self._lock:
            version = self._available(number)
            version.users += 1
        try:
            yield version
        finally:
            with self._lock:
                version.users -= 1
            self._unload_if_idle(version)

    def states(self, number: int | None = None) -> list[Version]:
        """All versions ever seen, or one, newest first.

        Raises:
            ServingError: If there is none.
        """
        with self._lock:
            known = sorted(self._versions, reverse=True)
            if number is not None:
                if number not in known:
                    raise status.ServingError(
                        status.NOT_FOUND,
                        f"Could not find version {number} of model "
                        f"{self.model}",
                    )
                known = [number]
            if not known:
                raise no_versions(self.model)
            return [self._versions[n] for n in known]

    def _available(self, number: int | None) -> Version:
        ready = [
            v
            for v in self._versions.values()
            if v.state == AVAILABLE and number in (None, v.number)
        ]
        if not ready:
            raise not_found(self.model, number)
        return max(ready, key=lambda version: version.number)

    def _watch(self) -> None:
        told = None
        while not self._stop.wait(self.poll_seconds):
            try:
                self.poll()
                told = None
            except Exception as error:
                # Such as a directory that is gone for a moment: look again.
                if str(error) != told:
                    told = str(error)
                    self.say(f"warning: {self.base}: {told}")

    def _load(self, version: Version, path: pathlib.Path) -> None:
        version.state = LOADING
        version.attempts += 1
        began = time.monotonic()
        servable = None
        try:
            servable = Servable(path, self.model)
            records = servable.warm_up()
            servable.most_rows = self.most_rows or rows.sensible(servable)
        except status.ServingError as error:
            if servable:
                servable.close()
            version.error = error
            version.next_attempt = time.monotonic() + self.retry_seconds
            if version.attempts > self.retries:
                version.state = END
            self.say(f"version {version.number} refused: {error.message}")
            return
        with self._lock:
            version.servable = servable
            version.error = None
            version.state = AVAILABLE
        seconds = time.monotonic() - began
        self.say(
            f"version {version.number} is served: loaded and {records} warm-up "
            f"requests answered in {seconds:.1f} s; a request may have up to "
            f"{servable.most_rows:,} rows"
        )
        about = card.read(servable.path)
        if about:
            self.say(f"version {version.number} is {card.sentence(about)}")
        self._retire(version)

    def _retire(self, keep: Version | None) -> None:
        """No new requests for any version but one."""
        with self._lock:
            old = [
                v
                for v in self._versions.values()
                if v is not keep and v.state == AVAILABLE
            ]
            for version in old:
                version.state = UNLOADING
        for version in old:
            self._unload_if_idle(version)

    def _unload_if_idle(self, version: Version) -> None:
        with self._lock:
            if version.state != UNLOADING or version.users:
                return
            version.state = END
            servable, version.servable = version.servable, None
        servable.close()
        self.say(f"version {version.number} is unloaded")


def find(base: pathlib.Path) -> dict[int, pathlib.Path]:
    """The versions in a directory: children that are named by an integer.

    Of two names of the same number (1 and 01) the plain one counts.
    """
    names = [
        child.name
        for child in base.iterdir()
        if re.fullmatch(r"[0-9]+", child.name)
        and int(child.name) < 2**63
        and child.is_dir()
    ]
    names.sort(key=len, reverse=True)
    return {int(name): base / name for name in names}


def not_found(model: str, number: int | None) -> status.ServingError:
    """The answer to a request for a model or version that is not served."""
    what = (
        f"Latest({model})" if number is None else f"Specific({model}, {number})"
    )
    return status.ServingError(
        status.NOT_FOUND, f"Servable not found for request: {what}"
    )


def no_versions(model: str) -> status.ServingError:
    """The answer to a question for the state of an unknown model."""
    return status.ServingError(
        status.NOT_FOUND, f"Could not find any versions of model {model}"
    )

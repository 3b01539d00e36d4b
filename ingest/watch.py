"""Ingest that goes on: folders as soon as a file changes, feeds and pages every so often, until it is stopped.

Nothing ends it but the stop: a locked index, a full disk or a dead server is said, waited out, and tried again
later each time. A failed file is tried again a few times, then set aside until it changes.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.fetch import Fetcher
from ingest.intake import Intake, Options, ingest_addresses, ingest_source_files
from ingest.loaders import SourceFile, file_in, find_files
from ingest.report import IngestReport, Outcome
from qa.errors import ArticleError, IndexMismatchError, IndexNotFoundError, NewsdeskError, SettingsError

_TICK = 0.5  # seconds between two looks at what is due
_FIRST_RETRY = 5.0  # seconds; doubled with each further attempt
_LAST_RETRY = 600.0
_LONGEST_PAUSE = 24 * 3600.0  # of an address that keeps failing
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhd])\s*")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_duration(text: str) -> float:
    """Read "90s", "15m", "1h" or "1d" as seconds.

    Raises:
        SettingsError: nothing of that form, or less than a second.
    """
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if seconds < 1:
        raise SettingsError(f"{text!r} is no time between two runs: write 90s, 15m, 1h or 1d")
    return seconds


def backoff(attempts: int) -> float:
    """Give the seconds to wait after so many failed attempts."""
    return min(_FIRST_RETRY * 2.0 ** max(0, attempts - 1), _LAST_RETRY)


def _state(path: Path) -> tuple[int, int]:
    """Give what changes with a file: time and size; nothing for one that is gone."""
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


@dataclass(frozen=True, slots=True)
class Plan:
    """What to keep up with.

    Attributes:
        paths: files and folders.
        addresses: pages, feeds and sitemaps.
        watch: whether to watch the paths for changes.
        every: seconds between two looks at the addresses, and at paths that are not watched; 0: only once.
    """

    paths: tuple[Path, ...]
    addresses: tuple[str, ...]
    watch: bool
    every: float


class Watcher:
    """Keeps an index up with folders and feeds.

    Args:
        intake: where to.
        plan: what to keep up with.
        options: how to ingest; `should_stop` is set to the event given to `run`.
        on_report: told of each run in which something came of it.
        retry_after: seconds to wait after so many failed attempts.
    """

    def __init__(
        self,
        intake: Intake,
        plan: Plan,
        options: Options,
        on_report: Callable[[IngestReport], None] = lambda _: None,
        retry_after: Callable[[int], float] = backoff,
    ) -> None:
        self._intake = intake
        self._plan = plan
        self._options = options
        self._on_report = on_report
        self._retry_after = retry_after
        self._roots = [path.expanduser().resolve() for path in plan.paths]
        self._due: dict[Path, float] = {}  # files to read, and from when on
        self._scan_due = 0.0 if plan.paths else float("inf")
        self._prune_due = False
        self._addresses = dict.fromkeys(plan.addresses, 0.0)  # and when each is due
        self._attempts: dict[str, int] = {}  # failed runs in a row, of files and addresses
        self._aside: dict[Path, tuple[int, int]] = {}  # files that were given up, and what they were then
        self._pause_until = 0.0
        self._trouble = 0  # runs in a row that the index could not take

    def run(self, stop: threading.Event) -> None:
        """Keep up until the event is set; the article at hand is finished first.

        Raises:
            ArticleError: a path leads nowhere, to begin with, or cannot be watched.
            IndexMismatchError: somebody has reindexed with another model or chunker.
            IndexNotFoundError: somebody has taken the index away.
        """
        self._options = replace(self._options, should_stop=stop.is_set)
        fetcher = Fetcher(self._intake.settings, stop.is_set)
        for path in self._roots:
            if not path.exists():
                raise ArticleError(f"{path} does not exist: check the path")
        for changed in self._changes(stop):
            self._note(changed)
            if stop.is_set():
                break
            if self._trouble and time.monotonic() < self._pause_until:
                continue
            try:
                self._work(fetcher)
                self._trouble = 0
            except (IndexMismatchError, IndexNotFoundError):
                raise  # no waiting mends that
            except NewsdeskError as exc:
                self._trouble += 1
                pause = self._retry_after(self._trouble)
                self._pause_until = time.monotonic() + pause
                self._options.say(f"{exc}; trying again in {pause:.0f} s")
            if stop.is_set():
                break

    def _changes(self, stop: threading.Event) -> Iterator[set[Path]]:
        """Give the paths that changed, twice a second, whether any did or not."""
        if not (self._plan.watch and self._roots):
            while not stop.is_set():
                yield set()
                stop.wait(_TICK)
            return
        import watchfiles

        try:
            for changes in watchfiles.watch(
                *self._roots,
                watch_filter=None,
                debounce=400,
                rust_timeout=int(_TICK * 1000),
                yield_on_timeout=True,
                stop_event=stop,
                raise_interrupt=False,
            ):
                yield {Path(path) for _, path in changes}
        except (OSError, RuntimeError) as exc:
            raise ArticleError(f"the folders cannot be watched ({exc}): use --every instead of --watch") from exc

    def _note(self, changed: set[Path]) -> None:
        now = time.monotonic()
        for path in changed:
            self._attempts.pop(str(path), None)
            if path.is_dir():
                self._scan_due = min(self._scan_due, now)  # moved in as a whole
            elif path.exists():
                self._due[path] = now
            else:
                self._due.pop(path, None)
                self._prune_due = self._options.prune

    def _work(self, fetcher: Fetcher) -> None:
        now = time.monotonic()
        if self._scan_due <= now:
            self._scan()
            again = bool(self._plan.every) and not self._plan.watch
            self._scan_due = time.monotonic() + self._plan.every if again else float("inf")
        self._read_due(now)
        for address, due in list(self._addresses.items()):
            if due <= now and not self._options.should_stop():
                self._look_at(address, fetcher)

    def _scan(self) -> None:
        """Read all paths; what vanished while nobody watched is pruned with them."""
        try:
            files = list(find_files(list(self._plan.paths)))
        except ArticleError as exc:  # a folder that is empty for now
            self._options.say(str(exc))
            return
        fresh = [f for f in files if f.path not in self._aside or self._aside[f.path] != _state(f.path)]
        self._ingest(fresh, prune=self._options.prune)

    def _read_due(self, now: float) -> None:
        due = [path for path, when in self._due.items() if when <= now]
        files = [file for path in due if (file := self._source_file(path)) is not None]
        if files or self._prune_due:
            self._ingest(files, prune=self._prune_due)
        self._prune_due = False
        for path in due:
            if self._due.get(path, now + 1) <= now:
                del self._due[path]

    def _source_file(self, path: Path) -> SourceFile | None:
        for root in self._roots:
            if path == root:
                return next(find_files([root]), None)
            if root in path.parents:
                return file_in(root, path)
        return None

    def _ingest(self, files: Sequence[SourceFile], *, prune: bool) -> None:
        report = ingest_source_files(self._intake, files, replace(self._options, prune=prune), self._roots)
        self._again(report)
        self._tell(report)

    def _again(self, report: IngestReport) -> None:
        """Put failed files up for another attempt, or set them aside."""
        given_up = []
        for result in report.results:
            if result.outcome is not Outcome.FAILED:
                self._attempts.pop(result.origin, None)
                continue
            attempts = self._attempts[result.origin] = self._attempts.get(result.origin, 0) + 1
            path = Path(result.origin)
            if attempts == self._intake.settings.watch_retries + 1:
                given_up.append(result.origin)
                self._aside[path] = _state(path)
                self._due.pop(path, None)
            elif attempts <= self._intake.settings.watch_retries and path.is_file():
                self._due[path] = time.monotonic() + self._retry_after(attempts)
        if given_up:
            with self._intake.store.write_lock(self._options.wait):
                self._intake.store.catalog.ledger.set_aside(given_up)
            for origin in given_up:
                self._options.say(f"set aside until it changes: {origin} (`newsdesk articles list --failed`)")

    def _look_at(self, address: str, fetcher: Fetcher) -> None:
        report = ingest_addresses(self._intake, [address], replace(self._options, say=lambda _: None), fetcher)
        dead = any(r.outcome is Outcome.FAILED and r.origin == address for r in report.results)
        attempts = self._attempts[address] = self._attempts.get(address, 0) + 1 if dead else 0
        if self._plan.every:
            pause = min(self._plan.every * 2**attempts, max(_LONGEST_PAUSE, self._plan.every))
            self._addresses[address] = time.monotonic() + pause
        elif dead and attempts <= self._intake.settings.watch_retries:
            self._addresses[address] = time.monotonic() + self._retry_after(attempts)
        else:
            del self._addresses[address]
        self._tell(report)

    def _tell(self, report: IngestReport) -> None:
        if any(result.outcome is not Outcome.UNCHANGED for result in report.results):
            self._on_report(report)

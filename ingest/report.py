"""What became of the files and addresses of an ingest."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What became of one article, or of one file or address that is none."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # removed by hand before, so a folder or feed does not bring it back


@dataclass(frozen=True, slots=True)
class FileResult:
    """The outcome for one article; `reason` says why it failed."""

    origin: str  # file or address
    outcome: Outcome
    article_id: str = ""
    reason: str = ""
    copies: tuple[str, ...] = ()  # ids of the near-duplicates that an added or updated article has


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The outcomes of a run, in order, and the seconds it took by stage."""

    results: tuple[FileResult, ...] = field(default=())
    seconds: Mapping[str, float] = field(default_factory=dict)  # read, chunk, embed, write, vectors
    chunks: int = 0  # embedded

    def count(self, outcome: Outcome) -> int:
        """Count the articles with an outcome."""
        return sum(result.outcome is outcome for result in self.results)

    @property
    def duplicates(self) -> int:
        """The number of added or updated articles that are near-duplicates of others in the index."""
        return sum(bool(result.copies) for result in self.results)

    def summary(self) -> dict[str, int]:
        """Give the numbers: added, updated, unchanged, duplicates, removed, failed, and withdrawn if any."""
        numbers = {
            "added": self.count(Outcome.ADDED),
            "updated": self.count(Outcome.UPDATED),
            "unchanged": self.count(Outcome.UNCHANGED),
            "duplicates": self.duplicates,
            "removed": self.count(Outcome.REMOVED),
            "failed": self.count(Outcome.FAILED),
        }
        withdrawn = self.count(Outcome.WITHDRAWN)
        return {**numbers, "withdrawn": withdrawn} if withdrawn else numbers

    def to_json(self) -> dict[str, Any]:
        """Give the flat object that `newsdesk ingest --json` prints (docs/json.md)."""
        return {
            **self.summary(),
            "failures": [
                {"origin": r.origin, "reason": r.reason} for r in self.results if r.outcome is Outcome.FAILED
            ],
            "chunks": self.chunks,
            "seconds": {stage: round(seconds, 3) for stage, seconds in self.seconds.items()},
        }

    def with_more(self, other: "IngestReport") -> "IngestReport":
        """Join two reports."""
        seconds = Counter(self.seconds)
        seconds.update(other.seconds)
        return IngestReport(self.results + other.results, dict(seconds), self.chunks + other.chunks)


OnResult = Callable[[FileResult], None]

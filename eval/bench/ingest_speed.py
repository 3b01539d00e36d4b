"""How fast articles come in: split into reading, cutting, embedding and writing; and what a second run costs."""

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.intake import ingest_paths, open_intake
from qa.config import Settings
from qa.embeddings import EmbeddingModel


@dataclass(frozen=True, slots=True)
class IngestSpeed:
    """The measures of one corpus. Seconds are of the wall clock, the model loaded."""

    articles: int
    chunks: int
    seconds: float
    stages: dict[str, float]  # read, chunk, embed, write, vectors
    unchanged_seconds: float
    unchanged_embedded: int

    def to_json(self) -> dict[str, Any]:
        """Give the measures with the shares that the bars are about."""
        embed = self.stages.get("embed", 0.0)
        return {
            "articles": self.articles,
            "chunks": self.chunks,
            "seconds": round(self.seconds, 2),
            "articles_per_second": round(self.articles / self.seconds, 2),
            "chunks_per_second": round(self.chunks / self.seconds, 2),
            "stages": {stage: round(seconds, 3) for stage, seconds in self.stages.items()},
            "not_embedding": round(1 - embed / self.seconds, 4),
            "unchanged_seconds": round(self.unchanged_seconds, 3),
            "unchanged_share": round(self.unchanged_seconds / self.seconds, 4),
            "unchanged_embedded": self.unchanged_embedded,
        }


def measure_ingest(corpus: Sequence[Path], settings: Settings, model: EmbeddingModel) -> IngestSpeed:
    """Ingest a corpus into an empty index, twice.

    Args:
        corpus: files and folders.
        settings: how to cut; their data_dir is left alone.
        model: embeds; it is loaded before the clock starts.
    """
    model.embed(["warm up"])
    folder = Path(tempfile.mkdtemp(prefix="newsdesk-bench-"))
    try:
        own = settings.model_copy(update={"data_dir": folder / "index"})
        started = time.perf_counter()
        report = ingest_paths(open_intake(own, model), corpus)
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        again = ingest_paths(open_intake(own, model), corpus)
        return IngestSpeed(
            articles=report.summary()["added"],
            chunks=report.chunks,
            seconds=seconds,
            stages=dict(report.seconds),
            unchanged_seconds=time.perf_counter() - started,
            unchanged_embedded=again.chunks,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)

"""A run from the settings: the gold set, an index for its articles, the pipeline, the results."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from eval.cases import load_cases
from eval.runner import CaseFailure, CaseResult, run_cases
from ingest.indexer import Outcome, ingest_files
from ingest.loaders import find_files
from qa.build import build_pipeline
from qa.catalog import IndexIdentity
from qa.config import Settings
from qa.embeddings import load_embeddings
from qa.errors import InputError
from qa.store import Store
from qa.weights import Progress

_PROJECT = Path(__file__).resolve().parent.parent
SEED_GOLD = _PROJECT / "eval" / "gold" / "seeds.jsonl"
SEED_CORPUS = _PROJECT / "seeds"


def run_gold_set(
    settings: Settings,
    gold: Path | None,
    corpus: Sequence[Path],
    kinds: set[str],
    on_case: Callable[[CaseResult | CaseFailure], None],
    progress: Progress,
) -> tuple[list[CaseResult], list[CaseFailure]]:
    """Ask a gold set.

    Args:
        settings: how to answer.
        gold: the gold set; None: the shipped one on the shipped articles.
        corpus: articles to index for this run alone; empty: the index of the settings.
        kinds: kinds of cases to ask; empty: all.
        on_case: told of each case.
        progress: told of what takes a while.

    Raises:
        InputError: gold set or corpus cannot be read.
        NewsdeskError: the pipeline cannot be built.
    """
    cases = [case for case in load_cases(gold or SEED_GOLD) if not kinds or case.kind in kinds]
    if not cases:
        raise InputError(f"the gold set has no case of kind {', '.join(sorted(kinds))}")
    paths = list(corpus) or ([SEED_CORPUS] if gold is None else [])
    with contextlib.ExitStack() as stack:
        if paths:
            settings = stack.enter_context(temporary_index(settings, paths, progress))
        return run_cases(cases, build_pipeline(settings, progress), on_case)


@contextlib.contextmanager
def temporary_index(settings: Settings, paths: Sequence[Path], progress: Progress) -> Iterator[Settings]:
    """Index articles into a folder that is removed afterwards; gives the settings that use it."""
    with tempfile.TemporaryDirectory(prefix="newsdesk-eval-", ignore_cleanup_errors=True) as folder:
        there = settings.model_copy(update={"data_dir": Path(folder)})
        index_corpus(there, paths, progress)
        yield there


def index_corpus(settings: Settings, paths: Sequence[Path], progress: Progress) -> None:
    """Ingest articles into the settings' index.

    Raises:
        InputError: a path or an article cannot be read.
    """
    files = list(find_files(list(paths)))
    model = load_embeddings(settings, progress)
    store = Store.create_or_open(settings.data_dir, IndexIdentity.of(model, settings))
    progress(f"indexing {len(files)} articles")
    with store.write_lock():
        report = ingest_files(files, store, model, settings)
    failed = [result.reason for result in report.results if result.outcome is Outcome.FAILED]
    if failed:
        raise InputError(f"the corpus cannot be indexed: {failed[0]}")

"""`newsdesk ingest` and `newsdesk reindex`. Each imports what it needs when it runs."""

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.cli_base import EXIT_COULD_NOT_RUN, EXIT_SOME_FAILED, Command, data_dir_option, say

if TYPE_CHECKING:
    from ingest.intake import Intake, Options
    from ingest.report import FileResult, IngestReport, OnResult
    from qa.config import Settings

_LIST_UP_TO = 20  # files listed one by one; of more, only those that changed or failed


@click.command(cls=Command)
@click.argument("sources", nargs=-1)
@click.option("--prune", is_flag=True, help="Remove articles whose files vanished from the folders given.")
@click.option("--watch", is_flag=True, help="Go on, and read files as soon as they come or change.")
@click.option("--every", metavar="TIME", help="Go on, and look again every 15m (s, m, h or d): feeds, pages.")
@click.option(
    "--field",
    multiple=True,
    metavar="NAME=COLUMN",
    help="Names of fields in .jsonl and .csv: text=body.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object (docs/json.md).")
@click.option("--wait", type=click.FloatRange(0), default=10, show_default=True,
              help="Seconds to wait for another process that writes to the index.")  # fmt: skip
@click.option("--rebuild", is_flag=True, help="First cut and embed every article anew: `newsdesk reindex`.")
@data_dir_option
def ingest(
    sources: tuple[str, ...],
    prune: bool,
    watch: bool,
    every: str | None,
    field: tuple[str, ...],
    as_json: bool,
    wait: float,
    rebuild: bool,
    data_dir: Path | None,
) -> None:
    r"""Add articles: files, folders, pages, feeds (RSS, Atom) and news sitemaps.

    Files are .txt (first line: the title), .md with front matter, .html, .pdf, .docx, and .jsonl and .csv with an
    article in each row. What has not changed costs nothing; what has replaces its old version.

    \b
    newsdesk ingest seeds/
    newsdesk ingest today/*.md --data-dir ~/news
    newsdesk ingest --watch --prune ~/newsroom/outbox
    newsdesk ingest --every 15m https://example.org/feed.xml
    newsdesk ingest archive.csv --field text=body --field published_at=day
    """
    from ingest.intake import Options, open_intake, split_sources
    from ingest.report import IngestReport
    from ingest.rows import parse_mapping
    from ingest.watch import parse_duration
    from qa.config import load_settings
    from qa.embeddings import load_embeddings

    if not sources and not rebuild:
        raise click.UsageError("name at least one file, folder or address")
    settings = load_settings(data_dir=data_dir)
    paths, addresses = split_sources(sources)
    if prune and not paths:
        raise click.UsageError("--prune needs a folder to look in")
    if watch and not paths:
        raise click.UsageError("--watch needs a folder or a file; for addresses there is --every 15m")
    seconds = parse_duration(every) if every else 0.0
    options = Options(prune=prune, mapping=parse_mapping(field), wait=wait, say=say)
    files = None if watch or seconds else _found(paths)
    model = load_embeddings(settings, say)
    if rebuild:
        _reindex(settings, wait)
        if not sources:
            _finish(IngestReport(), as_json)
    intake = open_intake(settings, model, wait, say)
    if files is None:
        _keep_up(intake, options, (paths, addresses), (watch, seconds), as_json)
        return
    report = _run_once(intake, options, (files, paths, addresses), as_json)
    _finish(report, as_json)


@click.command(cls=Command)
@click.option("--vectors", is_flag=True, help="Only make the vector index anew from the catalog; embeds nothing.")
@click.option("--wait", type=click.FloatRange(0), default=10, show_default=True,
              help="Seconds to wait for another process that writes to the index.")  # fmt: skip
@data_dir_option
def reindex(vectors: bool, wait: float, data_dir: Path | None) -> None:
    """Cut and embed every article anew, after a change of embedding model or chunk size.

    The old index answers until the new one is complete. Stopped, the next run goes on where this one was.
    """
    from qa.catalog import IndexIdentity
    from qa.config import load_settings
    from qa.embeddings import load_embeddings
    from qa.store import Store

    settings = load_settings(data_dir=data_dir)
    if not vectors:
        _reindex(settings, wait)
        return
    identity = IndexIdentity.of(load_embeddings(settings, say), settings)
    store = Store.open_for_rebuild(settings.data_dir, identity)
    with store.write_lock(wait, say):
        total = store.catalog.counts()[1]
        store.rebuild_vectors(lambda done: say(f"{done}/{total} chunks"))
        store.catalog.wipe_deleted()
    click.echo(f"the vector index holds {total} chunks")


def _reindex(settings: "Settings", wait: float) -> None:
    from ingest.reindex import reindex as make_anew
    from qa.catalog import IndexIdentity
    from qa.embeddings import load_embeddings
    from qa.store import Store

    model = load_embeddings(settings, say)
    store = Store.open_for_rebuild(settings.data_dir, IndexIdentity.of(model, settings))
    started = time.monotonic()
    first: list[int] = []

    def progress(done: int, total: int) -> None:
        first.append(done)
        rate = (done - first[0]) / max(1e-9, time.monotonic() - started)
        left = f", {(total - done) / rate:.0f} s left" if rate else ""
        say(f"{done}/{total} articles, {rate:.1f}/s{left}")

    say("making every chunk and vector anew; the old index answers meanwhile")
    resumed = make_anew(store, model, settings, progress, wait)
    articles, chunks = store.catalog.counts()
    begun = " (resumed)" if resumed else ""
    say(f"reindexed {articles} articles, {chunks} chunks{begun}")


def _found(paths: list[Path]) -> list[Any]:
    from ingest.loaders import find_files

    return list(find_files(paths))


def _run_once(
    intake: "Intake", options: "Options", sources: tuple[list[Any], list[Path], list[str]], as_json: bool
) -> "IngestReport":
    from dataclasses import replace

    from ingest.intake import ingest_addresses, ingest_source_files
    from ingest.report import IngestReport

    files, paths, addresses = sources
    report = IngestReport()
    if files:
        roots = [path.expanduser().resolve() for path in paths]
        with _file_progress(len(files), as_json) as on_result:
            report = ingest_source_files(intake, files, replace(options, on_result=on_result), roots)
    if addresses:
        on_result = _line_printer(0, as_json)
        report = report.with_more(ingest_addresses(intake, addresses, replace(options, on_result=on_result)))
    return report


def _keep_up(
    intake: "Intake",
    options: "Options",
    sources: tuple[list[Path], list[str]],
    how: tuple[bool, float],
    as_json: bool,
) -> None:
    """Watch until SIGINT or SIGTERM; the article at hand is finished, and the exit status is 0."""
    from dataclasses import replace

    from ingest.watch import Plan, Watcher

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    plan = Plan(tuple(sources[0]), tuple(sources[1]), *how)
    options = replace(options, on_result=_line_printer(_LIST_UP_TO + 1, as_json))

    def told(report: "IngestReport") -> None:
        _print_summary(report, as_json, indent=None)

    kinds = [f"watching {', '.join(map(str, sources[0]))}"] if how[0] else []
    kinds += [f"looking every {how[1]:g} s"] if how[1] else []
    say(f"{' and '.join(kinds)}; stop with Ctrl-C")
    Watcher(intake, plan, options, told).run(stop)
    say("stopped")


@contextmanager
def _file_progress(total: int, as_json: bool) -> Iterator["OnResult"]:
    """Report each article: a bar with rate and time left on a terminal, lines for what matters otherwise."""
    from ingest.report import Outcome

    if not sys.stderr.isatty() or total <= _LIST_UP_TO:
        yield _line_printer(total, as_json)
        return
    started, files = time.monotonic(), set[str]()
    bar: Any
    with click.progressbar(
        length=total, label="ingesting", file=sys.stderr, show_pos=True, show_eta=True,
        item_show_func=lambda _: f"{len(files) / max(0.001, time.monotonic() - started):.1f}/s",
    ) as bar:  # fmt: skip

        def advance(result: "FileResult") -> None:
            # A file of many articles counts once.
            path = result.origin.partition(", ")[0]
            if path not in files and result.outcome is not Outcome.REMOVED:
                files.add(path)
                bar.update(1, result)
            if result.outcome is Outcome.FAILED:
                say(f"\nfailed     {result.reason}")

        yield advance


def _line_printer(total: int, as_json: bool) -> "OnResult":
    """Print a line for each article; of many, for those alone that changed or failed."""
    from ingest.report import Outcome

    def line(result: "FileResult") -> None:
        if result.outcome is Outcome.FAILED:
            say(f"failed     {result.reason}")
        elif total <= _LIST_UP_TO or result.outcome is not Outcome.UNCHANGED:
            copies = f"  (like {', '.join(result.copies[:3])})" if result.copies else ""
            click.echo(f"{result.outcome.value:10} {result.article_id}{copies}", err=as_json)

    return line


def _print_summary(report: "IngestReport", as_json: bool, indent: int | None = 2) -> None:
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False, indent=indent))
    else:
        click.echo(", ".join(f"{name} {count}" for name, count in report.summary().items()))


def _finish(report: "IngestReport", as_json: bool) -> None:
    """Print the summary and end: status 1 if something failed, 2 if nothing else happened at all."""
    from ingest.report import Outcome

    _print_summary(report, as_json)
    failed = report.count(Outcome.FAILED)
    if failed:
        sys.exit(EXIT_COULD_NOT_RUN if failed == len(report.results) else EXIT_SOME_FAILED)
    sys.exit(0)

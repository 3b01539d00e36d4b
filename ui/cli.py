"""The `newsdesk` command. Each sub-command imports what it needs when it runs: `--help` stays fast."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from ui.cli_base import EXIT_COULD_NOT_RUN, EXIT_SOME_FAILED, Group, data_dir_option, llm_option, say
from ui.cli_eval import eval_

if TYPE_CHECKING:
    from ingest.indexer import FileResult, IngestReport
    from qa.models import Answer
    from qa.pipeline import Pipeline

_LIST_UP_TO = 20  # files listed one by one; of more, only those that changed or failed


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="newsdesk")
def main() -> None:
    r"""Ask questions of news articles, and see the passage behind every sentence of the answer.

    \b
    newsdesk ingest seeds/          add articles
    newsdesk chat                   open the web chat
    newsdesk ask "who, what, when?" ask from the terminal
    """


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--rebuild", is_flag=True, help="Cut and embed every article anew, after a change of model.")
@data_dir_option
def ingest(paths: tuple[Path, ...], rebuild: bool, data_dir: Path | None) -> None:
    r"""Add articles: .txt files (first line: the title), .md files with front matter, or folders of them.

    \b
    newsdesk ingest seeds/
    newsdesk ingest today/*.md --data-dir ~/news
    """
    from ingest.indexer import Outcome, ingest_files, rebuild_index
    from ingest.loaders import find_files
    from qa.catalog import IndexIdentity
    from qa.config import load_settings
    from qa.embeddings import load_embeddings
    from qa.store import Store, writer_lock

    if not paths and not rebuild:
        raise click.UsageError("name at least one file or folder")
    settings = load_settings(data_dir=data_dir)
    files = list(find_files(list(paths)))
    model = load_embeddings(settings, say)
    identity = IndexIdentity.of(model, settings)
    with writer_lock(settings.data_dir, wait=10):
        if rebuild:
            say("building the index anew")
            rebuild_index(Store.open_for_rebuild(settings.data_dir, identity), model, settings)
        store = Store.create_or_open(settings.data_dir, identity)
        with _file_progress(len(files)) as on_result:
            report = ingest_files(files, store, model, settings, on_result)
    _summarise(report)
    if report.count(Outcome.FAILED):
        # Nothing could be read at all: that is not "some failed".
        sys.exit(EXIT_COULD_NOT_RUN if report.count(Outcome.FAILED) == len(files) else EXIT_SOME_FAILED)


@main.command()
@click.argument("question", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object (docs/json.md).")
@click.option("--batch", type=click.Path(path_type=Path, dir_okay=False), help="Answer a JSONL file of questions.")
@llm_option
@data_dir_option
def ask(question: str | None, as_json: bool, batch: Path | None, llm: str | None, data_dir: Path | None) -> None:
    r"""Ask a question, and print the answer with its numbered sources.

    \b
    newsdesk ask "What is the NATO spending target?"
    newsdesk ask --batch questions.jsonl > answers.jsonl
    """
    from qa.build import build_pipeline
    from qa.config import load_settings

    if (question is None) == (batch is None):
        raise click.UsageError("give a question, or --batch with a file")
    settings = load_settings(data_dir=data_dir, llm=llm)
    if batch is not None:
        from ui.batch import answer_batch, read_batch

        requests = read_batch(batch)
        pipeline = build_pipeline(settings, say)
        failed = answer_batch(requests, pipeline, sys.stdout, say)
        sys.exit(EXIT_SOME_FAILED if failed else 0)
    pipeline = build_pipeline(settings, say)
    if as_json:
        click.echo(json.dumps(pipeline.answer(question or "").to_json(), ensure_ascii=False, indent=2))
    else:
        _print_answer(pipeline, question or "")


@main.command()
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: 7860).")
@click.option(
    "--manage-articles/--no-manage-articles",
    default=None,
    help="Let the page add and remove articles (default: only when it listens on loopback).",
)
@llm_option
@data_dir_option
def chat(
    host: str | None, port: int | None, manage_articles: bool | None, llm: str | None, data_dir: Path | None
) -> None:
    """Start the web chat and print its address."""
    from qa.config import load_settings

    settings = load_settings(data_dir=data_dir, host=host, port=port, llm=llm)
    from ui.app import PageOptions, serve

    serve(settings, say, PageOptions(manage_articles))


main.add_command(eval_)


def _print_answer(pipeline: "Pipeline", question: str, out: TextIO | None = None) -> None:
    """Stream the answer: words appear as they are checked; what is taken back is said to be."""
    from ui.render import plain_sources

    shown = ""
    last: Answer | None = None
    for answer in pipeline.stream(question):
        if answer.provisional:
            continue  # a terminal cannot take it back
        if answer.text.startswith(shown):
            click.echo(answer.text[len(shown) :], nl=False, file=out)
        else:
            click.echo(f"\n(taken back; the checked answer is:)\n{answer.text}", nl=False, file=out)
        shown = answer.text
        last = answer
    click.echo(file=out)
    if last is not None and last.citations:
        click.echo(f"\n{plain_sources(last)}", file=out)


@contextmanager
def _file_progress(total: int) -> Iterator[Any]:
    """Report each file: a bar on a terminal, lines for what matters otherwise."""
    from ingest.indexer import Outcome

    def line(result: "FileResult") -> None:
        if result.outcome is Outcome.FAILED:
            say(f"failed     {result.reason}")
        elif total <= _LIST_UP_TO or result.outcome is not Outcome.UNCHANGED:
            click.echo(f"{result.outcome.value:10} {result.article_id}")

    if not sys.stderr.isatty() or total <= _LIST_UP_TO:
        yield line
        return
    with click.progressbar(length=total, label="ingesting", file=sys.stderr, show_pos=True) as bar:

        def advance(result: "FileResult") -> None:
            bar.update(1)
            if result.outcome is Outcome.FAILED:
                say(f"\nfailed     {result.reason}")

        yield advance


def _summarise(report: "IngestReport") -> None:
    from ingest.indexer import Outcome

    click.echo(", ".join(f"{outcome.value} {report.count(outcome)}" for outcome in Outcome))


__all__ = ["main"]

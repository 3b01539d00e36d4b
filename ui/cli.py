"""The `newsdesk` command. Each sub-command imports what it needs when it runs: `--help` stays fast."""

import json
import sys
from pathlib import Path

import click

from ui.cli_articles import articles
from ui.cli_base import EXIT_SOME_FAILED, Group, data_dir_option, llm_option, say
from ui.cli_bench import bench
from ui.cli_eval import eval_
from ui.cli_ingest import ingest, reindex


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
    from qa.rewrite import accepted_question

    if (question is None) == (batch is None):
        raise click.UsageError("give a question, or --batch with a file")
    settings = load_settings(data_dir=data_dir, llm=llm)
    if batch is not None:
        from ui.batch import answer_batch, read_batch

        requests = read_batch(batch)
        pipeline = build_pipeline(settings, say)
        failed = answer_batch(requests, pipeline, sys.stdout, say)
        sys.exit(EXIT_SOME_FAILED if failed else 0)
    asked = accepted_question(question or "", (), settings.max_question_chars)  # refused before models are loaded
    pipeline = build_pipeline(settings, say)
    if as_json:
        click.echo(json.dumps(pipeline.answer(asked).to_json(), ensure_ascii=False, indent=2))
    else:
        from rich.console import Console

        from ui.terminal import print_answer

        print_answer(pipeline.stream(asked), Console(force_terminal=sys.stdout.isatty()))


@main.command()
@click.option("--host", help="Address to listen on (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default: 7860).")
@click.option(
    "--manage-articles/--no-manage-articles",
    default=None,
    help="Let the page add and remove articles (NEWSDESK_MANAGE_ARTICLES; default: only when on loopback).",
)
@llm_option
@data_dir_option
def chat(
    host: str | None, port: int | None, manage_articles: bool | None, llm: str | None, data_dir: Path | None
) -> None:
    """Start the web chat and print its address."""
    from qa.config import load_settings

    settings = load_settings(data_dir=data_dir, host=host, port=port, llm=llm, manage_articles=manage_articles)
    from ui.app import serve

    serve(settings, say)


for command in (ingest, reindex, articles, eval_, bench):
    main.add_command(command)


__all__ = ["main"]

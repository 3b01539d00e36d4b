"""The `newsdesk eval` commands. Each imports what it needs when it runs."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa.errors import InputError
from ui.cli_base import EXIT_SOME_FAILED, Group, data_dir_option, llm_option, say

if TYPE_CHECKING:
    from eval.records import CaseRecord, Run
    from eval.report import SetReport
    from eval.runs import GoldSet, OnCase
    from qa.config import Settings

_FILE = click.Path(path_type=Path, dir_okay=False)
_FOLDER = click.Path(path_type=Path, file_okay=False)
_PATH = click.Path(path_type=Path)


@click.group(name="eval", cls=Group)
def eval_() -> None:
    """Score answers against gold answers, and compare runs."""


@eval_.command(name="run")
@click.argument("sets", nargs=-1)
@click.option(
    "--gold", type=_PATH, help="A gold set of yours (docs/gold.md), or SQuAD, BEIR or MultiHop-RAG data."
)
@click.option("--corpus", multiple=True, type=_PATH, help="Its articles, put into an index of their own. "
              "Without it: the index in --data-dir.")  # fmt: skip
@click.option(
    "--system", default="newsdesk", show_default=True, help="newsdesk, without:STEP, retrieval or baseline:NAME."
)
@click.option("--split", multiple=True, help="Only cases of this split; can be repeated.")
@click.option("--kind", multiple=True, help="Only cases of this kind; can be repeated.")
@click.option(
    "--limit", type=click.IntRange(1), help="So many cases of each set, chosen by the hash of their ids."
)
@click.option("--out", type=_FILE, help="Where to write the run (.json); the page is written beside it (.html).")
@click.option("--bars", type=_FILE, help="Limits to check (TOML); exit status 1 when one is broken.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Cases at once; remote models."
)
@click.option(
    "--timeout", type=click.FloatRange(1), default=300, show_default=True, help="Seconds a case may take."
)
@click.option("--fresh", is_flag=True, help="Ask every case anew, also those of an interrupted run.")
@click.option("--json", "as_json", is_flag=True, help="Print the measures as JSON.")
@llm_option
@data_dir_option
def eval_run(
    sets: tuple[str, ...],
    gold: Path | None,
    corpus: tuple[Path, ...],
    system: str,
    split: tuple[str, ...],
    kind: tuple[str, ...],
    limit: int | None,
    out: Path | None,
    bars: Path | None,
    jobs: int,
    timeout: float,
    fresh: bool,
    as_json: bool,
    llm: str | None,
    data_dir: Path | None,
) -> None:
    r"""Ask the cases of gold sets; report accuracy, abstention, citations, groundedness, retrieval and time.

    SETS are shipped ones: seeds (the default), harbour, basalt, cedar, alder, follow-ups, topics.

    \b
    newsdesk eval run
    newsdesk eval run seeds harbour --bars eval/bars.toml
    newsdesk eval run --gold my.jsonl --corpus articles/ --out before.json
    """
    import json

    from eval.bars import broken_bars, load_bars
    from eval.report import render_report, report_of, to_json
    from eval.runs import Options, Selection, run_sets
    from qa.config import load_settings

    settings = load_settings(data_dir=data_dir, llm=llm)
    limits = load_bars(bars) if bars else []
    chosen = _sets(sets, gold, corpus, settings)
    selection = Selection(frozenset(split), frozenset(kind), limit or 0)
    run = run_sets(settings, chosen, system, selection, Options(timeout, jobs, not fresh), _progress(), say)
    reports = report_of(run)
    target = _write(run, reports, out or _default_file(run, settings))
    click.echo(json.dumps(to_json(reports), indent=2) if as_json else render_report(run, reports))
    say(f"written: {target} and {target.with_suffix('.html')}")
    broken = broken_bars(limits, run, reports) if limits else []
    for bar in broken:
        say(str(bar))
    if limits and not broken:
        say("all bars are held")
    failed = any(record.error for record in run.records)
    sys.exit(EXIT_SOME_FAILED if broken or failed else 0)


@eval_.command(name="compare")
@click.argument("before", type=_FILE)
@click.argument("after", type=_FILE)
def eval_compare(before: Path, after: Path) -> None:
    """Say what changed between two runs, case by case, and whether it can be noise."""
    from eval.compare import render_comparison
    from eval.records import read_run

    click.echo(render_comparison(read_run(before), read_run(after)))


@eval_.command(name="report")
@click.argument("run", type=_FILE)
@click.option("--rescore", is_flag=True, help="Score the recorded answers anew, with the measures of today.")
def eval_report(run: Path, rescore: bool) -> None:
    """Print a run again, and write its page anew."""
    from eval.records import read_run
    from eval.report import render_report, report_of
    from eval.rescore import rescore as scored_anew

    loaded = scored_anew(read_run(run)) if rescore else read_run(run)
    reports = report_of(loaded)
    _write(loaded, reports, run)
    click.echo(render_report(loaded, reports))
    say(f"written: {run} and {run.with_suffix('.html')}")


@eval_.command(name="check")
@click.argument("gold", type=_FILE)
@click.option("--corpus", multiple=True, type=_PATH, help="Its articles: proofs are looked for in them.")
def eval_check(gold: Path, corpus: tuple[Path, ...]) -> None:
    """Look through a gold set and name each mistake with file and line."""
    from eval.runs import GoldSet, validate

    click.echo(validate(GoldSet(gold.stem, gold, corpus)))


@eval_.command(name="import")
@click.argument("path", type=_PATH)
@click.option("--corpus", type=_FILE, help="MultiHop-RAG's corpus.json, if it is not beside the questions.")
@click.option("--out", type=_FOLDER, required=True, help="Gets articles/ and gold.jsonl.")
def eval_import(path: Path, corpus: Path | None, out: Path) -> None:
    """Turn SQuAD JSON, MultiHop-RAG JSON or a BEIR folder into articles and a gold set."""
    from eval.datasets import read_public_set, write_set

    questions = read_public_set(path, corpus)
    articles, gold = write_set(questions, out)
    click.echo(f"{len(questions.documents)} articles, {len(questions.cases)} cases")
    click.echo(f"newsdesk eval run --corpus {articles} --gold {gold}")


@eval_.command(name="draft")
@click.option("--corpus", multiple=True, required=True, type=_PATH, help="Articles to ask about.")
@click.option("--out", type=_FILE, required=True, help="Where to write the drafts, a gold set.")
@click.option("--per-article", type=click.IntRange(1, 50), default=2, show_default=True, help="Questions at most.")
@llm_option
def eval_draft(corpus: tuple[Path, ...], out: Path, per_article: int, llm: str | None) -> None:
    """Propose questions with their answers and proofs, for a person to correct; marked as not reviewed."""
    import json

    from eval.cases import case_to_json
    from eval.draft import draft_cases
    from eval.indexes import corpus_articles
    from eval.records import write_text
    from qa.config import load_settings
    from qa.llm import load_llm

    if out.exists():
        raise InputError(f"{out} exists, and may hold your corrections: name another file")
    settings = load_settings(llm=llm)
    articles = corpus_articles(corpus)
    model = load_llm(settings, say)
    if model is None:
        raise InputError("drafting needs a language model: NEWSDESK_LLM is none")
    cases = list(draft_cases(articles, model, per_article, lambda done, total: say(f"{done}/{total} articles")))
    if not cases:
        raise InputError("no sound question came out: give longer articles, or a larger model with --llm")
    write_text(out, "".join(json.dumps(case_to_json(case), ensure_ascii=False) + "\n" for case in cases))
    click.echo(f"{len(cases)} drafts in {out}: correct them, and take out `reviewed` where one is sound")


@eval_.command(name="grounding")
@click.option("--split", type=click.Choice(["dev", "test"]), default="test", show_default=True, help="Which half.")
@click.option("--misses", is_flag=True, help="List each sentence that was judged wrongly.")
@click.option("--rules", is_flag=True, help="The rules alone, without the verifier: in seconds, not minutes.")
@llm_option
def eval_grounding(split: str, misses: bool, rules: bool, llm: str | None) -> None:
    """Try the grounding check on sentences that a hostile model could write."""
    from eval.attacks import check_attack, load_attacks, render_findings
    from qa.build import build_writer
    from qa.config import load_settings
    from qa.llm import load_llm

    settings = load_settings(llm=llm)
    writer = build_writer(settings, None if rules else load_llm(settings, say))
    attacks = [attack for attack in load_attacks() if attack.split == split]
    findings = []
    for attack in attacks:
        if writer.verifies:
            say(f"{attack.id} ({len(attacks)} in all)")
        findings.append(check_attack(attack, writer))
    click.echo(render_findings(findings))
    for finding in findings if misses else ():
        if not finding.right:
            attack = finding.attack
            click.echo(
                f"\n{attack.id} {attack.kind}, {'true' if attack.supported else 'false'}: {attack.sentence}"
            )
            click.echo(f"    {finding.reason or 'let through'}")


@eval_.command(name="fit")
@click.option("--news", type=_FOLDER, help="Folder of a MultiHop-RAG set.")
@click.option("--squad", type=_FOLDER, help="Folder of a SQuAD 2.0 set.")
@click.option("--size", default=160, show_default=True, help="Questions per set and split at most.")
@click.option("--work-dir", type=_FOLDER, help="Keeps indexes and features.")
@click.option("--out", type=_FILE, help="Where to write gate.json.")
@llm_option
def eval_fit(
    news: Path | None, squad: Path | None, size: int, work_dir: Path | None, out: Path | None, llm: str | None
) -> None:
    """Fit the abstention gate on the dev splits of public question sets, and report on their test splits."""
    from eval.fit import fit_gate
    from qa.config import load_settings

    if news is None and squad is None:
        raise click.UsageError("give --news or --squad, or both")
    click.echo(fit_gate(load_settings(llm=llm), news, squad, size, work_dir, out, say))


def _sets(
    names: tuple[str, ...], gold: Path | None, corpus: tuple[Path, ...], settings: "Settings"
) -> list["GoldSet"]:
    from eval.runs import SHIPPED, GoldSet

    if len(names) == 1 and Path(names[0]).suffix and gold is None:
        gold, names = Path(names[0]), ()  # a file is a gold set, with or without --gold
    if gold is None and corpus:
        raise click.UsageError("--corpus needs --gold")
    if names and gold is not None:
        raise click.UsageError("give shipped sets or --gold, not both")
    if gold is not None:
        if gold.suffix.lower() != ".jsonl":
            return [_public_set(gold, corpus, settings)]
        return [GoldSet(gold.stem, gold, corpus)]
    unknown = [name for name in names if name not in SHIPPED]
    if unknown:
        raise click.UsageError(f"no set {unknown[0]!r}: there are {', '.join(SHIPPED)}; your own goes in --gold")
    return [SHIPPED[name] for name in dict.fromkeys(names or ("seeds",))]


def _public_set(path: Path, corpus: tuple[Path, ...], settings: "Settings") -> "GoldSet":
    """Turn a public set into articles and a gold set in the cache, and give that."""
    from eval.datasets import read_public_set, write_set
    from eval.records import sha256_of
    from eval.runs import GoldSet

    questions = read_public_set(path, corpus[0] if corpus else None)
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    key = sha256_of([*files, *(p for p in corpus if p.is_file())])[:24]
    folder = settings.cache_dir / "eval-sets" / key / path.stem
    articles, gold = write_set(questions, folder)
    return GoldSet(path.stem, gold, (articles,))


def _progress() -> "OnCase":
    """Tell of each case, with the accuracy so far."""
    from eval.metrics import Verdict
    from eval.report import is_right

    right = judged = 0

    def told(record: "CaseRecord", done: int, total: int) -> None:
        nonlocal right, judged
        if record.verdict != Verdict.UNJUDGED.value:
            judged += 1
            right += is_right(record)
        so_far = f"  accuracy so far {right / judged:.3f}" if judged else ""
        say(f"{done}/{total} {record.set} {record.id}: {record.verdict}{so_far}")

    return told


def _default_file(run: "Run", settings: "Settings") -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    name = f"{stamp}-{'-'.join(run.sets)}-{run.about['system'].replace(':', '-')}.json"
    return settings.data_dir / "reports" / name


def _write(run: "Run", reports: list["SetReport"], out: Path) -> Path:
    from eval.groundedness import VERSION, checker_quality, load_pairs
    from eval.page import render_html
    from eval.records import write_run, write_text
    from eval.report import to_json

    pairs = load_pairs()
    checker = {
        "version": VERSION,
        **{split: checker_quality([p for p in pairs if p.split == split]) for split in ("dev", "test")},
    }
    write_run(run, out, {**to_json(reports), "groundedness_checker": checker})
    write_text(out.with_suffix(".html"), render_html(run, reports))
    return out

"""The pipeline with one of its steps left out, to see what that step is worth."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from qa.amounts import Amounts
from qa.bridge import Bridge
from qa.differing import FoundAnswer
from qa.finding import Finder, Reading
from qa.gate import GateDecision
from qa.grounding import Grounded, Grounder
from qa.models import Answer, Evidence, Passage, Turn
from qa.order import Order
from qa.pipeline import Pipeline
from qa.prompts import SHORT_LABEL
from qa.question import Part
from qa.reader import ReaderSpan
from qa.text import stems
from qa.writing import Attempt, Writer

_WHOLE_PASSAGES = 4  # that are read, where no sentences are chosen


class _ReadsWhole(Finder):
    """Reads the first passages whole instead of sentences chosen from them."""

    def select(
        self,
        query: str,
        passages: Sequence[Passage],
        budget: int,
        parts: Sequence[Part],
        question: str,
        spans: Mapping[str, ReaderSpan],
    ) -> list[Evidence]:
        """Give the first passages, whatever the budget."""
        return [Evidence(p, p.chunk.start, p.chunk.end, p.score) for p in passages[:_WHOLE_PASSAGES]]


class _ReadsOnce(Finder):
    """Reads the chosen sentences alone, also where they do not answer."""

    def closer(self, reading: Reading) -> Reading | None:
        """Read nothing more."""
        return None

    def surest(self, reading: Reading) -> FoundAnswer | None:
        """Read nothing more."""
        return None


class _TakesWhole(Finder):
    """Searches for every question as a whole."""

    def parts(self, query: str) -> list[Part]:
        """Give the query as its only part."""
        return [Part(query)]

    def questions_in(self, question: str) -> tuple[str, ...]:
        """Give the question as the only one."""
        return (question,)


class _AsksNothingElse(Pipeline):
    """Checks every question as a whole."""

    def compared(self, reading: Reading, grounder: Grounder) -> Grounded | None:
        """Compare no halves."""
        return None

    def order(self, reading: Reading) -> Order | None:
        """Ask for no days."""
        return None

    def amounts(self, reading: Reading) -> Amounts | None:
        """Ask for no amounts."""
        return None

    def bridge(self, reading: Reading) -> Bridge | None:
        """Ask for no names."""
        return None


class _TakesAll(Writer):
    """Takes every question for one that the evidence answers, and every draft for a sure one."""

    def judge(self, reading: Reading) -> GateDecision:
        """Give the gate's probability with another verdict."""
        return replace(super().judge(reading), answerable=True, confident=True)

    def believes(self, attempt: Attempt) -> bool:
        """Believe every draft that stands."""
        return attempt.grounded is not None


class _AsksAsTyped(Writer):
    """Reads a follow-up with the turn before it."""

    def complete(
        self, answer: Answer, question: str, history: Sequence[Turn]
    ) -> Generator[Answer, None, str | None]:
        """Put no question."""
        yield from ()
        return None


class _ChecksNothing(Writer):
    """Shows what the model writes as it is."""

    def grounder(
        self, reading: Reading, cited: Sequence[Evidence] = (), *, vouched: Evidence | None = None
    ) -> Grounder:
        """Give a check that everything passes."""
        return _Unchecked(reading.question, reading.evidence, cited)


class _Unchecked(Grounder):
    """Lets every sentence stand, and cites what shares most of its words."""

    def backed(self, sentence: str) -> tuple[str, Sequence[Evidence], str]:
        """Give a sentence as it is."""
        said = set(stems(sentence))
        return sentence, [max(self.evidence, key=lambda item: len(said & set(stems(item.text))))], ""

    def short(self, short: str) -> str:
        """Give a bare answer as it is."""
        return short

    def turns_question(self, short: str, evidence: Sequence[Evidence]) -> str:
        """Hold nothing against a bare answer."""
        return ""

    def preview(self, raw: str) -> str:
        """Give all that is written but for the label."""
        return raw.partition(SHORT_LABEL)[0].strip()


def without(step: str, whole: Pipeline) -> Pipeline:
    """Give a pipeline that leaves out a step.

    Args:
        step: one of `STEPS`.
        whole: the pipeline that leaves out none; its parts are shared.
    """
    return STEPS[step](whole)


def _with_finder(made: type[Finder], whole: Pipeline) -> Pipeline:
    found = whole.finder
    return Pipeline(made(found.retriever, found.embeddings, found.settings, found.reader), whole.writer)


def _with_writer(made: type[Writer], whole: Pipeline) -> Pipeline:
    return Pipeline(whole.finder, made(whole.llm, whole.writer.gate, whole.settings))


def _in_one(whole: Pipeline) -> Pipeline:
    """Search and check every question as a whole."""
    settings = whole.settings.model_copy(update={"part_slots": 0, "article_slots": 50})
    retriever = whole.finder.retriever.model_copy(update={"settings": settings})
    finder = _TakesWhole(retriever, whole.finder.embeddings, settings, whole.finder.reader)
    return _AsksNothingElse(finder, whole.writer)


STEPS: dict[str, Callable[[Pipeline], Pipeline]] = {
    "gate": partial(_with_writer, _TakesAll),
    "parts": _in_one,
    "evidence": partial(_with_finder, _ReadsWhole),
    "closer": partial(_with_finder, _ReadsOnce),
    "completing": partial(_with_writer, _AsksAsTyped),
    "grounding": partial(_with_writer, _ChecksNothing),
}

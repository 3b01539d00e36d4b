"""The pipeline with one of its steps left out, to see what that step is worth."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from qa.amounts import Amounts
from qa.bridge import Bridge
from qa.gate import GateDecision
from qa.grounding import Draft, Grounded, Grounder
from qa.models import Evidence, Passage
from qa.order import Order
from qa.pipeline import Pipeline, Reading
from qa.prompts import SHORT_LABEL
from qa.question import Part
from qa.reader import ReaderSpan
from qa.text import stems

_WHOLE_PASSAGES = 4  # that are read, where no sentences are chosen


class _Shortened(Pipeline):
    """A pipeline made of the parts of another."""

    def __init__(self, whole: Pipeline) -> None:
        super().__init__(whole.retriever, whole.embeddings, whole.llm, whole.gate, whole.settings, whole.reader)


class WithoutGate(_Shortened):
    """Takes every question for one that the evidence answers, and every draft for a sure one."""

    def judge(self, reading: Reading) -> GateDecision:
        """Give the gate's probability with another verdict."""
        return replace(super().judge(reading), answerable=True, confident=True)

    def believes(self, reading: Reading, draft: Draft, grounded: Grounded, decision: GateDecision) -> bool:
        """Believe every draft that stands."""
        return True


class WithoutParts(_Shortened):
    """Searches and checks every question as a whole."""

    def __init__(self, whole: Pipeline) -> None:
        super().__init__(whole)
        self.settings = whole.settings.model_copy(update={"part_slots": 0, "article_slots": 50})
        self.retriever = whole.retriever.model_copy(update={"settings": self.settings})

    def parts(self, query: str) -> list[Part]:
        """Give the query as its only part."""
        return [Part(query)]

    def questions_in(self, question: str) -> tuple[str, ...]:
        """Give the question as the only one."""
        return (question,)

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


class WithoutEvidence(_Shortened):
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


class WithoutGrounding(_Shortened):
    """Shows what the model writes as it is."""

    def grounder(self, reading: Reading, cited: Sequence[Evidence] = ()) -> Grounder:
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


STEPS: dict[str, type[_Shortened]] = {
    "gate": WithoutGate,
    "parts": WithoutParts,
    "evidence": WithoutEvidence,
    "grounding": WithoutGrounding,
}

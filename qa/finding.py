"""Finding: from a question to its passages, and to the sentences of them that are read."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from qa.agreement import Agreement, agreement_of
from qa.answer_type import asks_itself, may_be_yes_no
from qa.candidates import asks_one_name
from qa.compound import asked_one_by_one
from qa.config import Settings
from qa.differing import FoundAnswer
from qa.embeddings import EmbeddingModel
from qa.evidence import left_out, rank_sentences, select_evidence, whole_passages
from qa.inert import talks_to_machine
from qa.models import EVERYWHERE, Evidence, Passage, Scope, Turn
from qa.question import Part, parts_of
from qa.reader import Reader, ReaderSpan
from qa.retriever import HybridRetriever
from qa.rewrite import previous_turn, says_enough, standalone_query
from qa.second_look import surest_found
from qa.topics import Topic, choose, topic_of

_NAME_EVIDENCE = 700  # tokens of evidence in which a name is looked for
_MOST_READ = 10  # passages that the reader reads, in some 20 ms each
_TOPIC_PASSAGES = 20  # passages from which the sentences of a timeline or a summary are chosen
_TOPIC_ARTICLES = 4  # articles of these that are gone through whole


@dataclass(frozen=True, slots=True)
class Reading:
    """What the pipeline knows before it writes: also what the gate is fitted on."""

    question: str
    query: str
    previous: Turn | None
    parts: tuple[Part, ...]
    passages: tuple[Passage, ...]
    evidence: tuple[Evidence, ...]
    topic: Topic | None = None  # of a question that no single fact answers
    scope: Scope = EVERYWHERE
    spans: Mapping[str, ReaderSpan] = field(default_factory=dict)  # what the reader found, by the ids of chunks
    whole: bool = False  # whether the evidence is whole passages

    @property
    def agreement(self) -> Agreement | None:
        """Whether and how it asks if reports agree."""
        return agreement_of(self.question, self.parts)

    @property
    def asks_one_name(self) -> bool:
        """Whether the one name that its parts share answers it; those of a follow-up are turns and share none."""
        return self.previous is None and asks_one_name(self.question, self.parts)


class Finder:
    """Finds what is read for a question.

    Args:
        retriever: finds passages.
        embeddings: the index's embedding model.
        settings: budgets and limits.
        reader: looks for the answer in the passages; None leaves the evidence to words and likeness.
    """

    # The steps that `eval.ablation` leaves out: `parts` with `questions_in`, `select`, and `closer` with `surest`.

    def __init__(
        self,
        retriever: HybridRetriever,
        embeddings: EmbeddingModel,
        settings: Settings,
        reader: Reader | None = None,
    ) -> None:
        self.retriever = retriever
        self.embeddings = embeddings
        self.settings = settings
        self.reader = reader

    def read(self, question: str, history: Sequence[Turn] = (), scope: Scope = EVERYWHERE) -> Reading:
        """Find the passages and the evidence for a question."""
        query = standalone_query(question, history)
        previous = previous_turn(question, history)
        catalog = self.retriever.store.catalog
        topic = topic_of(query, catalog.newest_day())
        if previous is not None and asks_itself(question) and topic_of(question) is None:
            topic = None  # that of the turn before: "What did she say?" and then "Who disagreed?"
        if topic is not None and (chosen := self._chosen(topic, scope)):
            passages = list(dict.fromkeys(item.passage for item in chosen))
            return Reading(question, query, previous, (), tuple(passages), tuple(chosen), topic, scope)
        passages = self._found(question, query, scope)
        parts = self.parts(query)
        budget = self.settings.evidence_tokens
        if previous is None and asks_one_name(question, parts) and len(self.questions_in(question)) == 1:
            budget = max(budget, _NAME_EVIDENCE)
        spans = self._spans(query, passages)
        evidence = self.select(query, passages, budget, parts, question, spans)
        return Reading(
            question, query, previous, tuple(parts), tuple(passages), tuple(evidence), scope=scope, spans=spans
        )

    def alone(self, question: str, reading: Reading) -> Reading:
        """Read what was found for a whole question for one of the questions in it."""
        query = question if reading.query == reading.question else reading.query
        parts = self.parts(question)
        spans = self._spans(query, reading.passages)
        evidence = self.select(query, reading.passages, self.settings.evidence_tokens, parts, question, spans)
        return replace(
            reading, question=question, query=query, parts=tuple(parts), evidence=tuple(evidence), spans=spans
        )

    def closer(self, reading: Reading) -> Reading | None:
        """Read passages whole where the chosen sentences of many did not answer.

        What a sentence is about may stand in the one before it.

        Returns:
            None where the reader has read nothing, and where whole passages hold nothing new.
        """
        whole = whole_passages(reading.passages, reading.spans)
        return replace(reading, evidence=tuple(whole), whole=True) if left_out(whole, reading.evidence) else None

    def surest(self, reading: Reading) -> FoundAnswer | None:
        """Give what the reader is surest of; None where it has found nothing, or what speaks to the machine."""
        found = surest_found(reading.passages, reading.spans)
        return None if found is None or talks_to_machine(found.item.text) else found

    def writes(self, reading: Reading) -> bool:
        """Tell whether the language model writes the answer to a question, not code."""
        decided = (
            reading.topic is not None
            or may_be_yes_no(reading.question)
            or reading.asks_one_name
            or len(self.questions_in(reading.question)) > 1
        )
        return bool(reading.evidence) and not decided

    def parts(self, query: str) -> list[Part]:
        """Cut a query into what is searched for and checked by itself."""
        return parts_of(query, self.retriever.store.catalog.sources())

    def questions_in(self, question: str) -> tuple[str, ...]:
        """Cut what was typed into the questions that are answered one after the other."""
        return asked_one_by_one(question)

    def select(
        self,
        query: str,
        passages: Sequence[Passage],
        budget: int,
        parts: Sequence[Part],
        question: str,
        spans: Mapping[str, ReaderSpan],
    ) -> list[Evidence]:
        """Choose what of the passages is read; arguments as of `select_evidence`."""
        return select_evidence(query, passages, self.embeddings, budget, parts, question, spans)

    def sentences_on(self, about: str, scope: Scope) -> list[Evidence]:
        """Give the sentences of what is found on something, best first."""
        return rank_sentences(about, self.retriever.retrieve(about, scope), self.embeddings)

    def _spans(self, query: str, passages: Sequence[Passage]) -> dict[str, ReaderSpan]:
        """Let the reader look for the answer in the first passages; by the ids of their chunks."""
        if self.reader is None:
            return {}
        first = passages[:_MOST_READ]
        found = self.reader.read(query, [passage.chunk.text for passage in first])
        return {passage.chunk.id: span for passage, span in zip(first, found, strict=True)}

    def _found(self, question: str, query: str, scope: Scope) -> list[Passage]:
        """Find passages for a query; a follow-up that says enough itself may have changed the subject."""
        found = self.retriever.retrieve(query, scope)
        if query == question or not says_enough(question):
            return found
        alone = self.retriever.retrieve(question, scope)
        mixed = itertools.chain.from_iterable(itertools.zip_longest(found, alone))
        unique = {passage.chunk.id: passage for passage in mixed if passage is not None}
        chosen = list(unique.values())[: self.settings.top_k]
        return [replace(passage, rank=rank) for rank, passage in enumerate(chosen, start=1)]

    def _chosen(self, topic: Topic, scope: Scope) -> list[Evidence]:
        """Choose the sentences that answer a question for several."""
        since = max((day for day in (topic.scope.since, scope.since) if day), default=None)
        narrowed = replace(scope, since=since)
        found = self.retriever.retrieve(f"{topic.speaker} {topic.about}".strip(), narrowed, _TOPIC_PASSAGES)
        passages = self.retriever.whole_articles(found, _TOPIC_ARTICLES)
        return choose(topic, rank_sentences(topic.about, passages, self.embeddings))

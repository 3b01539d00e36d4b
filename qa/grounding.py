"""Grounding: each sentence of a draft is checked against the evidence, and code places the citations.

A sentence stands only if its numbers, names and quotations stand in evidence, and enough of its words do.
What fails is taken back; if nothing is left, the best evidence is quoted.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from qa.answer_type import asks_how_it_stands, may_be_yes_no
from qa.bindings import Contradiction, Turned, contradiction
from qa.claims import Number, countries_meant, missing_claims, name_words, numbers
from qa.differing import REPORT_DIFFERS, FoundAnswer, may_differ, other_reports, rank_in_time, recalls_error
from qa.evidence import texts_of
from qa.frames import frames_of
from qa.full_names import CompletedNames
from qa.measures import measures_otherwise
from qa.models import Citation, Evidence, Support, SupportStatus, Worked
from qa.newstime import (
    DATE_WORDS,
    centuries_named,
    century_asked,
    resolved_days,
    year_asked,
    years_named,
)
from qa.number_words import NUMBER_WORDS
from qa.office import office_asked_for
from qa.opinion import is_opinion, opinion_piece
from qa.prompts import SHORT_LABEL, describe, shown_text, whole_text
from qa.speaker import LABEL, said_by_another
from qa.statement import answer_as_statement
from qa.syntax import parse
from qa.text import STOP_WORDS, plain_quotes, sentence_spans, squeeze, stem, stems, without_markers, words

# Share of a sentence's words that its evidence must hold, chosen on the dev splits.
_MIN_OVERLAP = 0.5
_FEWEST_ADDED = 2  # words that a sentence adds to the question, of which its evidence must hold one
_MOST_UNKNOWN = 0.5  # share of the words added to the question's that the evidence may lack
_FEWEST_ASKED = 4  # words of a question: an answer in other words than two or three is no wonder
_FEWEST_UNKNOWN = 2  # one word of its own may be a synonym
_CLAIM_WEIGHT = 2  # a figure, name or quotation of the sentence counts as so many of its words
_NEW_WEIGHT = 2  # so does a word that the question does not say: it is what the sentence answers
# "The mayor of Kyiv" and "in Kyiv" mean the city; "help for Kyiv" means Ukraine.
_PLACING = r"\b(?:in|at|near|of|around|outside|inside|from|to|across|through|over|into)\s+(?:\w+\s+)?"
_FEWEST_OF_HEADLINE = 3  # words; fewer may be a name
_MOST_CITED = 3  # pieces of evidence behind one sentence
_NUMBER_SIGN = re.compile(r"\b[Nn]o\.?(?=\s?\d)")  # "the No. 2 seed" denies nothing
_LABEL = re.compile(rf"^{LABEL}")
_ROW = re.compile(r"(?:\s\d{1,3}(?:\.\d+)?){3,}$")
_UNIT_AT_FIGURE = re.compile(r"\b(\d+)[a-zA-Z]{1,3}\b")  # "14m" is no thing called "m"
_BROKEN_NUMBER = re.compile(r"\b\d+[.,] \d+")
# What is otherwise in a true sentence that answers another question. That a question says "will" of what is only
# expected, or "all", is no objection to its answer.
_OF_ANOTHER = frozenset(Turned) - {Turned.CERTAINTY, Turned.EXTENT, Turned.CLAIM, Turned.DIRECTION}
# What a model that read the question beside the draft tells better than words that stand close to a figure.
_VOUCHED = frozenset((Turned.FIGURE, Turned.DATE))
_OFFERS = re.compile(r"\b(?:between|either|of)\b.*\band\b", re.IGNORECASE)
_OPENING = re.compile(r"^\s*(?:yes|no),\s+", re.IGNORECASE)
_UNIT_STEMS = frozenset(
    stem(word)
    for word in (
        *NUMBER_WORDS,
        *"percent cent hundred thousand million billion trillion dollars euros pounds".split(),
    )
)
# Nouns by which one may call what the evidence calls something else.
_GENERAL = frozenset(
    "percent cent pound euro dollar year month week day hour minute time number amount total "
    "majority minority half "
    "quarter third one none other thing people person man woman child company firm group business organisation "
    "organization agency authority country nation government state city town place area region side part member "
    "level rate size share price cost money way reason fact case end start result change plan "
    "decision agreement deal "
    "event report article statement announcement news story source information answer question "
    "evidence issue problem "
    "matter situation game match km kilometer kilometre metre meter mile temperature death birth age official "
    "spokesperson name term word yes no stay rise drop increase decrease goal expense subject "
    "candidate request account "
    "rule size place board show".split()
)
_CLAUSE_END = re.compile(r"[,;:]\s|\s(?:and|but|while|whereas)\s")
_OPENERS = STOP_WORDS | frozenset(
    "approximately nearly almost roughly around currently overall additionally however together".split()
)
_NEGATIONS = frozenset("no not never none nor neither without cannot nobody nothing".split())
# Words of the evidence on which a denial can rest.
_DENIALS = _NEGATIONS | frozenset(
    "unless earliest rather instead unlike only until few lack lacks lacked deny denies denied "
    "refuse refused refuses reject rejected "
    "rejects fail failed fails false wrong wrongly misstated incorrect correction mistake out "
    "unable yet unchanged "
    "un avoid avoided decline declined declines stop stopped prevent prevented halt halted".split()
)
_DECLINES = re.compile(
    r"\b(?:(?:do|does|did)(?:n't| not) (?:say|mention|state|specify|provide|contain|give|include|indicate)"
    r"|(?:is|are|was|were)(?:n't| not) (?:mentioned|stated|specified|provided|given|included|written|indicated)"
    r"|i (?:do not|don't) know|no information|cannot be (?:determined|answered))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Grounded:
    """A draft after its check: the text with markers, the bare answer, and what each sentence rests on."""

    text: str
    short: str
    citations: tuple[Citation, ...]
    support: tuple[Support, ...]

    @property
    def invented(self) -> bool:
        """Whether a sentence was taken back for something that the evidence lacks."""
        return any(support.reason.startswith(INVENTED) for support in self.support)

    @property
    def invented_facts(self) -> bool:
        """Whether that is a number, a name or a quotation, and not a word alone."""
        return any(support.reason.startswith(f"{INVENTED}:") for support in self.support)


INVENTED = "not in the evidence"
ADDED = f"{INVENTED} nor in the question"
ANOTHER_YEAR = "the evidence speaks of another year"
ECHO = "it only says the question back"
HEADLINE = "it is only a headline"
WAS_WRONG = "the evidence says that it was wrong"
OTHER_STORIES = "its names are of different stories"
BESIDE = "it speaks of nothing that is asked"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the model wrote, taken apart."""

    text: str
    short: str
    least_sure: float = 0.0  # log-probability of the token of its sentences that the model was least sure of

    @property
    def declines(self) -> bool:
        """Whether the model itself says that the evidence does not answer."""
        return bool(_DECLINES.search(self.text)) or not self.text


def _unnamed(text: str) -> set[Number]:
    """Give the numbers of a table's row, "Athletic 14 4 3 46": nothing beside them says what they count."""
    row = _ROW.search(text.rstrip())
    if row is None or any(token.pos in ("VERB", "AUX") for token in parse(text[: row.start()])):
        return set()
    return set(numbers(" ; ".join(row[0].split()))) - set(numbers(text[: row.start()]))


def _first_standing(grounded: Grounded) -> Support | None:
    return next((s for s in grounded.support if s.status is not SupportStatus.TAKEN_BACK), None)


def _figures_cited(grounded: Grounded, statement: Support) -> tuple[set[Number], list[Citation]]:
    """Give the figures that answer, and the citations of a statement that hold them."""
    figures = set(numbers(grounded.short) or numbers(statement.sentence))
    cited = [c for c in grounded.citations if c.number in statement.citations]
    return figures, [c for c in cited if figures & set(numbers(c.quote))]


def _which(item: Evidence, own: Sequence[Citation]) -> str:
    """Tell whether a report is an earlier or a later one than those cited, as an answer says it."""
    cited = [rank_in_time(c.passage.article)[0] for c in own]
    day = rank_in_time(item.passage.article)[0]
    if not cited or min(cited) <= day <= max(cited):
        return "Another"
    return "A later" if day > max(cited) else "An earlier"


def parse_draft(raw: str, least_sure: float = 0.0) -> Draft:
    """Take a reply apart into its sentences and the bare answer; markers the model wrote are dropped."""
    text, _, short = raw.partition(SHORT_LABEL)
    first_line = next(iter(short.strip().splitlines()), "")
    return Draft(squeeze(without_markers(text)), squeeze(without_markers(first_line)).rstrip("."), least_sure)


def settled(raw: str) -> tuple[str, str]:
    """Split a growing reply into its finished sentences and the part of the next one that may be shown.

    What may still grow is left out: the last word, a number before its unit, an open quotation, the label.

    Returns:
        The finished sentences, and the whole words of the unfinished one; either may be empty.
    """
    if SHORT_LABEL in raw:
        return squeeze(without_markers(raw.partition(SHORT_LABEL)[0])), ""
    *lines, last = raw.split("\n")
    if lines and SHORT_LABEL.startswith(last.strip()):
        return squeeze(without_markers(" ".join(lines))), ""
    text = squeeze(without_markers(" ".join([*lines, _without_open_end(last)])))
    start = max((start for start, _ in sentence_spans(text)), default=0)
    return text[:start].rstrip(), text[start:]


def _without_open_end(line: str) -> str:
    kept = line.rpartition(" ")[0]
    while re.search(r"[\d$€£][\d.,]*$", kept):
        kept = kept.rpartition(" ")[0]
    if plain_quotes(kept).count('"') % 2:
        kept = kept[: plain_quotes(kept).rfind('"')]
    return kept


class Grounder:
    """Checks drafts against one question's evidence and numbers the citations in order of use.

    Args:
        question: that is answered.
        evidence: best first.
        cited: what an answer before this one cites already, in the order of its numbers.
        vouched: the piece of evidence on which a model that was trained to verify is sure of the draft, if any.
            Then rules about its words and its grammar are no objection, but what newer evidence says is; its
            numbers, names and quotations must stand in the evidence still, and it must answer the question.
    """

    def __init__(
        self,
        question: str,
        evidence: Sequence[Evidence],
        cited: Sequence[Evidence] = (),
        *,
        vouched: Evidence | None = None,
    ) -> None:
        self._question = question
        self._vouched = vouched
        self.evidence = list(evidence)
        # What is a name in the question or the evidence is one at the start of a sentence as well.
        texts = (question, *texts_of(evidence))
        self._names = frozenset(name.lower() for text in texts for name in name_words(text))
        self._asked = set(stems(question))
        self._year = year_asked(question)
        self._century = century_asked(question)
        self._completed = CompletedNames.of(question, evidence)
        self._held = {word for item in evidence for word in _shown_words(item)}
        self._outlets = frozenset(w.lower() for item in evidence for w in words(item.passage.article.source))
        articles = [item.passage.article for item in evidence]
        self._published = frozenset(a.published_at.date() for a in articles if a.published_at)
        self._may_echo = not question or may_be_yes_no(question)
        self._stems = {stem(word) for text in texts for word in words(text)}
        self._used = list(cited)
        meant = countries_meant(missing_claims(question, texts[1:]), texts[1:])
        self._countries = {
            capital: country
            for capital, country in meant.items()
            if " " not in country and not re.search(rf"{_PLACING}{re.escape(capital)}\b", question)
        }
        self._asked.update(stem(country) for country in self._countries.values())

    def check(self, draft: Draft) -> Grounded:
        """Check a draft; the text is empty when no sentence of it stands."""
        draft = Draft(self._mended(draft.text), self._mended(draft.short))
        spans = sentence_spans(draft.text)
        found = [self.backed(draft.text[start:end]) for start, end in spans]
        behind = [item for _, backing, reason in found if not reason for item in backing]
        short = self.short(draft.short)
        turned = self.turns_question(short, behind) or (self._beside_question(draft.text, behind) if short else "")
        kept: list[str] = []
        support: list[Support] = []
        for sentence, backing, reason in found:
            if reason or turned:
                support.append(Support(sentence, SupportStatus.TAKEN_BACK, (), reason or turned))
                continue
            sentence = _as_opinion(sentence, backing)
            numbers = self._number(backing)
            kept.append(_with_markers(sentence, numbers))
            support.append(Support(sentence, SupportStatus.SUPPORTED, numbers, ""))
        text = " ".join(kept)
        return Grounded(text, short if text else "", self._citations(), tuple(support))

    def turns_question(self, short: str, evidence: Sequence[Evidence]) -> str:
        """Give the reason why a bare answer is none to the question, by the evidence behind it; "": none found.

        "The council chose the mayor" may be true, and is no answer to "Whom did the mayor choose?": put into the
        question, "the mayor did choose the council", and the evidence says it of somebody else.
        """
        if not short or not evidence:
            return ""
        texts = [shown_text(item) for item in evidence]
        if measures_otherwise(self._question, short, texts):
            return Turned.UNIT.value
        if self._named_in_titles_alone(short, evidence):
            return HEADLINE
        said = answer_as_statement(self._question, short)
        turned = self._contradiction(said, evidence) if said else None
        if turned is not None and turned.kind in (_OF_ANOTHER - _VOUCHED if self._vouched else _OF_ANOTHER):
            return turned.kind.value
        office = office_asked_for(self._question)
        held = self._contradiction(f"{short} is the {office}.", evidence) if office else None
        return held.kind.value if held is not None and held.kind is Turned.TITLE else ""

    def _beside_question(self, text: str, evidence: Sequence[Evidence]) -> str:
        """Give the reason why a draft is no answer: neither it nor what backs it has a word of the question.

        A yes or no needs none, and what a model vouches for may be in other words: a fire for a blaze.
        """
        if self._may_echo or self._vouched or len(self._asked) < _FEWEST_ASKED:
            return ""
        spoken = set(stems("\n".join([text, *(shown_text(item) for item in evidence)])))
        return "" if self._asked & spoken else BESIDE

    def _named_in_titles_alone(self, short: str, evidence: Sequence[Evidence]) -> bool:
        """Tell whether the names that a bare answer adds stand in the titles of articles, and not in evidence."""
        articles = [item.passage.article for item in evidence]
        beside = [f"{a.source}, {a.author}, {a.published_at or ''}" for a in articles]
        missing = missing_claims(short, [*(shown_text(item) for item in evidence), *beside], self._names)
        named = [name for name in name_words(short, self._names) if stem(name) not in self._asked]
        return bool(named) and set(named) <= set(missing)

    def backed(self, sentence: str) -> tuple[str, Sequence[Evidence], str]:
        """Check one sentence.

        Returns:
            The sentence as it may be said, the evidence behind it, and why it cannot stand ("": it can).
        """
        backing, reason = self._backing(sentence)
        if not reason:
            sentence, reason = self._kept_together(sentence, backing)
        return sentence, backing, reason

    def short(self, short: str) -> str:
        """Give a bare answer, or "" where the evidence does not hold it."""
        said = set(stems(short))
        offered = _OFFERS.search(self._question)
        echo = said and said <= self._asked and not offered and answer_as_statement(self._question, short)
        return "" if echo or self._missing(short, self.evidence) else short

    def preview(self, raw: str) -> str | None:
        """Give what may be shown of a growing reply: checked sentences with markers, and checked words.

        Returns:
            The text, possibly empty; None when a number, name or quotation is not in the evidence, after
            which nothing more of the reply may be shown.
        """
        finished, rest = settled(self._mended(raw))
        if self._invented(f"{finished} {rest}"):
            return None
        done = Grounder(self._question, self.evidence, self._used).check(Draft(finished, "")).text
        return f"{done} {rest}".strip()

    def quote(self, reason: str, short: str = "") -> Grounded | None:
        """Answer with the words of the best evidence.

        Args:
            reason: why it is a quotation.
            short: the bare answer that the quotation must hold; empty: the first piece of evidence is quoted.

        Returns:
            The quotation; None when no evidence holds the bare answer.
        """
        if short and set(stems(short)) <= self._asked and not self._may_echo:
            return None
        holding = [item for item in self.evidence if not short or not self._missing(short, [item])]
        holding = [item for item in holding if set(stems(short)) <= _words_of(item) | _shown_words(item)]
        holding = [item for item in holding if not (numbers(short) and recalls_error(item, self._question))]
        holding = [item for item in holding if not self._of_another_year([item])]
        holding = [item for item in holding if not said_by_another(self._question, [item], self._outlets)]
        holding = [item for item in holding if not self.turns_question(short, [item])]
        if not holding:
            return None
        best = holding[0]
        if short:
            best = max(holding, key=lambda item: len(_words_of(item) & set(stems(self._question))))
        cited = self._number([best])
        quotation = squeeze(best.text)
        support = Support(quotation, SupportStatus.QUOTED, cited, reason)
        article = best.passage.article
        said = f"A{opinion_piece(article)[1:]}: " if is_opinion(article) else ""
        return Grounded(_with_markers(f"{said}“{quotation}”", cited), short, self._citations(), (support,))

    def verdict(self, yes: bool, shown: Sequence[Evidence]) -> Grounded:
        """Answer yes or no, each claim with the words that it was checked on."""
        return self._with_quotations("Yes" if yes else "No", shown, "checked claim by claim")

    def settled(self, word: str, shown: Sequence[Evidence], *, clash: bool) -> Grounded:
        """Answer whether reports agree, with the words of each."""
        reason = "one contradicts the other" if clash else "no contradiction found in what they say"
        return self._with_quotations(word, shown, reason, f"{word}, {reason}")

    def otherwise(self, item: Evidence) -> Grounded:
        """Answer a question that takes for granted what the articles say of somebody else, or deny."""
        numbers = self._number([item])
        quotation = squeeze(item.text)
        support = Support(
            quotation, SupportStatus.QUOTED, numbers, "what the question takes for granted is not so"
        )
        said = _with_markers(f"The articles say otherwise: “{quotation}”", numbers)
        return Grounded(said, "", self._citations(), (support,))

    def name(
        self, name: str, shown: Sequence[Evidence], reason: str = "named in the evidence of several parts"
    ) -> Grounded:
        """Answer with a name that code has found, and the words that say so.

        Args:
            name: by default, the one that several parts of a question have in common.
            shown: the evidence that gives it.
            reason: how it was found.
        """
        return self._with_quotations(name, shown, reason)

    def worked_out(self, worked: Worked, shown: Sequence[Evidence]) -> Grounded:
        """Answer with what code worked out of two figures or two days, and the words that give these."""
        said = f"{worked.text} ({worked.how})"
        return replace(
            self._with_quotations(said, shown, "worked out from two figures or days"), short=worked.text
        )

    def quotations(self, chosen: Sequence[Evidence]) -> Grounded:
        """Answer with sentences word for word, under the day and the outlet of their articles."""
        lines: list[str] = []
        support: list[Support] = []
        for _, group in itertools.groupby(chosen, key=lambda item: item.passage.article.id):
            items = list(group)
            quoted = []
            for item in items:
                numbers = self._number([item])
                quotation = squeeze(item.text)
                quoted.append(_with_markers(f"“{quotation}”", numbers))
                support.append(Support(quotation, SupportStatus.QUOTED, numbers, "chosen from the articles"))
            lines.append(f"{_heading(items[0])}: {' '.join(quoted)}")
        return Grounded("\n".join(lines), "", self._citations(), tuple(support))

    def may_differ(self, grounded: Grounded, answers: Sequence[FoundAnswer]) -> list[FoundAnswer]:
        """Choose what the reader found that may be another answer than a checked one (`differing.may_differ`).

        Not of an article that a rule finds to differ already, which needs nobody's word.
        """
        statement = _first_standing(grounded)
        if statement is None:
            return []
        figures, own = _figures_cited(grounded, statement)
        if not own or not may_differ(self._question, figures, own, answers):
            return []
        newer, others = other_reports(self._question, statement.sentence, figures, own, self.evidence, answers)
        known = {report.item.passage.article.id for report in (*newer, *others)}
        unknown = [answer for answer in answers if answer.item.passage.article.id not in known]
        return may_differ(self._question, figures, own, unknown)

    def with_other_reports(
        self,
        grounded: Grounded,
        answers: Sequence[FoundAnswer] = (),
        confirmed: Sequence[FoundAnswer] = (),
    ) -> Grounded:
        """Add to a checked answer what other reports say of the same, the newest first, a correction before all.

        Args:
            grounded: the answer.
            answers: what the reader found in the passages.
            confirmed: of these, what a model that verifies takes for another answer.

        Returns:
            The answer as it is, where the reports agree.
        """
        statement = _first_standing(grounded)
        if statement is None:
            return grounded
        figures, own = _figures_cited(grounded, statement)
        newer, others = other_reports(
            self._question, statement.sentence, figures, own, self.evidence, answers, confirmed
        )
        text, short = grounded.text, grounded.short
        if newer:
            item, short = newer[0].item, newer[0].figure
            said = _with_markers(f"{short[:1].upper()}{short[1:]}.", self._number([item]))
            text = f"{said} {self._reported(item)} An earlier {REPORT_DIFFERS} {text}"
        elif others:
            first = others[0].item
            text = f"{text} {_which(first, own)} {REPORT_DIFFERS} {self._reported(first)}"
        return Grounded(text, short, self._citations(), grounded.support)

    def _reported(self, item: Evidence) -> str:
        return _with_markers(f"{_heading(item)}: “{squeeze(item.text)}”", self._number([item]))

    def _with_quotations(self, word: str, shown: Sequence[Evidence], reason: str, said: str = "") -> Grounded:
        distinct = {item.place: item for item in shown}.values()
        quoted = [_with_markers(f"“{squeeze(item.text)}”", self._number([item])) for item in distinct]
        support = Support(word, SupportStatus.SUPPORTED, self._number(shown), reason)
        # What no report bears out is not thereby false.
        said = said or (f"{word}, not according to these reports" if word == "No" else word)
        return Grounded(f"{said}: {' '.join(quoted)}", word, self._citations(), (support,))

    def _backing(self, sentence: str) -> tuple[list[Evidence], str]:
        """Find the evidence behind a sentence, or the reason why it cannot stand."""
        missing = self._invented(sentence)
        if missing:
            return [], f"{INVENTED}: {', '.join(missing)}"
        wanted = _plain_stems(sentence) or {word.lower() for word in words(sentence)}
        backing: list[Evidence] = []
        open_words, lacking = set(wanted), self._missing(sentence, [])
        while len(backing) < _MOST_CITED and (not backing or lacking or open_words):
            best = self._best_backing(sentence, backing, open_words)
            open_still = not backing or lacking or self._mostly_open(open_words, wanted)
            if best is None or not (open_still or (open_words - self._asked) & _words_of(best)):
                break
            backing.append(best)
            open_words -= _shown_words(best)
            lacking = self._missing(sentence, backing)
        if lacking:
            return [], f"no {_MOST_CITED} pieces of evidence hold all of it: {', '.join(lacking)}"
        # What the question says already is no claim of the sentence.
        unbacked = self._mostly_open(open_words, wanted) or self._adds_unbacked(open_words, wanted)
        if not backing or (unbacked and not self._vouched):
            return [], "too few of its words are in the evidence"
        if reason := self._objection(sentence, wanted, backing):
            return [], reason
        needed = self._needed(sentence, wanted, backing)
        if self._has_corrected_name(sentence, needed):
            return [], WAS_WRONG
        if self._of_another_story(sentence, wanted, needed):
            return [], OTHER_STORIES
        return needed, ""

    def _objection(self, sentence: str, wanted: set[str], backing: Sequence[Evidence]) -> str:
        """Give the reason why a sentence cannot stand though the evidence has its words; "": none."""
        if self._has_corrected_figure(sentence):
            return WAS_WRONG
        if self._only_headline(sentence, backing):
            return HEADLINE
        if self._of_another_year(backing):
            return ANOTHER_YEAR
        if said_by_another(self._question, backing, self._outlets):
            return Turned.SPEAKER.value
        if self._of_two_stories(sentence):
            return OTHER_STORIES
        if self._vouched:
            return ""
        if self._of_a_row(sentence, backing):
            return "its figure stands in a row of a table, which does not say what it is"
        if not self._figures_paired(sentence):
            return "its figure and its names do not stand together in the evidence"
        if _negates(sentence) and not any(_may_deny(item.text) for item in [*backing, *self._beside(backing)]):
            return "it denies something that the evidence does not deny"
        return self._adds_nothing(sentence, wanted) or self._adds_unknown(sentence, wanted)

    def _only_headline(self, sentence: str, backing: Sequence[Evidence]) -> bool:
        """Tell whether a sentence is a headline, or words of one that stand together nowhere else."""
        said = _plain(sentence)
        titles = [_plain(item.passage.article.title) for item in backing]
        if said in titles:
            return True
        part = len(said.split()) >= _FEWEST_OF_HEADLINE and any(f" {said} " in f" {title} " for title in titles)
        return part and not any(said in _plain(item.text) for item in self.evidence)

    def _of_a_row(self, sentence: str, backing: Sequence[Evidence]) -> bool:
        """Tell whether a figure that the question does not give stands in rows of bare numbers alone."""
        for figure in set(numbers(sentence)) - set(numbers(self._question)):
            holding = [item.text for item in backing if figure in numbers(item.text)]
            if holding and all(figure in _unnamed(text) for text in holding):
                return True
        return False

    def _has_corrected_figure(self, sentence: str) -> bool:
        """Tell whether a figure stands only where the evidence recalls an error."""
        return any(
            self._only_recalled([item for item in self.evidence if figure in numbers(shown_text(item))])
            for figure in numbers(sentence)
        )

    def _has_corrected_name(self, sentence: str, backing: Sequence[Evidence]) -> bool:
        """Tell whether a name stands, in what backs a sentence, only where an error is recalled."""
        return any(
            self._only_recalled([item for item in backing if name in words(item.text)])
            for name in name_words(sentence)
        )

    def _only_recalled(self, holding: Sequence[Evidence]) -> bool:
        return bool(holding) and all(recalls_error(item, self._question) for item in holding)

    def _of_another_year(self, evidence: Sequence[Evidence]) -> bool:
        """Tell whether evidence speaks of other years, or centuries, than the one that the question is about."""
        centuries = {century for item in evidence for century in centuries_named(item.text)}
        if self._century is not None and centuries:
            return self._century not in centuries
        if self._year is None:
            return False
        days = [item.passage.article.published_at for item in evidence]
        if any(day is None or day.year == self._year for day in days):
            return False
        years = {year for item in evidence for year in _years_of(item.text, item)}
        if not years:  # a report that names no year at all is of its own, unless it speaks of the other elsewhere
            years = {year for item in evidence for year in _years_of(item.passage.article.text, item)}
        return self._year not in years

    def _of_two_stories(self, sentence: str) -> bool:
        """Tell whether a sentence joins a name of the question to one of articles that know nothing of it."""
        names = [name for name in name_words(sentence, self._names) if name.lower() not in DATE_WORDS]
        asked = [name for name in names if not missing_claims(name, [self._question], self._names)]
        for name in names:
            holding = [item for item in self.evidence if not self._missing(name, [item])]
            wholes = {item.passage.article.id: whole_text(item.passage.article) for item in holding}.values()
            if asked and name not in asked and wholes and not any(self._any_in(asked, whole) for whole in wholes):
                return True
        return False

    def _of_another_story(self, sentence: str, wanted: set[str], backing: Sequence[Evidence]) -> bool:
        """Tell whether only articles that know none of its names back what a sentence adds to the question."""
        names = [name for name in name_words(sentence, self._names) if name.lower() not in DATE_WORDS]
        knowing = [item for item in backing if self._any_in(names, whole_text(item.passage.article))]
        return bool(names) and self._adds_unbacked(wanted - {w for i in knowing for w in _shown_words(i)}, wanted)

    def _any_in(self, names: Sequence[str], text: str) -> bool:
        """Tell whether a text has one of the names, as a name: "the clerks" are not the film "The Salt Clerk"."""
        capitals = " ".join(part for part in text.split() if not part.islower())
        return any(not missing_claims(name, [capitals], self._names) for name in names)

    def _needed(self, sentence: str, wanted: set[str], backing: Sequence[Evidence]) -> list[Evidence]:
        """Leave out evidence that only names what is asked about, where the passages of the rest name it too."""
        needed = list(backing)
        for item in backing:
            rest = [other for other in needed if other is not item]
            claims = set(self._missing(sentence, rest))
            known = [f"{describe(other.passage.article)}\n{other.passage.chunk.text}" for other in rest]
            asked = claims <= set(missing_claims(self._question, [], self._names))
            if rest and asked and not missing_claims(sentence, known, self._names):
                open_words = wanted - {word for other in rest for word in _shown_words(other)}
                lacks = self._mostly_open(open_words, wanted) or self._adds_unbacked(open_words, wanted)
                needed = needed if lacks else rest
        return needed

    def _mostly_open(self, open_words: set[str], wanted: set[str]) -> bool:
        """Tell whether too few of a sentence's words are backed; those of the question need not be."""
        return len(open_words - self._asked) > (1 - _MIN_OVERLAP) * len(wanted)

    def _adds_unbacked(self, open_words: set[str], wanted: set[str]) -> bool:
        """Tell whether nothing of what a sentence adds to the question is in what backs it."""
        added = wanted - self._asked
        return len(added) >= _FEWEST_ADDED and added <= open_words

    def _best_backing(self, sentence: str, backing: Sequence[Evidence], open_words: set[str]) -> Evidence | None:
        """Choose the evidence that adds most of what a sentence says; None where none adds anything."""
        lacking = len(self._missing(sentence, backing))

        def adds(item: Evidence) -> int:
            claims = lacking - len(self._missing(sentence, [*backing, item]))
            found = open_words & _words_of(item)
            return len(found & self._asked) + _NEW_WEIGHT * len(found - self._asked) + _CLAIM_WEIGHT * claims

        best = max(
            (item for item in self.evidence if item not in backing),
            key=lambda item: (adds(item), item.score),
            default=None,
        )
        return best if best is not None and (not backing or adds(best) > 0) else None

    def _kept_together(self, sentence: str, backing: Sequence[Evidence]) -> tuple[str, str]:
        """Give a sentence that keeps together what belongs together, or the reason why it cannot stand.

        What the evidence behind it gives as somebody's words gets its speaker back; one whom only other evidence
        names did not say it.
        """
        turned = self._contradiction(sentence, self.evidence)
        if turned is not None and turned.kind is Turned.FIGURE and asks_how_it_stands(self._question):
            # An older report's figure is no objection to a newer one's.
            turned = self._contradiction(sentence, self._as_new_as(sentence))
        if turned is None:
            return sentence, ""
        if turned.kind is Turned.CLAIM and turned.speaker:
            named = not self._missing(turned.speaker, backing)
            return _attributed(sentence, turned.speaker) if named else sentence, ""
        overruled = self._vouched is not None and not self._turned_by_newer(sentence, self._vouched)
        return sentence, "" if overruled else turned.kind.value

    def _contradiction(self, sentence: str, evidence: Sequence[Evidence]) -> Contradiction | None:
        texts, dated = [item.text for item in evidence], [shown_text(item) for item in evidence]
        return contradiction(sentence, texts, dated, self._outlets, self._published)

    def _as_new_as(self, sentence: str) -> list[Evidence]:
        """Give the evidence that is no older than the newest that holds the figures of a sentence."""
        figures = set(numbers(sentence))
        holding = [item for item in self.evidence if figures <= set(numbers(item.text))]
        newest = max((rank_in_time(item.passage.article) for item in holding), default=(date.min, False))
        return [item for item in self.evidence if rank_in_time(item.passage.article) >= newest]

    def _turned_by_newer(self, sentence: str, shown: Evidence) -> bool:
        """Tell whether evidence turns a sentence round that is newer than what was shown to who vouches for it."""
        known = rank_in_time(shown.passage.article)
        newer = [item for item in self.evidence if rank_in_time(item.passage.article) > known]
        if not newer:
            return False
        turned = self._contradiction(sentence, newer)
        if turned is not None and turned.kind is not Turned.CLAIM:
            return True
        # Another figure is only told from one that stands somewhere.
        together = self._contradiction(sentence, [*newer, shown])
        return together is not None and self._contradiction(sentence, [shown]) is None

    def _beside(self, backing: Sequence[Evidence]) -> list[Evidence]:
        """Give the other evidence of the same articles."""
        ids = {item.passage.article.id for item in backing}
        return [item for item in self.evidence if item.passage.article.id in ids]

    def _adds_nothing(self, sentence: str, said: set[str]) -> str:
        """Tell whether a sentence only says the question back; a yes or no may."""
        new_figures = set(numbers(sentence)) - set(numbers(self._question))
        if self._may_echo or new_figures:
            return ""
        added = said - self._asked
        asked = {token.lemma for token in parse(self._question)}  # "did pay", where the sentence has "paid"
        inflected = {stem(token.text) for token in parse(sentence) if token.lemma in asked}
        return "" if added - inflected else ECHO

    def _adds_unknown(self, sentence: str, said: set[str]) -> str:
        """Tell whether a sentence adds a thing, or mostly words, that neither question nor evidence holds."""
        things = [
            token.text
            for token in parse(_UNIT_AT_FIGURE.sub(r"\1", sentence))
            if token.pos == "NOUN" and token.text.isalpha() and token.lemma not in _GENERAL
        ]
        new = [thing for thing in things if not {stem(thing), f"un{stem(thing)}"} & self._stems]
        if new:
            return f"{ADDED}: {', '.join(new)}"
        added = said - self._asked
        unknown = [word for word in added if word not in self._held and f"un{word}" not in self._held]
        many = len(unknown) >= _FEWEST_UNKNOWN and len(unknown) > _MOST_UNKNOWN * len(added)
        return "what it adds is not in the evidence" if many else ""

    def _invented(self, text: str) -> list[str]:
        """List the claims that no evidence holds; a first word that nobody said before may be a name."""
        openers = [
            token.text
            for before, token in itertools.pairwise((None, *parse(text)))
            if token is not None
            and (before is None or before.sentence != token.sentence)
            and token.pos == "PROPN"
            and token.lower not in _OPENERS
            and stem(token.text) not in self._stems
        ]
        return [*openers, *self._missing(text, self.evidence)]

    def _missing(self, text: str, evidence: Sequence[Evidence]) -> list[str]:
        texts = texts_of(evidence)
        return self._completed.without(missing_claims(text, texts, self._names), texts)

    def _figures_paired(self, sentence: str) -> bool:
        """Tell whether each clause with a figure has its names and figures together in one piece of evidence.

        "Germany spends 2%" does not stand because one sentence speaks of Germany and another of 2%.
        """
        clauses = [_without_first_names(c) for c in _CLAUSE_END.split(sentence) if numbers(c)]
        return all(any(self._holds(item, clause) for item in self.evidence) for clause in clauses)

    def _holds(self, item: Evidence, clause: str) -> bool:
        """Tell whether evidence has the names and figures of a clause.

        A sentence that names nobody but who says it speaks of what its article is about.
        """
        if not self._missing(clause, [item]):
            return True
        if _names_of_matter(item.text):
            return False
        return not missing_claims(clause, [*texts_of([item]), whole_text(item.passage.article)], self._names)

    def mended(self, draft: Draft) -> Draft:
        """Give a draft with its numbers and countries written as the evidence writes them."""
        return replace(draft, text=self._mended(draft.text), short=self._mended(draft.short))

    def _mended(self, text: str) -> str:
        """Write what the model took from elsewhere as the evidence does.

        Numbers that it breaks are joined ("8. 4 metres"), and a capital that the question puts for its country is
        replaced by the country ("Kyiv").
        """

        def joined(broken: re.Match[str]) -> str:
            whole = broken.group().replace(" ", "")
            return whole if any(whole in item.text for item in self.evidence) else broken.group()

        for capital, country in self._countries.items():
            text = re.sub(rf"\b{re.escape(capital)}\b", country, text)
        return _BROKEN_NUMBER.sub(joined, text)

    def _number(self, backing: Sequence[Evidence]) -> tuple[int, ...]:
        places = [item.place for item in self._used]
        for item in backing:
            if item.place not in places:
                self._used.append(item)
                places.append(item.place)
        return tuple(sorted({places.index(item.place) + 1 for item in backing}))

    def _citations(self) -> tuple[Citation, ...]:
        return tuple(
            Citation(number, item.passage, item.text, item.start, item.end)
            for number, item in enumerate(self._used, start=1)
        )


def _plain(text: str) -> str:
    """Give the words of a text, lower case."""
    return " ".join(word.lower() for word in words(text))


def _years_of(text: str, item: Evidence) -> set[int]:
    """Give the years that a text of an article names, or that its days are of."""
    published = item.passage.article.published_at
    day = published.date() if published else None
    return {*years_named(text, day), *(found.day.year for found in resolved_days(text, day))}


def _names_of_matter(text: str) -> set[str]:
    """Give the names of a sentence, lower case, without dates and without those of who says it."""
    said = _LABEL.sub("", text)
    speakers = {name for frame in frames_of(said) for speaker in frame.speakers for name in speaker.names}
    return {name.lower() for name in name_words(said)} - speakers - DATE_WORDS


def _plain_stems(sentence: str) -> set[str]:
    """Give the stems of a sentence but for its figures and their units, which are compared by value."""
    without = _OPENING.sub("", sentence)
    return {word for word in stems(without) if not word[0].isdigit() and word not in _UNIT_STEMS}


def _without_first_names(clause: str) -> str:
    """Leave of each name its last word: a person is named in full once, then by the last name."""
    return re.sub(r"\b[A-Z][\w’'-]+\s+(?=[A-Z][\w’'-]+)", "", clause)


def _heading(item: Evidence) -> str:
    article = item.passage.article
    day = f"{article.published_at.day} {article.published_at:%B %Y}" if article.published_at else ""
    return ", ".join(part for part in (day, article.source or squeeze(article.title)) if part)


def _attributed(sentence: str, speaker: str) -> str:
    """Say whose words a sentence gives: "Prices will rise, according to Leonor Paz."."""
    stripped = sentence.rstrip()
    end = stripped[-1] if stripped[-1:] in ".!?" else ""
    return f"{stripped[: len(stripped) - len(end)]}, according to {speaker}{end}"


def _as_opinion(sentence: str, backing: Sequence[Evidence]) -> str:
    """Say of a sentence that rests on opinion pieces alone whose opinion it is, unless it names them."""
    articles = [item.passage.article for item in backing]
    if not articles or not all(is_opinion(article) for article in articles):
        return sentence
    said = set(stems(sentence))
    if any(said & set(stems(article.author)) for article in articles) or "opinion" in said:
        return sentence
    return _attributed(sentence, opinion_piece(articles[0]))


def _shown_words(item: Evidence) -> set[str]:
    """Give the words of a piece of evidence as the model reads it, under its article's heading."""
    return set(stems(f"{describe(item.passage.article)} {shown_text(item)}"))


def _words_of(item: Evidence) -> set[str]:
    return set(stems(item.text))


def _negates(text: str) -> bool:
    plain = _NUMBER_SIGN.sub("", text)
    return any(word.lower() in _NEGATIONS or word.lower().endswith(("n't", "n’t")) for word in words(plain))


def _may_deny(text: str) -> bool:
    return _negates(text) or any(word.lower() in _DENIALS for word in words(text))


def _with_markers(sentence: str, numbers: Sequence[int]) -> str:
    """Put the markers before the full stop: "The target is 2% [1]."."""
    markers = "".join(f"[{number}]" for number in numbers)
    stripped = sentence.rstrip()
    end = stripped[-1] if stripped[-1:] in ".!?" and not stripped.endswith(("”", '"')) else ""
    return f"{stripped[: len(stripped) - len(end)].rstrip()} {markers}{end}"

"""Who said "…": the speaker of a quotation that the question gives, found by the grammar of its sentence."""

from collections.abc import Sequence
from dataclasses import replace

from qa.answer_type import AnswerType, answer_types
from qa.claims import quotations
from qa.frames import SPEECH, Frame, Phrase, as_written, frames_of
from qa.models import Evidence
from qa.syntax import Token, parse
from qa.text import sentence_spans, squeeze, words

_FEWEST_WORDS = 3  # shorter words in quotation marks are terms, which many use
_PERSONS = ("he", "she")
_CALLING = frozenset("dub label term brand".split())
_MOST_BEFORE = 2  # sentences before the quotation in which "she" is named
_BEFORE = 800  # characters in which these stand


def who_said(question: str, evidence: Sequence[Evidence]) -> tuple[str, Evidence] | None:
    """Find who says what a question quotes.

    "She said" is whoever speaks in the sentence before, or is its subject, where that is one named person.

    Args:
        question: asks for a name, and holds a quotation.
        evidence: where it may stand word for word.

    Returns:
        The speaker as the evidence names him or her, and the evidence; None for another question, where no
        evidence gives these words to one named speaker, or two give them to different ones.
    """
    asked = [quoted for quoted in quotations(question) if len(words(quoted)) >= _FEWEST_WORDS]
    if AnswerType.NAME not in answer_types(question) or len(asked) != 1:
        return None
    found = [spoken for item in evidence if (spoken := _spoken(asked[0], item)) is not None]
    return found[0] if found and len({speaker for speaker, _ in found}) == 1 else None


def _spoken(quoted: str, item: Evidence) -> tuple[str, Evidence] | None:
    """Give the one named speaker of a quotation in a piece of evidence, and the evidence that names him or her."""
    tokens = parse(item.text)
    start, end = _place_of(quoted, tokens)
    frames = frames_of(item.text)
    inside = [frame for frame in frames if start <= frame.at < end]
    speakers = {phrase for frame in inside for phrase in frame.speakers}
    if not inside and end:
        speakers = _speakers_around(tokens, frames, start, end)
    named = {_written(tokens, phrase) for phrase in speakers if phrase.names}
    if len(named) == 1:
        return named.pop(), item
    if not named and speakers and {tokens[phrase.at].lower for phrase in speakers} <= set(_PERSONS):
        return _named_before(item, tokens, start)
    return None


def _speakers_around(tokens: Sequence[Token], frames: Sequence[Frame], start: int, end: int) -> set[Phrase]:
    """Give who speaks where a quotation is no statement: "X said that it was '...'", "X dubbed it '...'"."""
    top = next((t for t in tokens[start:end] if not start <= t.head < end), None)
    by_verb = {frame.at: frame for frame in frames}
    at = top.head if top is not None else start
    while at not in by_verb and tokens[at].head != at:
        at = tokens[at].head
    frame = by_verb.get(at)
    if frame is None:
        return set()
    return set(frame.speakers or (frame.agents if frame.verb in SPEECH | _CALLING else ()))


def _named_before(item: Evidence, tokens: Sequence[Token], quotation: int) -> tuple[str, Evidence] | None:
    """Find who "she" is in "..., she said": named in the sentences before, the nearest that names a speaker."""
    text = item.passage.article.text
    own = len("".join(t.text + " " * t.space for t in tokens if t.sentence < tokens[quotation].sentence))
    first = max(0, item.start - _BEFORE)
    head = text[first : item.start + own]
    for start, end in reversed(sentence_spans(head)[-_MOST_BEFORE:]):
        people = _people(head[start:end])
        if people:
            whole = replace(item, start=min(first + start, item.start))
            return (people.pop(), whole) if len(people) == 1 else None
    return None


def _people(sentence: str) -> set[str]:
    """Give the named people who say something in a sentence, or else are the subject of its main verb."""
    tokens = parse(sentence)
    frames = frames_of(sentence)
    speaking = [phrase for frame in frames for phrase in (*frame.speakers, *_agents_of_speech(frame))]
    subjects = [phrase for frame in frames if tokens[frame.at].dep == "ROOT" for phrase in frame.agents]
    for phrases in (speaking, subjects):
        found = {_written(tokens, p) for p in phrases if _is_person(p, tokens)}
        if found:
            return found
    return set()


def _written(tokens: Sequence[Token], phrase: Phrase) -> str:
    """Give a speaker as the evidence has it: of "a spokesperson, Cecilia Roos," the name."""
    whole = as_written(tokens, phrase)
    if phrase.names & {word.lower() for word in words(whole)}:
        return whole
    named = [i for i in phrase.inside if tokens[i].lower in phrase.names]
    run = [i for i in named if i - named[0] == named.index(i)]
    return " ".join(tokens[i].text for i in run)


def _agents_of_speech(frame: Frame) -> Sequence[Phrase]:
    return frame.agents if frame.verb in SPEECH else ()


def _is_person(phrase: Phrase, tokens: Sequence[Token]) -> bool:
    return any(tokens[i].entity == "PERSON" for i in phrase.inside if tokens[i].lower in phrase.names)


def _place_of(quoted: str, tokens: Sequence[Token]) -> tuple[int, int]:
    """Give the first word of a quotation among a text's words, and the word after its last; (0, 0) without."""
    wanted = squeeze(quoted).lower().strip(" .,!?")
    whole, starts = "", []
    for token in tokens:
        starts.append(len(whole))
        whole += token.lower + (" " if token.space else "")
    at = whole.find(wanted)
    if at < 0:
        return 0, 0
    within = [index for index, begins in enumerate(starts) if at <= begins < at + len(wanted)]
    return (within[0], within[-1] + 1) if within else (0, 0)

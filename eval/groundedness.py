"""Whether a sentence is supported by the evidence it cites, judged by rules of its own.

A deterministic checker, independent of the grounding inside the pipeline. It looks at what news answers get
wrong: figures, dates, names and quotations that are not there; the other figure of a sentence; words given to
another speaker; roles turned round; a negation or a hedge dropped; a contested claim told as fact; a direction
turned round; a part made the whole. `eval/gold/groundedness.jsonl` holds hand-labelled pairs, half of them for
development; the report gives this checker's precision and recall on the other half.
"""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.units import Anchor, Text, Token, analyse, values_in_words
from eval.wordlists import (
    BE,
    CONDITIONAL,
    DENIALS,
    DOWN,
    IRREGULAR,
    NEGATIONS,
    NO_VERBS,
    PLANNED,
    POSSIBLE,
    PRONOUNS,
    SPEECH,
    SPEECH_OF_CLAIMS,
    UP,
    WIDE,
)
from qa.errors import InputError
from qa.text import plain_quotes, sentence_spans, squeeze, stem

VERSION = "1"
PAIRS = Path(__file__).resolve().parent / "gold" / "groundedness.jsonl"
_LEAST_COVERAGE = 0.5  # share of the sentence's content words that the evidence must hold
_RIVAL_MARGIN = 1.5  # how much better another figure or date must fit the sentence's words
_BARE_MARGIN = 2.0  # the same for a figure without a unit
_NAME_MARGIN = 6.0  # the same for a name: names stand in more places of a sentence
_REACH = 5  # words that a negation or a hedge governs at most
_BESIDE = 8  # words between two names that belong together
_CLAUSE_COST = 4.0  # a clause boundary is as far as so many words


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether the evidence supports the sentence, and if not, why."""

    supported: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Pair:
    said: Text
    evidence: Text
    known: Text  # evidence, heading and question: where names may come from
    said_text: str
    evidence_text: str


def check(sentence: str, evidence: str, *, context: str = "", question: str = "") -> Finding:
    """Check a sentence against the evidence it cites.

    Args:
        sentence: of an answer, without markers.
        evidence: the cited words.
        context: headings of the cited articles: their titles, outlets and dates prove names and dates.
        question: names may be taken up from it, where the sentence answers in a fragment.
    """
    pair = _Pair(
        analyse(sentence),
        analyse(evidence),
        analyse(f"{evidence} . {context} . {question}"),
        plain_quotes(sentence),
        plain_quotes(evidence),
    )
    if _word_for_word(pair):
        return Finding(True)
    for rule in _RULES:
        if reason := rule(pair):
            return Finding(False, reason)
    return Finding(True)


def _word_for_word(pair: _Pair) -> bool:
    """Tell whether it is one or more whole sentences of the evidence (a part may have lost its speaker)."""
    said = squeeze(pair.said_text).strip(' "')
    return any(said == squeeze(pair.evidence_text[a:b]).strip(' "') for a, b in _runs(pair.evidence_text))


def _runs(text: str) -> Iterator[tuple[int, int]]:
    spans = sentence_spans(text)
    for i, (start, _) in enumerate(spans):
        for _, end in spans[i:]:
            yield start, end


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """A sentence with its evidence, and what a person said of it."""

    id: str
    kind: str
    evidence: str
    sentence: str
    supported: bool
    subtle: bool
    split: str


def load_pairs(path: Path = PAIRS) -> list[LabelledPair]:
    """Read the hand-labelled pairs.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        fields = LabelledPair.__dataclass_fields__
        return [LabelledPair(**{name: row[name] for name in fields}) for row in rows]
    except (OSError, ValueError, KeyError) as exc:
        raise InputError(f"cannot read the labelled pairs {path}: {exc}") from exc


def checker_quality(pairs: Sequence[LabelledPair]) -> dict[str, float]:
    """Measure the checker on labelled pairs; finding what is not supported is its task, so that is positive.

    Returns:
        n, precision and recall of "not supported", the false alarms on supported sentences, and the recall on
        the subtle ones alone; each 0 to 1.
    """
    found = [(pair, not check(pair.sentence, pair.evidence).supported) for pair in pairs]
    wrong = [flagged for pair, flagged in found if not pair.supported]
    right = [flagged for pair, flagged in found if pair.supported]
    subtle = [flagged for pair, flagged in found if not pair.supported and pair.subtle]
    flagged = sum(wrong) + sum(right)
    return {
        "n": float(len(pairs)),
        "precision": sum(wrong) / flagged if flagged else 0.0,
        "recall": _share(wrong),
        "recall on subtle ones": _share(subtle),
        "false alarms": _share(right),
    }


def _share(flags: Sequence[bool]) -> float:
    return sum(flags) / len(flags) if flags else 0.0


# What is said must be there


def _unknown_quotation(pair: _Pair) -> str:
    flat = squeeze(pair.evidence_text).lower()
    for quotation in re.findall(r'"([^"]{2,})"', pair.said_text):
        if squeeze(quotation).lower().strip(" .,") not in flat:
            return f'the evidence does not hold the quotation "{quotation}"'
    return ""


def _unknown_figure(pair: _Pair) -> str:
    known = {anchor.value for anchor in pair.known.anchors if anchor.kind == "figure"}
    known |= {(value,) for value in values_in_words(pair.evidence_text)}
    known |= {(part,) for anchor in pair.known.of_kind("date") for part in anchor.value if part}
    for anchor in pair.said.of_kind("figure"):
        if anchor.value not in known:
            return f"the evidence does not hold the figure {anchor.value[0]}"
    return ""


def _other_unit(pair: _Pair) -> str:
    for anchor in pair.said.of_kind("figure"):
        units = {other.unit for other in pair.evidence.of_kind("figure") if other.value == anchor.value}
        if anchor.unit and units and "" not in units and anchor.unit not in units:
            return f"{anchor.value[0]} is of {'/'.join(sorted(units))}, not of {anchor.unit}"
    return ""


def _unknown_date(pair: _Pair) -> str:
    dates = pair.known.of_kind("date")
    relative = re.search(
        r"\b(?:year|years) (?:before|earlier|later|after)|(?:previous|last|next) year", pair.evidence_text
    )
    for anchor in pair.said.of_kind("date"):
        if any(_agree(anchor.value, other.value) for other in dates):
            continue
        year = anchor.value[2]
        near = {int(d.value[2]) + step for d in dates if d.value[2] for step in (-1, 1)}
        if relative and year and int(year) in near:
            continue
        return f"the evidence does not hold the date {'-'.join(filter(None, anchor.value))}"
    return ""


def _agree(said: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Tell whether a date may be the other: nothing said of both differs, and something is the same."""
    both = [(a, b) for a, b in zip(said, known, strict=True) if a and b]
    return bool(both) and all(a == b for a, b in both)


def _unknown_name(pair: _Pair) -> str:
    words = {t.stem for t in pair.known.tokens} | {t.text.lower().replace(".", "") for t in pair.known.tokens}
    acronyms = {"".join(w[0] for w in anchor.value) for anchor in pair.known.of_kind("name")}
    for anchor in (*pair.said.of_kind("name"), *pair.said.of_kind("weekday")):
        for word in anchor.value:
            plain = word.replace(".", "")
            if plain not in words and stem(plain) not in words and plain not in acronyms and len(plain) > 1:
                return f"the evidence does not hold the name {word!r}"
    return ""


def _little_in_common(pair: _Pair) -> str:
    said = [t for t in pair.said.tokens if t.is_content and t.stem not in SPEECH]
    if not said:
        return ""
    known = {t.stem for t in pair.known.tokens}
    values = {a.value for a in pair.known.anchors}
    figures = {a.at for a in pair.said.anchors if a.value in values}
    found = sum(t.stem in known or i in figures for i, t in enumerate(pair.said.tokens) if t in said)
    if found / len(said) < _LEAST_COVERAGE:
        return "most of its words are not in the evidence"
    return ""


# What belongs together must stay together


def _another_fits_better(pair: _Pair) -> str:
    """Find a figure, date or name to which the words around it belong less than to another of its kind."""
    said_values = {(a.kind, a.value) for a in pair.said.anchors}
    for anchor in pair.said.anchors:
        own = [a for a in pair.evidence.anchors if a.kind == anchor.kind and _same(anchor, a)]
        rivals = [a for a in pair.evidence.anchors if a.kind == anchor.kind and not _same(anchor, a)]
        if anchor.kind == "figure":
            rivals = [a for a in rivals if a.unit == anchor.unit or not a.unit or not anchor.unit]
        if anchor.kind != "name":
            rivals = [a for a in rivals if (a.kind, a.value) not in said_values]
        rivals = [a for a in rivals if not _beside_in_both(anchor, a, own, pair.said)]
        if not own or not rivals:
            continue
        words = _words_around(anchor, pair.said)
        best = max(_fit(a, words, pair.evidence) for a in own)
        rival = max(rivals, key=lambda a: _fit(a, words, pair.evidence))
        margin = _RIVAL_MARGIN if anchor.unit or anchor.kind == "date" else _BARE_MARGIN
        margin = _NAME_MARGIN if anchor.kind == "name" else margin
        if _fit(rival, words, pair.evidence) > margin * best:
            return f"what it says of {_shown(anchor)} the evidence says of {_shown(rival)}"
    return ""


def _shown(anchor: Anchor) -> str:
    return " ".join(part for part in anchor.value if part)


def _beside_in_both(anchor: Anchor, rival: Anchor, own: Sequence[Anchor], said: Text) -> bool:
    """Tell whether two names stand together in the sentence as in the evidence: a person and her firm."""
    if anchor.kind != "name":
        return False
    here = any(abs(a.at - anchor.at) <= _BESIDE for a in said.of_kind("name") if _same(a, rival))
    return here and any(abs(a.at - rival.at) <= _BESIDE for a in own)


def _same(a: Anchor, b: Anchor) -> bool:
    if a.kind == "name":
        return set(a.value) <= set(b.value) or set(b.value) <= set(a.value)
    return _agree(a.value, b.value) if a.kind == "date" else a.value == b.value


def _words_around(anchor: Anchor, text: Text) -> dict[str, float]:
    """Give the stems of the anchor's clause, nearer ones weighing more."""
    inside = range(anchor.at, anchor.at + anchor.length)
    found: dict[str, float] = {}
    for i, token in enumerate(text.tokens):
        if i in inside or not token.is_content:
            continue
        distance = min(abs(i - anchor.at), abs(i - inside[-1])) + _CLAUSE_COST * abs(
            token.clause - text.tokens[anchor.at].clause
        )
        found[token.stem] = max(found.get(token.stem, 0.0), 1.0 / (2.0 + distance))
    return found


def _fit(anchor: Anchor, words: dict[str, float], text: Text) -> float:
    """Measure how near to an anchor of the evidence the words are that the sentence puts around it."""
    inside = range(anchor.at, anchor.at + anchor.length)
    here = text.tokens[anchor.at]
    nearest: dict[str, float] = {}
    for i, token in enumerate(text.tokens):
        if token.stem not in words or i in inside:
            continue
        distance = min(abs(i - anchor.at), abs(i - inside[-1])) + _CLAUSE_COST * (
            abs(token.clause - here.clause) + 2 * abs(token.sentence - here.sentence)
        )
        nearest[token.stem] = min(nearest.get(token.stem, distance), distance)
    return sum(words[w] / (2.0 + distance) for w, distance in nearest.items()) + 1e-9


def _roles_turned_round(pair: _Pair) -> str:
    """Find a shared word about which what stands before and after it has changed places."""
    for i, token in enumerate(pair.said.tokens):
        if not _like_a_verb(token) or token.stem in SPEECH:
            continue
        for j, other in enumerate(pair.evidence.tokens):
            if other.stem != token.stem or not _like_a_verb(other):
                continue
            sides, were = _sides(pair.said, i), _sides(pair.evidence, j)
            if sides is None or were is None:
                continue
            (before, after), (was_before, was_after) = sides, were
            moved_up = (before & was_after) - was_before - after
            moved_down = (after & was_before) - was_after - before
            if moved_up and moved_down:
                return f"the roles around {token.text!r} are turned round"
    return ""


def _like_a_verb(token: Token) -> bool:
    word = token.text.lower()
    if not token.is_content or not token.text.islower() or word in NO_VERBS:
        return False
    return word.endswith(("ed", "ing")) or word in IRREGULAR


def _sides(text: Text, at: int) -> tuple[set[str], set[str]] | None:
    """Give the stems before and after a verb of its sentence, the agent's side first; None if it has no agent."""
    sentence = text.tokens[at].sentence
    before = {t.stem for t in text.tokens[:at] if t.sentence == sentence and t.is_content}
    after = {t.stem for t in text.tokens[at + 1 :] if t.sentence == sentence and t.is_content}
    here = text.tokens[at].clause
    following = [t.text.lower() for t in text.tokens[at + 1 : at + 9] if t.clause == here]
    after_be = any(t.text.lower() in BE for t in text.tokens[max(0, at - 2) : at])
    passive = "by" in following and (after_be or following[0] == "by")
    if after_be and not passive and not text.tokens[at].text.endswith("ing"):
        return None
    return (after, before) if passive else (before, after)


def _another_speaker(pair: _Pair) -> str:
    """Find words given to a speaker of whom the evidence tells something else."""
    speaker = _speaker_of(pair.said, 0)
    if not speaker:
        return ""
    words = {t.stem for t in pair.said.tokens if t.is_content and t.stem not in SPEECH}
    words -= {stem(w) for a in pair.said.of_kind("name") for w in a.value}
    quoted = analyse(" ".join(re.findall(r'"([^"]{2,})"', pair.said_text))).stems()
    mine, theirs = 0, 0
    for sentence, owner in _speakers(pair.evidence).items():
        there = {t.stem for t in pair.evidence.tokens if t.sentence == sentence}
        if _one(owner, speaker) or _named_in(pair.evidence, sentence, speaker):
            mine = max(mine, len(words & there))
        elif owner:
            if len(quoted) > 1 and quoted <= there:
                return f"the evidence does not have {' '.join(speaker)} say that"
            theirs = max(theirs, len(words & there))
    if theirs >= 2 and theirs > 2 * mine:
        return f"the evidence does not say that of {' '.join(speaker)}"
    return ""


def _one(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    return bool(set(a) & set(b))


def _named_in(text: Text, sentence: int, name: tuple[str, ...]) -> bool:
    return any(_one(a.value, name) for a in text.of_kind("name") if text.tokens[a.at].sentence == sentence)


def _speakers(text: Text) -> dict[int, tuple[str, ...]]:
    """Give the speaker of each sentence, empty where nobody with a name speaks; "he said" is the one before."""
    speakers: dict[int, tuple[str, ...]] = {}
    last: tuple[str, ...] = ()
    for sentence in sorted({t.sentence for t in text.tokens}):
        speaker = _speaker_of(text, sentence)
        speakers[sentence] = last if speaker is None else speaker
        names = [a.value for a in text.of_kind("name") if text.tokens[a.at].sentence == sentence]
        people = [name for name in names if len(name) > 1] or names
        last = speakers[sentence] or (people[0] if people else last)
    return speakers


def _speaker_of(text: Text, sentence: int) -> tuple[str, ...] | None:
    """Give the name to which a sentence's first verb of speech belongs; None: to a pronoun; empty: to no name."""
    for i, token in enumerate(text.tokens):
        if token.sentence == sentence and (token.stem in SPEECH or token.text.lower() == "according"):
            return _subject(text, i)
    return ()


def _subject(text: Text, verb: int) -> tuple[str, ...] | None:
    tokens = text.tokens
    names = [a for a in text.of_kind("name") if tokens[a.at].sentence == tokens[verb].sentence]
    if tokens[verb].text.lower() == "according":
        return next((a.value for a in names if verb < a.at <= verb + _BESIDE), ())
    before = tokens[verb - 1].text.lower() if verb else ""
    beside = [a for a in names if a.at + a.length == verb] or [a for a in names if a.at == verb + 1]
    if beside:
        return beside[0].value
    if before in PRONOUNS:
        return None
    if before == ",":  # after an apposition: "Ada Wynn, a retired engineer, told"
        near = [a for a in names if verb - 3 * _BESIDE <= a.at < verb]
        people = [a for a in near if len(a.value) > 1] or near
        return people[0].value if people else ()
    return ()


# What is said must be as certain, as wide and in the same direction


def _negation(pair: _Pair) -> str:
    said_negated = set().union(*_governed(pair.said, NEGATIONS))
    for scope in _governed(pair.evidence, NEGATIONS):
        denied = scope[:2]
        if denied and set(denied) <= pair.said.stems() - said_negated and not _has(pair.said, NEGATIONS):
            return f"the evidence denies {' '.join(denied)!r}"
    contrast = re.search(r", not |rather than", pair.said_text)
    if said_negated and not contrast and not _has(pair.evidence, NEGATIONS | DENIALS):
        return "it denies what the evidence does not deny"
    return ""


def _certainty(pair: _Pair) -> str:
    """Find what the evidence holds possible ("may", "could") or planned, told as more than that."""
    if '"' in pair.said_text or _has(pair.said, SPEECH_OF_CLAIMS | POSSIBLE):
        return ""
    names = {stem(w) for a in pair.evidence.of_kind("name") for w in a.value}
    weaker = POSSIBLE if _has(pair.said, PLANNED | CONDITIONAL) else POSSIBLE | PLANNED
    governed = [[w for w in scope if w not in names] for scope in _governed(pair.evidence, weaker)]
    everywhere = [t.stem for t in pair.evidence.tokens if t.is_content]
    for scope in governed:
        shared = [w for w in scope[:3] if w in pair.said.stems()]
        if shared and all(everywhere.count(w) <= sum(g.count(w) for g in governed) for w in shared):
            return f"the evidence is less certain of {shared[0]!r}"
    return ""


def _told_as_fact(pair: _Pair) -> str:
    attributed = _has(pair.said, SPEECH | SPEECH_OF_CLAIMS) or "according to" in pair.said_text.lower()
    if attributed:
        return ""
    if _mostly_in_a_claim(pair):
        return "the evidence has it as somebody's claim"
    quoted = " ".join(re.findall(r'"([^"]{12,})"', pair.evidence_text))
    words = {t.stem for t in pair.said.tokens if t.is_content}
    names = {stem(w) for a in pair.said.of_kind("name") for w in a.value}
    outside = analyse(re.sub(r'"[^"]{12,}"', " ", pair.evidence_text)).stems()
    inside = analyse(quoted).stems() if quoted else set()
    only_quoted = (words & inside) - outside - names
    if len(only_quoted) >= max(2, len(words - names) / 2):
        return "the evidence has it in somebody's words"
    return ""


def _mostly_in_a_claim(pair: _Pair) -> bool:
    """Tell whether the sentence's words stand in a sentence of the evidence that is somebody's claim."""
    tokens = pair.evidence.tokens
    claimed = {t.sentence for t in tokens if t.stem in SPEECH_OF_CLAIMS or t.text.lower() in SPEECH_OF_CLAIMS}
    words = {t.stem for t in pair.said.tokens if t.is_content}
    best = max(
        {t.sentence for t in tokens}, key=lambda s: len(words & {t.stem for t in tokens if t.sentence == s})
    )
    return best in claimed


def _direction(pair: _Pair) -> str:
    said, known = _classes(pair.said), _classes(pair.evidence)
    for one, other in (("up", "down"), ("down", "up")):
        if one in said and other not in said and other in known and one not in known:
            return f"it says {one}, the evidence says {other}"
    for one, other in (("before", "after"), ("after", "before")):
        steps = r"\b(?:day|week|month|year|hour)s? "
        turned = re.search(steps + one, pair.said_text) and re.search(steps + other, pair.evidence_text)
        if turned and not re.search(rf"\b{one}\b", pair.evidence_text):
            return f"it says {one}, the evidence says {other}"
    return ""


def _classes(text: Text) -> set[str]:
    stems = {t.stem for t in text.tokens}
    found = {name for name, words in (("up", UP), ("down", DOWN)) if stems & words}
    for token, following in itertools.pairwise(text.tokens):
        if token.text in ("up", "down") and (following.text in ("from", "by") or following.text[:1].isdigit()):
            found.add(token.text)
    return found


def _too_wide(pair: _Pair) -> str:
    known = {t.text.lower() for t in pair.evidence.tokens}
    for token in pair.said.tokens:
        if token.text.lower() in WIDE and token.text.lower() not in known:
            return f"the evidence does not say {token.text.lower()!r}"
    return ""


def _has(text: Text, stems: frozenset[str]) -> bool:
    return any(token.stem in stems or token.text.lower() in stems for token in text.tokens)


def _governed(text: Text, words: frozenset[str]) -> list[list[str]]:
    """Give, for each such word, the stems of content that it governs: the next ones of its clause."""
    scopes = []
    for i, token in enumerate(text.tokens):
        if token.text.lower() in words or token.stem in words:
            scopes.append(list(_following(text.tokens, i)))
    return scopes


def _following(tokens: Sequence[Token], i: int) -> Iterator[str]:
    taken = 0
    for token in tokens[i + 1 :]:
        if token.sentence != tokens[i].sentence or token.clause > tokens[i].clause or taken == _REACH:
            return
        if token.is_content:
            taken += 1
            yield token.stem


_RULES: tuple[Callable[[_Pair], str], ...] = (
    _unknown_quotation,
    _unknown_figure,
    _other_unit,
    _unknown_date,
    _unknown_name,
    _little_in_common,
    _too_wide,
    _direction,
    _negation,
    _certainty,
    _told_as_fact,
    _another_speaker,
    _roles_turned_round,
    _another_fits_better,
)

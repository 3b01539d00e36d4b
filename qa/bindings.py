"""What belongs together must stay together: a sentence made of the words of its evidence can still be false.

"The target is 5%" when the evidence says that it is 2% and that somebody demands 5%: every word is there. So it is
checked which figure goes with which words, who said it, who did it to whom, what is denied, what is only possible,
and which way something moved. Each rule looks for a contradiction; finding none proves nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qa.reading import Word, read
from qa.text import plain_quotes, squeeze, stem

_REACH = 4  # words that a negation or a hedge governs
_FAR = 12.0  # words beyond which distance no longer matters
_CLAUSE_COST = 3.0  # words that the end of a clause counts as
_CLOSER = 1.4  # how much closer another figure must be to be the right one
_NEGATIONS = frozenset("no not never none nor neither without cannot nobody nothing hardly n't".split())
_DENYING = frozenset(
    "deny denies denied refuse refuses refused reject rejects rejected fail fails failed decline "
    "declines declined lack lacks lacked avoid avoided rule ruled".split()
)
_HEDGES = frozenset(
    "may might could would if unless whether plan plans planned planning propose proposes proposed "
    "proposal expect expects expected expecting likely possible possibly perhaps maybe intend intends "
    "intended aim aims aimed hope hopes hoped seek seeks sought want wants wanted consider considers "
    "considered considering threaten threatens threatened urge urged call calls called ask asks asked "
    "demand demands demanded forecast forecasts estimate estimates estimated draft until suggest "
    "suggests suggested believe believes believed due".split()
)
_SPEECH = frozenset(
    "said says say saying told tells tell added adds wrote writes announced announces argued argues "
    "claimed claims claim alleged alleges insisted insists complained complains warned warns stressed "
    "stresses stated states explained confirmed confirms reported reports according called calls "
    "accused accuses denied denies testified conceded admitted admits suggested suggests believes "
    "believed thinks thought".split()
)
_CLAIMING = frozenset(
    "claimed claims alleged alleges allegedly accused accuses argued argues insisted insists "
    "contended reportedly rumoured".split()
)
_WIDE = frozenset(
    "all every everyone everybody always exactly only entire entirely unanimous unanimously any".split()
)
_UNITS = frozenset(
    "crown dollar euro pound yen franc rupee cent pence penni tonn ton kilogram kilo gram metr meter "
    "kilometr kilomet mile hectar acr centimetr millimetr centimet millimet litr liter gallon degre "
    "hour minut second dai week month year megawatt kilowatt gigawatt percent vote point goal run "
    "seat job peopl".split()
)
_CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen"}
# Words that say the opposite of each other, as stems.
_OPPOSITES = tuple(
    tuple(frozenset(stem(word) for word in side.split()) for side in pair)
    for pair in (
        (
            "rise rose risen rising increase increased grow grew grown growth climb climbed gain gained "
            "jump jumped up higher raise raised soar soared",
            "fall fell fallen falling decrease decreased decline declined drop dropped shrink shrank shrunk "
            "down lower cut slid slip slipped plunge plunged reduce reduced",
        ),
        ("approve approved back backed accept accepted pass passed support supported",
         "reject rejected oppose opposed refuse refused veto vetoed"),
        ("win won", "lose lost"),
        ("before earlier", "after later"),
        ("open opened opening", "close closed closing shut"),
        ("buy bought", "sell sold"),
        ("more", "fewer less"),
        ("most majority", "least minority few"),
        ("guilty convicted", "acquitted cleared innocent"),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Pair:
    said: tuple[Word, ...]
    known: tuple[Word, ...]
    said_text: str
    known_text: str


def contradiction(sentence: str, evidence: str, names: frozenset[str] = frozenset()) -> str:
    """Find out how a sentence turns round what its evidence says.

    Args:
        sentence: of an answer, without markers.
        evidence: the words it rests on.
        names: lower-case words that are names also at the start of a sentence.

    Returns:
        The reason why it cannot stand, or "".
    """
    pair = _Pair(read(sentence, names), read(evidence, names), plain_quotes(sentence), plain_quotes(evidence))
    if squeeze(pair.said_text).strip(' ."') in squeeze(pair.known_text):
        return _cut_off(pair)
    return next((reason for rule in _RULES if (reason := rule(pair))), "")


def _cut_off(pair: _Pair) -> str:
    """Check a part of the evidence word for word: it is wrong only where what it was cut from claimed it."""
    return _claim_as_fact(pair)


def _distance(words: Sequence[Word], a: int, b: int) -> float:
    apart = abs(a - b) + _CLAUSE_COST * abs(words[a].clause - words[b].clause)
    return min(_FAR, apart) if words[a].sentence == words[b].sentence else _FAR


def _nearness(words: Sequence[Word], at: int, wanted: set[str]) -> float:
    """Give the mean distance from a place to the nearest occurrence of each wanted stem."""
    found: dict[str, float] = dict.fromkeys(wanted, _FAR)
    for index, word in enumerate(words):
        if word.stem in found and index != at:
            found[word.stem] = min(found[word.stem], _distance(words, at, index))
    return sum(found.values()) / len(found) if found else 0.0


def _clause_stems(words: Sequence[Word], at: int) -> set[str]:
    """Give the stems of the content words around a place: its clause, or its sentence if that says too little."""
    here = words[at]
    inside = {w.stem for i, w in enumerate(words) if w.clause == here.clause and w.content and i != at}
    if len(inside) >= 2:
        return inside
    return {w.stem for i, w in enumerate(words) if w.sentence == here.sentence and w.content and i != at}


def _figure_of_another(pair: _Pair) -> str:
    known_stems = {word.stem for word in pair.known}
    said_figures = {word.figure for word in pair.said if word.figure}
    for at, word in enumerate(pair.said):
        if word.figure is None:
            continue
        wanted = _clause_stems(pair.said, at) & known_stems
        own = [i for i, w in enumerate(pair.known) if w.figure == word.figure]
        rivals = [
            i
            for i, w in enumerate(pair.known)
            if w.figure and w.figure not in said_figures and w.figure.percent == word.figure.percent
            and _unit(pair.known, i) == (_unit(pair.known, own[0]) if own else "")
        ]  # fmt: skip
        if not own or not rivals or not wanted:
            continue
        best = min(_nearness(pair.known, i, wanted) for i in own)
        rival = min(_nearness(pair.known, i, wanted) for i in rivals)
        if rival * _CLOSER < best:
            return "another figure stands closer to its words in the evidence"
    return ""


def _unit(words: Sequence[Word], at: int) -> str:
    """Give the unit of a figure: its currency sign, or a word of measure right after it."""
    if words[at].text[:1] in _CURRENCIES:
        return _CURRENCIES[words[at].text[0]]
    for word in words[at + 1 : at + 4]:
        if word.sentence != words[at].sentence or word.lower in ("the", "a", "in", "from", "to", "of"):
            break
        if word.stem in _UNITS:
            return word.stem
    return ""


def _other_unit(pair: _Pair) -> str:
    for at, word in enumerate(pair.said):
        if word.figure is None or not (unit := _unit(pair.said, at)):
            continue
        units = {_unit(pair.known, i) for i, w in enumerate(pair.known) if w.figure == word.figure}
        if units and "" not in units and unit not in units:
            return "its figure has another unit in the evidence"
    return ""


def _roles(words: Sequence[Word]) -> Iterator[tuple[str, str, str]]:
    """Give (name before, verb, name after) for the verbs of a text, the agent first; passives are turned round."""
    for at, word in enumerate(words):
        if not word.content or word.name or not word.lower.endswith(("ed", "t", "ght", "d", "n", "s", "w", "k")):
            continue
        before = _nearest_name(words, at, -1)
        after = _nearest_name(words, at, +1)
        if not before or not after or before == after:
            continue
        passive = any(w.lower == "by" for w in words[at + 1 : at + 3]) and any(
            w.lower in ("is", "are", "was", "were", "be", "been", "being") for w in words[max(0, at - 3) : at]
        )
        yield (after, word.stem, before) if passive else (before, word.stem, after)


def _nearest_name(words: Sequence[Word], at: int, step: int) -> str:
    index = at + step
    while 0 <= index < len(words) and words[index].sentence == words[at].sentence:
        if words[index].name:
            return words[index].stem
        index += step
    return ""


def _roles_turned(pair: _Pair) -> str:
    known = set(_roles(pair.known))
    for agent, verb, patient in _roles(pair.said):
        if verb in {stem(s) for s in _SPEECH}:
            continue
        if (patient, verb, agent) in known and (agent, verb, patient) not in known:
            return "the evidence has it the other way round"
    return ""


def _speakers(words: Sequence[Word]) -> dict[int, set[str]]:
    """Give, for each sentence, the names beside its verbs of saying; a pronoun takes those said before."""
    found: dict[int, set[str]] = {}
    latest: set[str] = set()
    for number in sorted({w.sentence for w in words}):
        inside = [w for w in words if w.sentence == number]
        speech = [i for i, w in enumerate(inside) if w.lower in _SPEECH]
        if speech:
            near = {w.stem for i, w in enumerate(inside) if w.name and any(_beside(inside, i, s) for s in speech)}
            pronoun = any(
                w.lower in ("he", "she", "they") and any(abs(i - s) <= 2 for s in speech)
                for i, w in enumerate(inside)
            )
            found[number] = near | latest if pronoun else near
        names = {w.stem for w in inside if w.name}
        latest = found.get(number) or names or latest
    return found


def _beside(words: Sequence[Word], at: int, verb: int) -> bool:
    between = words[min(at, verb) + 1 : max(at, verb)]
    return abs(at - verb) <= 14 and not any(w.lower in _SPEECH for w in between)


def _other_speaker(pair: _Pair) -> str:
    claimed = _speakers(pair.said).get(0, set())
    if not claimed:
        return ""
    spoken = {w.stem for w in pair.said if w.content and not w.name and w.lower not in _SPEECH}
    spoken |= {w.text for w in pair.said if w.figure}
    speakers = _speakers(pair.known)
    best, most = -1, 0
    for number in {w.sentence for w in pair.known}:
        shared = len(spoken & {s for w in pair.known if w.sentence == number for s in (w.stem, w.text)})
        if shared > most:
            best, most = number, shared
    given = speakers.get(best, set())
    near = {w.stem for w in pair.known if w.name and w.sentence == best}
    if given and not claimed & (given | near):
        return "the evidence gives these words to somebody else"
    return ""


def _governed(words: Sequence[Word], at: int, governors: frozenset[str]) -> bool:
    """Tell whether one of some words stands shortly before a place, in its clause."""
    for back in range(1, _REACH + 1):
        index = at - back
        if index < 0 or words[index].clause != words[at].clause:
            return False
        lower = words[index].lower
        if lower in governors or ("n't" in governors and lower.endswith("n't")):
            return True
    return False


def _denial_lost(pair: _Pair) -> str:
    deniers = _NEGATIONS | _DENYING
    said_denies = any(w.lower in deniers or w.lower.endswith("n't") for w in pair.said)
    for word in pair.said:
        if not word.content or word.name or said_denies or word.lower in _SPEECH:
            continue
        places = [i for i, w in enumerate(pair.known) if w.stem == word.stem]
        if "until" in {w.lower for w in pair.known}:
            break
        if places and all(_governed(pair.known, i, deniers) for i in places):
            return "the evidence denies it"
    return ""


def _hedge_lost(pair: _Pair) -> str:
    if any(w.lower in _HEDGES for w in pair.said):
        return ""
    for word in pair.said:
        if not word.content or word.name or word.lower in _SPEECH or not _verb_like(word):
            continue
        places = [i for i, w in enumerate(pair.known) if w.stem == word.stem and not w.name]
        if places and all(_governed(pair.known, i, _HEDGES) for i in places):
            return "the evidence says only that it may or should be so"
    return ""


def _verb_like(word: Word) -> bool:
    return word.lower.endswith(("ed", "es", "s")) or word.lower in _PAST


_PAST = frozenset(
    "began begun cut paid met went gone came given gave took taken made built sold bought sent won "
    "lost left held rose fell grew led ran put said shut struck hit".split()
)


def _claim_as_fact(pair: _Pair) -> str:
    if any(w.lower in _SPEECH or w.lower in ("reportedly", "allegedly", "says", "for") for w in pair.said):
        return ""
    said = {w.stem for w in pair.said if w.content}
    for number in {w.sentence for w in pair.known}:
        inside = [w for w in pair.known if w.sentence == number]
        claiming = [w for w in inside if w.lower in _CLAIMING]
        shared = said & {w.stem for w in inside if w.content}
        if claiming and said and len(shared) >= 0.7 * len(said):
            return "the evidence gives it as somebody's claim"
    return ""


def _all_of_it(pair: _Pair) -> str:
    known = {w.lower for w in pair.known}
    if any(w.lower in _WIDE - {"any"} and w.lower not in known and w.lower + "ly" not in known for w in pair.said):
        return "it says more than the evidence: all, only or exactly"
    return ""


def _other_direction(pair: _Pair) -> str:
    said, known = {w.stem for w in pair.said}, {w.stem for w in pair.known}
    for one, other in _OPPOSITES:
        for mine, theirs in ((one, other), (other, one)):
            if said & mine and not said & theirs and known & theirs and not known & mine:
                return "the evidence says the opposite"
    return ""


_RULES: tuple[Callable[[_Pair], str], ...] = (
    _other_unit,
    _figure_of_another,
    _roles_turned,
    _other_speaker,
    _denial_lost,
    _hedge_lost,
    _claim_as_fact,
    _all_of_it,
    _other_direction,
)

"""Who said "…": the speaker of a quotation that the question gives, found by the grammar of its sentence."""

from collections.abc import Sequence

from qa.answer_type import AnswerType, answer_types
from qa.claims import quotations
from qa.frames import as_written, frames_of
from qa.models import Evidence
from qa.syntax import Token, parse
from qa.text import squeeze, words

_FEWEST_WORDS = 3  # shorter words in quotation marks are terms, which many use


def who_said(question: str, evidence: Sequence[Evidence]) -> tuple[str, Evidence] | None:
    """Find who says what a question quotes.

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
    found = [(speaker, item) for item in evidence if (speaker := _speaker_of(asked[0], item.text))]
    return found[0] if found and len({speaker for speaker, _ in found}) == 1 else None


def _speaker_of(quoted: str, text: str) -> str:
    """Give the one named speaker of the statements inside a quotation of a text; "" where there is none."""
    tokens = parse(text)
    start, end = _place_of(quoted, tokens)
    inside = [frame for frame in frames_of(text) if start <= frame.at < end]
    speakers = {as_written(tokens, phrase) for frame in inside for phrase in frame.speakers if phrase.names}
    return speakers.pop() if len(speakers) == 1 else ""


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

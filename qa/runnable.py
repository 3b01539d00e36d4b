"""The pipeline as a LangChain Runnable: a part of somebody else's chain, traced by their callbacks.

`invoke` gives the final answer, `stream` the answer as it grows, `batch` the answers to several questions. What
happens inside, the search and the calls of the language model, appears as child runs of the same trace.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import get_config_list

from qa.models import EVERYWHERE, Answer, Scope, Turn
from qa.pipeline import Pipeline

Question = str | Mapping[str, Any]


class AnswerRunnable(Runnable[Question, Answer]):
    """Answers questions from an index.

    The input is a question, or a mapping with `question` and, as wanted, `history` (turns, or mappings with
    `question` and `answer`) and `scope` (`qa.models.Scope`).
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.name = "newsdesk"
        self._pipeline = pipeline

    def invoke(self, input: Question, config: RunnableConfig | None = None, **kwargs: Any) -> Answer:  # noqa: A002
        """Give the final answer; raises as `Pipeline.stream`."""

        def work(given: Question) -> Answer:
            return self._pipeline.answer(*_arguments(given))

        return self._call_with_config(work, input, config, run_type="chain", **kwargs)

    def stream(
        self,
        input: Question,  # noqa: A002  LangChain's name
        config: RunnableConfig | None = None,
        **kwargs: Any,
    ) -> Iterator[Answer]:
        """Give the answer as it grows; leaving the iterator stops the model."""

        def work(given: Iterator[Question]) -> Iterator[Answer]:
            for one in given:
                yield from self._pipeline.stream(*_arguments(one))

        yield from self._transform_stream_with_config(iter([input]), work, config, run_type="chain", **kwargs)

    def batch(
        self,
        inputs: list[Question],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[Answer]:
        """Answer several questions, one after the other: the embedded model has the whole CPU."""
        configs = get_config_list(config, len(inputs))
        found: list[Any] = []
        for given, one in zip(inputs, configs, strict=True):
            try:
                found.append(self.invoke(given, one, **kwargs))
            except Exception as exc:
                if not return_exceptions:
                    raise
                found.append(exc)
        return found


def _arguments(given: Question) -> tuple[str, Sequence[Turn], Scope]:
    if isinstance(given, str):
        return given, (), EVERYWHERE
    history = [t if isinstance(t, Turn) else Turn(t["question"], t["answer"]) for t in given.get("history", ())]
    return str(given["question"]), history, given.get("scope", EVERYWHERE)

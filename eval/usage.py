"""Counting the tokens that language models read and write while a question is answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tracers.context import register_configure_hook


class TokenCounter(BaseCallbackHandler):
    """Sums prompt and completion tokens; of a model that was stopped, what it had read and written by then."""

    def __init__(self) -> None:
        self.prompt = 0
        self.completion = 0

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:  # noqa: D102  LangChain's hook
        self._add(response)

    def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:  # noqa: D102  LangChain's hook
        if isinstance(kwargs.get("response"), LLMResult):
            self._add(kwargs["response"])

    def _add(self, response: LLMResult) -> None:
        for generations in response.generations:
            for generation in generations:
                message = generation.message if isinstance(generation, ChatGeneration) else None
                usage = message.usage_metadata if isinstance(message, AIMessage) else None
                if usage:
                    self.prompt += usage["input_tokens"]
                    self.completion += usage["output_tokens"]


_current: ContextVar[TokenCounter | None] = ContextVar("newsdesk_token_counter", default=None)
register_configure_hook(_current, inheritable=True)


@contextmanager
def counted_tokens() -> Iterator[TokenCounter]:
    """Count what every model called inside the block reads and writes."""
    counter = TokenCounter()
    token = _current.set(counter)
    try:
        yield counter
    finally:
        _current.reset(token)

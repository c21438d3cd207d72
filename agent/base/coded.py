"""Errors that carry a code and figures. The text catalogue makes the sentence where a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Coded(Protocol):
    """A key of the text catalogue, and the figures of its sentence."""

    @property
    def code(self) -> str:
        """The key."""

    @property
    def figures(self) -> Mapping[str, Any]:
        """What fills the sentence. A figure may be coded too."""


@dataclass(frozen=True, slots=True)
class CodedText:
    """A part of a sentence that has words of its own."""

    code: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return _spelled(self.code, self.figures)


class CodedError(Exception):
    """An error without a sentence. `str` gives its code and figures, for logs."""

    def __init__(self, code: str, /, **figures: Any) -> None:
        super().__init__(_spelled(code, figures))
        self.code = code
        self.figures = figures


def _spelled(code: str, figures: Mapping[str, Any]) -> str:
    return " ".join((code, *(f"{name}={value}" for name, value in figures.items())))

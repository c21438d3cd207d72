"""One HTTP/1 answer, read strictly and without a socket: a status, a length, and so many bytes.

The standard library's client brings a mail parser with it, which is a twentieth of the uploader's memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.texts import say

# A cosignature has 200 bytes; a signed head of the collector at most 64 KiB.
MAX_ANSWER_BYTES = 65_536
# What may stand before the body, with all interim answers (1xx).
MAX_HEAD_BYTES = 16_384

_STATUS = re.compile(rb"HTTP/1\.([01]) ([1-5][0-9]{2})(?: .*)?")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*")
_LENGTH = re.compile(rb"[0-9]{1,9}")


class AnswerError(Exception):
    """What came is no whole answer. The message says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`closes` says that nothing more can be asked over this connection."""

    status: int
    body: bytes
    closes: bool


def read_answer(receive: Callable[[], bytes]) -> Answer:
    """The next answer; `receive` gives the bytes as they come, none at the end. Raises `AnswerError`."""
    data, room = b"", MAX_HEAD_BYTES
    while True:
        head, end, rest = data.partition(b"\r\n\r\n")
        if end and (status := _status(head)) >= 200:
            break
        if end:
            room -= len(data) - len(rest)
            data = rest
        elif len(data) > room:
            raise AnswerError(say("upload.answer_not_http"))
        else:
            data += _more(receive)
    length, closes = _length(head)
    while len(rest) < length:
        rest += _more(receive)
    # More than was announced belongs to nobody.
    return Answer(status, rest[:length], closes or len(rest) > length)


def _more(receive: Callable[[], bytes]) -> bytes:
    data = receive()
    if not data:
        raise AnswerError(say("upload.connection_ended_inside_answer"))
    return data


def _status(head: bytes) -> int:
    match = _STATUS.fullmatch(head.partition(b"\r\n")[0])
    if match is None:
        raise AnswerError(say("upload.answer_not_http"))
    return int(match[2])


def _length(head: bytes) -> tuple[int, bool]:
    """How long the body is, and whether it is the last one of this connection."""
    fields = list(_fields(head))
    lengths = {value for name, value in fields if name == b"content-length"}
    length = lengths.pop() if len(lengths) == 1 else b""
    # Without a length, half a number could pass for a number.
    coded = any(name == b"transfer-encoding" for name, _ in fields)
    if coded or not _LENGTH.fullmatch(length) or int(length) > MAX_ANSWER_BYTES:
        raise AnswerError(say("upload.answer_without_length_or"))
    words = [
        word.strip().lower() for name, value in fields if name == b"connection" for word in value.split(b",")
    ]
    return int(length), b"close" in words or head.startswith(b"HTTP/1.0")


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise AnswerError(say("upload.answer_not_http"))
        yield match[1].lower(), match[2]

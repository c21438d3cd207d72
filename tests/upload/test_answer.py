"""One HTTP answer, read strictly: whole, cut anywhere, and not one at all."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.upload.answer import MAX_ANSWER_BYTES, MAX_HEAD_BYTES, Answer, AnswerError, read_answer

PLAIN = b"HTTP/1.1 200 OK\r\ndate: today\r\nContent-Length: 3\r\n\r\n42\n"


def pieces(*parts: bytes) -> Callable[[], bytes]:
    """What comes from a connection that is closed behind the last part."""
    left = [part for part in parts if part]
    return lambda: left.pop(0) if left else b""


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        (PLAIN, Answer(200, b"42\n", closes=False)),
        (b"HTTP/1.1 204 \r\ncontent-length:0\r\n\r\n", Answer(204, b"", closes=False)),
        (b"HTTP/1.1 500\r\ncontent-length: 0\r\n\r\n", Answer(500, b"", closes=False)),
        (PLAIN.replace(b"date: today", b"Connection: x, Close"), Answer(200, b"42\n", closes=True)),
        (PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"), Answer(200, b"42\n", closes=True)),
        (PLAIN.replace(b"date: today", b"CONTENT-LENGTH: 3"), Answer(200, b"42\n", closes=False)),
        (PLAIN + b"more", Answer(200, b"42\n", closes=True)),
        (b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n" + PLAIN, Answer(200, b"42\n", closes=False)),
    ],
)
def test_an_answer(raw: bytes, answer: Answer) -> None:
    assert read_answer(pieces(raw)) == answer


@given(st.lists(st.integers(min_value=0, max_value=len(PLAIN)), max_size=6))
def test_it_may_come_in_any_pieces(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(PLAIN)]
    parts = [PLAIN[start:end] for start, end in pairwise(edges)]
    assert read_answer(pieces(*parts)) == Answer(200, b"42\n", closes=False)


@pytest.mark.parametrize("end", range(len(PLAIN)))
def test_a_part_of_it_is_none(end: int) -> None:
    with pytest.raises(AnswerError):
        read_answer(pieces(PLAIN[:end]))


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN.replace(b"Content-Length: 3\r\n", b""),
        PLAIN.replace(b"date: today", b"content-length: 2"),
        PLAIN.replace(b"Length: 3", b"Length: 3, 3"),
        PLAIN.replace(b"Length: 3", b"Length: -3"),
        PLAIN.replace(b"Length: 3", b"Length: +3"),
        PLAIN.replace(b"Length: 3", b"Length: \xb23"),
        PLAIN.replace(b"Length: 3", b"Length: %d" % (MAX_ANSWER_BYTES + 1)),
        PLAIN.replace(b"Length: 3", b"Length: " + b"9" * 5000),
        PLAIN.replace(b"date: today", b"transfer-encoding: chunked"),
        PLAIN.replace(b"date: today", b"date : today"),
        PLAIN.replace(b"date: today", b"date: today\r\n folded"),
        PLAIN.replace(b"date: today", b"no field"),
        PLAIN.replace(b"HTTP/1.1 200", b"HTTP/2 200"),
        PLAIN.replace(b"HTTP/1.1 200", b"HTTP/1.1 2000"),
        PLAIN.replace(b"\r\n", b"\n"),
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
def test_what_is_spelled_otherwise_is_refused(raw: bytes) -> None:
    with pytest.raises(AnswerError):
        read_answer(pieces(raw))


@pytest.mark.parametrize("endless", [b"x" * 1000, b"HTTP/1.1 100 Continue\r\n\r\n", b"a: b\r\n"])
def test_a_head_that_does_not_end_is_left(endless: bytes) -> None:
    read = 0

    def receive() -> bytes:
        nonlocal read
        read += len(endless)
        return endless

    with pytest.raises(AnswerError):
        read_answer(receive)
    assert read <= MAX_HEAD_BYTES + 2 * len(endless)


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_are_an_answer_or_an_error(parts: list[bytes]) -> None:
    with suppress(AnswerError):
        read_answer(pieces(b"HTTP/1.1 200 OK\r\n", *parts))

"""Two lines joined by a wire that loses, damages and delays. The invariants first:

* what one end hands up as new is what the other end sent, in order, each once;
* the terminal never takes an answer for a message that the till has not answered yet
  (that answer would be the commit of a payment which is not on the till's disk).

Both hold on a bad line for messages that differ from the one before; two equal ones
in a row may count as one there, as `drivers/zvt/line.py` explains.
"""

from __future__ import annotations

import heapq
from itertools import count, pairwise
from random import Random

import pytest

from drivers.card.card import SecretBuffer
from drivers.zvt.apdu import join
from drivers.zvt.line import ZvtSerialLine

POSITIVE = bytes.fromhex("800000")
BYTE_S = 11 / 9600


class World:
    """A terminal that sends a list of messages, one after each answer, and a till that answers."""

    def __init__(self, seed: int, loss: float, messages: list[bytes]) -> None:
        self.random = Random(seed)  # noqa: S311 - a replayable world
        self.loss = loss
        self.now = 0.0
        self.agenda: list[tuple[float, int, str, bytes]] = []
        self.number = count()
        self.buffers = {name: SecretBuffer(4096) for name in ("till", "terminal")}
        self.lines = {name: ZvtSerialLine(buffer) for name, buffer in self.buffers.items()}
        self.free_at = {"till": 0.0, "terminal": 0.0}
        self.messages = messages
        self.sent = 0
        self.processed: list[bytes] = []
        self.answers_given = 0
        self.answers_taken = 0

    def run(self) -> None:
        self.say("terminal", self.messages[0])
        self.sent = 1
        while not self.over():
            self.step()
        for buffer in self.buffers.values():
            buffer.close()

    def over(self) -> bool:
        """All is said, or the transport gave up, or everybody waits (T3 of the session ends that)."""
        lines = self.lines.values()
        nothing_to_come = not self.agenda and all(line.deadline() is None for line in lines)
        done = self.answers_taken == len(self.messages)
        return done or nothing_to_come or any(line.trouble for line in lines)

    def step(self) -> None:
        times = {name: line.deadline() for name, line in self.lines.items()}
        due = min(((when, name) for name, when in times.items() if when is not None), default=None)
        if due and (not self.agenda or due[0] < self.agenda[0][0]):
            self.now = max(self.now, due[0])
            self.lines[due[1]].deadline_passed(self.now)
            self.flush(due[1])
            return
        self.now, _, name, data = heapq.heappop(self.agenda)
        if name == "answer":
            self.answers_given += 1
            self.say("till", POSITIVE)
        else:
            self.hear(name, data)

    def hear(self, name: str, data: bytes) -> None:
        buffer, line = self.buffers[name], self.lines[name]
        space = buffer.space()
        space[: len(data)] = data
        buffer.filled(len(data))
        for view in line.receive(self.now):
            apdu = bytes(view)
            if name == "terminal":
                self.take_answer()
            elif line.repeated:
                line.send(POSITIVE, self.now)
            else:
                self.processed.append(apdu)
                delay = self.random.choice([0.0, 0.01, 1.0])
                heapq.heappush(self.agenda, (self.now + delay, next(self.number), "answer", b""))
        self.flush(name)

    def take_answer(self) -> None:
        self.answers_taken += 1
        assert self.answers_taken <= self.answers_given
        if self.sent < len(self.messages):
            self.lines["terminal"].send(self.messages[self.sent], self.now)
            self.sent += 1

    def say(self, name: str, apdu: bytes) -> None:
        self.lines[name].send(apdu, self.now)
        self.flush(name)

    def flush(self, name: str) -> None:
        data = self.lines[name].bytes_to_send()
        other = "till" if name == "terminal" else "terminal"
        for piece in self.pieces(data):
            self.free_at[name] = max(self.free_at[name], self.now) + len(piece) * BYTE_S
            heapq.heappush(self.agenda, (self.free_at[name], next(self.number), other, self.worn(piece)))

    def pieces(self, data: bytes) -> list[bytes]:
        size = self.random.choice([1, 5, 64])
        return [data[at : at + size] for at in range(0, len(data), size)]

    def worn(self, piece: bytes) -> bytes:
        if self.random.random() >= self.loss:
            return piece
        kind = self.random.randrange(3)
        if kind == 0:
            return b""
        at = self.random.randrange(len(piece))
        if kind == 1:
            return piece[:at]
        return piece[:at] + bytes((piece[at] ^ 1 << self.random.randrange(8),)) + piece[at + 1 :]


def dialogue(seed: int, *, equal_neighbours: bool) -> list[bytes]:
    random = Random(seed)  # noqa: S311 - a replayable world
    steps = [join(0x04FF, b"\x17"), join(0x04FF, b"\x17"), join(0x040F, b"\x27\x00\x10\x10")]
    steps += [join(0x06D1, b"\x00" + random.choice([b"", b"-" * 24, b"TOTAL 10.10"])) for _ in range(12)]
    if equal_neighbours:
        return steps
    return [step for before, step in pairwise([b"", *steps]) if before != step]


def test_on_a_good_line_equal_messages_in_a_row_are_all_processed() -> None:
    for seed in range(50):
        world = World(seed, 0.0, dialogue(seed, equal_neighbours=True))
        world.run()
        assert world.processed == world.messages, f"seed {seed}"


@pytest.mark.parametrize(("loss", "to_the_end"), [(0.002, 190), (0.02, 100), (0.2, 0)])
def test_on_a_bad_line_each_message_is_processed_once_and_no_answer_comes_early(
    loss: float, to_the_end: int
) -> None:
    finished = 0
    for seed in range(200):
        world = World(seed, loss, dialogue(seed, equal_neighbours=False))
        world.run()
        assert world.processed == world.messages[: len(world.processed)], f"seed {seed}"
        finished += world.answers_taken == len(world.messages)
    print(f"loss {loss}: {finished} of 200 dialogues came to their end")  # noqa: T201 - a figure
    assert finished >= to_the_end

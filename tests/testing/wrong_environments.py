"""Environments that break one promise each; the right one is a walk along a line."""

from __future__ import annotations

import random
from typing import Any, ClassVar

import gymnasium
import numpy as np
from wrong import Wrong, peeked
from wrong_transformations import DOC

from practicum.environment import Environment


class Walk(gymnasium.Env[Any, Any]):
    """Five places; every action moves."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}  # type: ignore[misc]  # gymnasium declares it on instances
    length = 5

    def __init__(self) -> None:
        self.observation_space = gymnasium.spaces.Box(0.0, 10.0, (1,), np.float32)
        self.action_space = gymnasium.spaces.Discrete(2)
        self.at = 0

    def see(self) -> Any:
        return np.array([self.at], dtype=np.float32)

    def begin(self) -> int:
        return int(self.np_random.integers(0, self.length))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.at = self.begin()
        return self.see(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        self.at = min(self.length, max(0, self.at + (1 if action else -1)))
        return self.see(), float(self.at == self.length), self.at == self.length, False, {}


class Walking(Environment):
    """A walk."""

    name: ClassVar[str] = "wrong/walking"
    walk: ClassVar[type[Walk]] = Walk

    def make(self, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
        return self.walk()


class Outside(Walking):
    class Far(Walk):
        def see(self) -> Any:
            return np.array([self.at + 100], dtype=np.float32)

    walk: ClassVar[type[Walk]] = Far


class FollowsGlobalState(Walking):
    class Peeking(Walk):
        def begin(self) -> int:
            return (super().begin() + peeked()) % self.length

    walk: ClassVar[type[Walk]] = Peeking


class Shared(Walking):
    class OnClass(Walk):
        place: ClassVar[list[int]] = [0]

        @property
        def at(self) -> int:
            return self.place[0]

        @at.setter
        def at(self, value: int) -> None:
            self.place[0] = value

    walk: ClassVar[type[Walk]] = OnClass


class OtherInVectors(Walking):
    def make_vec(self, num_envs: int) -> Any:
        class Longer(Walk):
            length = 9

        return gymnasium.vector.SyncVectorEnv([Longer] * num_envs)


class MovesGlobalState(Walking):
    class Drawing(Walk):
        def begin(self) -> int:
            random.random()
            return super().begin()

    walk: ClassVar[type[Walk]] = Drawing


class ClosesOnce(Walking):
    class Door(Walk):
        open = True

        def close(self) -> None:
            if not self.open:
                raise RuntimeError("closed already")
            self.open = False

    walk: ClassVar[type[Walk]] = Door


def case(check: str, technique: Any, says: str) -> Wrong:
    return Wrong(check, technique, says, DOC)


WRONG = [
    case("gymnasium's checker", Outside, "gymnasium's checker refuses it"),
    case("same seed same trajectory", FollowsGlobalState, "another trajectory"),
    case("instances don't share state", Shared, "share state"),
    case("vector environments agree", OtherInVectors, "alone it shows"),
    case("global RNG state kept", MovesGlobalState, "generator of random"),
    case("closes twice", ClosesOnce, "closed already"),
]

"""Environments: techniques that make gymnasium environments. No new interface: gymnasium's own."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from practicum.technique import Technique

if TYPE_CHECKING:
    import gymnasium


class Environment(Technique):
    """A configured environment; seeding is gymnasium's (``env.reset(seed=...)``).

    Registered techniques are also gymnasium environments, ``practicum/<Name>-v0`` (see
    :func:`register_with_gymnasium`).
    """

    kind: ClassVar[str] = "environment"

    @abstractmethod
    def make(self, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
        """A single environment that passes ``gymnasium.utils.env_checker.check_env``."""

    def make_vec(self, num_envs: int) -> gymnasium.vector.VectorEnv[Any, Any, Any]:
        """A vector of independent copies; native batched environments override it."""
        from gymnasium.vector import SyncVectorEnv

        return SyncVectorEnv([self.make for _ in range(num_envs)])

    @classmethod
    def gymnasium_id(cls) -> str:
        """The id under which gymnasium knows the class: ``practicum/FrozenLake-v0`` for ``.../frozen-lake``."""
        return "practicum/" + "".join(part.capitalize() for part in cls.name.rsplit("/", 1)[-1].split("-")) + "-v0"


def register_with_gymnasium(cls: type[Environment]) -> str:
    """Make ``gymnasium.make(id, **fields)`` build the environment; returns the id."""
    import gymnasium

    def entry(render_mode: str | None = None, **fields: Any) -> gymnasium.Env[Any, Any]:
        return cls(**fields).make(render_mode)

    gymnasium.register(cls.gymnasium_id(), entry_point=entry)
    return cls.gymnasium_id()

"""What an environment promises: gymnasium's own checks, and trajectories that follow from the seed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from practicum.testing.compare import same_value, shown
from practicum.testing.result import contract_check
from practicum.testing.subject import Subject, broken, global_rng_kept, global_rng_stirred

STEPS = 20


def _trajectory(env: Any, seed: int, steps: int = STEPS) -> list[Any]:
    """Observations, rewards and ends of ``steps`` seeded actions, starting anew when an episode ends."""
    env.action_space.seed(seed)
    observation, _ = env.reset(seed=seed)
    seen: list[Any] = [observation]
    for _ in range(steps):
        observation, reward, terminated, truncated, _ = env.step(env.action_space.sample())
        seen += [observation, float(reward), bool(terminated), bool(truncated)]
        if terminated or truncated:
            seen.append(env.reset()[0])
    return seen


@contract_check("gymnasium's checker", "environment")
def gymnasium_checker(subject: Subject) -> None:
    """``gymnasium.utils.env_checker.check_env`` passes."""
    from gymnasium.utils.env_checker import check_env

    env = subject.technique.make()
    with global_rng_kept(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            check_env(env.unwrapped, skip_render_check=True)
        except Exception as error:
            raise broken(f"gymnasium's checker refuses it: {error}") from error
    env.close()


@contract_check("same seed same trajectory", "environment")
def same_seed(subject: Subject) -> None:
    """Reset with a seed, an environment repeats itself, whatever the global generators do."""
    env, other = subject.technique.make(), subject.technique.make()
    first = _trajectory(env, 3)
    with global_rng_stirred(1):
        second = _trajectory(env, 3)
    with global_rng_stirred(2):
        third = _trajectory(other, 3)
    for again in (second, third):
        if not same_value(first, again):
            raise broken("the same seed gave another trajectory: draw from self.np_random only")
    env.close()
    other.close()


@contract_check("instances don't share state", "environment")
def independent(subject: Subject) -> None:
    """Stepping one environment leaves another alone."""
    alone = subject.technique.make()
    expected = _trajectory(alone, 5)
    first, second = subject.technique.make(), subject.technique.make()
    first.action_space.seed(5)
    seen: list[Any] = [first.reset(seed=5)[0]]
    second.reset(seed=9)
    for _ in range(STEPS):
        observation, reward, terminated, truncated, _ = first.step(first.action_space.sample())
        seen += [observation, float(reward), bool(terminated), bool(truncated)]
        if terminated or truncated:
            seen.append(first.reset()[0])
        _, _, ended, cut, _ = second.step(second.action_space.sample())
        if ended or cut:
            second.reset()
    if not same_value(expected, seen):
        raise broken("stepping a second environment changed what the first one does: they share state")
    for env in (alone, first, second):
        env.close()


@contract_check("vector environments agree", "environment")
def vectors(subject: Subject) -> None:
    """Each part of a vector environment does what a single environment with its seed does."""
    count = 3
    vector = subject.technique.make_vec(count)
    if vector.num_envs != count:
        raise broken(f"make_vec({count}) made {vector.num_envs} environments")
    observations, _ = vector.reset(seed=[11, 12, 13])
    for at, seed in enumerate((11, 12, 13)):
        env = subject.technique.make()
        single, _ = env.reset(seed=seed)
        part = _part(observations, at)
        if not same_value(np.asarray(single, dtype=np.float64), np.asarray(part, dtype=np.float64), 1e-6):
            raise broken(f"environment {at} of the vector, reset with seed {seed}, shows {shown(part, 60)}; alone it "
                         f"shows {shown(single, 60)}")
        env.close()
    vector.close()


def _part(observations: Any, at: int) -> Any:
    if isinstance(observations, dict):
        return np.concatenate([np.ravel(v[at]) for v in observations.values()])
    return observations[at]


@contract_check("global RNG state kept", "environment")
def global_rng(subject: Subject) -> None:
    """No global generator moves."""
    with global_rng_kept() as moved:
        env = subject.technique.make()
        _trajectory(env, 1, 5)
        names = moved()
    if names:
        raise broken(f"it moved the global generator of {names}: draw from self.np_random only")


@contract_check("closes twice", "environment")
def closes_twice(subject: Subject) -> None:
    """Closing a closed environment does nothing."""
    env = subject.technique.make()
    env.reset(seed=0)
    env.close()
    env.close()

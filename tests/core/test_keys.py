"""Keys: published vectors, peers, equal bits in every backend, and independence of order."""

from __future__ import annotations

import itertools
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import practicum as pm
from practicum.batch import Ids
from practicum.errors import DataError, UsageError
from practicum.keys import Keys, SampleRng, contained, hash_ids, xxh64
from practicum.keys import philox as host
from practicum.keys.philox_numba import fill_words
from practicum.testing.toys import MaskChars

# Random123's kat_vectors for philox4x32-10: counter, key, result.
VECTORS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def numbers(text: str) -> list[int]:
    return [int(w, 16) for w in text.split()]


@pytest.mark.parametrize(("counter", "key", "result"), VECTORS)
def test_random123_vectors(counter: str, key: str, result: str) -> None:
    from practicum.keys.philox_numba import philox4x32 as compiled
    from practicum.keys.philox_torch import philox4x32 as tensors

    c, k, expected = numbers(counter), numbers(key), numbers(result)
    assert [int(w) for w in host.philox4x32(*c, *k)] == expected
    assert [int(w) for w in tensors(*(torch.tensor([v]) for v in c), *k)] == expected
    assert [int(w) for w in compiled(*(np.uint32(v) for v in (*c, *k)))] == expected


def slow_philox(c: list[int], k: list[int]) -> list[int]:
    """The paper's definition, in Python integers."""
    for _ in range(10):
        p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [p1 >> 32 ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, p0 >> 32 ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [k[0] + 0x9E3779B9 & 0xFFFFFFFF, k[1] + 0xBB67AE85 & 0xFFFFFFFF]
    return c


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2**64 - 1), max_size=3),
       st.integers(1, 9), st.integers(0, 9))
def test_words_are_the_stated_function_in_every_backend(stream: int, lane: int, ids: list[int], n: int,
                                                        start: int) -> None:
    from practicum.keys.philox_torch import words as torch_words

    array = np.array(ids, dtype=np.uint64)
    expected = [[slow_philox([p // 4, lane, i & 0xFFFFFFFF, i >> 32], [stream & 0xFFFFFFFF, stream >> 32])[p % 4]
                 for p in range(start, start + n)] for i in ids]
    assert host.words(stream, lane, array, n, start).tolist() == expected
    assert torch_words(stream, lane, torch.from_numpy(array.view(np.int64)), n, start).tolist() == expected
    first, last = start // 4, -(-(start + n) // 4)
    out = np.empty((len(ids), 4 * (last - first)), np.uint32)
    fill_words(np.uint32(stream & 0xFFFFFFFF), np.uint32(stream >> 32), np.uint32(lane), array, first, out)
    assert out[:, start - 4 * first:][:, :n].tolist() == expected


def test_uniforms_and_integers_have_equal_bits_in_every_backend() -> None:
    from practicum.keys.philox_numba import below, uniform
    from practicum.keys.philox_torch import uniform as torch_uniform

    w = np.concatenate([np.random.default_rng(0).integers(0, 2**32, 5000, np.uint32),
                        np.array([0, 255, 256, 2**24, 2**32 - 1], np.uint32)])
    u = host.uniform_from_words(w)
    assert u.min() >= 0
    assert u.max() < 1
    np.testing.assert_array_equal(u.astype(np.float64), (w >> 8) / 2.0**24)
    np.testing.assert_array_equal(u, torch_uniform(torch.from_numpy(w.astype(np.int64))).numpy())
    np.testing.assert_array_equal(u, np.array([uniform(x) for x in w], np.float32))
    for high in (1, 2, 3, 1000, 2**31, 2**32):
        drawn = host.below(w, high)
        assert drawn.tolist() == [int(x) * high >> 32 for x in w.tolist()]
        assert drawn.tolist() == [below(x, np.uint64(high)) for x in w]
    wide = host.uniform53(w[:-1], w[1:])
    assert wide.tolist() == [((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in itertools.pairwise(w.tolist())]


TRITON = """
import os
os.environ["TRITON_INTERPRET"] = "1"
import numpy as np, torch, triton, triton.language as tl
from practicum.keys import philox

@triton.jit
def kernel(out, c0, c1, c2, c3, k0, k1, n: tl.constexpr):
    at = tl.arange(0, n)
    seed = (tl.load(k1).to(tl.uint64) << 32) | tl.load(k0).to(tl.uint64)
    words = tl.philox(seed, tl.load(c0 + at).to(tl.uint32, bitcast=True), tl.load(c1 + at).to(tl.uint32, bitcast=True),
                      tl.load(c2 + at).to(tl.uint32, bitcast=True), tl.load(c3 + at).to(tl.uint32, bitcast=True))
    for i in tl.static_range(4):
        tl.store(out + 4 * at + i, words[i].to(tl.int32, bitcast=True))

rng = np.random.default_rng(1)
c = [rng.integers(0, 2**32, 64, np.uint32) for _ in range(4)]
k = [int(x) for x in rng.integers(0, 2**32, 2)]
out = torch.zeros(64, 4, dtype=torch.int32)
kernel[(1,)](out, *(torch.from_numpy(x.view(np.int32)) for x in c), torch.tensor([k[0]]), torch.tensor([k[1]]), 64)
expected = np.stack(philox.philox4x32(*c, *k), axis=1)
assert (out.numpy().view(np.uint32) == expected).all(), (out[0], expected[0])
print("equal")
"""


def test_triton_gives_the_same_words(tmp_path: Any) -> None:
    pytest.importorskip("triton")
    script = tmp_path / "kernel.py"
    script.write_text(TRITON)
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "equal", done.stderr[-2000:]


def test_id_hash_vectors_and_peer() -> None:
    assert [hex(xxh64(d)) for d in (b"", b"abc", b"7")] == ["0xef46db3751d8e999", "0x44bc2cf5ad770999",
                                                            "0x184a52b6a00d7ab7"]
    rng = random.Random(2)
    for size in [*range(80), 1000]:
        data = rng.randbytes(size)
        assert xxh64(data) == xxhash.xxh64_intdigest(data)


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=50), max_size=5))
def test_short_and_long_lists_hash_as_the_peer(ids: list[str]) -> None:
    expected = [xxhash.xxh64_intdigest(i.encode()) for i in ids]
    assert hash_ids(ids).tolist() == expected
    padded = ids + ["x"] * 100
    assert hash_ids(padded).tolist()[:len(ids)] == expected


def test_a_million_ids() -> None:
    ids = np.arange(1_000_000, dtype=np.int64)
    ids[:6] = [-1, -(2**63), 2**63 - 1, 10**18, -10, 0]
    hashes = hash_ids(ids)
    for row in [*range(6), 17, 999_999]:
        assert int(hashes[row]) == xxhash.xxh64_intdigest(str(int(ids[row])).encode())
    assert len(np.unique(hashes[6:])) == 999_994
    words = Keys(3).bind(Ids.of(ids[6:], 999_994)).words(1)
    assert words.shape == (999_994, 1)


def test_numbers_and_their_text_are_one_sample_and_other_ids_are_refused() -> None:
    for count in (1, 100):
        assert (hash_ids(list(range(count))) == hash_ids([str(i) for i in range(count)])).all()
    for bad in (1.5, None, True, b"x"):
        with pytest.raises(DataError, match="ids are integers or texts"):
            hash_ids([bad])
    with pytest.raises(DataError, match=r"'a' occurs twice \(rows 0 and 2\)"):
        Ids.of(["a", "b", "a"], 3)
    with pytest.raises(DataError, match="occurs twice"):
        Ids.of([7, "7"], 2)


def test_streams_depend_on_all_their_parts_and_on_nothing_else() -> None:
    streams = [Keys(seed, epoch, output, path).stream for seed in (0, 1, -1, 10**30) for epoch in (0, 1)
               for output in (0, 1) for path in ((), ("a",), ("b",), ("a", "b"), ("ab",), ("a,b",), ('a","b',))]
    assert len(set(streams)) == len(streams)
    assert Keys(7, 1, 2, ("a", "b")).stream == Keys(7, 1).with_output(2).child("a").child("b").stream
    # Written down, so that a changed layout is noticed: saved runs must draw the same for ever.
    assert hex(Keys(7, 1, 2, ("a", "b")).stream) == STREAM
    assert Keys(7).bind(Ids.of(["x"], 1)).words(2).tolist() == WORDS


STREAM, WORDS = "0x48e6cd03eab4469d", [[3908041242, 1574357989]]


def test_draws_depend_on_the_id_alone() -> None:
    ids = [f"s{i}" for i in range(3000)]
    keys = Keys(5).child("t")
    whole = keys.bind(Ids.of(ids, len(ids)))
    draws = {"u": whole.uniform(5), "i": whole.integers(7, 3), "n": whole.normal(3), "b": whole.beta(0.4, 0.4)}
    shuffled = list(range(3000))
    random.Random(1).shuffle(shuffled)
    part = keys.bind(Ids.of([ids[i] for i in shuffled[:40]], 40))
    for name, again in {"u": part.uniform(5), "i": part.integers(7, 3), "n": part.normal(3),
                        "b": part.beta(0.4, 0.4)}.items():
        np.testing.assert_array_equal(again, draws[name][shuffled[:40]])
    rng = whole.one(11)
    np.testing.assert_array_equal(rng.uniform(5), draws["u"][11])
    np.testing.assert_array_equal(rng.integers(7, 3), draws["i"][11])
    np.testing.assert_array_equal(rng.uniform(2), rng.uniform(5)[:2])
    assert not np.array_equal(rng.uniform(5, lane=1), rng.uniform(5))
    np.testing.assert_array_equal(whole.words(4, start=3), whole.words(7)[:, 3:])
    assert sorted(rng.permutation(9).tolist()) == list(range(9))
    assert rng.choice("xyz") == "xyz"[int(rng.integers(3, 1)[0])]
    a, b = whole.torch_generator(11), keys.bind(Ids.of([ids[11]], 1)).torch_generator(0)
    assert torch.equal(torch.rand(3, generator=a), torch.rand(3, generator=b))


def test_order_depends_on_the_set_of_ids() -> None:
    ids = [f"s{i}" for i in range(200)]
    turned = ids[::-1]
    a, b = Keys(1).bind(Ids.of(ids, 200)).order(), Keys(1).bind(Ids.of(turned, 200)).order()
    assert [ids[i] for i in a] == [turned[i] for i in b]
    assert sorted(a.tolist()) == list(range(200))
    assert a.tolist() != Keys(2).bind(Ids.of(ids, 200)).order().tolist()


def test_distributions() -> None:
    keys = Keys(2024).bind(Ids.of(None, 20_000))
    u = keys.uniform(4)
    assert stats.kstest(u.ravel(), "uniform").pvalue > 1e-3
    assert stats.kstest(keys.normal(3).ravel(), "norm").pvalue > 1e-3
    assert stats.kstest(keys.beta(0.3, 1.7).ravel(), stats.beta(0.3, 1.7).cdf).pvalue > 1e-3
    assert stats.kstest(keys.uniform53(1).ravel(), "uniform").pvalue > 1e-3
    assert stats.chisquare(np.bincount(keys.integers(10, 4).ravel(), minlength=10)).pvalue > 1e-3
    # neighbouring ids, positions, lanes and children are independent: a chi-square on joint cells
    cells = lambda a, b: np.bincount((a * 8).astype(int) * 8 + (b * 8).astype(int), minlength=64)  # noqa: E731
    for a, b in ((u[:-1, 0], u[1:, 0]), (u[:, 0], u[:, 1]), (u[:, 0], keys.uniform(1, lane=1)[:, 0]),
                 (u[:, 0], keys.child("x").uniform(1)[:, 0]), (u[:, 0], Keys(2025).bind(keys.ids).uniform(1)[:, 0])):
        assert stats.chisquare(cells(a, b)).pvalue > 1e-3


def test_equal_techniques_in_a_pipeline_draw_differently_and_a_sweep_shares_its_draws() -> None:
    texts = ["abcdefghij" * 5] * 20
    runs = [MaskChars(rate=rate)(texts, seed=4) for rate in (0.1, 0.3, 0.6)]
    masked = [np.array([[c == "_" for c in t] for t in run]) for run in runs]
    assert (masked[0] <= masked[1]).all()
    assert (masked[1] <= masked[2]).all()
    once = pm.Pipeline([MaskChars(rate=0.3)])(texts, seed=4)
    twice = pm.Pipeline([MaskChars(rate=0.3), MaskChars(rate=0.3)])(texts, seed=4)
    shares = [np.mean([c == "_" for t in out for c in t]) for out in (once, twice)]
    assert abs(shares[0] - 0.3) < 0.05
    assert abs(shares[1] - 0.51) < 0.05, "independent draws mask 1 - 0.7 * 0.7 of the characters"


def test_unbound_keys_and_bad_ranges() -> None:
    with pytest.raises(UsageError, match="bound to no samples"):
        Keys(1).uniform()
    with pytest.raises(UsageError, match="high must be at least 1"):
        Keys(1).bind(Ids.of([1], 1)).integers(0)
    assert Keys(1).bind(Ids.of([], 0)).uniform(3).shape == (0, 3)
    assert isinstance(Keys(1).bind(Ids.of([1], 1)).one(0), SampleRng)


def test_global_generators_are_lent_and_given_back_even_after_an_exception() -> None:
    legacy = np.random.mtrand._rand  # the generator behind np.random.random

    def draws() -> tuple[float, float, float]:
        return random.random(), float(legacy.random()), float(torch.rand(()))

    def seeded(bits: int) -> tuple[float, float, float]:
        with contained() as seed:
            seed(bits)
            return draws()

    def fail() -> None:
        with contained() as seed:
            seed(9)
            raise RuntimeError("inside")

    state = random.getstate(), legacy.get_state()[1].tolist(), torch.get_rng_state().tolist()
    assert seeded(2**63 + 5) == seeded(2**63 + 5)
    assert not set(seeded(2**63 + 5)) & set(seeded(5))
    with pytest.raises(RuntimeError, match="inside"):
        fail()
    assert (random.getstate(), legacy.get_state()[1].tolist(), torch.get_rng_state().tolist()) == state


def test_a_few_words_drawn_in_plain_integers_are_those_of_the_arrays() -> None:
    ids = np.random.default_rng(0).integers(0, 2**64, 50, dtype=np.uint64)
    for stream, lane, count, start in ((2**64 - 1, 0, 7, 0), (12345678901234567890, 3, 9, 5), (0, 2**32 - 1, 1, 2),
                                       (7, 1, 0, 0)):
        many = host.words(stream, lane, ids, count, start)
        for row in (0, 17, 49):
            few = host.words(stream, lane, ids[row:row + 1], count, start)
            assert few.dtype == np.uint32
            assert few.shape == (1, count)
            assert np.array_equal(few[0], many[row])
    assert host.words(7, 0, ids[:0], 5).shape == (0, 5)


def test_draws_of_one_sample_are_its_row_of_all_draws() -> None:
    keys = Keys(3, path=("a",)).bind(Ids.of(["x", 7, "y"], 3))
    for row in range(3):
        one = keys.one(row)
        for n in (5, 1, 9, 64, 65, 200):
            for lane in (0, 2):
                assert one.words(n, lane=lane).tolist() == keys.words(n, lane=lane)[row].tolist()
        assert one == SampleRng(keys.stream, int(keys.hashes[row]))

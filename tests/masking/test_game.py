"""Games: what the model is really asked, of every modality."""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import TypeAdapter

from practicum import Batch
from practicum.batch import Column
from practicum.columns.arrays import Series
from practicum.errors import CapabilityError, ConfigError, DataError, ModalityError
from practicum.ledger import CountingModel
from practicum.masking import (
    AnyAbsent,
    AnyPlayers,
    Background,
    Blur,
    Constant,
    Fields,
    Game,
    Grid,
    Hidden,
    Mean,
    Missing,
    Pixels,
    Steps,
    Superpixels,
    Token,
    Values,
    Words,
)
from practicum.masking.op import mask_rows
from practicum.model import Model, Predictions
from practicum.testing.models import Blind
from practicum.testing.torch_toys import BagOfWords, TorchToy


class Seen(Model):
    """Keeps what it was asked; its scores are 0 and the number of the row."""

    name: ClassVar[str] = "toy/seen"
    asked: ClassVar[list[Any]] = []

    def predict(self, batch: Batch) -> Predictions:
        self.asked.append(batch)
        return Predictions("classification", batch.ids, np.stack([np.zeros(len(batch)), np.arange(len(batch))], axis=1))


def seen(batch: Batch, present: Any, rows: Any = None, **fields: Any) -> Batch:
    Seen.asked.clear()
    game = Game(Seen(), batch, np.ones(len(batch), np.int64), **fields)
    game(np.zeros(len(present), np.int64) if rows is None else rows, np.array(present, dtype=bool))
    return Seen.asked[0]


def test_a_linear_games_scores_are_sums_over_players() -> None:
    rng = np.random.default_rng(0)
    weight, x, base = rng.normal(size=(2, 12)), rng.normal(size=(3, 3, 2, 2)), rng.normal(size=3)
    game = Game(TorchToy.linear(weight), Batch.of(x), [1, 0, 1], Constant(value=tuple(base)), Pixels())
    assert game.counts.tolist() == [4, 4, 4]
    rows = np.repeat(np.arange(3), 16)
    present = ((np.arange(16)[:, None] >> np.arange(4)) & 1).astype(bool)
    shown = np.where(np.tile(present, (3, 1)).reshape(48, 1, 2, 2), x[rows], base[:, None, None]).reshape(48, 12)
    wanted = (shown * weight[np.array([1, 0, 1])[rows]]).sum(axis=1)
    np.testing.assert_allclose(game(rows, np.tile(present, (3, 1))), wanted, rtol=1e-13)
    np.testing.assert_allclose(game.full, (x.reshape(3, 12) * weight[[1, 0, 1]]).sum(axis=1), rtol=1e-13)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("players", [1, 9, 40])
def test_the_fused_builder_shows_what_its_bits_say(shared: bool, players: int) -> None:
    rng = np.random.default_rng(players)
    x, base = rng.normal(size=(4, 50)), rng.normal(size=(4, 50))
    owner = rng.integers(-1, players, size=(4, 50)).astype(np.int32)
    rows, present = rng.integers(0, 4, size=21), rng.random((21, players)) < 0.5
    bits = np.packbits(present, axis=1, bitorder="little")
    args = [torch.from_numpy(a) for a in (x, base, owner, bits, rows)]
    keep = (owner[rows] < 0) | np.take_along_axis(present, np.maximum(owner[rows], 0), axis=1)
    wanted = np.where(keep, x[rows], base[rows])
    if shared:
        wanted = np.where(keep[:, None], x[rows][:, None], base[None]).reshape(-1, 50)
    for impl in ("reference", "cpu"):
        np.testing.assert_array_equal(mask_rows(*args, shared=shared, impl=impl).numpy(), wanted)


def test_queries_are_counted_for_their_samples() -> None:
    x = np.ones((3, 4))
    model = TorchToy.linear(np.ones((2, 4)))
    counting = CountingModel(model, Batch.of(x).ids)
    game = Game(counting.proxy, Batch.of(x), [0, 0, 0])
    game(np.array([2, 0, 2, 2]), np.ones((4, 4), bool))
    assert counting.queries.tolist() == [1, 0, 3]
    assert counting.gradients.tolist() == [0, 0, 0]
    held = Background.of(Batch.of(np.zeros((5, 4))), rows=3)
    game = Game(counting.proxy, Batch.of(x), [0, 0, 0], held)
    game(np.array([1]), np.ones((1, 4), bool))
    assert counting.queries.tolist() == [1, 3, 3]


def test_a_background_averages_scores_over_its_rows() -> None:
    rng = np.random.default_rng(1)
    x, other = rng.normal(size=(2, 3)), rng.normal(size=(7, 3))
    net = torch.nn.Sequential(torch.nn.Linear(3, 5, dtype=torch.float64), torch.nn.Tanh(),
                              torch.nn.Linear(5, 2, dtype=torch.float64))
    model = TorchToy.of(net)
    game = Game(model, Batch.of(x), [0, 1], Background.of(Batch.of(other), rows=7))
    mixed = np.where([True, False, True], x[1], other)
    wanted = model.predict(Batch.of(mixed)).values[:, 1].mean()
    assert abs(game([1], [[True, False, True]])[0] - wanted) < 1e-14


def test_background_rows_depend_on_ids_not_on_order() -> None:
    other = Batch.of(np.arange(20.0)[:, None], ids=[f"r{i}" for i in range(20)])
    a, b = Background.of(other, rows=5), Background.of(other.take(np.arange(20)[::-1]), rows=5)
    assert sorted(a.batch.ids) == sorted(b.batch.ids)
    assert a == Background.of(other, rows=5)
    assert a != Background.of(other, rows=4)
    assert a.unnamed()[0]
    plain = TypeAdapter(AnyAbsent).validate_python(a.model_dump())
    with pytest.raises(DataError, match="made of a batch"):
        _ = plain.batch
    with pytest.raises(ValueError, match="needs reference data"):
        Background()


def test_a_background_by_name_is_loaded() -> None:
    held = TypeAdapter(AnyAbsent).validate_python({"kind": "background", "rows": 3, "data": {"use": "sklearn/digits"}})
    assert len(held.batch) == 3
    assert held.unnamed() == ("", "")


def test_words_are_replaced_or_left_out() -> None:
    batch = Batch.of([" a  bad\tfilm ", "x"])
    masks = [[1, 1, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [0, 0, 1], [0, 0, 0]]
    out = seen(batch, masks, absent=Token(text="[UNK]"), players=Words())
    assert out.to_list() == [" a  bad\tfilm ", " [UNK]  bad\tfilm ", " a  [UNK]\tfilm ", " a  bad\t[UNK] ",
                             " [UNK]  [UNK]\tfilm ", " [UNK]  [UNK]\t[UNK] "]
    assert seen(batch, masks, absent=Token(text="")).to_list() == [
        " a  bad\tfilm ", "bad\tfilm ", " a\tfilm ", " a  bad ", "film ", " "]
    assert list(out.ids) == [0] * 6


def test_hidden_units_reach_the_model_through_its_mask_with_ids_unchanged() -> None:
    rng = np.random.default_rng(2)
    table, weight = rng.normal(size=(3, 5)), rng.normal(size=(2, 5))
    model = BagOfWords.of(["good", "bad"], table, weight)
    batch = Batch.of(["good bad good", "bad"])
    game = Game(model, batch, [1, 0])
    assert game.absent == Hidden()
    assert game.units == [["good", "bad", "good"], ["bad"]]
    out = game([0, 1, 0, 1], [[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 1]])
    np.testing.assert_allclose(out, [(table[0] + table[1]) @ weight[1] / 2, table[1] @ weight[0], 0, 0], atol=1e-12)
    counting = CountingModel(model, batch.ids)
    Game(counting.proxy, batch, [1, 0])([0, 1, 0], np.ones((3, 3), bool))
    assert counting.queries.tolist() == [2, 1]


class Framed(BagOfWords):
    """A bag of words that puts a unit of its own before each text."""

    name: ClassVar[str] = "toy/framed"
    special_units: ClassVar[frozenset[str]] = frozenset({"<s>"})

    def units(self, batch: Batch) -> Any:
        texts = batch.with_column("text", ["<s> " + text for text in batch.to_list()])
        return super().units(texts)


def test_special_units_of_a_model_are_always_there_and_get_nothing() -> None:
    rng = np.random.default_rng(5)
    table, weight = rng.normal(size=(4, 5)), rng.normal(size=(2, 5))
    model = Framed.of(["<s>", "good", "bad"], table, weight)
    batch = Batch.of(["good bad", "bad"])
    game = Game(model, batch, [1, 0])
    assert game.counts.tolist() == [2, 1]
    assert game.units == [["<s>", "good", "bad"], ["<s>", "bad"]]
    assert game.board.names == [["good", "bad"], ["bad"]]
    out = game([0, 0, 1, 0], [[0, 1], [0, 0], [1, 0], [1, 1]])
    wanted = [table[[0, 2]].mean(axis=0) @ weight[1], table[0] @ weight[1], table[[0, 2]].mean(axis=0) @ weight[0],
              table[[0, 1, 2]].mean(axis=0) @ weight[1]]
    np.testing.assert_allclose(out, wanted, atol=1e-12)
    spread = game.spread(np.array([[1.0, 2.0], [3.0, 9.0]]))
    assert [v.tolist() for v in spread] == [[0, 1, 2], [0, 3]]
    assert game.gather([[7.0, 1.0, 2.0], [8.0, 3.0]]).tolist() == [[1, 2], [3, 0]]
    with pytest.raises(DataError, match="2 units, but 3 parts"):
        game.gather([[1.0, 2.0], [1.0, 1.0]])


def test_units_and_absent_that_do_not_go_together_are_refused() -> None:
    model = BagOfWords.of(["a"], np.zeros((2, 1)), np.zeros((2, 1)))
    with pytest.raises(ConfigError, match="not the other way round"):
        Game(model, Batch.of(["a"]), [0], Token(), Words(unit="model"))
    with pytest.raises(ConfigError, match="not the other way round"):
        Game(model, Batch.of(["a"]), [0], Hidden(), Words(unit="word"))
    with pytest.raises(CapabilityError, match="hidden"):
        Game(Seen(), Batch.of(["a"]), [0], Hidden())
    with pytest.raises(ModalityError, match="'blur' is for image"):
        Game(Seen(), Batch.of(["a"]), [0], Blur())
    with pytest.raises(ModalityError, match="table column has no players"):
        Game(Seen(), Batch.of(columns={"t": Column("table", [{"a": [1]}])}), [0])


def test_fields_are_missing_or_another_records() -> None:
    batch = Batch.of([{"name": "Ada", "age": 36}, {"name": "Emmy", "age": None}])
    out = seen(batch, [[1, 0], [0, 1], [0, 0]], absent=Missing(), players=Fields())
    assert out.to_list() == [{"name": "Ada", "age": None}, {"name": None, "age": 36}, {"name": None, "age": None}]
    held = Background.of(Batch.of([{"age": 1, "name": "x"}, {"age": 2, "name": "y"}]))
    out = seen(batch, [[1, 0]], absent=held)
    assert sorted((r["name"], r["age"]) for r in out.to_list()) == [("Ada", 1), ("Ada", 2)]


class Graph:
    """What a graph column needs of an object."""

    def __init__(self, x: torch.Tensor) -> None:
        self.x, self.edge_index = x, torch.zeros((2, 0), dtype=torch.int64)

    def to_dict(self) -> dict[str, Any]:
        return {"x": self.x, "edge_index": self.edge_index}


def test_nodes_lose_their_features_and_the_graph_is_not_touched() -> None:
    graphs = [Graph(torch.arange(6.0).reshape(3, 2)), Graph(torch.ones(1, 2))]
    before = [copy.deepcopy(g.x) for g in graphs]
    batch = Batch.of(graphs, modality="graph")
    out = seen(batch, [[0, 1, 0], [1, 0, 0]], rows=np.array([0, 1]))
    assert out.data[0].x.tolist() == [[0, 0], [2, 3], [0, 0]]
    assert out.data[1].x.tolist() == [[1, 1]]
    assert seen(batch, [[0, 1, 1]], absent=Mean()).data[0].x.tolist() == [[2, 3], [2, 3], [4, 5]]
    assert all(torch.equal(g.x, b) for g, b in zip(graphs, before, strict=True))
    assert Game(Seen(), batch, [0, 0]).units == [["0", "1", "2"], ["0"]]


def test_missing_values_of_a_series_are_nobodys() -> None:
    values = np.arange(12.0).reshape(2, 3, 2)
    values[0, 2], values[1, 0, 1] = np.nan, np.nan
    batch = Batch.of(Series(values, np.array([[True, True, False], [True, True, True]])), modality="series")
    model = TorchToy.linear(np.ones((2, 6)))
    game = Game(model, batch, [0, 0], Constant(), Steps())
    assert game.counts.tolist() == [2, 3]
    assert game.full.tolist() == [0 + 1 + 2 + 3, 6 + 8 + 9 + 10 + 11]
    assert game([0, 1], [[0, 1, 1], [0, 1, 1]]).tolist() == [5, 38]
    spread = game.spread(np.array([[2.0, 4.0, 99.0], [3.0, 4.0, 6.0]]))
    assert spread[0].tolist() == [[1, 1], [2, 2], [0, 0]]
    assert spread[1].tolist() == [[3, 0], [2, 2], [3, 3]]
    assert Game(model, batch, [0, 0], Mean(), Steps()).empty.tolist() == [2 * 1 + 2 * 2, 3 * (6 + 8 + 10) / 3 + 20]


def test_blur_is_a_gaussian_that_keeps_the_mean_and_constants() -> None:
    from scipy.ndimage import gaussian_filter

    image = np.random.default_rng(3).random((9, 7))
    out = Blur(sigma=1.5).fill(torch.from_numpy(image[None, None]), None, "image")[0, 0].numpy()
    np.testing.assert_allclose(out, gaussian_filter(image, 1.5, mode="reflect", truncate=4.0), atol=1e-3)
    assert abs(out.mean() - image.mean()) < 1e-12
    wide = Blur(sigma=40).fill(torch.full((1, 3, 4, 4), 0.25), None, "image")
    np.testing.assert_allclose(wide.numpy(), 0.25, rtol=1e-6)


def test_uint8_images_stay_uint8() -> None:
    image = torch.tensor([[[[0, 1], [2, 4]]]], dtype=torch.uint8)
    out = seen(Batch.of(image), [[1, 0, 0, 1]], absent=Mean(), players=Pixels())
    assert out.data.dtype == torch.uint8
    assert out.data.flatten().tolist() == [0, 2, 2, 4]


def test_superpixels_follow_edges_and_grids_divide_evenly() -> None:
    image = torch.zeros(1, 3, 16, 16)
    image[:, :, :, 5:] = 1.0
    owners = Superpixels(count=4, compactness=0.01).owners(image)[0, 0]
    left, right = set(owners[:, :5].ravel()), set(owners[:, 5:].ravel())
    assert not left & right
    grid = Grid(rows=3, columns=2).owners(torch.zeros(1, 1, 9, 4))[0, 0]
    assert np.bincount(grid.ravel()).tolist() == [6] * 6
    assert Grid(rows=8, columns=8).owners(torch.zeros(1, 1, 2, 3)).max() == 5


def test_a_players_value_is_divided_among_its_numbers() -> None:
    game = Game(Seen(), Batch.of(np.zeros((2, 3, 2, 4), np.float32)), [0, 0], players=Grid(rows=1, columns=2))
    out = game.spread(np.array([[12.0, 24.0], [1.0, 0.0]]))
    assert out.shape == (2, 3, 2, 4)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out[0, 0], [[1, 1, 2, 2]] * 2)
    assert Game(Seen(), Batch.of(np.zeros((1, 2))), [0]).spread([[1.0, 2.0]]).dtype == np.float64


def test_outputs_are_logits_probabilities_or_log_odds() -> None:
    model = TorchToy.linear([[1.0], [0.0], [-1.0]])
    batch = Batch.of(np.array([[2.0]]))
    shares = np.exp([2.0, 0.0, -2.0]) / np.exp([2.0, 0.0, -2.0]).sum()
    found = {o: Game(model, batch, [1], output=o).full[0] for o in ("auto", "logit", "probability", "log-odds")}
    np.testing.assert_allclose([found[o] for o in ("auto", "logit", "probability", "log-odds")],
                               [0.0, 0.0, shares[1], np.log(shares[1] / (1 - shares[1]))], atol=1e-12)
    with pytest.raises(CapabilityError, match="no logits"):
        Game(Blind.over(model), batch, [1], output="logit")
    with pytest.raises(CapabilityError, match="no probabilities"):
        _ = Game(Blind.over(model), batch, [1], output="probability").full
    with pytest.raises(CapabilityError, match="class 7"):
        _ = Game(model, batch, [7]).full


def test_large_games_are_asked_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("practicum.masking.game.MOST_ROWS", 3)
    batch = Batch.of(np.arange(4.0)[:, None])
    Seen.asked.clear()
    game = Game(Seen(), batch, [1, 1, 1, 1])
    game(np.arange(4), np.ones((4, 1), bool))
    assert [len(b) for b in Seen.asked] == [3, 1]
    assert np.concatenate([b.data for b in Seen.asked]).tolist() == batch.data.tolist()


@pytest.mark.parametrize("plain", ["mean", {"kind": "constant", "value": [0.1, 0.2, 0.3]}, {"kind": "blur", "sigma": 2},
                                   {"kind": "token", "text": ""}, "hidden", "missing"])
def test_plain_forms_of_absent_round_trip(plain: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(AnyAbsent)
    made = adapter.validate_python(plain)
    assert adapter.validate_json(adapter.dump_json(made)) == made
    assert hash(made) == hash(adapter.validate_python(made.model_dump()))


@pytest.mark.parametrize("plain", [
    "values", "pixels", {"kind": "grid", "rows": 3}, {"kind": "superpixels", "count": 9}, "fields", "nodes",
    {"kind": "steps", "length": 2}, {"kind": "words", "unit": "word"}])
def test_plain_forms_of_players_round_trip(plain: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(AnyPlayers)
    made = adapter.validate_python(plain)
    assert adapter.validate_json(adapter.dump_json(made)) == made


def test_an_empty_batch_is_a_game_of_no_samples() -> None:
    for data, modality in (([], "text"), (np.zeros((0, 3)), "state"), (torch.zeros(0, 1, 2, 2), "image")):
        game = Game(Seen(), Batch.of(data, modality=modality), [])
        assert len(game.full) == 0
        assert len(game.spread(np.zeros((0, game.width)))) == 0


def test_values_alone_are_the_players_of_a_state() -> None:
    assert Game(Seen(), Batch.of(np.zeros((2, 5))), [0, 0]).players == Values()

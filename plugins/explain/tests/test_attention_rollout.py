"""Attention rollout against its closed form, PyTorch's own layers and the attentions that transformers returns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from practicum_explain.attention_rollout import AttentionRollout
from pydantic import PrivateAttr
from torch import nn
from torch.nn import functional

from practicum import Batch
from practicum.errors import CapabilityError
from practicum.model import Model, Predictions
from practicum.testing.torch_toys import TorchToy


class Tokens(Model):
    """A text classifier over words whose module takes (embeddings, mask)."""

    name: ClassVar[str] = "toy/tokens"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    _module: Any = PrivateAttr(default=None)

    @classmethod
    def of(cls, module: nn.Module) -> Tokens:
        made = cls()
        object.__setattr__(made, "__pydantic_private__", {"_module": module})
        return made

    def modules(self) -> Sequence[nn.Module]:
        return [self._module]

    def units(self, batch: Batch) -> tuple[list[list[str]], torch.Tensor, torch.Tensor]:
        words = [["[CLS]", *text.split()] for text in batch.to_list()]
        ids = torch.zeros((len(words), max(map(len, words), default=0)), dtype=torch.int64)
        mask = torch.zeros(ids.shape, dtype=torch.bool)
        for row, text in enumerate(words):
            ids[row, :len(text)] = torch.tensor([1 + len(w) % 9 for w in text])
            mask[row, :len(text)] = True
        return words, ids, mask

    def embed(self, units: torch.Tensor) -> torch.Tensor:
        return self._module.table(units)

    def logits_from(self, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self._module(embeddings, mask)

    def predict(self, batch: Batch) -> Predictions:
        with torch.no_grad():
            _, ids, mask = self.units(batch)
            return Predictions("classification", batch.ids, self.logits_from(self.embed(ids), mask).numpy())


def drawn(net: nn.Module, seed: int, scale: float = 1.0) -> nn.Module:
    rng = np.random.default_rng(seed)
    net = net.double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(scale * torch.from_numpy(rng.normal(size=parameter.shape)))
    return net


class Layers(nn.Module):
    """Self-attention with residual branches, in one of the ways in which it is written."""

    def __init__(self, way: str, depth: int = 3) -> None:
        super().__init__()
        self.way, self.table = way, nn.Embedding(10, 4)
        self.inner = nn.ModuleList(nn.MultiheadAttention(4, 2, batch_first=True) for _ in range(depth))
        self.last = nn.Linear(4, 3)
        self.maps: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        self.maps = []
        for layer in self.inner:
            x = x + self.attended(layer, x, mask)
        return self.last(x[:, 0])

    def attended(self, layer: nn.MultiheadAttention, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        q, k, v = (t.unflatten(2, (2, 2)).transpose(1, 2)
                   for t in functional.linear(x, layer.in_proj_weight, layer.in_proj_bias).chunk(3, dim=2))
        weights = (q @ k.transpose(2, 3) / 2**0.5).masked_fill(~mask[:, None, None], -torch.inf).softmax(dim=-1)
        self.maps.append(weights.detach())
        if self.way == "module":
            return layer(x, x, x, key_padding_mask=~mask, need_weights=False)[0]
        out = weights @ v
        if self.way == "fused":
            out = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
        return layer.out_proj(out.transpose(1, 2).flatten(2))


def by_hand(maps: list[torch.Tensor], row: int, count: int, residual: float = 0.5) -> np.ndarray:
    found = np.eye(count)
    for weights in maps:
        mean = weights[row].mean(dim=0).numpy()[:count, :count]
        found = ((1 - residual) * mean + residual * np.eye(count)) @ found
    return found


TEXTS = ["a good film indeed", "dull", "not so bad"]


@pytest.mark.parametrize("way", ["module", "fused", "softmax"])
@pytest.mark.parametrize("residual", [0.5, 0.0])
def test_however_attention_is_written(way: str, residual: float) -> None:
    net = drawn(Layers(way), 0)
    model = Tokens.of(net)
    if way != "softmax":  # the softmax that the test keeps its own maps by must not count
        plain = net.attended

        def alone(layer: Any, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                plain(layer, x, mask)
            if way == "module":
                return layer(x, x, x, key_padding_mask=~mask, need_weights=False)[0]
            q, k, v = (t.unflatten(2, (2, 2)).transpose(1, 2)
                       for t in functional.linear(x, layer.in_proj_weight, layer.in_proj_bias).chunk(3, dim=2))
            out = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None])
            return layer.out_proj(out.transpose(1, 2).flatten(2))

        net.attended = alone
    out = AttentionRollout(residual=residual)(model, TEXTS, target=0)
    assert out.units[0] == ["[CLS]", "a", "good", "film", "indeed"]
    assert out.figures["layers"].tolist() == [3.0] * 3
    for row, words in enumerate(out.units):
        expected = by_hand(net.maps, row, len(words), residual)[0]
        np.testing.assert_allclose(out.values[row], expected, atol=1e-12)
        assert abs(out.values[row].sum() - 1) < 1e-12


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_uniform_heads_have_the_closed_form(depth: int) -> None:
    # 2^-L I + (1 - 2^-L) J / n
    net = drawn(Layers("fused", depth), 1)
    with torch.no_grad():
        for layer in net.inner:
            layer.in_proj_weight[:8].zero_()
            layer.in_proj_bias[:8].zero_()
    net.attended = lambda layer, x, mask: layer(x, x, x, key_padding_mask=~mask, need_weights=False)[0]
    out = AttentionRollout()(Tokens.of(net), TEXTS, target=1)
    for values in out.values:
        share = (1 - 2.0**-depth) / len(values)
        np.testing.assert_allclose(values, share + 2.0**-depth * (np.arange(len(values)) == 0), atol=1e-14)
    mean = AttentionRollout(position="mean")(Tokens.of(net), TEXTS, target=1)
    last = AttentionRollout(position="last")(Tokens.of(net), TEXTS, target=1)
    for values, ends in zip(mean.values, last.values, strict=True):
        np.testing.assert_allclose(values, 1 / len(values), atol=1e-14)
        assert int(np.argmax(ends)) == len(ends) - 1


class OneByOne(Layers):
    def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        parts = [super(OneByOne, self).forward(x[k:k + 1, :int(m.sum())], m[None, :int(m.sum())])
                 for k, m in enumerate(mask)]
        return torch.cat(parts)


def test_models_that_take_samples_one_by_one() -> None:
    whole, apart = (AttentionRollout()(Tokens.of(drawn(kind("softmax"), 2)), TEXTS, target=0)
                    for kind in (Layers, OneByOne))
    for a, b in zip(whole.values, apart.values, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


class Vit(nn.Module):
    """Patches of 2 x 2 of images [3, 4, 6], with or without a class token."""

    def __init__(self, token: bool) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1, 1, 4)) if token else None
        self.patch = nn.Conv2d(3, 4, 2, stride=2)
        self.layers = nn.ModuleList(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True) for _ in range(2))
        self.last = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patch(x.unflatten(1, (3, 4, 6))).flatten(2).transpose(1, 2)
        if self.token is not None:
            x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1)
        for layer in self.layers:
            x = layer(x)
        return self.last(x[:, 0])


@pytest.mark.parametrize("token", [True, False])
def test_images_have_the_shares_of_their_patches(token: bool) -> None:
    net, x = drawn(Vit(token), 3, 0.7), torch.from_numpy(np.random.default_rng(4).normal(size=(2, 3, 4, 6)))
    maps = []
    with torch.no_grad():
        z = net.eval().patch(x).flatten(2).transpose(1, 2)
        z = torch.cat([net.token.expand(2, -1, -1), z], dim=1) if token else z
        for layer in net.layers:
            maps.append(layer.self_attn(z, z, z, average_attn_weights=False)[1])
            z = layer(z)
    out = AttentionRollout(position="first" if token else "mean")(TorchToy.of(net), x, target=0)
    assert out.values.shape == (2, 3, 4, 6)
    assert out.figures["layers"].tolist() == [2.0, 2.0]
    for row in range(2):
        rolled = by_hand(maps, row, 6 + token)
        shares = (rolled[0, 1:] if token else rolled.mean(axis=0)).reshape(1, 1, 2, 3)
        large = functional.interpolate(torch.from_numpy(shares), size=(4, 6), mode="bilinear", align_corners=False)
        expected = (large * shares.sum() / large.sum())[0, 0].numpy()
        np.testing.assert_allclose(out.values[row], np.repeat(expected[None] / 3, 3, axis=0), atol=1e-12)


def test_a_network_without_attention_and_tokens_that_are_no_grid_are_refused() -> None:
    with pytest.raises(CapabilityError, match="no self-attention"):
        AttentionRollout()(TorchToy.of(nn.Linear(12, 2)), torch.ones(2, 3, 2, 2), target=0)

    class Odd(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = x[:, :31].reshape(len(x), 31, 1)
            return functional.scaled_dot_product_attention(x, x, x)[:, 0]

    with pytest.raises(CapabilityError, match="31 tokens, which is no grid"):
        AttentionRollout()(TorchToy.of(Odd()), torch.ones(2, 3, 4, 4), target=0)


@pytest.mark.parametrize("written", ["sdpa", "eager"])
def test_bert_and_vit_of_transformers(written: str) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(vocab_size=12, hidden_size=8, num_hidden_layers=3, num_attention_heads=2,
                                     intermediate_size=16, max_position_embeddings=16, num_labels=3,
                                     attn_implementation=written)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        bert = transformers.BertForSequenceClassification(config).double().eval()
        small = transformers.ViTConfig(hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16,
                                       image_size=8, patch_size=4, num_channels=3, num_labels=3,
                                       attn_implementation=written)
        vit = transformers.ViTForImageClassification(small).double().eval()

    class Wrapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert, self.table = bert, bert.get_input_embeddings()

        def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            return self.bert(inputs_embeds=x, attention_mask=mask.long()).logits

    model = Tokens.of(Wrapped())
    out = AttentionRollout()(model, TEXTS, target=0)
    _, ids, mask = model.units(Batch.of(TEXTS))
    bert.set_attn_implementation("eager")
    with torch.no_grad():
        maps = bert(input_ids=ids, attention_mask=mask.long(), output_attentions=True).attentions
    for row, words in enumerate(out.units):
        np.testing.assert_allclose(out.values[row], by_hand(list(maps), row, len(words))[0], atol=1e-9)

    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.vit = vit

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.vit(pixel_values=x.unflatten(1, (3, 8, 8))).logits

    x = torch.from_numpy(np.random.default_rng(5).normal(size=(2, 3, 8, 8)))
    seen = AttentionRollout()(TorchToy.of(Flat()), x, target=0)
    vit.set_attn_implementation("eager")
    with torch.no_grad():
        maps = vit(pixel_values=x, output_attentions=True).attentions
    for row in range(2):
        expected = by_hand(list(maps), row, 5)[0, 1:]
        large = functional.interpolate(torch.from_numpy(expected.reshape(1, 1, 2, 2)), size=(8, 8), mode="bilinear",
                                       align_corners=False)[0, 0].numpy()
        np.testing.assert_allclose(seen.values[row].sum(axis=0), large * expected.sum() / large.sum(), atol=1e-12)

"""How often one learned change wins on digits it hasn't seen, beside a drawn one of the same size.

Run: python plugins/gradient-attacks/benchmarks/bench_learned.py
A small network trained on scikit-learn's digits; the change is learned from 250 test samples that it gets right, and
put on the others that it gets right. The drawn perturbation goes as far in every value, up or down; the drawn patch is
noise.
"""

from __future__ import annotations

import numpy as np
import torch
from practicum_gradient_attacks.learned import Learned
from practicum_gradient_attacks.patch import Patch
from practicum_gradient_attacks.universal import Universal
from sklearn.datasets import load_digits

from practicum import Batch, Keys
from practicum.testing.torch_toys import TorchToy


def trained() -> tuple[TorchToy, Batch, Batch]:
    """The network, the samples to learn from, and the others."""
    torch.manual_seed(0)
    digits = load_digits()
    x, y = torch.tensor(digits.data / 16, dtype=torch.float32), torch.tensor(digits.target)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x[:1200]), y[:1200]).backward()
        optimizer.step()
    right = (net(x[1200:]).argmax(dim=1) == y[1200:]).nonzero()[:, 0] + 1200
    batch = Batch.of(x[right].reshape(-1, 1, 8, 8), targets={"label": y[right].numpy()})
    known, others = (batch.take(rows) for rows in (np.arange(250), np.arange(250, len(batch))))
    return TorchToy.of(net.eval(), bounds=(0.0, 1.0)), known, others


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    model, known, others = trained()
    rng = np.random.default_rng(0)
    print(f"learned from {len(known)} samples, put on {len(others)} others")
    print(f"{'attack':32} {'learned wins':>13} {'drawn wins':>11}")
    for attack in (Universal(eps=0.15), Universal(eps=0.3), Universal(norm="l2", eps=1.5), Patch(size=0.375),
                   Patch(size=0.5)):
        fitted = attack.fit(model, known, Keys(0).child(attack.name).bind(known.ids))
        shape = fitted.learned.values.shape
        if isinstance(attack, Universal):
            far = float(attack.eps) / (1.0 if attack.norm == "linf" else float(np.sqrt(np.prod(shape))))
            drawn, what = far * rng.choice([-1.0, 1.0], shape), f"universal {attack.norm} {attack.eps:g}"
        else:
            drawn, what = rng.uniform(size=shape), f"patch of {attack.size:g} of the side"
        beside = attack._with(Learned(drawn, 0))
        rates = [made(model, others).success_rate for made in (fitted, beside)]
        print(f"{what:32} {rates[0]:13.1%} {rates[1]:11.1%}", flush=True)


if __name__ == "__main__":
    main()

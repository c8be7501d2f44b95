"""How much robustness each way of attacking leaves on two small networks trained on scikit-learn's digits.

Run: python plugins/gradient-attacks/benchmarks/bench_strength.py
One network is trained plainly, one on PGD examples. Lower is stronger; the rows share samples, steps and budget.
"""

from __future__ import annotations

import torch
from practicum_gradient_attacks.fgsm import FGSM
from practicum_gradient_attacks.pgd import PGD
from sklearn.datasets import load_digits

from practicum.testing.torch_toys import TorchToy


def trained(adversarial: bool) -> TorchToy:
    torch.manual_seed(0)
    digits = load_digits()
    x, y = torch.tensor(digits.data[:1200] / 16, dtype=torch.float32), torch.tensor(digits.target[:1200])
    net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU(),
                              torch.nn.Linear(64, 10))
    toy, optimizer = TorchToy.of(net, bounds=(0, 1)), torch.optim.Adam(net.parameters(), 1e-3)
    for epoch in range(40):
        order = torch.randperm(1200)
        for at in range(0, 1200, 64):
            images, labels = x[order[at:at + 64]], y[order[at:at + 64]]
            if adversarial:
                attack = PGD(eps=0.1, steps=5, rivals=1)
                images = attack(toy, images, labels.numpy(), seed=100 * epoch + at).adversarial
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(net(images), labels).backward()
            optimizer.step()
    return toy


def main() -> None:
    digits = load_digits()
    x, y = torch.tensor(digits.data[1200:] / 16, dtype=torch.float32), digits.target[1200:]
    ways = {"FGSM": {}, "cross-entropy": {"loss": "cross-entropy"}, "margin, leading class": {"rivals": 1},
            "margin, aimed": {}, "aimed, 9 runs": {"restarts": 9}}
    print(f"robust accuracy in % of {len(y)} samples, 40 steps from a random start")
    print(f"{'network':10} {'norm':5} {'eps':>5} " + " ".join(f"{w:>21}" for w in ways))
    for adversarial in (False, True):
        model = trained(adversarial)
        for norm, eps in (("linf", 0.1), ("linf", 0.15), ("l2", 0.5), ("l2", 1.0), ("l1", 2.0)):
            cells = []
            for way, fields in ways.items():
                attack = FGSM(norm=norm, eps=eps) if way == "FGSM" else PGD(norm=norm, eps=eps, steps=40, **fields)
                cells.append(100 * attack(model, x, y).robust_accuracy)
            name = "PGD-taught" if adversarial else "plain"
            print(f"{name:10} {norm:5} {eps:5} " + " ".join(f"{c:21.1f}" for c in cells))


if __name__ == "__main__":
    main()

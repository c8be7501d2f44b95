"""Use a technique in a DataLoader: per-sample randomness that survives shuffling, workers and epochs."""

import torch
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset

import practicum as pm

images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8), torch.tensor(labels))

augment = pm.Pipeline([pm.get("image-basic/shift", max_fraction=0.2), pm.get("image-basic/gaussian-noise", std=0.1)])
for epoch in range(2):
    loader = DataLoader(pm.indexed(data), batch_size=64, shuffle=True, collate_fn=augment.collate(seed=1, epoch=epoch))
    for x, y in loader:
        print(f"epoch {epoch}: batch {tuple(x.shape)}, labels {tuple(y.shape)}, mean {x.mean():.3f}")
        break

mix = DataLoader(pm.indexed(data), batch_size=64, collate_fn=pm.get("mixup", alpha=0.4).collate(seed=1))
x, (first, second, lam) = next(iter(mix))
print(f"mixup: {tuple(x.shape)}, first pair {int(first[0])} and {int(second[0])} at {float(lam[0]):.2f}")

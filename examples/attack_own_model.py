"""Attack a torch model of your own, and ask it why."""

import torch
from sklearn.datasets import load_digits

import practicum as pm

images, labels = load_digits(return_X_y=True)
x = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
y = torch.tensor(labels)

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for _ in range(100):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(x[:1200]), y[:1200]).backward()
    optimizer.step()

model = pm.wrap(net, modality="image", bounds=(0, 1))
for eps in (0.05, 0.1, 0.2):
    result = pm.get("pgd", norm="linf", eps=eps, steps=20)(model, x[1200:], y[1200:], seed=0)
    print(f"eps {eps}: right {result.clean_correct.mean():.0%} -> {result.robust_accuracy:.0%} under attack, "
          f"largest distance {result.norm.max():.4f}, {result.queries.mean():.0f} queries an image")
why = pm.get("saliency")(model, x[1200:1201], target=labels[1200]).values
print("the pixel that matters most:", divmod(int(why.reshape(-1).argmax()), 8))

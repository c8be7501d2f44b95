"""How fast yoda-order/yoda-order is here, on texts with a sentence to turn in each: the median of five runs."""

from __future__ import annotations

from practicum_yoda_order.yoda_order import YodaOrder

from practicum import Batch
from practicum.testing import speed

if __name__ == "__main__":
    texts = [f"You are strong in the Force {k}. Ask Ada about the train!" for k in range(20_000)]
    batch = Batch.of(texts)
    print(speed(YodaOrder(), batch), speed(YodaOrder(), batch.recording()), sep="\nwith the edit log, ")

"""How fast gendered-name-swap/gendered-name-swap is here, on texts with two names each: the median of five runs."""

from __future__ import annotations

from practicum_gendered_name_swap.gendered_name_swap import GenderedNameSwap

from practicum import Batch
from practicum.testing import speed

if __name__ == "__main__":
    texts = [f"Mary met John at the station, and she thanked John's aunt {k}." for k in range(20_000)]
    batch = Batch.of(texts)
    print(speed(GenderedNameSwap(), batch), speed(GenderedNameSwap(), batch.recording()), sep="\nwith the edit log, ")

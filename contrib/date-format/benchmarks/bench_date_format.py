"""How fast date-format/date-format is here, on texts with two dates each: the median of five runs."""

from __future__ import annotations

from practicum_date_format.date_format import DateFormat

from practicum import Batch
from practicum.testing import speed

if __name__ == "__main__":
    texts = [f"The bridge opened on {1 + k % 28} March {1900 + k % 120} and closed on 2024-03-{1 + k % 28:02d} again."
             for k in range(20_000)]
    batch = Batch.of(texts)
    print(speed(DateFormat(), batch), speed(DateFormat(), batch.recording()), sep="\nwith the edit log, ")

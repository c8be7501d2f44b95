"""Measures the forms of all operations on this machine and rewrites the shipped table, printing what changed sides.

Run ``python plugins/image-basic/benchmarks/measure_forms.py`` on a quiet machine with OpenCV installed.
"""

from __future__ import annotations

import json

from practicum_image_basic.forms import SHIPPED
from practicum_image_basic.measure import measure, write

if __name__ == "__main__":
    old = {(r["op"], r["dtype"], r["side"], r["threads"]): r["microseconds"]
           for r in json.loads(SHIPPED.read_text("utf-8"))["rows"]}
    table = measure()
    write(SHIPPED, table)
    for row in table["rows"]:
        times = row["microseconds"]
        before = old.get((row["op"], row["dtype"], row["side"], row["threads"]), times)
        best, was = min(times, key=times.get), min(before, key=before.get)
        shown = "  ".join(f"{form} {value:9.1f}" for form, value in times.items())
        print(f"{row['op']:16} {row['dtype']:8} {row['side']:4} {row['threads']} thread(s)  {shown}  -> {best}"
              + (f" (was {was})" if was != best else ""))

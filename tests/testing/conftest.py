"""The wrong plugins beside the tests are imported as modules, also by child processes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

"""Randomness as a function of the sample: ids to 64 bits, Philox4x32-10 draws by position."""

from practicum.keys.contained import contained
from practicum.keys.idhash import hash_ids, xxh64
from practicum.keys.keys import Keys, SampleRng

__all__ = ["Keys", "SampleRng", "contained", "hash_ids", "xxh64"]

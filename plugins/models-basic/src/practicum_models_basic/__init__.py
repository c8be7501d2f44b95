"""Models for Practicum: adapters around what users already have, and two small networks to train."""

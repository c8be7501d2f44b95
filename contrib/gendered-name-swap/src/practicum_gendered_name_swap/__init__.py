"""Swaps given names for ones of the other gender, and a filter that keeps texts naming someone."""

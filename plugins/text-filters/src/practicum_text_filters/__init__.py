"""Filters that keep or drop texts by what they measure: length, repetition, stop words, edit rate and others."""

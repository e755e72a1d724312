"""Overlays that have become the same or nearly so, and what may be done about each."""

"""One module a rule type: each reads a text and yields matches."""

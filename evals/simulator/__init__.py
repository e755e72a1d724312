"""A simulated model server for demos and tests: OpenAI-compatible, documented, repeatable.

It reads the system prompt for instructions, builds an answer to the last message, and follows
each instruction with the chance its personality states (``personalities.toml``). It knows nothing
of suites, cases or verdicts: what a prompt loses on another model is computed here, never written
down.
"""

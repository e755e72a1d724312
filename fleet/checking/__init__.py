"""Check a git folder of prompts as CI does: lint, evals and contract cases, without a database."""

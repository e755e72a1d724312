"""Safety scan: attacks on the composed prompt, a planted token, and a moderation service."""

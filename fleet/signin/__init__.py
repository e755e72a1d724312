"""How colleagues come in: the sign-in page, and how often somebody may get it wrong."""

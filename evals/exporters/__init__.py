"""Write a suite as files that other tools read. Pure."""

"""What a new base or policy would do to every variant, before it goes out."""

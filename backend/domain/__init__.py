"""Rules without input or output: given values, they answer. Everything here is pure."""

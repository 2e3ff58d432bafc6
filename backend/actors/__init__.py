"""Background work. Actors only wake services up: a dozen lines each, and nothing that must not be lost."""

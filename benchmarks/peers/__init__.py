"""What people would write instead, against the same simulator, results in the same kind of database."""

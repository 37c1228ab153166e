"""Events on disk until the broker has accepted them: one SQLite file, one writer thread, ids without holes."""

"""One web page before the simulated shelf: what it sees, weighs, shows and tells, and what it can be asked."""

"""What follows from people and goods together: a dwell, a hesitation."""

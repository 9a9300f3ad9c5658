"""What instructors use: nbgrader's own hooks, put right, and the gradebook. No torch here."""

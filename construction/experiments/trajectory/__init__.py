"""How far training strays from the line, beside a random walk."""

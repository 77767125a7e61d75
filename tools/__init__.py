"""Commands of the project: what `./dev` runs."""

"""The test runner: what `./dev test` does."""

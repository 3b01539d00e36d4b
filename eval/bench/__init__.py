"""Speed: how fast articles come in, and how an index grows. Results stand in docs/performance.md."""

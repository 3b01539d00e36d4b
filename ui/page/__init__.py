"""The page's layout and wiring: the only files that import gradio."""

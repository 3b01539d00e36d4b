"""The page's look: one calm theme on the system's own fonts; nothing is fetched from elsewhere."""

from importlib.resources import files
from typing import Any

import gradio as gr

_INK = gr.themes.Color(
    c50="#f3f6f9", c100="#e6ecf2", c200="#cbd7e2", c300="#a6b8c9", c400="#7792ab", c500="#4c6f8f",
    c600="#345a7c", c700="#264a6b", c800="#1d3a56", c900="#162c42", c950="#0e1c2b", name="ink",
)  # fmt: skip
_PAPER = gr.themes.Color(
    c50="#faf9f7", c100="#f2f0ec", c200="#e4e1da", c300="#cdc9c0", c400="#97938b", c500="#6b6862",
    c600="#54514c", c700="#3d3b38", c800="#292826", c900="#1c1b1a", c950="#131211", name="paper",
)  # fmt: skip


def theme() -> gr.themes.Base:
    """Give the theme."""
    return gr.themes.Base(
        primary_hue=_INK,
        secondary_hue=_INK,
        neutral_hue=_PAPER,
        font=["system-ui", "-apple-system", "Segoe UI", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_800",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        input_background_fill="white",
        input_background_fill_dark="*neutral_800",
        input_border_width="1px",
        input_border_color="*neutral_400",
        input_border_color_dark="*neutral_500",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_300",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_300",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_200",
        button_primary_text_color="white",
        button_primary_text_color_dark="*primary_950",
        button_secondary_background_fill="white",
        button_secondary_background_fill_dark="*neutral_800",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_600",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        link_text_color_visited="*primary_700",
        link_text_color_visited_dark="*primary_300",
        link_text_color_hover="*primary_800",
        link_text_color_hover_dark="*primary_200",
    )


def markup(value: str = "", **options: Any) -> gr.HTML:
    """Give a piece of the page that is HTML of ours; what of an article is in it must be escaped already."""
    return gr.HTML(value, js_on_load=None, apply_default_css=False, **options)


def css() -> str:
    """Give the page's own styles."""
    return files("ui").joinpath("page.css").read_text(encoding="utf-8")


def head() -> str:
    """Give what goes into the page's head: its script and its icon."""
    script = files("ui").joinpath("page.js").read_text(encoding="utf-8")
    icon = (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' "
        "height='16' rx='3' fill='%23264a6b'/%3E%3Cpath d='M4 5h8M4 8h8M4 11h5' stroke='white' "
        "stroke-width='1.4'/%3E%3C/svg%3E"
    )
    return f'<link rel="icon" href="{icon}"><script>{script}</script>'

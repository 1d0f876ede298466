"""Settings of Sphinx. The site has no fonts, scripts or styles from elsewhere.

Source: https://www.sphinx-doc.org/en/master/usage/configuration.html
"""

project = "pulumi-vmimport"
author = "The pulumi-vmimport maintainers"
html_title = "pulumi-vmimport"
extensions = ["myst_parser", "sphinx_design"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4  # the anchors of GitHub
highlight_language = "none"
html_theme = "pydata_sphinx_theme"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

"""Can the forest of links be read on a phone?"""

from __future__ import annotations

import pandas as pd

from dashboards.charts_links import NAME_CHARACTERS, forest_chart, link_name
from dashboards.tokens import LIGHT


def test_a_long_name_stands_above_its_row_in_lines_that_fit_a_phone(
    marts: dict[str, pd.DataFrame],
) -> None:
    links = marts["mart_what_moves_sales"].assign(dataset="baskets-holdout-2024q3")
    fig = forest_chart(links, LIGHT, currency="EUR")
    names = {note.y: note for note in fig.layout.annotations}
    known = links.dropna(subset=["money_month"])
    assert set(names) == {link_name(row) for _, row in known.iterrows()}
    for name, note in names.items():
        lines = note.text.split("<br>")
        assert " ".join(lines).replace("\u00a0", " ") == name
        assert not any(line.endswith(("→", "-")) for line in lines)
        assert max(map(len, lines)) <= NAME_CHARACTERS
        assert (note.xref, note.xanchor, note.yanchor) == ("paper", "left", "bottom")
    assert any("<br>" in note.text for note in names.values())
    assert fig.layout.yaxis.showticklabels is False
    assert fig.layout.height > forest_chart(known.head(1), LIGHT, currency="EUR").layout.height

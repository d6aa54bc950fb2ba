"""How does an exported page look and behave: light, dark, narrow, on paper? Its CSS and script."""

from __future__ import annotations

import json
from dataclasses import fields

from dashboards.offline_tables import MOST_PRINTED_COLUMNS
from dashboards.tokens import DARK, LIGHT, Theme

COLOUR_TOKENS = {"primary": "main", "blue": "good", "orange": "bad", "green": "promotion"}
# of a table in sight the first columns are printed, of one that was closed none of so many
_BEYOND = ", ".join(
    f".wide {cell}:nth-child(n+{MOST_PRINTED_COLUMNS + 1})" for cell in ("th", "td")
)
_DIRECTIVES = {**COLOUR_TOKENS, "red": "bad", "yellow": "warning", "violet": "release"}


def css() -> str:
    """The style of the file: both themes' tokens as variables, then what uses them."""
    words = "".join(
        f".{name} {{ color: var(--{token}); }} "
        f".{name}-badge {{ color: var(--{token}); border: 1px solid currentColor; }}\n"
        for name, token in {**_DIRECTIVES, "gray": "muted", "grey": "muted"}.items()
    )
    return (
        f":root {{ color-scheme: light dark; {_variables(LIGHT)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}\n"
        f"@media print {{ :root {{ color-scheme: light; {_variables(LIGHT)} }} }}\n"
        f"{words}{_STYLE.replace('BEYOND', _BEYOND)}"
    )


def _variables(tokens: Theme) -> str:
    plain = [each.name for each in fields(tokens) if each.name not in ("name", "series")]
    return " ".join(f"--{name}: {getattr(tokens, name)};" for name in plain)


def dark_colours() -> dict[str, str]:
    """What each colour of a light chart is in the dark, by hexadecimal in lower case.

    Raises `ValueError` where one light colour stands for two dark ones.
    """
    names = [each.name for each in fields(LIGHT) if each.name not in ("name", "series")]
    pairs = [(getattr(LIGHT, name), getattr(DARK, name)) for name in names]
    found: dict[str, str] = {}
    for light, dark in [*pairs, *zip(LIGHT.series, DARK.series, strict=True)]:
        if found.setdefault(light.lower(), dark.lower()) != dark.lower():
            raise ValueError(f"{light} is {found[light.lower()]} and {dark} in the dark")
    return found


def script() -> str:
    """What draws the charts, follows the theme, prepares paper, and writes CSV."""
    return _SCRIPT.replace("DARK_COLOURS", json.dumps(dark_colours()))


_STYLE = """
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 40px; background: var(--surface);
  color: var(--text); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.35rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1.1rem; margin: 1.4rem 0 .4rem; }
p { margin: .35rem 0; } ul { margin: .3rem 0; padding-left: 1.3rem; }
a { color: var(--main); } a:not([href]) { color: inherit; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
.answer { font-size: 1.25rem; font-weight: 600; line-height: 1.4; margin: 1rem 0; }
.caption, .size, .leads span, .unprinted { color: var(--muted); font-size: .88rem; }
.row { display: flex; flex-wrap: wrap; gap: 12px 20px; align-items: flex-start; }
.column { flex: 1 1 300px; min-width: 0; }
.card, .metric, .alert, pre { border-radius: 8px; }
.card { border: 1px solid var(--grid); padding: 14px 16px; }
td.moment, td.amount { white-space: nowrap; } .row + .row { margin-top: 12px; }
.row:has(> .column) { align-items: stretch; }
.column > .card:only-child { height: 100%; } .row > .card { flex: 1 1 280px; }
.metric .label { font-size: .9rem; } .metric .value { font-size: 1.9rem; line-height: 1.2; }
.delta { font-weight: 600; } .spark { width: 150px; height: 36px; display: block; }
.alert { border-left: 5px solid var(--main); background: var(--raised); padding: 8px 14px;
  margin: .6rem 0; } .alert p { display: inline; } .alert.warning { border-color: var(--warning); }
.alert.error { border-color: var(--bad); }
pre { background: var(--raised); padding: 10px 14px; overflow-x: auto; font-size: .85rem; }
code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .9em; }
.choice { color: var(--muted); font-size: .92rem; } .choice b { color: var(--text); }
[class$=badge] { border-radius: 6px; padding: 0 7px; font-size: .88rem; font-weight: 600; }
.small { font-size: .88em; }
figure { margin: .5rem 0; } .plot { width: 100%; min-width: 0; }
details { border: 1px solid var(--grid); border-radius: 8px; padding: 6px 12px; margin: .5rem 0; }
summary { cursor: pointer; }
.scroll { overflow: auto; max-height: 430px; border: 1px solid var(--grid); border-radius: 6px; }
.words table, .scroll table { border-collapse: collapse; font-size: .84rem; }
th, td { padding: 3px 9px; text-align: left; border-bottom: 1px solid var(--grid);
  vertical-align: top; } td { max-width: 460px; overflow-wrap: break-word; }
td.broken { overflow-wrap: anywhere; } td.text { min-width: 11em; }
.scroll thead th { position: sticky; top: 0; background: var(--raised); }
th.number { text-align: right; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.csv { font: inherit; color: var(--text); background: var(--raised); padding: 1px 10px;
  border: 1px solid var(--grid); border-radius: 6px; cursor: pointer; }
.unprinted { display: none; } footer { margin-top: 3rem; border-top: 1px solid var(--grid); }
@media (max-width: 640px) { body { padding: 16px 12px; } h1 { font-size: 1.5rem; } }
@page { size: A4; margin: 16mm 12mm 14mm; }
@media print {
  html { font-size: 10pt; } body { max-width: none; padding: 0; font-size: 1rem; }
  h1 { font-size: 18pt; } h2 { font-size: 13pt; margin-top: 14pt; }
  h1, h2, h3, .answer, summary { break-after: avoid; }
  figure, .card, .metric, .alert, tr, .words li { break-inside: avoid; }
  .card:has(details) { break-inside: auto; }
  .caption, .choice, .leads { orphans: 3; widows: 3; } figure, :has(+ figure),
  :has(+ details figure), .choice, .row:has(> .choice) { break-after: avoid; }
  .csv, .size, .long .scroll, details .wide .scroll, BEYOND { display: none; }
  .long .unprinted, .wide .unprinted { display: block; } footer { break-inside: avoid; }
  .scroll { overflow: visible; max-height: none; border: 0; }
  .scroll table { width: 100%; font-size: 7.5pt; } th, td { padding: 1px 5px; }
  td.text { min-width: 0; }
  .scroll thead th { position: static; } thead { display: table-header-group; }
  /* else the edge of the sheet cuts the frame of the last card */
  .row { flex-wrap: wrap; padding-right: 1px; } .column { flex-basis: 200px; }
  details { border: 0; padding: 0; }
  summary { list-style: none; font-weight: 600; } pre { white-space: pre-wrap; }
}
"""

_SCRIPT = """
const DARK = DARK_COLOURS;
const PAPER_WIDTH = 700;
const prefersDark = matchMedia('(prefers-color-scheme: dark)');
const plots = [...document.querySelectorAll('.plot')];
let onPaper = location.hash === '#print';

function inTheDark(text) {
  const hex = text.replace(/#[0-9a-fA-F]{6}\\b/g, c => DARK[c.toLowerCase()] || c);
  return hex.replace(/rgba?\\((\\d+), ?(\\d+), ?(\\d+)/g, (whole, ...rgb) => {
    const name = '#' + rgb.slice(0, 3).map(n => (+n).toString(16).padStart(2, '0')).join('');
    const dark = DARK[name];
    if (!dark) return whole;
    const parts = [1, 3, 5].map(at => parseInt(dark.slice(at, at + 2), 16));
    return whole.split('(')[0] + '(' + parts.join(',');
  });
}

function figureOf(plot) {
  const text = plot.parentElement.querySelector('script').textContent;
  const figure = JSON.parse(prefersDark.matches && !onPaper ? inTheDark(text) : text);
  if (onPaper) {
    figure.layout.width = Math.min(PAPER_WIDTH, plot.parentElement.clientWidth || PAPER_WIDTH);
    figure.config.displayModeBar = false;
  }
  return figure;
}

function draw(plot) {
  const { data, layout, config } = figureOf(plot);
  return Plotly.react(plot, data, layout, config);
}

const drawAll = () => Promise.all(plots.map(draw));
const opened = [];

function toPaper() {
  onPaper = true;
  for (const each of document.querySelectorAll('details:not([open])')) {
    each.open = true;
    opened.push(each);
  }
  return drawAll();
}

function fromPaper() {
  onPaper = false;
  opened.splice(0).forEach(each => { each.open = false; });
  drawAll();
}

function csvOf(table) {
  const quoted = text => {
    const safe = /^[=+@\\t\\r-]/.test(text) && isNaN(text) ? "'" + text : text;
    return /[",\\n\\r]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  };
  const lines = [...table.rows].map(row => [...row.cells].map(cell =>
    quoted(cell.dataset.name ?? cell.dataset.value ?? cell.textContent)).join(','));
  return '\\ufeff' + lines.join('\\n') + '\\n';
}

document.addEventListener('click', event => {
  if (!event.target.matches('.csv')) return;
  const table = event.target.closest('.table').querySelector('table');
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([csvOf(table)], { type: 'text/csv' }));
  link.download = event.target.dataset.name + '.csv';
  link.click();
  URL.revokeObjectURL(link.href);
});
document.addEventListener('toggle', event => {
  event.target.querySelectorAll?.('.plot').forEach(plot => Plotly.Plots.resize(plot));
}, true);
prefersDark.addEventListener('change', drawAll);
addEventListener('beforeprint', toPaper);
addEventListener('afterprint', fromPaper);
(onPaper ? toPaper() : drawAll()).then(() => { document.body.dataset.drawn = plots.length; });
"""

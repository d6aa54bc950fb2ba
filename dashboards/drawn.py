"""When has a browser drawn a page, and is any of its charts empty? Asked in JavaScript."""

from __future__ import annotations

PAGES = (
    "success-metrics",
    "what-moves-sales",
    "link-explorer",
    "experiments",
    "exposure-audit",
    "service-health",
    "delivery",
    "data-health",
    "catalogue",
)
SETTLED = (
    "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
    " && document.querySelector('h1') !== null"
    " && document.querySelectorAll('[data-testid=stSkeleton]').length === 0"
)
EMPTY_CHARTS = """
() => [...document.querySelectorAll('[data-testid=stPlotlyChart]')].filter(chart => {
  const marks = chart.querySelectorAll(
    '.lines path, .points path, .hm image, .textpoint text'
  );
  return ![...marks].some(mark => {
    const box = mark.getBoundingClientRect();
    return box.width + box.height > 2;
  });
}).length
"""
# how the label of a closed chart begins, and the labels of those that are closed now
CLOSED_CHART = "Chart: "
CLOSED_CHARTS = f"""
[...document.querySelectorAll('details:not([open]) > summary')]
  .filter(each => each.innerText.includes('{CLOSED_CHART}'))
"""
OVERFLOW = """
() => {
  const main = document.querySelector('[data-testid=stMain]');
  const page = document.documentElement;
  return Math.max(main.scrollWidth - main.clientWidth, page.scrollWidth - page.clientWidth);
}
"""
HEIGHT = """
() => document.querySelector('[data-testid=stMainBlockContainer]').getBoundingClientRect().bottom
"""

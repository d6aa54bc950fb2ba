"""How do a page's choices get into its address, and back out of it?

A control made here opens with what the address names, writes what is chosen into the address, and
says so when the address names something that is not there. Streamlit can bind a widget to a query
parameter by itself; but then a link from one page to another does not open as it says where both
pages have a widget of the same name, because the value of the old page's widget is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

from dashboards.view import refusal
from dashboards.wording import joined, plain

T = TypeVar("T", bound=Hashable)
MOST_NAMED = 4
CARRIED = ("period", "from", "to", "grain", "comparison", "segment")
_MEMORY = "_address"


@dataclass
class _Memory:
    """What one reader's page last wrote, and what follows the reader from page to page."""

    page: str = ""
    follows_address: bool = True
    written: dict[str, tuple[Any, tuple[str, ...]]] = field(default_factory=dict)
    carried: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outside: dict[str, tuple[tuple[str, ...], str]] = field(default_factory=dict)


def arrive(page: str) -> None:
    """Begin a run of a page: the address rules when the reader came by a link, else the widgets."""
    memory = _memory()
    if memory.page != page:
        memory.page, memory.written, memory.outside = page, {}, {}
    state = st.session_state
    was_used = any(
        key in state and state[key] != value for key, (value, _) in memory.written.items()
    )
    moved = any(_at(key) != at for key, (_, at) in memory.written.items())
    memory.follows_address = moved and not was_used


def select(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    usual: T | None = None,
    named: Callable[[T], str] = str,
    spelled: Callable[[T], str] = str,
    width: Any = "stretch",
    helped: Callable[[T], str] | None = None,
) -> T:
    """One of many, from a list that can be searched; `usual` (the first) is left out of the URL.

    `helped` tells more of the one that is chosen, behind a question mark.
    """
    start = options[0] if usual is None else usual
    _open(key, options, (start,), spelled, is_one=True, label=label)
    more = None if helped is None else helped(st.session_state[key])
    chosen = st.selectbox(label, options, key=key, format_func=named, width=width, help=more)
    return _keep(key, (chosen,), (start,), spelled)[0]


def segments(
    label: str,
    options: Sequence[T],
    *,
    key: str,
    usual: T | None = None,
    named: Callable[[T], str] = str,
    spelled: Callable[[T], str] = str,
    help: str | None = None,
) -> T:
    """One of a few, side by side."""
    start = options[0] if usual is None else usual
    _open(key, options, (start,), spelled, is_one=True, label=label)
    chosen = st.segmented_control(
        label, options, key=key, required=True, format_func=named, help=help
    )
    return _keep(key, (chosen if chosen is not None else start,), (start,), spelled)[0]


def pills(
    label: str, options: Sequence[T], *, key: str, usual: Sequence[T] = (), wrap: bool = True
) -> list[T]:
    """Any of a few."""
    _open(key, options, tuple(usual), str, is_one=False, label=label)
    chosen = st.pills(label, options, selection_mode="multi", wrap=wrap, key=key)
    return list(_keep(key, tuple(chosen), tuple(usual), str))


def reachable(options: Sequence[str], every: Collection[str], *, key: str) -> list[str]:
    """`options`, and which other one of `every` the address came with, until the options change.

    So a link opens what the filters of its page leave out, and a filter that is then used rules.
    """
    memory = _memory()
    if _takes_address(key):
        asked = next(iter(_at(key)), "")
        memory.outside[key] = (tuple(options), asked)
    seen, outside = memory.outside.get(key, ((), ""))
    if seen == tuple(options) and outside in every and outside not in options:
        return [*options, outside]
    return list(options)


def search(label: str, *, key: str, placeholder: str = "") -> str:
    """Free text."""
    if _takes_address(key):
        st.session_state[key] = next(iter(_at(key)), "")
    text = st.text_input(label, key=key, placeholder=placeholder)
    return _keep(key, (text,), ("",), str)[0]


def unknown(known: Collection[str]) -> list[str]:
    """A sentence for each parameter of the address that is none of the page's `known` ones."""
    strange = [name for name in st.query_params if name not in known]
    return [f"The address says {name}, which this page has no choice for." for name in strange]


def brought(key: str) -> str:
    """What the address, or else the page before, chose; empty where neither did."""
    return next(iter(_at(key) or _memory().carried.get(key, ())), "")


def drop(*keys: str) -> None:
    """Take out of the address what a control that is no longer shown had written."""
    memory = _memory()
    for key in keys:
        memory.written.pop(key, None)
        memory.carried.pop(key, None)
        if key in st.query_params:
            del st.query_params[key]


def used() -> set[str]:
    """The parameters that controls of the page have answered to in this run or before."""
    return set(_memory().written)


def _memory() -> _Memory:
    found = st.session_state.get(_MEMORY)
    if found is None:
        found = st.session_state[_MEMORY] = _Memory()
    return found


def _at(key: str) -> tuple[str, ...]:
    return tuple(st.query_params.get_all(key))


def _takes_address(key: str) -> bool:
    memory = _memory()
    return key not in memory.written or memory.follows_address or key not in st.session_state


def _open(
    key: str,
    options: Sequence[T],
    usual: tuple[T, ...],
    spelled: Callable[[T], str],
    *,
    is_one: bool,
    label: str,
) -> None:
    """Give the widget its value before it is made."""
    state = st.session_state
    if not _takes_address(key):
        now = state[key]
        if is_one and now not in options:
            state[key] = usual[0]
        return
    memory = _memory()
    texts = {spelled(each): each for each in options}
    asked = _at(key)
    if not asked and key not in memory.written:
        asked = tuple(each for each in memory.carried.get(key, ()) if each in texts)
    lacking = [each for each in asked if each and each not in texts]
    if lacking:
        _refuse(key, lacking[0], list(texts), label)
    found = [texts[each] for each in asked if each in texts]
    if is_one:
        state[key] = found[0] if found else usual[0]
    else:
        state[key] = found if asked and not lacking else (found or list(usual))


def _refuse(key: str, text: str, known: list[str], label: str) -> None:
    most = known[:MOST_NAMED]
    rest = "" if len(known) <= MOST_NAMED else f" and {len(known) - MOST_NAMED} more"
    why = f"known are {', '.join(most)}{rest}" if rest else f"known are {joined(most)}"
    st.warning(plain(refusal(key, text, why, label=label)), icon=":material/link_off:")


def _keep(
    key: str, chosen: tuple[T, ...], usual: tuple[T, ...], spelled: Callable[[T], str]
) -> tuple[T, ...]:
    """Write what is chosen into the address, unless it is the usual choice."""
    memory = _memory()
    is_usual = chosen == usual
    texts = () if is_usual else tuple(spelled(each) for each in chosen) or ("",)
    if key in CARRIED:
        if not is_usual:
            memory.carried[key] = texts
        elif key in memory.written or _at(key):
            memory.carried.pop(key, None)
    if texts != _at(key):
        if texts:
            st.query_params[key] = texts if len(texts) > 1 else texts[0]
        else:
            del st.query_params[key]
    memory.written[key] = (st.session_state[key], texts)
    return chosen

"""Is an issue in some status to do, in progress or done?

A status's name says little for certain; its category does. Categories come with their key or their
number in JSON and XML, by their name in the language of an export, from `hub.yml`, or, for want of
all these, from the names that workflows are delivered with and that teams commonly choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from assets.sources.jira_headers import fold_header

TO_DO, IN_PROGRESS, DONE = "to_do", "in_progress", "done"
# Where a category was learnt, the surest first: a list of statuses, the issue itself, `hub.yml`,
# the words below.
STATUS_LIST, ISSUE, CONFIGURED, WORDS = "status_list", "issue", "configured", "words"
_KEYS = {"new": TO_DO, "todo": TO_DO, "indeterminate": IN_PROGRESS, "in_progress": IN_PROGRESS,
         "done": DONE}  # fmt: skip
_NUMBERS = {"2": TO_DO, "4": IN_PROGRESS, "3": DONE}
_CATEGORY_WORDS = {
    TO_DO: "to do|todo|new|zu erledigen|aufgaben|offen|à faire|por hacer|tareas por hacer|"
    "pendiente|a fazer|itens pendentes|tarefas pendentes|pendente|da completare|da fare|te doen|"
    "nog te doen|nog doen|do zrobienia|do wykonania",
    IN_PROGRESS: "in progress|indeterminate|in arbeit|in bearbeitung|en cours|en curso|"
    "en progreso|em andamento|em progresso|em curso|in corso|in uitvoering|"
    "wordt aan gewerkt|actief|w toku|w trakcie",
    DONE: "done|complete|completed|fertig|erledigt|terminé|terminée|terminés|listo|finalizada|"
    "finalizado|hecho|concluído|concluída|itens concluídos|feito|pronto|completato|completata|"
    "completati|fatto|gereed|klaar|voltooid|gotowe|zrobione|ukończone|ukończono",
}
_STATUS_WORDS = {
    TO_DO: "open|reopened|backlog|selected for development|ready|ready for development|triage|"
    "icebox|planned|funnel|inbox|ready for dev|erneut geöffnet|wiedereröffnet|geöffnet|neu|"
    "für entwicklung ausgewählt|"
    "ausgewählt für entwicklung|geplant|ouvert|ouverte|rouvert|rouverte|nouveau|nouvelle|"
    "sélectionné pour le développement|planifié|abierta|abierto|reabierta|reabierto|nueva|nuevo|"
    "seleccionada para desarrollo|seleccionado para desarrollo|aberto|aberta|reaberto|reaberta|"
    "novo|selecionado para desenvolvimento|tarefas pendentes|aperto|aperta|riaperto|riaperta|"
    "nuovo|selezionato per lo sviluppo|heropend|nieuw|geselecteerd voor ontwikkeling|otwarte|"
    "otwarty|ponownie otwarte|ponownie otwarty|nowe|nowy|wybrane do realizacji|zaległości",
    IN_PROGRESS: "doing|in development|in review|code review|review|in test|testing|in testing|qa|"
    "in qa|ready for review|ready for test|blocked|on hold|waiting|deploying|ready for release|"
    "ready to deploy|under review|in entwicklung|in prüfung|im test|blockiert|wartend|"
    "en développement|en revue|revue de code|en test|bloqué|bloquée|en attente|en desarrollo|"
    "en revisión|en pruebas|bloqueada|bloqueado|en espera|em desenvolvimento|em revisão|em teste|"
    "em testes|bloqueado|em espera|in sviluppo|in revisione|in prova|bloccato|in attesa|"
    "in ontwikkeling|in beoordeling|in review|geblokkeerd|in de wacht|w realizacji|w przeglądzie|"
    "w testach|zablokowane|wstrzymane",
    DONE: "closed|resolved|released|cancelled|canceled|won't do|won't fix|rejected|declined|"
    "duplicate|geschlossen|gelöst|abgeschlossen|abgebrochen|veröffentlicht|fermé|fermée|résolu|"
    "résolue|annulé|annulée|livré|cerrada|cerrado|resuelta|resuelto|cancelada|cancelado|terminado|"
    "fechado|fechada|resolvido|resolvida|cancelado|chiuso|chiusa|risolto|risolta|annullato|"
    "gesloten|opgelost|geannuleerd|afgerond|zamknięte|zamknięty|rozwiązane|rozwiązany|anulowane",
}


def category_of_key(value: Any) -> tuple[str | None, bool]:
    """The category of a `statusCategory` (an object, or its name), and whether it is one.

    Its key and its number are the same in every language. Where these two say different things
    nothing is claimed, and the second value is false.
    """
    if not isinstance(value, Mapping):
        name = fold_header(str(value or ""))
        return _KEYS.get(name.replace(" ", "_")) or category_words().get(name), True
    by_key = _KEYS.get(str(value.get("key", "")).lower())
    by_number = _NUMBERS.get(str(value.get("id", "")))
    if by_key and by_number and by_key != by_number:
        return None, False
    by_name = category_words().get(fold_header(str(value.get("name", ""))))
    return by_key or by_number or by_name, True


def category_of_status(name: str | None, given: Mapping[str, str]) -> tuple[str | None, str]:
    """The category of a status by its name alone, and where it is known from.

    `given` maps status names to categories (`status_categories` of hub.yml) and goes first.
    """
    folded = fold_header(name or "")
    by_hub = {fold_header(status): category for status, category in given.items()}
    if folded in by_hub:
        return by_hub[folded], CONFIGURED
    return status_words().get(folded), WORDS


@cache
def category_words() -> dict[str, str]:
    """Names of categories, folded."""
    return {
        fold_header(word): category
        for category, words in _CATEGORY_WORDS.items()
        for word in words.split("|")
    }


@cache
def status_words() -> dict[str, str]:
    """Names of statuses, folded; a category's name is a usual name of a status too."""
    return category_words() | {
        fold_header(word): category
        for category, words in _STATUS_WORDS.items()
        for word in words.split("|")
    }

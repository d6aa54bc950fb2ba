"""Which of Jira's fields does a column's header name, in whatever language it was exported?

Headers of Cloud and Server differ, and so do the years. Custom fields come wrapped in words that
are translated too (`Custom field (Story Points)`, `Pole niestandardowe (Sprint)`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# In one language the name that exports use first; the order also says which of two columns of a
# file is taken.
_WORDS = {
    "issue_key": {
        "en": "Issue key|Work item key|Key",
        "de": "Vorgangsschlüssel|Vorgang-Schlüssel|Schlüssel",
        "fr": "Clé de ticket|Clé de demande|Clé de l'élément|Clé",
        "es": "Clave de incidencia|Clave de la incidencia|Clave de actividad|Clave",
        "pt": "Chave da item|Chave do item|Chave da pendência|Chave do ticket|Chave",
        "it": "Chiave ticket|Chiave segnalazione|Chiave elemento|Chiave attività|Chiave",
        "nl": "Issuesleutel|Issue-sleutel|Itemsleutel|Sleutel",
        "pl": "Klucz zgłoszenia|Klucz elementu|Klucz",
    },
    "issue_id": {
        "en": "Issue id|Work item id",
        "de": "Vorgangs-ID|Vorgangs-Id|Vorgang-ID",
        "fr": "ID de ticket|Identifiant de ticket|Identifiant de demande",
        "es": "ID de la incidencia|Id. de incidencia|ID de incidencia",
        "pt": "ID da item|ID do item|ID da pendência",
        "it": "ID ticket|ID segnalazione|ID elemento",
        "nl": "Issue-ID|Item-ID",
        "pl": "Id. zgłoszenia|ID zgłoszenia|Identyfikator zgłoszenia",
    },
    "project": {
        "en": "Project key",
        "de": "Projektschlüssel",
        "fr": "Clé de projet|Clé du projet",
        "es": "Clave del proyecto|Clave de proyecto",
        "pt": "Chave do projeto|Chave de projeto",
        "it": "Chiave progetto|Chiave del progetto",
        "nl": "Projectsleutel",
        "pl": "Klucz projektu",
    },
    "issue_type": {
        "en": "Issue Type|Work type|Work item type|Type",
        "de": "Vorgangstyp|Typ",
        "fr": "Type de ticket|Type de demande",
        "es": "Tipo de Incidencia|Tipo de actividad|Tipo",
        "pt": "Tipo de item|Tipo do item|Tipo de pendência|Tipo de problema",
        "it": "Tipo di ticket|Tipo ticket|Tipo segnalazione|Tipo di segnalazione",
        "nl": "Issuetype|Type issue|Itemtype",
        "pl": "Typ zgłoszenia|Typ elementu",
    },
    "summary": {
        "en": "Summary", "de": "Zusammenfassung", "fr": "Résumé", "es": "Resumen", "pt": "Resumo",
        "it": "Riepilogo", "nl": "Samenvatting", "pl": "Podsumowanie",
    },
    "status": {
        "en": "Status", "fr": "État|Statut", "es": "Estado", "pt": "Situação", "it": "Stato",
        "pl": "Stan",
    },
    "status_category": {
        "en": "Status Category",
        "de": "Statuskategorie",
        "fr": "Catégorie d'état|Catégorie de statut|Catégorie d’état",
        "es": "Categoría de estado|Categoría del estado",
        "pt": "Categoria do status|Categoria de status|Categoria de estado",
        "it": "Categoria stato|Categoria di stato|Categoria dello stato",
        "nl": "Statuscategorie",
        "pl": "Kategoria statusu|Kategoria stanu",
    },
    "resolution": {
        "en": "Resolution", "de": "Lösung", "fr": "Résolution", "es": "Resolución",
        "pt": "Resolução", "it": "Risoluzione", "nl": "Oplossing", "pl": "Rozwiązanie",
    },
    "priority": {
        "en": "Priority", "de": "Priorität", "fr": "Priorité", "es": "Prioridad",
        "pt": "Prioridade", "it": "Priorità", "nl": "Prioriteit", "pl": "Priorytet",
    },
    "assignee": {
        "en": "Assignee",
        "de": "Zugewiesene Person|Bearbeiter|Zugewiesen",
        "fr": "Personne assignée|Attribution",
        "es": "Persona asignada|Responsable|Asignado a",
        "pt": "Responsável",
        "it": "Assegnatario",
        "nl": "Toegewezen aan|Uitvoerder|Toegewezen persoon",
        "pl": "Osoba przypisana|Przypisany|Osoba wykonująca",
    },
    "reporter": {
        "en": "Reporter", "de": "Autor|Berichterstatter", "fr": "Rapporteur|Déclarant",
        "es": "Informador|Informante", "pt": "Relator", "it": "Segnalatore|Reporter",
        "nl": "Melder", "pl": "Zgłaszający|Osoba zgłaszająca",
    },
    "created_at": {
        "en": "Created",
        "de": "Erstellt|Erstellungsdatum",
        "fr": "Création|Créée|Créé|Date de création",
        "es": "Creada|Creado|Fecha de creación",
        "pt": "Criado|Criada|Criado(a)|Data de criação",
        "it": "Creato|Creata|Data creazione|Data di creazione",
        "nl": "Gemaakt|Aangemaakt|Gemaakt op",
        "pl": "Utworzono|Utworzone|Data utworzenia",
    },
    "updated_at": {
        "en": "Updated",
        "de": "Aktualisiert",
        "fr": "Mise à jour|Mis à jour|Mise à jour le",
        "es": "Actualizada|Actualizado",
        "pt": "Atualizado(a)|Atualizado|Atualizada",
        "it": "Aggiornato|Aggiornata|Aggiornamento",
        "nl": "Bijgewerkt",
        "pl": "Zaktualizowano|Zaktualizowane|Data aktualizacji",
    },
    "resolved_at": {
        "en": "Resolved|Resolution date",
        "de": "Erledigt|Gelöst|Lösungsdatum",
        "fr": "Résolue|Résolu|Résolution le|Date de résolution",
        "es": "Resuelta|Resuelto|Fecha de resolución",
        "pt": "Resolvido|Resolvida|Resolvido(a)|Data de resolução",
        "it": "Risolto|Risolta|Data risoluzione|Data di risoluzione",
        "nl": "Opgelost|Opgelost op",
        "pl": "Rozwiązano|Rozwiązane|Data rozwiązania",
    },
    "story_points": {
        "en": "Story Points|Story point estimate|Story Points estimate",
        "de": "Story-Punkte|Storypunkte|Story Point-Schätzung|Story-Point-Schätzung",
        "fr": "Points de story|Story points estimés|Estimation des story points",
        "es": "Puntos de historia|Estimación de puntos de historia|Puntos de la historia",
        "pt": "Pontos de história|Pontos da história|Estimativa de pontos da história",
        "it": "Punti storia|Stima story point|Stima dei punti storia",
        "nl": "Storypoints|Storypunten|Schatting van storypoints",
        "pl": "Punkty historii|Punkty historyjki|Szacunek punktów historii",
    },
    "sprints": {"en": "Sprint|Sprints", "pl": "Przebieg"},
    "fix_versions": {
        "en": "Fix versions|Fix Version/s|Fix Version",
        "de": "Lösungsversion(en)|Lösungsversionen|Lösungsversion|Korrigierte Versionen|"
        "Korrekturversionen|Zielversion(en)",
        "fr": "Version(s) corrigée(s)|Versions corrigées|Versions de correction",
        "es": "Versión(es) Correctora(s)|Versiones correctoras|Versiones corregidas|"
        "Versiones de corrección|Corregir versiones",
        "pt": "Versões corrigidas|Versão(ões) corrigida(s)|Corrigir versões|Versões de correção",
        "it": "Versioni di correzione|Versione/i di correzione|Versioni correttive",
        "nl": "Oplossingsversies|Fix-versies|Herstelversies|Versies met oplossing",
        "pl": "Wersje z poprawkami|Wersje naprawione|Wersja naprawiona|Wersja(e) naprawiona(e)",
    },
    "labels": {
        "en": "Labels|Label",
        "de": "Stichwörter|Stichwort",
        "fr": "Étiquettes|Étiquette",
        "es": "Etiquetas|Etiqueta",
        "pt": "Categorias|Rótulos|Rótulo",
        "it": "Etichette|Etichetta",
        "pl": "Etykiety|Etykieta",
    },
    "components": {
        "en": "Components|Component/s|Component",
        "de": "Komponenten|Komponente(n)|Komponente",
        "fr": "Composants|Composant(s)|Composant",
        "es": "Componentes|Componente(s)",
        "it": "Componenti|Componente/i",
        "nl": "Componenten|Component(en)",
        "pl": "Komponenty|Komponent(y)|Komponent",
    },
    "n_comments": {
        "en": "Comment|Comments",
        "de": "Kommentar|Kommentare",
        "fr": "Commentaire|Commentaires",
        "es": "Comentario|Comentarios|Comentar",
        "pt": "Comentário|Comentários",
        "it": "Commento|Commenti",
        "nl": "Opmerking|Opmerkingen|Reactie|Reacties",
        "pl": "Komentarz|Komentarze",
    },
    "n_worklogs": {
        "en": "Log Work|Worklog|Work log",
        "de": "Arbeit protokollieren|Arbeitsprotokoll|Arbeit erfassen",
        "fr": "Consigner le travail|Journal de travail|Enregistrer le travail",
        "es": "Registro de trabajo|Registrar trabajo|Registrar el trabajo",
        "pt": "Registrar trabalho|Registro de atividade|Registrar o trabalho",
        "it": "Registra lavoro|Registro lavoro|Registro di lavoro",
        "nl": "Werk registreren|Werklogboek|Werk loggen",
        "pl": "Rejestruj pracę|Rejestr pracy|Dziennik pracy|Rejestrowanie pracy",
    },
}  # fmt: skip
LANGUAGES = ("en", "de", "fr", "es", "pt", "it", "nl", "pl")
_CUSTOM = (
    "Custom field", "Benutzerdefinierte Felder", "Benutzerdefiniertes Feld", "Champs personnalisés",
    "Champ personnalisé", "Campo personalizado", "Campos personalizados", "Campo personalizzato",
    "Campi personalizzati", "Aangepast veld", "Aangepaste velden", "Pole niestandardowe",
    "Pole własne", "Pola niestandardowe",
)  # fmt: skip
_WRAPPED = re.compile(r"(?P<words>[^()]+) ?\((?P<name>.+)\)$")
FIELDS = tuple(_WORDS)


def fold_header(title: str) -> str:
    """A header as it is compared: case, blanks, accents' coding and kind of quote are equal."""
    plain = unicodedata.normalize("NFC", title).replace("\u2019", "'")
    return " ".join(plain.split()).casefold().removesuffix(":").rstrip()


def headers_of(field: str) -> tuple[str, ...]:
    """The names a field goes by, all languages, those that exports use first in front."""
    names = [words.split("|") for words in _WORDS[field].values()]
    longest = max(map(len, names))
    ranked = [told[place] for place in range(longest) for told in names if place < len(told)]
    return tuple(dict.fromkeys(ranked))


def field_of(title: str) -> str | None:
    """The field that a header names, also as a custom field, or None."""
    folded = fold_header(title)
    if found := _fields().get(folded):
        return found
    wrapped = _WRAPPED.match(folded)
    if wrapped and wrapped["words"].strip() in _custom_words():
        return _fields().get(wrapped["name"])
    return None


def rank_of(title: str, field: str) -> int:
    """How usual a header is for its field: the smallest of several columns is taken."""
    names = [fold_header(name) for name in headers_of(field)]
    folded = fold_header(title)
    return names.index(folded) if folded in names else len(names)


@cache
def _fields() -> dict[str, str]:
    return {fold_header(name): field for field in FIELDS for name in headers_of(field)}


@cache
def _custom_words() -> frozenset[str]:
    return frozenset(map(fold_header, _CUSTOM))

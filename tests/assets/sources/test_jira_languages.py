"""Is an export read by meaning, whatever the language of Jira's interface?"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from assets.sources.jira_categories import category_of_key, status_words
from assets.sources.jira_headers import FIELDS, field_of, fold_header, headers_of

if TYPE_CHECKING:
    from tests.assets.sources.conftest import Hub

# Header; status, its category's name; created; updated. The dates are 30 March and 3 October.
EXPORTS = {
    "en": (
        "Summary,Issue key,Issue id,Issue Type,Status,Status Category,Created,Updated,Sprint,"
        "Sprint,Labels,Comment,Comment,Log Work,Custom field (Story Points)",
        "In Review", "In Progress", "30/Mar/26 9:41 AM", "03/Oct/26 3:05 PM",
    ),
    "de": (
        "Zusammenfassung,Vorgangsschlüssel,Vorgangs-ID,Vorgangstyp,Status,Statuskategorie,Erstellt,"
        "Aktualisiert,Sprint,Sprint,Stichwörter,Kommentar,Kommentar,Arbeit protokollieren,"
        "Benutzerdefinierte Felder (Story Points)",
        "In Prüfung", "In Arbeit", "30/Mrz/26 9:41 AM", "03/Okt/26 3:05 PM",
    ),
    "fr": (
        "Résumé,Clé de ticket,ID de ticket,Type de ticket,État,Catégorie d’état,Création,"
        "Mise à jour,Sprint,Sprint,Étiquettes,Commentaire,Commentaire,Consigner le travail,"
        "Champs personnalisés (Story Points)",
        "En revue", "En cours", "30/mars/26 09:41", "03/oct./26 15:05",
    ),
    "es": (
        "Resumen,Clave de incidencia,ID de la incidencia,Tipo de Incidencia,Estado,"
        "Categoría de estado,Creada,Actualizada,Sprint,Sprint,Etiquetas,Comentario,Comentario,"
        "Registrar trabajo,Campo personalizado (Story Points)",
        "En revisión", "En curso", "30/mar/26 9:41 a. m.", "03/oct/26 3:05 p. m.",
    ),
    "pt": (
        "Resumo,Chave da item,ID da item,Tipo de item,Status,Categoria do status,Criado,"
        "Atualizado(a),Sprint,Sprint,Categorias,Comentário,Comentário,Registrar trabalho,"
        "Campo personalizado (Story Points)",
        "Em revisão", "Em andamento", "30/mar/26 09:41", "03/out/26 15:05",
    ),
    "it": (
        "Riepilogo,Chiave ticket,ID ticket,Tipo di ticket,Stato,Categoria di stato,Creato,"
        "Aggiornato,Sprint,Sprint,Etichette,Commento,Commento,Registra lavoro,"
        "Campo personalizzato (Story Points)",
        "In revisione", "In corso", "30/mar/26 9:41 AM", "03/ott/26 3:05 PM",
    ),
    "nl": (
        "Samenvatting,Issuesleutel,Issue-ID,Issuetype,Status,Statuscategorie,Gemaakt,Bijgewerkt,"
        "Sprint,Sprint,Labels,Opmerking,Opmerking,Werk registreren,Aangepast veld (Story Points)",
        "In beoordeling", "In uitvoering", "30/mrt/26 9:41 AM", "03/okt/26 3:05 PM",
    ),
    "pl": (
        "Podsumowanie,Klucz zgłoszenia,Id. zgłoszenia,Typ zgłoszenia,Status,Kategoria statusu,"
        "Utworzono,Zaktualizowano,Sprint,Sprint,Etykiety,Komentarz,Komentarz,Rejestruj pracę,"
        "Pole niestandardowe (Story Points)",
        "W przeglądzie", "W toku", "30/mar/26 09:41", "03/paź/26 15:05",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", EXPORTS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_an_export_is_read_without_a_mapping(hub: Hub, language: str, encoding: str) -> None:
    header, status, category, created, updated = EXPORTS[language]
    row = f'"a\nb",A-1,7,X,{status},{category},{created},{updated},S 1,S 2,l,c,c,w,3'
    hub.write("in/j.csv", f"{header}\r\n{row}\r\n{',' * 14}\r\n".encode(encoding))
    (result,) = hub.load("jira")
    assert (result.records, result.loaded, result.blank) == (2, 1, 1)
    (found,) = hub.rows(
        "SELECT issue_key, issue_id, issue_type, summary, status, status_category,"
        " created_at::VARCHAR, updated_at::VARCHAR, n_comments, n_worklogs, story_points,"
        " sprints::VARCHAR, labels::VARCHAR, _extra FROM raw.jira_issues"
    )
    assert found[:6] == ("A-1", "7", "X", "a\nb", status, "in_progress")
    assert found[6:8] == ("2026-03-30 07:41:00+00", "2026-10-03 13:05:00+00")
    assert found[8:11] == (2, 1, 3.0)
    assert [json.loads(text) for text in found[11:13]] == [["S 1", "S 2"], ["l"]]
    assert found[13] is None


@pytest.mark.parametrize("language", EXPORTS)
def test_a_status_alone_tells_its_category(hub: Hub, language: str) -> None:
    header, status, *_ = EXPORTS[language]
    names = header.split(",")
    hub.write("in/j.csv", f"{names[1]};{names[4]};{names[6]}\nA-1;{status};2026-03-01\n")
    hub.load("jira")
    assert hub.one("SELECT status_category FROM raw.jira_issues") == "in_progress"
    assert hub.rows("SELECT status_name, origin, category FROM raw.jira_statuses") == [
        (status, "words", "in_progress")
    ]


def test_no_header_means_two_fields() -> None:
    meanings = defaultdict(set)
    for field in FIELDS:
        for name in headers_of(field):
            meanings[fold_header(name)].add(field)
            assert field_of(name) == field
            assert field_of(name.upper()) == field
    assert {name for name, fields in meanings.items() if len(fields) > 1} == set()


def test_other_headers_mean_nothing() -> None:
    assert field_of("Custom field (Team)") is None
    assert field_of("Votes (Status)") is None


def test_a_colon_behind_a_header_does_not_matter() -> None:
    assert field_of("Vorgangsschlüssel:") == "issue_key"


@pytest.mark.parametrize(
    ("told", "category"),
    [
        ({"key": "indeterminate", "name": "处理中"}, "in_progress"),
        ({"id": 3, "name": "完成"}, "done"),
        ({"name": "Fertig"}, "done"),
        ("IN_PROGRESS", "in_progress"),
        ("Do zrobienia", "to_do"),
        ({"key": "undefined", "id": 1}, None),
        (None, None),
    ],
)
def test_a_category_is_known_by_key_number_or_name(told: object, category: str | None) -> None:
    assert category_of_key(told) == (category, True)


def test_a_category_that_contradicts_itself_is_none() -> None:
    assert category_of_key({"key": "new", "id": 3}) == (None, False)


def test_words_of_statuses_are_folded() -> None:
    assert all(word == fold_header(word) for word in status_words())

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import col, select

from backend.database import reading, unit_of_work
from backend.domain.addresses import AddressProblem
from backend.domain.rights import Right, Role
from backend.errors import ForbiddenError, InvalidInputError
from backend.models import AuditEntry, Category, Contact, ContactCategory, Household
from backend.services import contact_files
from backend.services.acting import OPERATOR, ActingUser
from backend.services.contact_import import ImportReport, import_contacts

EDITOR = ActingUser(None, "editor@example.org", "Editor", Role.SECONDARY, frozenset({Right.CONTACTS_EDIT}))
VIEWER = ActingUser(None, "viewer@example.org", "Viewer", Role.SECONDARY, frozenset({Right.CONTACTS_VIEW}))


pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "contacts.csv"


def imported(file: Path, text: str, encoding: str = "utf-8") -> ImportReport:
    file.write_bytes(text.encode(encoding))
    return import_contacts(EDITOR, file)


def contacts() -> Sequence[Contact]:
    with reading() as session:
        return session.exec(select(Contact).order_by(col(Contact.id))).all()


def only() -> Contact:
    (contact,) = contacts()
    return contact


def categories_of(contact: Contact) -> set[str]:
    with reading() as session:
        joined = select(Category.name).join(ContactCategory).where(ContactCategory.contact_id == contact.id)
        return set(session.exec(joined))


def refusal(file: Path, content: bytes) -> InvalidInputError:
    file.write_bytes(content)
    with pytest.raises(InvalidInputError) as caught:
        import_contacts(EDITOR, file)
    assert caught.value.details["field"] == "file"
    return caught.value


def test_a_whole_row_becomes_a_contact(file: Path) -> None:
    report = imported(
        file,
        "first_name,last_name,hebrew_first_name,email,mobile,categories,household,language,birth_date,deceased\n"
        "Ruth,Azoulay,רות,Ruth@Example.org,06 39 98 00 01,Members|Donors,Azoulay 1,fr,1961-04-30,no\n",
    )

    assert (report.created, report.updated, report.skipped) == (1, 0, [])
    ruth = only()
    assert (ruth.first_name, ruth.last_name, ruth.hebrew_first_name) == ("Ruth", "Azoulay", "רות")
    assert (ruth.email, ruth.mobile_e164, ruth.language) == ("ruth@example.org", "+33639980001", "fr")
    assert (ruth.birth_date, ruth.is_deceased) == (date(1961, 4, 30), False)
    assert categories_of(ruth) == {"Members", "Donors"}
    with reading() as session:
        assert [household.name for household in session.exec(select(Household))] == ["Azoulay 1"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
@pytest.mark.parametrize(
    "header",
    [
        ["First name", "LAST-NAME", "E-mail", "Mobile phone", "Categories", "Birth date"],
        ["Prénom", "Nom", "Courriel", "Téléphone", "Catégories", "Date de naissance"],
        ["prenom", "nom", "mail", "Portable", "categorie", "Né le"],
        ["שם פרטי", "שם משפחה", 'דוא"ל', "נייד", "קטגוריות", "תאריך לידה"],
    ],
    ids=["english", "french", "plain french", "hebrew"],
)
def test_columns_are_known_in_three_languages(file: Path, header: list[str], delimiter: str) -> None:
    output = io.StringIO()
    writer = csv.writer(output, delimiter=delimiter)
    writer.writerows([header, ["Ruth", "Azoulay", "ruth@example.org", "0639980001", "Members; Donors", "30/04/1961"]])
    report = imported(file, output.getvalue())

    assert (report.created, report.unknown_columns) == (1, ())
    ruth = only()
    assert (ruth.first_name, ruth.mobile_e164, ruth.birth_date) == ("Ruth", "+33639980001", date(1961, 4, 30))
    assert categories_of(ruth) == {"Members", "Donors"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_french_letters_survive_every_encoding(file: Path, encoding: str) -> None:
    imported(file, "prénom;nom;email\nRaphaël;Élie-Noémie Créange;r@example.org\n", encoding)

    assert (only().first_name, only().last_name) == ("Raphaël", "Élie-Noémie Créange")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1255", "utf-16"])
def test_hebrew_letters_survive_every_encoding(file: Path, encoding: str) -> None:
    imported(file, "שם פרטי,שם משפחה,email\nרות,אזולאי,r@example.org\n", encoding)

    assert (only().first_name, only().last_name) == ("רות", "אזולאי")


def test_excels_hint_about_the_delimiter_is_no_header(file: Path) -> None:
    report = imported(file, "sep=;\r\nprenom;mobile\r\nRuth;0639980001\r\n;\r\nNoa;12\r\n")

    assert report.created == 1
    assert report.skipped == [(5, "no_address")]


def test_unknown_columns_are_named_and_ignored(file: Path) -> None:
    report = imported(file, "prenom,Solde,email,Remarques\nRuth,12,r@example.org,x\n")

    assert (report.created, report.unknown_columns) == (1, ("Solde", "Remarques"))


def test_without_an_address_column_the_file_is_refused(file: Path) -> None:
    error = refusal(file, b"prenom;nom;solde\nRuth;Azoulay;1\n")

    assert (error.code, error.details["found"]) == ("no_address_column", "first_name, last_name, solde")
    assert contacts() == []


def test_exported_cells_lose_the_quote_that_kept_them_from_being_calculated(file: Path) -> None:
    imported(file, "prenom,nom,mobile,email\n'=Ruth,'Abd,'+33639980001,'@example.org\n")

    assert (only().first_name, only().last_name, only().mobile_e164) == ("=Ruth", "'Abd", "+33639980001")


def test_a_second_import_changes_only_what_it_says(file: Path) -> None:
    imported(file, "prenom,nom,email,mobile,categories,deceased\nRuth,Azoulay,r@example.org,0639980001,Members,\n")
    report = imported(file, "prenom,nom,email,mobile,categories,deceased\n,AZOULAY,R@example.org,,Donors,oui\n")

    assert (report.created, report.updated, report.unchanged) == (0, 1, 0)
    ruth = only()
    assert (ruth.first_name, ruth.last_name, ruth.mobile_e164) == ("Ruth", "AZOULAY", "+33639980001")
    assert ruth.is_deceased
    assert categories_of(ruth) == {"Members", "Donors"}


def test_the_same_file_twice_changes_nothing(file: Path) -> None:
    text = "prenom,email,mobile,categories,foyer\nRuth,r@example.org,,Members,A\nNoa,,0639980002,Members,A\n"
    imported(file, text)
    report = imported(file, text)

    assert (report.created, report.updated, report.unchanged) == (0, 0, 2)
    assert len({contact.household_id for contact in contacts()}) == 1


def test_who_is_not_known_by_email_is_known_by_mobile(file: Path) -> None:
    imported(file, "prenom,mobile\nRuth,0639980001\n")
    report = imported(file, "prenom,email,mobile\nruth,r@example.org,+33 6 39 98 00 01\n")

    assert report.updated == 1
    assert only().email == "r@example.org"


def test_two_people_with_one_telephone_stay_two(file: Path) -> None:
    text = "prenom,email,mobile\nRuth,r@example.org,0639980001\nDan,d@example.org,0639980001\n"

    assert imported(file, text).created == 2
    assert imported(file, text).unchanged == 2
    assert [contact.first_name for contact in contacts()] == ["Ruth", "Dan"]


def test_a_repeated_address_makes_no_second_contact(file: Path) -> None:
    report = imported(
        file, "prenom,email,mobile\nRuth,r@example.org,0639980001\nRuthie,R@EXAMPLE.org,\nRuth,,0639980001\n"
    )

    assert (report.created, report.skipped) == (1, [(3, "repeats_line:2"), (4, "repeats_line:2")])
    assert only().first_name == "Ruth"


def test_repetition_is_found_across_chunks(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.services.contact_import._CHUNK_ROWS", 1)
    report = imported(file, "prenom,email\nRuth,r@example.org\nNoa,n@example.org\nRuth,r@example.org\n")

    assert (report.created, report.skipped) == (2, [(4, "repeats_line:2")])


def test_unusable_addresses_are_kept_and_reported(file: Path) -> None:
    report = imported(file, "prenom,email,mobile\nRuth,ruth@example,01 23 45 67 89\nNoa,n@example.org,12\nDan,x,y\n")

    assert report.created == 2
    assert report.warnings == [(2, "email_invalid"), (2, "mobile_landline"), (3, "mobile_invalid")]
    assert report.skipped == [(4, "no_address")]
    ruth = contacts()[0]
    assert (ruth.email_problem, ruth.mobile_problem) == (AddressProblem.INVALID, AddressProblem.LANDLINE)


def test_a_bounce_is_forgotten_only_with_its_address(file: Path) -> None:
    imported(file, "prenom,email,mobile\nRuth,r@example.org,0639980001\n")
    with unit_of_work() as session:
        ruth = session.exec(select(Contact)).one()
        ruth.email_problem = AddressProblem.BOUNCED
        session.add(ruth)

    imported(file, "prenom,email\nRuth,r@example.org\n")
    assert only().email_problem is AddressProblem.BOUNCED
    imported(file, "prenom,email,mobile\nRuth,new@example.org,0639980001\n")
    assert (only().email, only().email_problem) == ("new@example.org", None)


def test_values_that_make_no_sense_are_left_out_and_reported(file: Path) -> None:
    report = imported(
        file,
        f"prenom,email,langue,naissance,deces\nRuth,r@example.org,Klingon,31/02/1960,?\n{'x' * 81},n@example.org,,,\n",
    )

    assert report.warnings == [(2, "language_unknown"), (2, "birth_date_invalid"), (2, "deceased_unclear")]
    assert report.skipped == [(3, "first_name_too_long")]
    assert (only().language, only().birth_date) == ("fr", None)


def test_invisible_characters_are_dropped(file: Path) -> None:
    imported(file, "\ufeffprenom,mobile\n\u202bRuth\u202c\xa0 Léa,\u202a+33639980001\u202c\n")

    assert (only().first_name, only().mobile_e164) == ("Ruth Léa", "+33639980001")


def test_lines_are_counted_over_quoted_line_breaks(file: Path) -> None:
    report = imported(file, 'prenom,email\n"Ruth\nLéa",r@example.org\nNoa,\n')

    assert report.skipped == [(4, "no_address")]
    assert only().first_name == "Ruth Léa"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\n\n", "file_empty"),
        (b"PK\x03\x04\0\0", "not_csv"),
        (b'email\n"' + b"x" * 200_000, "not_csv"),
    ],
    ids=["empty", "blank", "spreadsheet", "endless cell"],
)
def test_what_is_no_list_of_contacts_is_refused(file: Path, content: bytes, code: str) -> None:
    assert refusal(file, content).code == code


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        import_contacts(EDITOR, tmp_path / "nothing.csv")
    assert caught.value.code == "file_missing"


def test_size_and_rows_are_capped(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contact_files, "MAX_ROWS", 2)
    assert refusal(file, b"email\na@example.org\nb@example.org\nc@example.org\n").code == "too_many_rows"
    assert contacts() == []
    monkeypatch.setattr(contact_files, "MAX_BYTES", 10)
    assert refusal(file, b"email\na@example.org\n").code == "file_too_large"


def test_it_needs_the_right_to_edit_contacts(file: Path) -> None:
    file.write_text("email\na@example.org\n")
    with pytest.raises(ForbiddenError):
        import_contacts(VIEWER, file)
    assert import_contacts(OPERATOR, file).created == 1


def test_it_is_accounted_for(file: Path) -> None:
    imported(file, "email\na@example.org\n")
    with reading() as session:
        entry = session.exec(select(AuditEntry)).one()
    assert (entry.action, entry.subject, entry.actor) == ("import", "contact", "editor@example.org")
    assert "example.org" not in entry.details


def test_a_deleted_contact_is_not_brought_back(file: Path) -> None:
    imported(file, "prenom,email\nRuth,r@example.org\n")
    with unit_of_work() as session:
        ruth = session.exec(select(Contact)).one()
        ruth.deleted_at = ruth.created_at
        session.add(ruth)

    assert imported(file, "prenom,email\nRuth,r@example.org\n").created == 1

"""Files in the store, and in campaigns: nothing twice, nothing lost, nothing left behind."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import delete, update

from backend import clock
from backend.database import reading, unit_of_work
from backend.domain.channels import Channel, Medium
from backend.domain.file_types import FileKind
from backend.errors import ConfigurationError, ForbiddenError, InvalidInputError
from backend.file_store import FileStore, get_file_store
from backend.models import Campaign, CampaignFile, CampaignLink, DiscardedContent, Upload, table_of
from backend.repositories import campaigns
from backend.repositories import file_contents as repository
from backend.services import deleting, file_contents
from backend.services.acting import OPERATOR
from backend.services.additional_content import MOST_FILES, content_of, set_content
from backend.services.duplicating import duplicate_campaign
from backend.services.uploads import ReceivingFile, find_upload, store_upload
from backend.settings import get_settings, load_settings
from tests.files import MP4, PDF_FILE, PNG
from tests.integration.contents import make_user, rows, save_content, stored, upload
from tests.makers import make_contacts, make_draft

pytestmark = pytest.mark.usefixtures("database")

HASH = sha256(PDF_FILE).hexdigest()
PLACE = f"{HASH[:2]}/{HASH[2:]}"


def refused(act: object, *args: object, **kwargs: object) -> InvalidInputError:
    assert callable(act)
    with pytest.raises(InvalidInputError) as caught:
        act(*args, **kwargs)
    return caught.value


def make_old(**values: object) -> None:
    with unit_of_work() as session:
        session.execute(update(table_of(Upload)).values(created_at=clock.now() - timedelta(hours=25), **values))


def test_a_file_is_judged_named_and_stored_by_its_content() -> None:
    found = store_upload(make_user(), "../Times\u202e.PDF", [PDF_FILE[:10], PDF_FILE[10:]])
    assert (found.name, found.kind, found.size_bytes) == ("Times.pdf", FileKind.DOCUMENT, len(PDF_FILE))
    assert found.content_type == "application/pdf"
    assert stored() == [PLACE]
    with get_file_store().open(HASH) as content:
        assert content.read() == PDF_FILE


def test_the_same_content_is_stored_once() -> None:
    ruth, dan = make_user("ruth"), make_user("dan")
    assert len({upload(ruth), upload(ruth, name="Other.pdf"), upload(dan)}) == 3
    assert stored() == [PLACE]


@pytest.mark.parametrize(
    ("content", "code"), [(b"", "file_empty"), (b"MZ\x90\x00", "file_type"), (b"PK\x03\x04x", "file_damaged")]
)
def test_what_is_refused_leaves_nothing(content: bytes, code: str) -> None:
    error = refused(store_upload, make_user(), "Times.pdf", [content] if content else [])
    assert (error.code, error.details["field"]) == (code, "files")
    assert stored() == []
    assert rows(Upload) == 0


@pytest.mark.parametrize(("head", "code", "limit"), [(PDF_FILE, "document_too_large", 1), (MP4, "video_too_large", 2)])
def test_too_large_is_refused_while_it_arrives(
    head: bytes, code: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCUMENT_MAX_MB", "1")
    monkeypatch.setenv("VIDEO_MAX_MB", "2")
    get_settings.cache_clear()
    given = 0

    def chunks() -> object:
        nonlocal given
        for chunk in (head, *[b"\0" * 100_000] * 100):
            given += len(chunk)
            yield chunk

    error = refused(store_upload, make_user(), "x", chunks())
    assert (error.code, error.details["limit_mb"]) == (code, limit)
    assert given < (limit << 20) + 200_000, "not read to its end"
    assert stored() == []


def test_a_source_that_breaks_off_leaves_nothing() -> None:
    def chunks() -> object:
        yield PDF_FILE
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store_upload(make_user(), "x.pdf", chunks())  # pyright: ignore[reportArgumentType]
    assert stored() == []


def test_uploading_needs_the_right_and_a_user() -> None:
    for actor in (make_user(rights=()), OPERATOR):
        with pytest.raises(ForbiddenError):
            upload(actor)
    assert stored() == []


def test_one_user_cannot_fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEO_MAX_MB", "1")
    monkeypatch.setenv("DOCUMENT_MAX_MB", "1")
    get_settings.cache_clear()
    ruth, dan = make_user("ruth"), make_user("dan")
    upload(ruth)
    with unit_of_work() as session:
        session.execute(update(table_of(Upload)).values(size_bytes=11 << 20))
    assert refused(upload, ruth).code == "too_many_uploads"
    upload(dan)


def test_an_upload_is_its_users_own() -> None:
    ruth, dan = make_user("ruth"), make_user("dan")
    ref = upload(ruth)
    found = find_upload(ruth, ref)
    assert found is not None
    assert (found.ref, found.name) == (ref, "Times.pdf")
    for stranger, name in ((dan, ref), (ruth, "u999"), (ruth, "f1"), (ruth, "u1' OR 1=1"), (ruth, "u" + "9" * 30)):
        assert find_upload(stranger, name) is None


def test_a_campaign_holds_what_the_form_says_in_its_order() -> None:
    ruth, campaign_id = make_user(), make_draft()
    first, second = upload(ruth, PNG, "plan.png"), upload(ruth)
    content = save_content(ruth, campaign_id, links=["b.example.org", "a.example.org"], files=[first, second])
    assert [link.url for link in content.links] == ["https://b.example.org", "https://a.example.org"]
    assert [file.name for file in content.files] == ["plan.png", "Times.pdf"]
    assert rows(Upload) == 0

    third = upload(ruth, MP4, "clip.mp4")
    kept = [content.files[1].ref, third, content.files[0].ref]
    again = save_content(ruth, campaign_id, links=["a.example.org"], files=kept)
    assert [file.name for file in again.files] == ["Times.pdf", "clip.mp4", "plan.png"]
    assert [again.files[0].ref, again.files[2].ref] == [content.files[1].ref, content.files[0].ref]
    assert [link.url for link in again.links] == ["https://a.example.org"]
    with reading() as session:
        assert content_of(session, campaign_id) == again


def test_a_form_that_was_saved_may_be_saved_again() -> None:
    """Its answer may be lost, and the form then still holds the name of the upload."""
    ruth, campaign_id = make_user(), make_draft()
    ref = upload(ruth)
    first = save_content(ruth, campaign_id, links=["example.org"], files=[ref])
    for files in ([ref], [first.files[0].ref, ref], [ref, ref]):
        assert save_content(ruth, campaign_id, links=["example.org"], files=files) == first
    assert rows(CampaignFile) == 1


def test_nobody_takes_what_is_anothers() -> None:
    ruth, dan = make_user("ruth"), make_user("dan")
    mine, other = make_draft(), make_draft(title="Other")
    ref = upload(ruth)
    theirs = save_content(ruth, other, files=[upload(ruth, PNG, "a.png")]).files[0].ref
    for actor, files in (
        (dan, [ref]), (OPERATOR, [ref]), (ruth, [theirs]), (ruth, ["u999"]), (ruth, ["x"]), (ruth, [""]),
        (ruth, [ref, "f999"]), (ruth, ["u0"]), (ruth, ["../x"]), (ruth, ["u" + "9" * 40]),
    ):  # fmt: skip
        error = refused(save_content, actor, mine, links=["example.org"], files=files)
        assert (error.code, error.details["field"]) == ("file_gone", "files")
    assert rows(CampaignLink) == 0, "refused whole"
    assert rows(Upload) == 1
    assert len(save_content(ruth, mine, files=[ref]).files) == 1


def test_there_is_an_end_to_files() -> None:
    ruth, campaign_id = make_user(), make_draft()
    refs = [upload(ruth) for _ in range(MOST_FILES + 1)]
    assert refused(save_content, ruth, campaign_id, files=refs).code == "too_many_files"
    save_content(ruth, campaign_id, files=refs[:-1])


def test_documents_have_to_fit_into_an_email_as_they_travel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMAIL_ATTACHMENTS_MAX_MB", "1")
    get_settings.cache_clear()
    ruth, campaign_id = make_user(), make_draft(Channel.SMS_EMAIL)
    large = [upload(ruth, PDF_FILE + os.urandom(400_000)) for _ in range(2)]
    video = upload(ruth, MP4 + bytes(2_000_000), "clip.mp4")
    error = refused(save_content, ruth, campaign_id, files=large, media=[Medium.SMS, Medium.EMAIL])
    assert (error.code, error.details["limit_mb"]) == ("attachments_too_large", 1)
    save_content(ruth, campaign_id, files=[large[0], video], media=[Medium.EMAIL])
    save_content(ruth, campaign_id, files=[large[0], large[1], video], media=[Medium.SMS])


def test_a_message_may_not_grow_beyond_what_the_provider_takes() -> None:
    ruth, campaign_id = make_user(), make_draft(sms_text="x" * 1_580)
    error = refused(save_content, ruth, campaign_id, links=["example.org"], media=[Medium.SMS])
    assert (error.code, error.details["longest"]) == ("lines_too_long", 1_600)
    save_content(ruth, campaign_id, links=["example.org"], media=[Medium.EMAIL])
    save_content(ruth, campaign_id, media=[Medium.SMS])


def test_what_is_taken_off_leaves_the_store() -> None:
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    save_content(ruth, campaign_id)
    assert stored() == []
    assert rows(DiscardedContent) == 0


def test_what_another_campaign_holds_stays() -> None:
    make_contacts(1)
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    copy = duplicate_campaign(OPERATOR, campaign_id)
    save_content(ruth, campaign_id)
    assert stored() == [PLACE]
    save_content(ruth, copy)
    assert stored() == []


def test_what_another_upload_holds_stays() -> None:
    ruth, dan, campaign_id = make_user("ruth"), make_user("dan"), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    ref = upload(dan)
    save_content(ruth, campaign_id)
    assert stored() == [PLACE]
    assert len(save_content(dan, campaign_id, files=[ref]).files) == 1


def test_a_rolled_back_save_removes_nothing() -> None:
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    with suppress(RuntimeError), unit_of_work() as session:
        set_content(session, ruth, campaign_id, [], [], [])
        raise RuntimeError
    file_contents.remove_discarded()
    assert stored() == [PLACE]
    with reading() as session:
        assert len(content_of(session, campaign_id).files) == 1


def test_uploads_that_no_campaign_took_go_after_a_day() -> None:
    ruth = make_user()
    upload(ruth)
    assert file_contents.sweep() == 0
    assert stored() == [PLACE]
    make_old()
    assert file_contents.sweep() == 1
    assert stored() == []
    assert rows(Upload) == 0


def test_an_erased_campaign_takes_its_content_along() -> None:
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    with unit_of_work() as session:
        session.execute(update(table_of(Campaign)).values(deleted_at=clock.now() - timedelta(days=31)))
    assert deleting.erase_old_drafts() == 1
    assert stored() == [PLACE]
    file_contents.sweep()
    assert stored() == []


def test_a_deleted_campaign_keeps_its_content() -> None:
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    with unit_of_work() as session:
        session.execute(update(table_of(Campaign)).values(deleted_at=clock.now()))
    file_contents.sweep()
    assert stored() == [PLACE]


def test_what_never_arrived_whole_is_swept_up(monkeypatch: pytest.MonkeyPatch) -> None:
    receiving = ReceivingFile(make_user(), "x.pdf")
    receiving.write(PDF_FILE)
    receiving._incoming._file.close()
    (path,) = stored()
    assert path.startswith("incoming/")
    assert get_file_store().sweep_incoming(clock.now() - timedelta(days=1)) == 0
    monkeypatch.setattr(file_contents, "_last_sweep", [])
    monkeypatch.setattr(file_contents, "_KEPT", timedelta(seconds=-5))
    file_contents.sweep()
    assert stored() == []


def test_a_store_that_is_away_loses_no_removal(monkeypatch: pytest.MonkeyPatch) -> None:
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])

    def away(_store: FileStore, _sha256: str) -> None:
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "remove", away)
        save_content(ruth, campaign_id)
        assert rows(DiscardedContent) == 1
    assert file_contents.remove_discarded() == 1
    assert stored() == []


# --- The race: somebody uploads what somebody else is removing.


def test_an_upload_during_a_removal_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins when the removal has asked, and before it has removed."""
    ruth, dan, campaign_id = make_user("ruth"), make_user("dan"), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    refs: list[str] = []
    uploading = threading.Thread(target=lambda: refs.append(upload(dan)))
    remove = FileStore.remove

    def removing(store: FileStore, sha256: str) -> None:
        uploading.start()
        uploading.join(0.5)
        assert uploading.is_alive(), "its row waits until the removal is over"
        remove(store, sha256)

    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "remove", removing)
        save_content(ruth, campaign_id)
    uploading.join(60)
    assert stored() == [PLACE]
    assert len(save_content(dan, campaign_id, files=refs).files) == 1
    assert stored() == [PLACE]


def test_a_removal_during_an_upload_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It begins when the upload has its row, and before its content is in its place."""
    ruth, dan, campaign_id = make_user("ruth"), make_user("dan"), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    keep = FileStore.keep

    def keeping(store: FileStore, incoming: object) -> None:
        save_content(ruth, campaign_id)
        keep(store, incoming)  # pyright: ignore[reportArgumentType]

    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "keep", keeping)
        ref = upload(dan)
    assert stored() == [PLACE]
    assert len(save_content(dan, campaign_id, files=[ref]).files) == 1


def test_uploads_and_removals_of_the_same_content_at_once() -> None:
    ruth = make_user()
    campaigns_ = [make_draft(title=f"C{number}") for number in range(4)]
    problems: list[BaseException] = []

    def play(campaign_id: int) -> None:
        try:
            for _ in range(5):
                save_content(ruth, campaign_id, files=[upload(ruth)])
                with get_file_store().open(HASH) as content:
                    assert content.read() == PDF_FILE
                save_content(ruth, campaign_id)
        except BaseException as error:  # noqa: BLE001 - told by the test
            problems.append(error)

    threads = [threading.Thread(target=play, args=(campaign_id,)) for campaign_id in campaigns_]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    file_contents.sweep()
    assert stored() == []


def test_who_looks_while_a_reference_is_taken_away_does_not_forget_the_content() -> None:
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    with unit_of_work() as session:
        repository.discard(session, [HASH])  # noted before, and not looked into yet
    with unit_of_work() as session:
        session.execute(delete(CampaignFile))
        repository.discard(session, [HASH])
        looking = threading.Thread(target=file_contents.remove_discarded)
        looking.start()
        looking.join(0.5)
        assert looking.is_alive(), "it waits for the commit"
    looking.join(60)
    file_contents.sweep()
    assert stored() == []


def test_a_copy_made_during_a_removal_keeps_its_content() -> None:
    make_contacts(1)
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    with unit_of_work() as session:
        copy = Campaign(title="Copy", channel=Channel.SMS)
        session.add(copy)
        session.flush()
        campaigns.copy_belongings(session, campaign_id, copy.id or 0)
        dropping = threading.Thread(target=lambda: save_content(ruth, campaign_id))
        dropping.start()
        dropping.join(0.5)
        assert dropping.is_alive(), "it waits for the copy"
    dropping.join(60)
    file_contents.sweep()
    assert stored() == [PLACE]


# --- The store.


def test_no_path_leads_out_of_the_store() -> None:
    for name in ("../../etc/passwd", "", "a" * 63, "a" * 62 + "..", "/" * 64, "é" * 64):
        with pytest.raises(FileNotFoundError):
            get_file_store().open(name)


def test_a_store_elsewhere_works_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILE_STORE_URL", "memory://files-of-this-test")
    get_settings.cache_clear()
    ruth, campaign_id = make_user(), make_draft()
    save_content(ruth, campaign_id, files=[upload(ruth)])
    assert stored() == [PLACE]
    with get_file_store().open(HASH) as content:
        content.seek(3)
        assert content.read(5) == PDF_FILE[3:8]
    save_content(ruth, campaign_id)
    assert stored() == []
    assert not (get_settings().data_dir / "files").exists()


def test_a_store_nobody_knows_is_a_configuration_error() -> None:
    with pytest.raises(ConfigurationError, match="FILE_STORE_URL"):
        FileStore(load_settings(_env_file=None, file_store_url="pigeon://coop"))

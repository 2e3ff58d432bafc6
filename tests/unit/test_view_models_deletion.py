from __future__ import annotations

import pytest

from backend.domain.campaign_list import CampaignSelection, DeletionSummary
from unisoft_ui.view_models.deletion import can_be_undone, deleted_sentence, deletion

SOME = CampaignSelection(ids=[1, 2])


def sentences(summary: DeletionSummary) -> list[str]:
    return [line.text for line in deletion(summary).consequences]


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (DeletionSummary(drafts=1), "1 draft disappears."),
        (DeletionSummary(drafts=1200), "1,200 drafts disappear."),
        (DeletionSummary(scheduled=1), "1 scheduled campaign will not be sent, and its credit is released."),
        (DeletionSummary(scheduled=2), "2 scheduled campaigns will not be sent, and their credit is released."),
        (
            DeletionSummary(sending=1, left=405, stopped=237),
            (
                "1 campaign is being sent, and stopped first: 405 already left and cannot be recalled, "
                "237 will be stopped."
            ),
        ),
        (
            DeletionSummary(finished=1),
            "1 finished campaign leaves the list. What was delivered stays with its recipients.",
        ),
    ],
)
def test_each_kind_has_its_sentence(summary: DeletionSummary, expected: str) -> None:
    assert sentences(summary) == [expected]
    assert deletion(summary).possible


def test_what_is_stopped_is_said_first() -> None:
    summary = DeletionSummary(drafts=1, scheduled=1, sending=1, finished=1, gone=1)
    assert deletion(summary).title == "Delete 4 campaigns"
    assert [line.icon for line in deletion(summary).consequences] == [
        "octagon-alert", "calendar-clock", "pencil", "check", "info",
    ]  # fmt: skip


def test_nothing_left_to_delete_cannot_be_confirmed() -> None:
    shown = deletion(DeletionSummary(gone=2))
    assert not shown.possible
    assert (shown.consequences, shown.note) == ([], "Somebody has deleted them meanwhile. There is nothing left to do.")


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        (DeletionSummary(drafts=1), "1 campaign deleted."),
        (DeletionSummary(drafts=1, finished=2, gone=1), "3 campaigns deleted."),
        (
            DeletionSummary(sending=1, left=405, stopped=237),
            "1 campaign deleted. 237 messages were stopped, 405 had already left.",
        ),
        (DeletionSummary(gone=1), "Somebody has deleted them meanwhile. There is nothing left to do."),
    ],
)
def test_the_toast_says_what_was_done(done: DeletionSummary, sentence: str) -> None:
    assert deleted_sentence(done) == sentence


@pytest.mark.parametrize(
    ("done", "selection", "undoable"),
    [
        (DeletionSummary(drafts=1, finished=1), SOME, True),
        (DeletionSummary(drafts=1, scheduled=1), SOME, False),
        (DeletionSummary(sending=1), SOME, False),
        (DeletionSummary(gone=2), SOME, False),
        (DeletionSummary(drafts=1), CampaignSelection(all_results=True), False),
    ],
    ids=["drafts and finished", "unscheduled", "stopped", "nothing done", "ids unknown"],
)
def test_undo_is_offered_only_where_it_gives_everything_back(
    done: DeletionSummary, selection: CampaignSelection, undoable: bool
) -> None:
    assert can_be_undone(done, selection) is undoable

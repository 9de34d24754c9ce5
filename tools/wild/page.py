"""The report as one page: no scripts, nothing from elsewhere, in the light and in the dark."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from html import escape

from tools.wild.gallery import Card
from tools.wild.report import Evaluation
from tools.wild.tables import (
    TextTable,
    classes,
    differences,
    others,
    results,
    row_title,
)
from wildpose.counting import number_of

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --quiet: #59636e; --line: #d1d9e0;
  --soft: #f3f5f8; --wrong: #b3261e; --right: #11703c }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --paper: #14171b; --quiet: #9aa4af;
  --line: #353c44; --soft: #1e2329; --wrong: #ff8a80; --right: #7bd88f } }
* { box-sizing: border-box }
body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif;
  margin: 0 auto; max-width: 78rem; padding: 1rem }
h1 { font-size: 1.5rem; margin: 0.5rem 0 } h2 { font-size: 1.15rem; margin: 2rem 0 0.5rem }
p, li { max-width: 50rem } .quiet { color: var(--quiet) }
code { background: var(--soft); padding: 0.1em 0.3em; overflow-wrap: anywhere }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  white-space: nowrap }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.7rem; text-align: left }
th { background: var(--soft); font-weight: 600; vertical-align: bottom }
figure { margin: 0 } .curve { background: #fff; max-width: min(100%, 44rem); border-radius: 6px }
.card { border: 1px solid var(--line); border-radius: 8px; margin: 1rem 0; padding: 0.8rem }
.card h3 { font-size: 1rem; margin: 0 0 0.5rem; overflow-wrap: anywhere }
.shots { display: flex; flex-wrap: wrap; gap: 0.4rem } .shots img { max-width: 100%; height: auto }
.card ul { margin: 0.5rem 0 0; padding-left: 1.2rem }
.wrong { color: var(--wrong) } .right { color: var(--right) }
"""
NOTES = (
    "top-1 and top-3 are of the clips whose class the recognizer knows: a right name is the first, "
    "or one of the first three, of all its names, however low its score; the background counts as "
    "no name. After a colon: the share, and where it would lie with 95 % for endless such clips "
    "(Wilson). Random: what guesses have on average, exactly.",
    "Scores of a clip are the mean over its windows, cut as in a run, of the one person who is "
    "meant. Said: the first name, unless its score is too low or the background's is higher; then "
    "nothing. Others: clips of classes that the recognizer does not know, of which nothing should "
    "be said.",
)


def page(evaluation: Evaluation, cards: Sequence[Card], *, left_out: int, curve: bytes) -> str:
    """The text of the page.

    Args:
        evaluation: what there is to report.
        cards: clips of the gallery.
        left_out: failures for which the gallery has no room.
        curve: the file of the curve, PNG.
    """
    parts = [
        *_head(evaluation),
        *_figures(evaluation, curve),
        *_gallery(evaluation, cards, left_out),
        *_failed(evaluation),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(_title(evaluation))}</title><style>{STYLE}</style></head><body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _title(evaluation: Evaluation) -> str:
    return f"In the wild: {evaluation.source}"


def _head(evaluation: Evaluation) -> Iterator[str]:
    clips = evaluation.rows[0].judged
    yield f"<h1>{escape(_title(evaluation))}</h1>"
    labels = {one.clip.label for one in clips}
    yield f"<p>{number_of(len(clips), 'clip')} of {number_of(len(labels), 'class', 'classes')}."
    for one in evaluation.candidates:
        known = sum(bool(one.answers[judged.clip.label]) for judged in clips)
        yield (
            f"{escape(one.name)} knows the classes of {known}, and says nothing below "
            f"{one.min_score:.2f}."
        )
    yield f'</p><p class="quiet"><code>{escape(evaluation.command)}</code></p>'


def _figures(evaluation: Evaluation, curve: bytes) -> Iterator[str]:
    rows = evaluation.rows
    yield _table(results(rows))
    yield from (f"<p>{escape(line)}.</p>" for line in differences(rows))
    yield from (f'<p class="quiet">{escape(note)}</p>' for note in NOTES)
    yield "<h2>What is said, and how often that is right</h2>"
    yield f'<figure><img class="curve" alt="Abstention curves" src="{_data("png", curve)}">'
    yield (
        '<figcaption class="quiet">From the right to the left the score rises below which '
        "nothing is said; rings: where it is in a run. Shaded: 95 %.</figcaption></figure>"
    )
    for row in rows:
        yield from (_table(table) for table in (classes(row), others(row)) if len(table.rows) > 1)


def _gallery(evaluation: Evaluation, cards: Sequence[Card], left_out: int) -> Iterator[str]:
    yield "<h2>What went wrong</h2>"
    if not cards:
        yield "<p>Nothing.</p>"
    else:
        yield (
            '<p class="quiet">Clips of known classes that are not named right, or not at all, and '
            "clips of other classes that get a name. "
            "Joints on the left are white, right ones black.</p>"
        )
    titles = [row_title(row) for row in evaluation.rows]
    yield from (_card(card, titles, evaluation) for card in cards)
    if left_out:
        yield f"<p>And {left_out} more, which are in clips.csv.</p>"


def _card(card: Card, titles: Sequence[str], evaluation: Evaluation) -> str:
    clip = card.looked.clip
    names = {name for one in evaluation.candidates for name in one.answers[clip.label]}
    wanted = ", for which no recognizer has a name"
    if names:
        wanted = "" if names == {clip.label} else f", that is {' or '.join(sorted(names))}"
    shots = "".join(f'<img alt="" src="{_data("jpeg", p.tobytes())}">' for p in card.pictures)
    lines = "".join(
        f'<li>{escape(title)}: <span class="{"right" if line.right else "wrong"}">'
        f"{escape(line.text)}</span></li>"
        for title, line in zip(titles, card.lines, strict=True)
    )
    problem = f"<p>No pictures: {escape(card.problem)}</p>" if card.problem else ""
    return (
        f'<section class="card"><h3>{escape(clip.title)}</h3>'
        f"<p>It shows <b>{escape(clip.label)}</b>{escape(wanted)}.</p>"
        f'<div class="shots">{shots}</div>{problem}<ul>{lines}</ul></section>'
    )


def _failed(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.failed:
        yield "<h2>Clips that could not be used</h2><ul>"
        for clip, reason in evaluation.failed:
            yield f"<li>{escape(clip.title)} ({escape(clip.label)}): {escape(reason)}</li>"
        yield "</ul>"


def _table(table: TextTable) -> str:
    head, *lines = table.rows
    first = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>" for cells in lines
    )
    return (
        f'<h2>{escape(table.title)}</h2><div class="wide"><table><thead><tr>{first}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _data(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{b64encode(content).decode()}"

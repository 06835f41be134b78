"""`argosy report`: the page shows the store's figures, holds no text unless asked, and a browser shows it."""

import html
import os
import re
import shutil
import subprocess

import pytest

from argosy.testing.waiting import PATIENCE

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --hide-scrollbars --virtual-time-budget=2000
"""


def cells(markup, caption):
    """The rows of the table with that caption, without markup."""
    table = re.search(rf"<caption>{re.escape(caption)}.*?</table>", markup, re.DOTALL)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    plain = [
        [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh].*?</t[dh]>", row, re.DOTALL)] for row in rows
    ]
    return [[html.unescape(cell) for cell in row] for row in plain]


@pytest.fixture(scope="module")
def reported(trained):
    """The best version's page, with everything that is trained on request, and its path."""
    trained("models", "promote", "tickets@best", "--reason", "<best>")
    path = trained.folder / "page.html"
    reported = trained.run("report", "tickets", "--learning-curve", "--output", path)
    assert reported.code == 0, reported.err
    assert "learning curve" in reported.err
    return path, path.read_text("utf-8")


def test_figures_are_the_stores(trained, reported):
    _, markup = reported
    rows = trained.json("leaderboard")
    shown = cells(markup, "Definitions on the dataset")[1:]
    assert [row[0].split()[0] for row in shown] == [row["versions"][0] for row in rows]
    for row, found in zip(rows, shown, strict=True):
        figures = (row[f"test_accuracy{end}"] * 100 for end in ("", "_low", "_high"))
        assert found[5] == "{:.1f} ({:.1f}–{:.1f})".format(*figures)
    story = trained.json("models", "show", "tickets@champion")["trained"]
    matrix = story["confusion"]["matrix"]
    classes = {row[0]: int(row[1]) for row in cells(markup, "Classes on the test part")[1:]}
    assert classes == dict(zip(story["confusion"]["labels"], map(sum, matrix), strict=True))
    assert f"<desc>{story['label']}" not in markup
    assert story["label"] in markup
    curve = cells(markup, "Test accuracy over training size")[1:]
    assert len(curve) == 5
    assert curve[-1][1].startswith(f"{story['metrics']['test']['accuracy']['value'] * 100:.1f} ")


def test_the_page_is_self_contained_and_has_no_text(trained, reported):
    _, markup = reported
    assert not re.search(r"https?:", markup)
    texts = [line.partition(",")[0] for line in (trained.folder / "tickets.csv").read_text("utf-8").splitlines()[1:]]
    assert [text for text in texts if text in markup] == []
    assert "&lt;best&gt;" in markup


def test_texts_are_included_on_request(trained):
    worst = trained.json("leaderboard")[-1]["versions"][0]
    label = trained.json("models", "show", worst)["trained"]["label"]
    found = trained.json("report", label, "--texts", "--quick", "--output", trained.folder / "texts.html")
    markup = (trained.folder / "texts.html").read_text("utf-8")
    assert found["bytes"] == len(markup.encode())
    texts = [line.partition(",")[0] for line in (trained.folder / "tickets.csv").read_text("utf-8").splitlines()[1:]]
    listed = len(cells(markup, "Most confident mistakes")) - 1 if "<caption>Most confident" in markup else 0
    assert sum(html.escape(text) in markup for text in texts) >= listed
    assert trained.run("report", worst, "--quick").code == 0
    assert (trained.folder / f"report-{worst.replace('@', '-')}.html").exists()


def test_live_answers_are_compared_with_the_test_part(live):
    process, client = live.serve("serve")
    rows = [{"text": f"refund my money card charged {number}"} for number in range(40)]
    body = {"instances": [row["text"] for row in rows]}
    assert client.post("/v1/models/tickets:predict", json=body).status_code == 200
    live.end(process)
    live("report", "tickets", "--output", live.folder / "live.html")
    markup = (live.folder / "live.html").read_text("utf-8")
    assert "40 live answers" in markup
    assert "Significant changes: the mix of answers" in markup
    mix = {row[0]: row[2] for row in cells(markup, "Answers on the test part and live")[1:]}
    assert mix["refund"] == "100.0"
    shown = live.json("models", "show", "tickets@champion")
    drifted = live.json("drift", shown["trained"]["label"])
    assert {one["version"] for one in drifted["drift"]} == {shown["number"]}


def test_wrong_labels_are_pointed_out(empty):
    """What a user with a mislabelled file needs to know."""
    rows = [f"{word} {other} thing {at},{label}" for at in range(60) for label, word, other in KINDS]
    wrong = [f"parcel courier thing {at},refund" for at in range(900, 906)]
    empty.write("rows.csv", "\n".join(["text,label", *rows, *wrong]) + "\n")
    empty("examples", "import", "rows.csv")
    plan = "name: shop\ndataset: {name: all}\nadapter: {name: tfidf}\nmodel: {name: logistic, options: {C: 10}}\n"
    empty.write("plan.yaml", plan)
    empty("train", "plan.yaml", "--processes", 1)
    empty("report", "plan.yaml", "--texts", "--output", empty.folder / "page.html")
    doubts = cells((empty.folder / "page.html").read_text("utf-8"), "Labels in doubt")[1:]
    found = [row for row in doubts if " 90" in row[5]]
    assert len(found) >= 4
    assert {(row[1], row[2]) for row in found} == {("refund", "delivery")}
    assert len(found) >= len(doubts) - 2


KINDS = [("delivery", "parcel", "courier"), ("refund", "money", "charged"), ("account", "password", "login")]


@pytest.mark.parametrize(("width", "scheme"), [(1400, 1), (1200, 0), (520, 1)])
def test_a_browser_shows_it(reported, tmp_path, width, scheme):
    """Rendered in light (1) and dark (0): within the screen's width, no table cut off, no network request."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"none of these is installed: {', '.join(BROWSERS)}")
    markup = reported[1]
    probe = (
        "<script>addEventListener('load', () => document.body.dataset.found = [document.documentElement.scrollWidth, "
        "innerWidth, performance.getEntriesByType('resource').length, getComputedStyle(document.body).backgroundColor, "
        "[...document.querySelectorAll('svg')].filter(one => one.getBoundingClientRect().width > 100).length, "
        "[...document.querySelectorAll('svg text')].filter(one => one.getBoundingClientRect().left < -1).length, "
        "[...document.querySelectorAll('details')].filter(one => one.open = true) && "
        "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
        ".map(one => one.ariaLabel).join()"
        "].join('|'))</script></body>"
    )
    opened = markup.replace("default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'")
    (tmp_path / "page.html").write_text(opened.replace("</body>", probe), "utf-8")
    command = [
        program,
        *QUIET.split(),
        f"--user-data-dir={tmp_path / 'browser'}",
        f"--window-size={width},900",
        "--dump-dom",
    ]
    command += [f"--blink-settings=preferredColorScheme={scheme}", (tmp_path / "page.html").as_uri()]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, "HOME": str(tmp_path)}
    )
    said = re.search(r'data-found="([^"]*)"', done.stdout)
    assert said, done.stderr[-500:]
    wide, inner, fetched, background, plots, astray, cut_off = said[1].split("|")
    assert int(wide) <= int(inner) <= width
    assert (fetched, astray) == ("0", "0")
    assert [name for name in cut_off.split(",") if width >= 1200 or "Definitions" in name] in ([], [""])
    assert int(plots) >= 5  # one of each pair
    assert background == ("rgb(246, 247, 249)" if scheme else "rgb(15, 21, 28)")

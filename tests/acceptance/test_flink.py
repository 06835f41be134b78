"""Trends by Flink: the same rows as in process, to the row: `make flink`.

PyFlink is in an environment of its own; the commands and the tests are in the usual one.
"""

import json
import os
import random
import shutil
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from argosy.app.backends import event_log
from argosy.definitions.expressions import Expression
from argosy.features.flink_expressions import expression_sql, field_sql
from argosy.features.flink_fields import moment_sql
from argosy.features.trend_moments import milliseconds_of
from argosy.testing.waiting import PATIENCE

ROOT = Path(__file__).parents[2]
MADE = ROOT / ".venv-flink"
PYTHON = Path(os.environ.get("FLINK_PYTHON", MADE / "bin" / "python"))
HAS_FLINK = ("FLINK_PYTHON" in os.environ or (MADE / ".ready").exists()) and shutil.which("java") is not None
pytestmark = pytest.mark.skipif(not HAS_FLINK, reason="no Python has PyFlink, or no Java is there: 'make flink'")
SLIDING = """\
stream: clicks
key: user
where: "kind in ('view', 'order') and not coalesce(price, 1) > 900"
aggregate:
  views: count
  spent: sum(price)
  mean: mean(price * coalesce(amount, 1) / 3)
  low: min(round(price))
  high: max(if(kind = 'view', price, -price))
window: 5m
every: 1m
lateness: 20s
top: 5
by: spent
"""
TUMBLING = """\
stream: clicks
key: product
aggregate: {window_start: count, of_key: mean(amount), ts: max(length(lower(user)))}
window: 2m
lateness: 1500ms
top: 1000
by: of_key
"""
BEGIN = 1_777_629_600
USERS = [
    "ana",
    "bo",
    7,
    -12,
    "Ünal 日本",
    " \u00a0x\u3000",
    "é",
    "😀",
    "ａ",
    "a'b\"c\\d`e",
    None,
    7.0,
    True,
    "z" * 1001,
    [1],
    "a\u0000b",
]
EXPRESSIONS = {
    "number": [
        "a", "a + b", "a - b * 2", "a / b", "-a", "abs(a)", "min(a, b, 3)", "max(a, b)", "round(a)", "floor(a)",
        "ceil(a)", "sqrt(a)", "length(t)", "coalesce(a, b, 0)", "if(t = 'x', a, b)", "if(flag, 1, a)",
        "a * 1e200 * 1e200", "1e308 * 10", "1 / 0 + a", "log(1)", "coalesce(null, 2.5)", "if(is_null(a), -1, 1)",
        "a + flag", "0.1 + a", "a.b", "floor(-0.5)", "coalesce(a, t)", "exp(a * 0)",
    ],
    "boolean": [
        "a = b + 0", "a != 1", "a < 2", "a >= b + 0", "t = 'x'", "t != 'x'", "t < 'é'", "t > 'a''b'",
        "t in ('x', 'y', '日本')", "t in ('x', null)", "a in (1, 2, b)", "not t = 'x'", "t = 'x' or a > 1",
        "t = 'x' and a > 1", "flag", "not flag", "flag = true", "flag != false", "flag = 1", "is_null(a)",
        "is_null(t) or is_null(flag)", "lower(t) = 'ünal'", "length(t) > 2", "(a = 1) = (b = 2)", "a = null", "null",
        "true", "t = null or flag", "not (a > 1 and flag)", "coalesce(t, '') = ''", "t = 'back\\slash'",
        "a / b > 1 or true", "round(a) = 2", "is_null(a + b)",
    ],
}  # fmt: skip
VALUES = {
    "a": [
        None,
        0,
        1,
        2,
        2.5,
        3.5,
        -2.5,
        0.49999999999999994,
        -7,
        1e300,
        12345678901,
        "2",
        "x",
        True,
        False,
        [1],
        {"b": 1},
    ],
    "b": [None, 0, 1, 2, 0.1, "1", False],
    "t": [None, "", "x", "y", "Ünal", "é", "日本", "😀", "a'b", "back\\slash", "null", "[true]", 3, True, ["x"]],
    "flag": [None, True, False, 1, 0, "true"],
    "a.b": [None, 4, "x"],
}


def written(draw, at):
    """A moment in one of the forms that it may have, or none."""
    moment = datetime.fromtimestamp(at, UTC)
    if draw.random() < 0.01:
        return draw.choice([None, "yesterday", True, "2026-02-30", at + 1e9, "", [], -5, 0, "2026-05-01T25:00"])
    east = datetime.fromtimestamp(at + 7200, UTC).replace(tzinfo=None).isoformat()
    west = datetime.fromtimestamp(at - 5400, UTC).replace(tzinfo=None).isoformat(" ")
    plain = moment.replace(tzinfo=None)
    forms = [at, at, moment.isoformat(), plain.isoformat(), f"{plain.isoformat(' ')}Z", f"{east}+02:00", f"{west}-0130"]
    return draw.choice([*forms, int(at), plain.isoformat(timespec="minutes"), plain.isoformat(timespec="milliseconds")])


def events(count, seed):
    """Out of order, late, with and without values, and some that are none."""
    draw = random.Random(seed)
    for number in range(count):
        if draw.random() < 0.01:
            yield "", draw.choice([b"no JSON", b"[1]", b"", b'{"a": 1', b'{"at": 1} x', b"null", b'"text"'])
            continue
        event = {
            "at": written(draw, BEGIN + number / 4 - abs(draw.gauss(0, 12))),
            "user": draw.choice(USERS[:9] * 5 + USERS),
            "product": draw.choice(["p1", "p2", "p3", 4]),
            "kind": draw.choice(["view"] * 8 + ["order", "cart", None, 3]),
            "price": draw.choice(
                [None, "3", True, 1e300, 5e17, 1e18, -0.0, 0.1, 0.2, 0.3, 0.1234567895, 1e-10]
                + [draw.uniform(-10, 1000) for _ in range(10)]
                + [round(draw.uniform(0, 99), 2) for _ in range(10)]
            ),
            "amount": draw.choice([1, 2, 3, None]),
        }
        if draw.random() < 0.05:
            del event["price"]
        yield str(draw.randrange(20)), json.dumps(event, ensure_ascii=draw.random() < 0.5).encode()


@pytest.fixture(scope="module")
def shop(new_folder, module_copy_of):
    shell = module_copy_of(new_folder)
    shell.variables = {"ARGOSY_FLINK_PYTHON": str(PYTHON)}
    shell.write("argosy.yaml", "name: shop\n")
    (shell.folder / "trends").mkdir()
    shell.write("trends/sliding.yaml", SLIDING)
    shell.write("trends/tumbling.yaml", TUMBLING)
    with closing(event_log("file:.argosy/events", shell.folder)) as log:
        log.create("clicks", 3)
        log.append("clicks", events(6000, 11))
    return shell


def rows_by(shell, engine, name):
    out = shell.folder / f"{name}-{engine}.jsonl"
    shell("features", "trends", "run", name, "--engine", engine, "--until-idle", "--out", out)
    return out.read_text("utf-8").splitlines()


@pytest.mark.parametrize("name", ["sliding", "tumbling"])
def test_flink_and_the_process_agree_to_the_row(shop, name):
    here = rows_by(shop, "local", name)
    assert len(here) > 30
    assert rows_by(shop, "flink", name) == here


def test_an_expression_says_the_same_in_flink(tmp_path):
    draw = random.Random(7)
    rows = [{"n": n, **{name: draw.choice(some) for name, some in VALUES.items()}} for n in range(400)]
    rows += [{"n": n} for n in range(400, 402)]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    found = in_flink(
        file, [sql for wanted, some in EXPRESSIONS.items() for text in some for sql in sql_of(text, wanted)]
    )
    differing = []
    for place, (wanted, text) in enumerate((wanted, text) for wanted, some in EXPRESSIONS.items() for text in some):
        evaluate = Expression(text).compiled()
        for line, row in zip(lines, rows, strict=True):
            value, is_mistaken = found[line][2 * place : 2 * place + 2]
            if said(evaluate, row, wanted) != ("cannot be said" if is_mistaken else value):
                differing.append((text, row, value, is_mistaken, said(evaluate, row, wanted)))
    assert differing[:20] == []


def test_a_moment_is_the_same_in_flink(tmp_path):
    draw = random.Random(5)
    some = [written(draw, BEGIN + draw.uniform(-1e8, 1e8)) for _ in range(300)]
    some += ["1970-01-01", "1969-12-31", "9999-12-31T23:59:59.9999Z", 253402300799.999, 253402300800, 1e-4, 0.001]
    some += [
        "2026-05-01T10:00:00+24:00",
        "2026-05-01T10:00:60",
        "2026-05-01T10:00Z",
        "20260501",
        "2026-05-01t10:00",
        2**70,
    ]
    some += [
        "2026-05-01T10:00:00.",
        " 2026-05-01",
        "2026-05-01\n",
        "٢٠٢٦-05-01",
        "1970-01-01T00:00+23:59",
        "0001-01-01",
    ]
    lines = [json.dumps({"n": n, "at": one}) for n, one in enumerate(some)]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    found = in_flink(file, [f"DATE_FORMAT({moment_sql('`line`', 'at')}, 'yyyy-MM-dd HH:mm:ss.SSS')"])
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for line, one in zip(lines, some, strict=True):
        read = (datetime.fromisoformat(found[line][0] + "+00:00") - epoch).total_seconds()
        assert max(0, round(read * 1000)) == (milliseconds_of(one) or 0), line


def test_what_goes_wrong_is_one_line(shop):
    shop.write("trends/lost.yaml", TUMBLING.replace("clicks", "lost"))
    ran = shop.run("features", "trends", "run", "lost", "--engine", "flink", "--until-idle", "--out", "rows.jsonl")
    assert (ran.code, ran.err.strip()) == (2, "Error: file:.argosy/events has no topic 'lost'")


def said(evaluate, row, wanted):
    """As a stream would have it: `any` of a number that is no number cannot be said."""
    try:
        value = evaluate({**dict.fromkeys(VALUES), **row})
    except ValueError:
        return "cannot be said"
    if value is None:
        return None
    if wanted == "boolean":
        return value if isinstance(value, bool) else "cannot be said"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else "cannot be said"


def sql_of(text, wanted):
    fields = {name: field_sql("`line`", name) for name in VALUES}
    found = expression_sql(Expression(text), fields, wanted)
    return [found.value, found.is_mistaken]


def in_flink(file, columns):
    program = Path(__file__).with_name("flink_expressions.py")
    done = subprocess.run(
        [PYTHON, program, file],
        input=json.dumps(columns),
        capture_output=True,
        text=True,
        timeout=8 * PATIENCE,
        check=False,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])

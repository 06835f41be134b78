"""Labels as text, and several labels for one text as one: a JSON list, sorted and without repeats: `["joy","love"]`.

A set of labels rests, travels and compares as text like any other label; `[]` says "none of them".

`label_of` is the one rule for labels that come in, from whatever format or caller: text in Unicode's composed form
(NFC), without white space around it; `True`, `TRUE` and `true` are the label `true`, and `1` and `1.0` are `1`. What
rests already is compared under the same rule, and keeps its spelling. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any, Final

import msgspec

from argosy.storable_text import check_no_nul

NONE: Final = "[]"
"""The empty set."""
LABELS: Final = 1000
"""The most labels that one text may have."""

CHOICES: Final = "choices"
"""The key under which Label Studio writes the labels of a text."""
NO_LABEL: Final = "there is no label"
_SHOWN = 60
_MISSING_WORDS = frozenset(
    {"na", "n/a", "#na", "#n/a", "<na>", "nan", "-nan", "nat", "null", "none", "inf", "-inf", "infinity", "-infinity"}
)
_EXACT = 2**53
_INTEGER_BITS = 3000  # nearly a thousand digits: a label is no longer
_MISSING_OF_PANDAS = ("NAType", "NaTType")  # pandas is not imported for this
_TRUTHS = frozenset({"true", "false"})
_WHOLE = re.compile(r"(-?\d+)\.0+")
_TEXT = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
_ITEM = rf"(?:{_TEXT}|{_NUMBER}|True|False|None|nan|\.\.\.)"
_LIST = re.compile(rf"\s*(?:\[\s*{_ITEM}|[({{]\s*{_TEXT})(?:\s*,\s*{_ITEM})*\s*,?\s*[])}}]\s*", re.DOTALL)
_ARRAY = re.compile(
    rf"\s*(?:\[\s*{_ITEM}(?:(?:\s*,\s*|\s+){_ITEM})*\s*\]|(?:array|frozenset|set)\([\[{{]?.*\))\s*", re.DOTALL
)


def label_of(value: Any) -> str:
    """A label as it rests: a list of them as one set; raises ValueError where there is none.

    The text of a Python list, such as `['joy', 'love']`, is that list; that of a NumPy array is refused, since it may
    be cut short, and its zeros and ones are no labels.
    """
    if isinstance(value, str):
        return _label_of_text(value)
    if isinstance(value, list | tuple | set | frozenset):
        try:
            return _label_of_list(*value)
        except TypeError:  # one of them has no hash
            return _label_of_list.__wrapped__(*value)
    if hasattr(value, "tolist"):  # of NumPy
        return label_of(value.tolist())
    if isinstance(value, dict) and isinstance(value.get(CHOICES), list) and len(value) == 1:
        return label_of(label_of_choices(value[CHOICES]))
    if value is None or (isinstance(value, float) and not isfinite(value)):
        raise ValueError(NO_LABEL)
    if isinstance(value, bool | int | float):
        return canonical_label(value)
    if isinstance(value, Decimal) and value.is_finite():
        return _plain_text(format(value, "f"))
    if isinstance(value, Decimal) or type(value).__name__ in _MISSING_OF_PANDAS:
        raise ValueError(NO_LABEL)
    raise ValueError(f"the label is neither text nor number but {type(value).__name__}")


def label_of_choices(choices: list[Any]) -> Any:
    """What was chosen among labels, as annotation tools write it: one alone is a single label."""
    return choices[0] if len(choices) == 1 else choices


def canonical_label(value: str | float) -> str:
    """A single label, or a category, in its one form."""
    if isinstance(value, str):
        return _plain_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > _INTEGER_BITS:
        raise ValueError("the label is a number of very many digits")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(NO_LABEL)
    is_whole = isinstance(value, int) or (value.is_integer() and abs(value) < _EXACT)
    return str(int(value)) if is_whole else _plain_text(repr(float(value)))


def looks_missing(label: str) -> bool:
    """Whether a single label is a word that other programs write where a value is missing; it may be a class too."""
    return label.casefold() in _MISSING_WORDS


def missing_words(counts: Mapping[str, int]) -> dict[str, int]:
    """Single labels that look like missing values, with how often they occur."""
    return {one: number for one, number in counted(counts).items() if looks_missing(one)}


def spellings(stored: Iterable[str]) -> dict[str, str]:
    """Today's form of a single label to the older one in which it rests: `true` to `True`. Empty, as a rule."""
    known = {one for label in stored for one in as_members(label)}
    found = {canonical_label(one): one for one in sorted(known)}
    return {form: one for form, one in found.items() if form not in known}


def respelled(label: str, spelling: Mapping[str, str]) -> str:
    """The label in the spelling of those that are stored."""
    several = labels_in(label)
    if several is None:
        return spelling.get(label, label)
    return set_label(spelling.get(one, one) for one in several)


def alike(labels: Iterable[str]) -> list[tuple[str, ...]]:
    """Single labels that differ in case, in white space, in Unicode's form or only in invisible characters.

    In groups: `Versand`, `versand`.
    """
    groups = defaultdict(set)
    for label in labels:
        for one in as_members(label):
            groups[_folded(one)].add(one)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)


def usual_spellings(stored: Mapping[str, int], coming: Mapping[str, int]) -> dict[str, str]:
    """For `respelled`: each label that is like another, to the usual one of them.

    That is the one that most examples have, else most of the rows that come in; of equals, the first by its letters.
    """
    rests, comes = Counter(counted(stored)), Counter(counted(coming))
    found = {}
    for group in alike([*rests, *comes]):
        usual = max(group, key=lambda one: (rests[one], comes[one]))
        found.update({one: usual for one in group if one != usual})
    return found


def is_set(label: str) -> bool:
    """Whether it is a list of labels."""
    return labels_in(label) is not None


def labels_in(label: str) -> tuple[str, ...] | None:
    """The labels in it, sorted, each once; None where it is a single label."""
    if not label.lstrip().startswith("["):
        return None
    try:
        return _distinct(msgspec.json.decode(label))
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None


def as_members(label: str) -> tuple[str, ...]:
    """The labels in it; a single label is a set of one."""
    found = labels_in(label)
    return (label,) if found is None else found


def set_label(labels: Iterable[Any]) -> str:
    """The text of a set; raises ValueError where one of its labels is empty, or neither text nor number."""
    return msgspec.json.encode(_distinct(list(labels))).decode()


def in_form_of(label: str, answer: str) -> str:
    """The right label in the answer's form: for a set, `joy` is `["joy"]`; for `True`, `true` is `True`."""
    spelled = respelled(label, spellings([answer]))
    return set_label(as_members(spelled)) if is_set(answer) else spelled


def agrees(answer: str, label: str) -> bool:
    """Whether the answer is that label; of sets, the same set."""
    return answer == label or answer == in_form_of(label, answer)


def counted(counts: Mapping[str, int]) -> dict[str, int]:
    """How often each single label occurs, and `[]`, given how often each label or set of labels does."""
    found: Counter[str] = Counter()
    for label, number in counts.items():
        for one in as_members(label) or (NONE,):
            found[one] += number
    return dict(found)


@lru_cache(1024)
def _label_of_text(text: str) -> str:
    label = _plain_text(text)
    if not label:
        raise ValueError("the label is empty")
    check_no_nul("label", label)
    if label[0] not in "[({afs":  # what a printed list or array begins with
        return label
    found = _listed(label)
    return label if found is None else label_of(found)


@lru_cache(1024, typed=True)
def _label_of_list(*labels: Any) -> str:
    members = [_plain_text(one) if isinstance(one, str) else one for one in labels]
    for one in members:
        check_no_nul("label", one)
    return set_label(members)


@lru_cache(1024)
def _plain_text(text: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    lowered = text.lower()
    if lowered in _TRUTHS:
        return lowered
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


def _folded(label: str) -> str:
    seen = "".join(one for one in unicodedata.normalize("NFKC", label) if unicodedata.category(one) != "Cf")
    return " ".join(seen.casefold().split())


def _listed(text: str) -> Any:
    """The items of a list as text, JSON's or Python's; None where it is none; raises ValueError on a printed array."""
    try:
        found = msgspec.json.decode(text)
        if isinstance(found, dict) and isinstance(found.get(CHOICES), list) and len(found) == 1:
            return label_of_choices(found[CHOICES])
        return found if isinstance(found, list) else None
    except (msgspec.DecodeError, RecursionError):
        pass
    if _LIST.fullmatch(text):
        from ast import literal_eval

        try:
            return list(literal_eval(text.strip()))
        except (ValueError, SyntaxError):
            pass
    elif not _ARRAY.fullmatch(text):
        return None
    shown = text if len(text) < _SHOWN else f"{text[:_SHOWN]}…"
    raise ValueError(f'the label {shown} is an array that was printed: write a JSON list, such as ["joy","love"]')


def _distinct(labels: Any) -> tuple[str, ...]:
    if not isinstance(labels, list) or len(labels) > LABELS:
        raise ValueError(f"a text has at most {LABELS:,} labels")
    return tuple(sorted({_single(label) for label in labels}))


def _single(label: Any) -> str:
    if isinstance(label, bool | int | float):
        return canonical_label(label)
    if not isinstance(label, str):
        raise ValueError(f"a label in the list is neither text nor number but {type(label).__name__}")
    if not label.strip():
        raise ValueError("a label in the list is empty")
    return label

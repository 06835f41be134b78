"""Whether trained definitions may be the members of an ensemble, and what they are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from argosy.database import Transaction
from argosy.datasets import frozen
from argosy.datasets.membership import RevisionIds
from argosy.datasets.overlap import shared_examples
from argosy.datasets.split import TRAIN, PartCodes
from argosy.definitions import Definition, Registries
from argosy.definitions.ensemble import member_labels
from argosy.errors import DefinitionInvalid
from argosy.plurals import plural
from argosy.store.members import Find, with_members
from argosy.store.trained import Trained

VOTE = "vote"
"""The model that asks for no probabilities."""
PATH = "ensemble.of"


def results_of(definition: Definition, find: Find) -> list[Trained]:
    """The members' results, in order; none where it is no ensemble. Raises VersionNotFound."""
    return [find(label) for label in member_labels(definition.to_dict())]


def check_members(
    transaction: Transaction,
    definition: Definition,
    selected: tuple[RevisionIds, PartCodes],
    find: Find,
    registries: Registries,
) -> None:
    """Raise DefinitionInvalid where the members cannot answer together about what the dataset has `selected`.

    They must be of its collection, have probabilities unless they are only to vote, and have learned from no example
    that the ensemble is validated or tested on.
    """
    results = results_of(definition, find)
    for trained in results:
        kind = registries.models.get(trained.definition["model"]["name"]).cls.label_kind()
        if kind != "single":
            answers = "numbers" if kind == "numbers" else "sets of labels"
            raise DefinitionInvalid(f"'{trained.label}' answers {answers}: members answer with one label", PATH)
    if definition.model.name != VOTE:
        for trained in results:
            _check_probabilities(trained, definition.model.name, registries)
    revision_ids, parts = selected
    judged = revision_ids[parts != TRAIN]
    collection = definition.dataset.options["collection"]
    for digest, label in _learned(results, find).items():
        theirs, _ = frozen.frozen_content(transaction, digest)
        if theirs != collection:
            problem = f"'{label}' is of the collection '{theirs}', the ensemble of '{collection}': members share one"
            raise DefinitionInvalid(problem, PATH)
        learned_ids, learned_parts = frozen.frozen_members(transaction, digest)
        both = shared_examples(transaction, collection, learned_ids[learned_parts == TRAIN], judged)
        if both:
            problem = (
                f"'{label}' has learned from {plural(both, 'example')} that the ensemble would be validated or tested "
                "on: give it the seed and the ratios of its members' dataset"
            )
            raise DefinitionInvalid(problem, PATH)


def members_code(definition: Definition, find: Find, registries: Registries) -> dict[str, str]:
    """The users' plug-ins that the members are made of, with the digests of their code as it is now."""
    found = {}
    for result in results_of(definition, find):
        for trained in with_members(result, find):
            for kind, registry in (("adapter", registries.adapters), ("model", registries.models)):
                name = trained.definition[kind]["name"]
                if digest := registry.get(name).code_digest:
                    found[f"{kind}.{name}"] = digest
    return found


def _learned(results: Sequence[Trained], find: Find) -> Mapping[str, str]:
    """Each dataset that members have learned from, and the first member that did."""
    found: dict[str, str] = {}
    for result in results:
        for trained in with_members(result, find):
            found.setdefault(trained.dataset_digest, result.label)
    return found


def _check_probabilities(trained: Trained, by: str, registries: Registries) -> None:
    spec = trained.definition["model"]
    if not registries.models.get(spec["name"]).create(spec["options"]).has_probabilities:
        problem = f"'{trained.label}' ({spec['name']}) has no probabilities, and {by} needs them: let the members vote"
        raise DefinitionInvalid(problem, PATH)

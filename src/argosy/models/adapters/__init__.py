"""The adapters by name; nothing is imported until one is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argosy.registry import Registry

if TYPE_CHECKING:
    from argosy.models.adapter import Adapter

adapters: Registry[Adapter] = Registry("adapter", "argosy.models.adapter:Adapter")
adapters.register("hashing", "argosy.models.adapters.hashing:Hashing")
adapters.register("imported", "argosy.models.adapters.imported:Imported")
adapters.register("imported_tensors", "argosy.models.adapters.imported_tensors:ImportedTensors")
adapters.register("members", "argosy.models.members:Members")
adapters.register("numeric", "argosy.models.adapters.numeric:Numeric")
adapters.register("remote", "argosy.models.adapters.remote:Remote")
adapters.register("remote_tensors", "argosy.models.adapters.remote_tensors:RemoteTensors")
adapters.register("sentence_embedding", "argosy.models.adapters.sentence_embedding:SentenceEmbedding")
adapters.register("tfidf", "argosy.models.adapters.tfidf:TfIdf")
adapters.register("translated", "argosy.models.adapters.translated:Translated")
adapters.register("union", "argosy.models.adapters.union:Union")
adapters.register("word2vec", "argosy.models.adapters.word2vec:Word2Vec", aliases=("Word2VecAdapter",))
adapters.register(
    "word_frequency", "argosy.models.adapters.word_frequency:WordFrequency", aliases=("WordFrequencyAdapter",)
)
adapters.register("word_pieces", "argosy.models.adapters.word_pieces:WordPieces")

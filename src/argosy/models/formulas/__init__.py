"""Formulas: models from elsewhere in Argosy's own form, JSON values and arrays, answered with numpy alone.

A formula is made by a translator (`models/translators/`) in the process that may read the file, is checked as a whole
where it is loaded, and holds nothing that can be called: operations by name, numbers, texts and tables.
"""

"""The comment behind a field is its description: read from the source, so that it is written only once."""

from __future__ import annotations

import ast
import inspect
import io
import tokenize
from functools import cache
from types import ModuleType


def field_comments(kind: type) -> dict[str, str]:
    """Field -> comment behind it, those of base classes first."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        module = inspect.getmodule(base)
        if module is not None and module.__name__.startswith("wire."):
            found |= _comments_of(module).get(base.__name__, {})
    return found


@cache
def _comments_of(module: ModuleType) -> dict[str, dict[str, str]]:
    """Class -> field -> comment, of one module."""
    source = inspect.getsource(module)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return {
        node.name: {
            field.target.id: comments[field.lineno]
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.lineno in comments
        }
        for node in classes
    }

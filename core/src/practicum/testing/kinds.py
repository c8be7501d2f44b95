"""One contract class for each kind of technique."""

from __future__ import annotations

from typing import Any, ClassVar

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.testing.contract import Contract
from practicum.transformation import Transformation


class TransformationContract(Contract):
    """The contract of a transformation.

    Example:
        >>> from practicum.testing.toys import Reverse
        >>> class TestReverse(TransformationContract):
        ...     technique = Reverse
    """

    kind: ClassVar[str] = "transformation"

    def ready(self, technique: Any, batch: Batch) -> Any:
        """Fitted on the samples, where the technique learns state."""
        if type(technique).fit is Transformation.fit:
            return technique
        return technique.fit(batch, Keys(0).child(technique.name).bind(batch.ids))


class AttackContract(Contract):
    """The contract of an attack; override :meth:`model_for` to bring your own model."""

    kind: ClassVar[str] = "attack"

    def ready(self, technique: Any, batch: Batch) -> Any:
        """Fitted on the samples, labelled with what the model says, where the technique learns state."""
        if not technique.learns:
            return technique
        from practicum.testing.models import own_labels

        model = self.model_for(next(iter(batch.columns.values())).modality)
        return technique.fit(model, own_labels(model, batch), Keys(0).child(technique.name).bind(batch.ids))


class ExplainerContract(Contract):
    """The contract of an explainer; override :meth:`model_for` to bring your own model."""

    kind: ClassVar[str] = "explainer"


class ModelContract(Contract):
    """The contract of a model; override :meth:`make` where it wraps an object."""

    kind: ClassVar[str] = "model"

    def ready(self, technique: Any, batch: Batch) -> Any:
        """Fitted on the samples, where the model can be trained."""
        from practicum.model import Trainable

        return technique.fit([batch], Keys(0)) if isinstance(technique, Trainable) else technique


class EnvironmentContract(Contract):
    """The contract of an environment."""

    kind: ClassVar[str] = "environment"

"""The models this folder makes: what each is called, and which two runs it is blended from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True)
class Model:
    """`faithful` and `detailed` are presets. Strength 0 is the first; strength 1 lies `reach` of the way to the second.

    A reach below 1 trades the last of the invented detail for fewer artefacts at the end of the slider.
    """

    id: str
    name: str
    family: str
    summary: str
    scale: int
    faithful: str
    detailed: str
    reach: float
    strength: float
    limits: str

    @property
    def folder(self) -> Path:
        return MODELS / self.id


_all = (
    Model(
        "onestep-photo-x4", "Onestep Photo ×4", "onestep-photo", "Makes photographs four times larger and clearer, fast on any computer.",
        4, "x4-regression-cpu", "x4-adversarial-cpu", 0.65, 0.75,
        "A small network trained on 74 photographs. It sharpens and cleans, and at high strength invents fine texture; "
        "it does not restore faces, small print or strongly compressed pictures. "
        "Near strength 1 a faint regular pattern can appear beside dark edges and on flat areas.",
    ),
    Model(
        "onestep-photo-x2", "Onestep Photo ×2", "onestep-photo", "Makes photographs twice as large and clearer, fast on any computer.",
        2, "x2-regression-cpu", "x2-adversarial-cpu", 0.55, 0.75,
        "A small network trained on 74 photographs. It sharpens and cleans, and at high strength invents fine texture; "
        "it does not restore faces, small print or strongly compressed pictures. "
        "Near strength 1 a faint regular pattern can appear beside dark edges and on flat areas.",
    ),
)
CATALOGUE = {model.id: model for model in _all}

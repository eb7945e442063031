"""Every training run there is, as one table. A name is scale-stage-device, e.g. x4-regression-cpu."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Preset:
    """`start_from` names the preset whose averaged weights this run begins with; layers of another shape start fresh.

    `patch` is in source pixels. Loss weights of 0 switch a term off. `average` is the EMA decay after its warm-up.
    """

    name: str
    stage: str  # "regression" or "adversarial"
    scale: int
    iterations: int
    batch: int
    patch: int
    learning_rate: float
    final_learning_rate: float
    start_from: str | None = None
    device: str = "cpu"
    channels: int = 64
    body: int = 12
    seed: int = 1
    average: float = 0.999
    gradient_limit: float = 1.0
    pixel_weight: float = 1.0
    edge_weight: float = 0.1
    # Adversarial stage only. 0.1 for the adversarial term is Real-ESRGAN's. Feature matching and focal frequency stand
    # in for its VGG term: they need no outside weights.
    adversarial_weight: float = 0.0
    feature_weight: float = 0.0
    frequency_weight: float = 0.0
    lattice_weight: float = 0.0
    discriminator_channels: int = 24
    # The discriminator starts from nothing and has only thousands of steps: it learns this many times faster than the net.
    discriminator_rate: float = 4.0
    sharpened_target: bool = False
    checkpoint_every: int = 1000
    validate_every: int = 2000


_regression = Preset("x4-regression-cpu", "regression", 4, 11_000, 16, 40, 5e-4, 1e-5)
_adversarial = Preset(
    "x4-adversarial-cpu", "adversarial", 4, 3_000, 8, 32, 2e-4, 2e-5, start_from="x4-regression-cpu",
    adversarial_weight=0.06, feature_weight=0.3, frequency_weight=0.05, lattice_weight=10.0, sharpened_target=True,
    checkpoint_every=250, validate_every=1000,
)
_tiny = replace(_regression, channels=8, body=1, batch=2, patch=16, iterations=6, checkpoint_every=3, validate_every=3)

_all = (
    _regression,
    _adversarial,
    replace(_regression, name="x2-regression-cpu", scale=2, iterations=3_000, start_from="x4-regression-cpu"),
    replace(_adversarial, name="x2-adversarial-cpu", scale=2, iterations=1_900, patch=40, lattice_weight=30.0, adversarial_weight=0.04, start_from="x2-regression-cpu"),
    replace(_regression, name="x4-regression-gpu", device="cuda", iterations=60_000, batch=64),
    replace(
        _adversarial, name="x4-adversarial-gpu", device="cuda", iterations=40_000, batch=32, patch=48,
        discriminator_channels=64, start_from="x4-regression-gpu",
    ),
    replace(
        _regression, name="x2-regression-gpu", device="cuda", scale=2, iterations=30_000, batch=64,
        start_from="x4-regression-gpu",
    ),
    replace(
        _adversarial, name="x2-adversarial-gpu", device="cuda", scale=2, iterations=20_000, batch=32, patch=48,
        discriminator_channels=64, start_from="x2-regression-gpu",
    ),
    # A few steps of almost nothing: what the tests run.
    replace(_tiny, name="x4-regression-tiny"),
    replace(
        _tiny, name="x4-adversarial-tiny", stage="adversarial", start_from="x4-regression-tiny",
        adversarial_weight=0.1, feature_weight=0.5, frequency_weight=0.05, lattice_weight=3.0, discriminator_channels=4, sharpened_target=True,
    ),
)
PRESETS = {preset.name: preset for preset in _all}

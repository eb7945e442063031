"""Every model that can be trained, as one table; a recipe is a name for all its sizes and rates, and for the model it makes.

Patches are in pixels of the enlarged picture. Shares are of a stage's iterations.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from diffusion.schedule import STEPS, T_L
from diffusion.unet import SD21, Widths


@dataclass(frozen=True)
class Stage:
    """What every stage has. The rate falls as a cosine from the first to the last value, after a short warm-up."""

    iterations: int
    batch: int
    patch: int
    learning_rate: float
    final_learning_rate: float
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.0
    average: float = 0.999  # EMA decay after its warm-up
    gradient_limit: float = 1.0
    log_every: int = 100
    checkpoint_every: int = 500
    validate_every: int = 1000


@dataclass(frozen=True)
class AutoencoderStage(Stage):
    """L1 + edge L1(Sobel) + ssim (1 - SSIM) + kl KL; in the last `adversarial_share` the decoder alone learns, with a PatchGAN."""

    edge_weight: float = 0.2  # losses.edges divides the Sobel response by 8; with the plain one the tiny nets hardly start
    ssim_weight: float = 0.05
    divergence_weight: float = 1e-6
    adversarial_share: float = 1 / 3
    adversarial_weight: float = 0.02
    judge_channels: int = 32


@dataclass(frozen=True)
class PriorStage(Stage):
    """Plain noise prediction on latents, t ~ U[0, 1000): the role that Stable Diffusion plays for the paper."""


@dataclass(frozen=True)
class OneStepStage(Stage):
    """Algorithm 1. rank 0 trains the whole U-Net; otherwise LoRA, and the judge's rank is `judge_rank`."""

    rank: int = 0
    alpha: float = 0.0
    judge_rank: int = 0
    conditioning: str = "learnable"  # or "zero", "random"
    judge: str = "latent-pretrained"  # a row of judges.JUDGES
    judge_rate: float = 0.15  # lr_D / lr_G: a judge that learns faster than the net asks for halos and echoes (docs/training-photo-2.md)
    judge_betas: tuple[float, float] = (0.0, 0.99)
    judge_channels: int = 32  # of the pixel judge
    loss: str = "ea-self"  # one of perceptual.Perceptual.KINDS, beside MSE
    perceptual_weight: float = 1.0  # lambda_2
    classifier_weight: float = 0.0  # of the features of classifier.Stem: --features (ours)
    line_weight: float = 0.0  # of losses.lines (ours)
    lattice_weight: float = 0.0  # of losses.lattice: detail that repeats with every pixel of the U-Net's finest map (ours)
    adversarial_weight: float = 0.1  # lambda_1; a factor of the adaptive weight where that is on
    adaptive: bool = True
    quiet_share: float = 0.15  # without judge and adversarial term
    ramp_share: float = 0.10  # then lambda_1 rises from 0
    latent_share: float = 0.0  # of the iterations in latent space alone: MSE(z_H^, z_H), no decoding
    last_noise: int = 700  # the judge's t ~ U[0, last_noise)
    penalty: float = 1.0  # R1 gamma, every `penalty_every` iterations; 0: never
    penalty_every: int = 16
    collapse_below: float = 0.2  # the run stops where L_D stays below this ...
    collapse_after: int = 500  # ... for so many iterations


@dataclass(frozen=True)
class PhotoStage(Stage):
    """A feed-forward network, end to end. Weights of 0 switch a term off; `opened` are the layers, or blocks of them, that learn, all where it is empty."""

    pixel_weight: float = 1.0
    edge_weight: float = 0.1
    colour_weight: float = 0.0  # of losses.colour in place of the plain pixel error: luma, and chroma 1.5 times as much
    gradient_weight: float = 0.0
    line_weight: float = 0.0
    texture_weight: float = 0.0
    lattice_weight: float = 0.0
    # 0.1 for the adversarial term is Real-ESRGAN's. Feature matching and focal frequency stand in for its VGG term: they
    # need no outside weights.
    adversarial_weight: float = 0.0
    feature_weight: float = 0.0
    frequency_weight: float = 0.0
    classifier_weight: float = 0.0  # of the features of classifier.Stem: --features
    judge: str = "pixels"  # networks.Discriminator, or "patches": networks.PatchJudge, which is asked about pairs
    judge_channels: int = 24
    # The discriminator starts from nothing and has only thousands of steps: it learns this many times faster than the net.
    judge_rate: float = 4.0
    judge_patch: int = 0  # the part of a patch it sees; 0: all
    random_texture: float = 0.0  # deviation in [0, 1] that networks.RandomTexture begins with, for a networks.Restorer; 0: none
    sharpened_target: bool = False
    opened: tuple[str, ...] = ()

    @property
    def adversarial(self) -> bool:
        return self.adversarial_weight > 0 or self.feature_weight > 0


@dataclass(frozen=True)
class Recipe:
    """What every recipe has: a name, which is the model's id, and where and on what it is trained."""

    name: str
    device: str = "cpu"
    bf16: bool = True
    seed: int = 1
    scale: int = 4
    bank_patch: int = 48  # source pixels of a bank's patches
    bank_kind: str = "photographs"  # or "damaged" (prepare_data.SHARES), "taught" (taught.py), "made-up": procedural pictures
    strength: float = 1.0  # of the exported model, where nobody chooses one
    grain: float = 0.0  # that the engine adds to its results, where nobody chooses it
    limits: str = "Not measured yet."
    history: str = ""  # where the shipped weights came about in another way than the recipe says

    @property
    def stages(self) -> dict[str, Stage]:
        """In order of training."""
        raise NotImplementedError


@dataclass(frozen=True)
class PhotoRecipe(Recipe):
    """A feed-forward model. Strength 0 is the faithful stage's result; strength 1 lies `reach` of the way to the detailed one's.

    Where all layers learn detail, a file of both ends would be twice as large. So a last stage, `refit`, gives the detailed network a
    faithful end again: the layers it opens learn regression, the others stay, and both ends have them in common.

    net: keyword arguments of networks.Restorer, or of networks.Enlarger where there are `channels`. start_from: a recipe whose
    stages of the same name this one's begin with; layers of another shape start fresh. A reach below 1 trades the last of the
    invented detail for fewer artefacts at the end of the slider.
    """

    title: str = ""
    family: str = "onestep-photo"
    summary: str = ""
    experimental: bool = False
    net: dict[str, object] = field(default_factory=dict)
    faithful: PhotoStage | None = None
    detailed: PhotoStage | None = None
    refit: PhotoStage | None = None
    start_from: str | None = None
    reach: float = 1.0

    @property
    def stages(self) -> dict[str, Stage]:
        found = {"faithful": self.faithful, "detailed": self.detailed, "refit": self.refit}
        return {name: stage for name, stage in found.items() if stage is not None}

    @property
    def ends(self) -> tuple[str, str]:
        """The stages whose results lie at strength 0 and 1."""
        return "faithful" if self.refit is None else "refit", "faithful" if self.detailed is None else "detailed"


@dataclass(frozen=True)
class OneStepRecipe(Recipe):
    """One-step diffusion. `base` "sd21" takes U-Net and autoencoder from a diffusers folder (--base) and has only the last stage."""

    widths: Widths = SD21
    one_step: OneStepStage | None = None
    autoencoder_channels: int = 0
    autoencoder: AutoencoderStage | None = None
    prior: PriorStage | None = None
    base: str | None = None
    checkpointing: bool = False
    t_l: int = T_L
    preferred: bool = False  # whether a person who looked at its crops (evaluate.py --crops) preferred them to bicubic's
    tile: int = 512
    overlap: int = 64
    fidelity: float = 0.0  # of the exported model, where nobody chooses one

    @property
    def stages(self) -> dict[str, Stage]:
        found = {"autoencoder": self.autoencoder, "prior": self.prior, "one-step": self.one_step}
        return {name: stage for name, stage in found.items() if stage is not None}


# Table 4 of the paper. What it leaves out is filled from the same group's later code: rank = alpha = 16 (its Table 2),
# betas and decay of AdamW by default, EMA as here.
_paper = OneStepRecipe(
    "paper", widths=SD21, base="sd21", device="cuda", checkpointing=True, bank_patch=128,
    one_step=OneStepStage(
        100_000, 16, 512, 5e-5, 5e-5, betas=(0.9, 0.999), weight_decay=1e-2, rank=16, alpha=16, judge_rank=16,
        judge_rate=0.01, judge_betas=(0.9, 0.999), loss="ea-dists", perceptual_weight=1.0, adversarial_weight=5e-3, adaptive=False,
        quiet_share=0, ramp_share=0, last_noise=STEPS, penalty=0, collapse_below=0,
    ),
)
# As dfosd-s below, with more than twice the multiplications.
_t = OneStepRecipe(
    "dfosd-t", widths=Widths(16, (80, 128, 192, 256), (False, False, False, True), 32, 16, 256, 512, 16), device="cuda", bank_patch=64, bank_kind="damaged", autoencoder_channels=32,
    autoencoder=AutoencoderStage(20_000, 64, 256, 4e-4, 1e-5, adversarial_share=0.15),
    prior=PriorStage(12_000, 64, 256, 3e-4, 3e-5),
    one_step=OneStepStage(7_000, 32, 256, 1e-4, 1e-5, lattice_weight=10),
)
_xt = OneStepRecipe(
    "dfosd-xt", widths=Widths(4, (32, 64, 128), (False, False, True), 32, 16, 256, 512, 8, stem=2), autoencoder_channels=32,
    autoencoder=AutoencoderStage(6_000, 8, 128, 4e-4, 1e-5, judge_channels=16),
    prior=PriorStage(6_000, 32, 128, 3e-4, 3e-5),
    one_step=OneStepStage(5_000, 8, 128, 1e-4, 1e-5, latent_share=0.5, lattice_weight=10, judge_channels=16),
    strength=0.7, fidelity=0.5,
    limits="The recipe in miniature, trained for less than two hours on one processor: a demonstration that the whole chain works, not the paper's "
    "model. At full strength even surfaces show a faint lattice of 8 pixels, fine lines may break into dots, and strong noise stays.",
)
# What docs/training-dfosd.md found: four numbers a cell lose too much of a picture, and a bank of mild damage teaches no cleaning.
_s = OneStepRecipe(
    "dfosd-s", widths=Widths(16, (48, 64, 96, 96), (False, False, False, True), 32, 16, 128, 256, 16), autoencoder_channels=32, bank_kind="damaged",
    autoencoder=AutoencoderStage(9_000, 8, 128, 5e-4, 1e-5, judge_channels=16, adversarial_share=0.15),
    prior=PriorStage(1_000, 16, 128, 6e-4, 3e-5),
    one_step=OneStepStage(2_300, 8, 128, 3e-4, 1e-5, latent_share=0.57, lattice_weight=10, judge_channels=16),
    strength=0.75, fidelity=0.3,
    history="Autoencoder, prior and Algorithm 1 as written, on 14,091 pairs without anything drawn; then its decoder alone, 2,400 steps (4e-4 to 1e-5, no judge), and Algorithm 1 "
    "from where it was, 650 steps, all with pictures (2e-4 to 1e-5, a fresh judge, quiet 0.05, ramp 0.1), on 14,270 pairs with lines; the mean of before and after; and "
    "from there Algorithm 1 again, 2,200 steps with pictures (1.2e-4 to 5e-6, quiet 0.4, ramp 0.1, classifier 0.3, lines 2, the judge at 0.15 of the rate), then 200 at "
    "3e-5 to 6e-6 with lattice 50. docs/training-dfosd.md is the log.",
    limits="Trained for some four hours on one processor, of which Algorithm 1 took three: it takes noise away and keeps most lines whole. Edges can get pale seams and bright even "
    "areas a faint pattern of four pixels, more so towards full strength. On photographs that are clean already a feed-forward model is better.",
)
# A few steps of almost nothing on made-up pictures: what the tests run.
_few = {"log_every": 1, "checkpoint_every": 3, "validate_every": 3}
_smoke = OneStepRecipe(
    "smoke", widths=Widths(2, (8, 16), (False, True), 8, 3, 12, 16, 4, stem=2), autoencoder_channels=8, bank_patch=16, bank_kind="made-up", bf16=False, tile=64, overlap=16,
    # Enough that pictures come out of it: the engine takes a tile of one colour for a fault.
    autoencoder=AutoencoderStage(60, 2, 32, 2e-3, 1e-4, judge_channels=4, **_few | {"validate_every": 30}),
    prior=PriorStage(6, 2, 32, 1e-3, 1e-4, **_few),
    one_step=OneStepStage(
        8, 2, 32, 1e-3, 1e-4, judge_rate=1.0, judge_channels=4, quiet_share=0.25, ramp_share=0.25, latent_share=0.5, penalty_every=2, **_few
    ),
)

_limits = (
    "A small network trained on 74 photographs. It sharpens and cleans, and at high strength invents fine texture; it does not restore faces, small "
    "print or strongly compressed pictures. Near strength 1 a faint regular pattern can appear beside dark edges and on flat areas."
)
_photo_x4 = PhotoRecipe(
    "onestep-photo-x4", title="Onestep Photo ×4", summary="Makes photographs four times larger and clearer, fast on any computer.",
    net={"channels": 64, "body": 12}, strength=0.75, reach=0.65, limits=_limits,
    faithful=PhotoStage(11_000, 16, 160, 5e-4, 1e-5, checkpoint_every=1000, validate_every=2000),
    detailed=PhotoStage(
        3_000, 8, 128, 2e-4, 2e-5, adversarial_weight=0.06, feature_weight=0.3, frequency_weight=0.05, lattice_weight=10.0,
        sharpened_target=True, checkpoint_every=250, validate_every=1000,
    ),
)
_photo_x2 = replace(
    _photo_x4, name="onestep-photo-x2", title="Onestep Photo ×2", summary="Makes photographs twice as large and clearer, fast on any computer.",
    scale=2, start_from="onestep-photo-x4", reach=0.55,
    faithful=replace(_photo_x4.faithful, iterations=3_000, patch=80),
    detailed=replace(_photo_x4.detailed, iterations=1_900, patch=80, lattice_weight=30.0, adversarial_weight=0.04),
)
_photo_2 = PhotoRecipe(
    "onestep-photo-2", title="Onestep Photo 2 ×4", family="onestep-photo-2", experimental=True, bank_kind="taught", bank_patch=72, strength=0.75, grain=0.2,
    summary="Cleans old, noisy and compressed photographs and makes them four times larger.",
    limits="The first hours of a training that takes days: it cleans strong noise and JPEG traces, edges become firm, drawings lose their dots. With "
    "strength surfaces get a grain, and above 0.75 a faint weave; outlines and stripes can fray; small faces and small print stay soft. RealESRGAN General "
    "draws cleaner lines. On good photos Onestep Photo ×4 is the better choice.",
    history="Not one run of the recipe as it is written. Faithful stage: 5,334 steps of 16 (patches of 48, then 64) in 41 minutes of one core by a trial with "
    "pixel shuffles in the body and depth-to-space, on 6,400 pairs; then 2,113 steps with doublings in their place in 41 minutes of about half a core, on "
    "1,007 taught, 1,793 other and 400 drawn pairs, crops of all 146 photographs; then 7,400 of this recipe in 107 minutes, on 3,587 pairs (those again) growing to "
    "4,579; then 2,600 at rates from 2e-4 to 1e-5 in 34 minutes, on these and 3,000 others, most of them strong noise. Detailed stage: 9,000 steps of the last "
    "layers in 89 minutes (texture 2, no classifier, a judge that sees 34 pixels), added to the faithful end; then 5,400 of all layers in 88 minutes (lattice 2, "
    "no loss on lines), on 9,000 pairs, in the last 1,500 steps with 2,400 compressed and drawn ones among 10,000; then 6,200 in 110 minutes with that loss, lattice 8 in the "
    "last 2,800, 4,000 such pairs; then 4,600 in 77 minutes with a fresh judge at half the rate, texture 2, and lattice 12 along the diagonals too, 1,200 more pairs in the last "
    "2,600. Each time the refit, 12 minutes; shipped is the mean of the last results, the later with a share of 0.6, then of 0.5. docs/training-photo-2.md is the log.",
    faithful=PhotoStage(
        60_000, 16, 192, 5e-4, 1e-5, pixel_weight=0, edge_weight=0, colour_weight=1, gradient_weight=0.5, weight_decay=1e-4, gradient_limit=0.5,
        checkpoint_every=200, validate_every=2000,
    ),
    detailed=PhotoStage(
        16_200, 8, 192, 1.6e-4, 1e-5, betas=(0.8, 0.99), average=0.997, pixel_weight=0, edge_weight=0, colour_weight=1, gradient_weight=0.5,
        line_weight=1.0,
        texture_weight=2.0, lattice_weight=12.0, classifier_weight=0.3, adversarial_weight=0.01, feature_weight=0.1, judge="patches",
        judge_channels=32, judge_patch=128, judge_rate=0.25, gradient_limit=0.5, checkpoint_every=200, validate_every=1200,
    ),
    refit=PhotoStage(
        2_600, 12, 192, 4e-4, 1e-5, average=0.995, pixel_weight=0, edge_weight=0, colour_weight=1, gradient_weight=0.5, gradient_limit=0.5,
        opened=("d2.2", "up1", "d1", "head", "up3", "up4"), checkpoint_every=200, validate_every=2600,
    ),
)
_tiny_stage = {"iterations": 6, "batch": 2, "learning_rate": 5e-4, "final_learning_rate": 1e-5, "checkpoint_every": 3, "validate_every": 3}
_tiny = PhotoRecipe(
    "tiny", net={"channels": 8, "body": 1}, bank_kind="made-up", bank_patch=24,
    faithful=PhotoStage(patch=64, **_tiny_stage),
    detailed=PhotoStage(patch=64, adversarial_weight=0.1, feature_weight=0.5, frequency_weight=0.05, lattice_weight=3.0, judge_channels=4, **_tiny_stage),
)

_all = (
    _photo_x4,
    _photo_x2,
    _photo_2,
    _tiny,
    _paper,
    # The journal version: smaller batches, both rates alike. Its judge is SDXL's U-Net in print; here it is SD 2.1's.
    replace(_paper, name="d3sr", one_step=replace(_paper.one_step, batch=8, judge_rate=1.0)),
    _t,
    _xt,
    _s,
    _smoke,
)
RECIPES = {recipe.name: recipe for recipe in _all}

"""TensorBoard tags and metric names: one scheme for all that is recorded."""

TOTAL = "loss/total"
CROSS_ENTROPY = "loss/cross_entropy"
PERTURBED = "loss/perturbed"
ENTROPY = "loss/entropy"
EXPECTED_L0 = "loss/expected_l0"
ROUGHNESS = "loss/roughness"
ACCURACY = "accuracy/top1"
AVERAGED_CROSS_ENTROPY = "loss/averaged_cross_entropy"
AVERAGED_ACCURACY = "accuracy/averaged_top1"
# By `Method.weights`.
ACCURACIES = {"raw": ACCURACY, "averaged": AVERAGED_ACCURACY}
CROSS_ENTROPIES = {"raw": CROSS_ENTROPY, "averaged": AVERAGED_CROSS_ENTROPY}
KEPT = "mask/kept_fraction"
NORM = "perturbation/norm"
LEARNING_RATE = "optimizer/learning_rate"
GENERATOR_LEARNING_RATE = "optimizer/generator_learning_rate"
BETA_1 = "optimizer/beta_1"
STEPS_PER_SECOND = "speed/steps_per_second"
GENERATOR_GRADIENT_NORM = "generator/gradient_norm"

# What Keras' logs call them, where its callbacks expect a name or read one.
NAMES = {
    TOTAL: "loss",
    CROSS_ENTROPY: "cross_entropy",
    PERTURBED: "perturbed",
    ENTROPY: "entropy",
    EXPECTED_L0: "expected_l0",
    ROUGHNESS: "roughness",
    ACCURACY: "accuracy",
    AVERAGED_CROSS_ENTROPY: "averaged_loss",
    AVERAGED_ACCURACY: "averaged_accuracy",
    KEPT: "kept_fraction",
    NORM: "perturbation_norm",
}
_TAGS = {name: tag for tag, name in NAMES.items()}


def by_tag(logs) -> dict[str, float]:
    """The numbers of Keras' logs under their tags."""
    return {_TAGS[name]: float(value) for name, value in logs.items()}


IMAGE = "panel/image"
LOG_ALPHA = "panel/log_alpha"
MASK_SAMPLE = "panel/mask_sample"
NOISE_FREE_MASK = "panel/noise_free_mask"
MASKED_IMAGE = "panel/masked_image"
AMPLIFIED_R = "panel/r_amplified"
PERTURBED_IMAGE = "panel/perturbed_image"
GENERATOR_FILTER = "panel/generator_filter"
CONFUSION_MATRIX = "panel/confusion_matrix"

SPARSITY_HISTOGRAM = "mask/sparsity"
LOG_ALPHA_HISTOGRAM = "mask/log_alpha"
WEIGHTS_HISTOGRAMS = {
    "first": "weights/first_layer",
    "middle": "weights/middle_layer",
    "last": "weights/last_layer",
}
GENERATOR_HISTOGRAM = "weights/generator"

SETTINGS_TEXT = "settings"

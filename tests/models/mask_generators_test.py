import keras
import numpy as np
import pytest
import tensorflow as tf

from xvat_tf.errors import UserError
from xvat_tf.models import InductiveGenerator, MaskTable, build_generator
from xvat_tf.settings import resolve


def method(**given):
    return resolve({"dataset": "mnist", "method": "xvat", **given}).method


def test_one_filter_by_hand_with_replicated_edges():
    generator = InductiveGenerator()
    generator.build((None, 2, 2, 1))
    generator.set_weights([np.ones((3, 3, 1, 1)), np.array([0.5])])
    images = tf.constant([[1.0, 2.0], [3.0, 4.0]])[None, :, :, None]
    # Padded: 1 1 2 2 / 1 1 2 2 / 3 3 4 4 / 3 3 4 4.
    expected = [[18.5, 21.5], [24.5, 27.5]]
    np.testing.assert_allclose(
        generator(images, tf.constant([0]))[0, :, :, 0], expected
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_first_draw_is_uniform_within_one_over_root_fan_in(channels):
    bound = 1 / np.sqrt(9 * channels)
    draws = []
    for seed in range(40):
        generator = InductiveGenerator(seed=seed)
        generator.build((None, 8, 8, channels))
        kernel, bias = generator.get_weights()
        draws.append(kernel.ravel())
        assert bias == 0
    draws = np.concatenate(draws)
    assert np.abs(draws).max() <= bound
    assert np.abs(draws).max() > 0.95 * bound
    assert draws.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)


def test_the_scale_of_the_first_draw_multiplies_it():
    kernels = []
    for scale in (1.0, 0.25):
        generator = build_generator(
            method(generator_init_scale=scale), (8, 8, 1), 10, seed=3
        )
        kernels.append(generator.get_weights()[0])
    np.testing.assert_allclose(kernels[1], 0.25 * kernels[0], rtol=1e-6)


@pytest.mark.parametrize("layers, filters", [(1, 1), (2, 3), (3, 1)])
def test_layers_and_filters(layers, filters):
    generator = build_generator(
        method(generator_layers=layers, generator_filters=filters),
        (8, 8, 3),
        10,
        seed=1,
    )
    kernels = [w.shape for w in generator.get_weights()[::2]]
    hidden = [(3, 3, 3 if i == 0 else filters, filters) for i in range(layers)]
    hidden[-1] = (*hidden[-1][:3], 1)
    assert kernels == hidden


@pytest.mark.parametrize("model", ["inductive", "transductive"])
@pytest.mark.parametrize(
    "channels, shape, expected",
    [
        ("shared", (8, 6, 3), (8, 6, 1)),
        ("separate", (8, 6, 3), (8, 6, 3)),
        ("shared", (5,), (5,)),
    ],
)
def test_shape_of_log_alpha(model, channels, shape, expected):
    """Vectors have a mask entry per feature."""
    generator = build_generator(
        method(mask_model=model, mask_channels=channels), shape, 10, seed=1
    )
    log_alpha = generator(tf.zeros([2, *shape]), tf.constant([3, 7]))
    assert log_alpha.shape == (2, *expected)


def test_vectors_have_no_neighbouring_pixels():
    with pytest.raises(UserError, match="--lambda_smooth=0.5 .* leave it out"):
        build_generator(method(lambda_smooth=0.5), (5,), 10, seed=1)


def test_table_starts_standard_normal_and_gives_the_drawn_rows():
    table = MaskTable(500, (8, 8, 1), seed=1)
    rows = table.get_weights()[0]
    assert rows.mean() == pytest.approx(0, abs=0.02)
    assert rows.std() == pytest.approx(1, abs=0.02)
    found = table(tf.zeros([3, 8, 8, 1]), tf.constant([4, 0, 499]))
    np.testing.assert_array_equal(found, rows[[4, 0, 499]])


def test_negative_rows_count_from_the_end_of_the_table():
    table = MaskTable(5, (2,), seed=1)
    found = table(tf.zeros([2, 2]), tf.constant([-1, -5]))
    np.testing.assert_array_equal(found, table.get_weights()[0][[4, 0]])


def test_a_bounded_table_by_hand():
    """tanh(log(3) / 2) = 1/2, so 2 tanh(log(3) / 2) = 1, of slope 3/4."""
    table = MaskTable(2, (3,), bound=2.0)
    table.set_weights([np.array([[0, 0, 0], [0, np.log(3), -1e6]])])
    with tf.GradientTape() as tape:
        log_alpha = table(tf.zeros([1, 3]), tf.constant([1]))
    np.testing.assert_allclose(log_alpha, [[0, 1, -2]], rtol=1e-6)
    gradient = tape.gradient(log_alpha, table.trainable_variables)[0]
    assert isinstance(gradient, tf.IndexedSlices)
    np.testing.assert_allclose(gradient.values, [[1, 0.75, 0]], rtol=1e-6)


@pytest.mark.parametrize("model", ["inductive", "transductive"])
def test_a_bound_squashes_what_is_unbounded_without_it(model):
    found = []
    for bound in (0, 0.5):
        generator = build_generator(
            method(mask_model=model, log_alpha_bound=bound), (8, 8, 1), 10, 1
        )
        images = tf.random.stateless_normal([2, 8, 8, 1], [1, 2], stddev=3.0)
        found.append(generator(images, tf.constant([3, 7])).numpy())
    free, bound = found
    assert np.abs(free).max() > 1
    np.testing.assert_allclose(bound, 0.5 * np.tanh(free / 0.5), rtol=1e-5)


@pytest.mark.parametrize("model", ["inductive", "transductive"])
def test_a_mean_shifts_the_first_draw_and_nothing_else(model):
    found = []
    for mean in (0.0, 1.5):
        settings = method(
            mask_model=model, log_alpha_mean=mean, generator_layers=2
        )
        generator = build_generator(settings, (8, 8, 3), 10, 1)
        images = tf.random.stateless_normal([2, 8, 8, 3], [1, 2])
        found.append(generator(images, tf.constant([3, 7])).numpy())
    np.testing.assert_allclose(found[1], found[0] + 1.5, atol=1e-6)


@pytest.mark.parametrize(
    "generator",
    [
        InductiveGenerator(2, 2, 3, seed=4),
        InductiveGenerator(seed=4, bound=0.1, mean=1.5),
        MaskTable(4, (2, 2, 1), seed=4),
        MaskTable(4, (2, 2, 1), seed=4, bound=0.1, mean=1.5),
    ],
    ids=["inductive", "bounded-inductive", "table", "bounded-table"],
)
def test_saves_and_loads(generator, tmp_path):
    images, indices = np.ones((2, 2, 2, 1), "float32"), np.array([1, 3])
    expected = generator(images, indices)
    inputs = [keras.Input((2, 2, 1)), keras.Input((), dtype="int32")]
    model = keras.Model(inputs, generator(*inputs))
    model.save(tmp_path / "generator.keras")
    loaded = keras.models.load_model(tmp_path / "generator.keras")
    np.testing.assert_array_equal(loaded([images, indices]), expected)

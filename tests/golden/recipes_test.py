import numpy as np

from tests.golden import recipes


def test_batch_norm_does_not_change_the_kernels():
    plain = recipes.cnn_weights(3)
    random = recipes.cnn_weights(3, random_batch_norm=True, top_bn=True)
    for name in recipes.CNN_SHAPES:
        np.testing.assert_array_equal(plain[name], random[name])
    assert set(random) - set(plain) == {
        "bfc_gamma",
        "bfc_beta",
        "bfc_mean",
        "bfc_var",
    }
    assert np.all(random["b9_var"] >= 0.5)
    assert np.all(plain["b9_var"] == 1)


def test_perceptron_by_hand():
    weights = recipes.mlp_weights(5, (2, 3, 1))
    drawn = np.random.RandomState(5).standard_normal(9)
    np.testing.assert_allclose(
        weights["fc1_W"], drawn[:6].reshape(2, 3), rtol=1e-6
    )
    np.testing.assert_allclose(
        weights["fc2_W"][:, 0], drawn[6:] * np.sqrt(2 / 3), rtol=1e-6
    )
    assert set(weights) == {"fc1_W", "fc2_W", "fc2_b", "b1_mean", "b1_var"}
    assert {value.dtype for value in weights.values()} == {np.dtype("float32")}

"""Pictures computed by hand."""

import numpy as np
import pytest

from xvat_tf.training.monitoring import drawing


def test_diverging_ends_and_middle():
    colours = drawing.diverging(np.array([-9.0, -3, 0, 1.5, 3, 9]), 3.0)
    blue, red = [33, 102, 172], [178, 24, 43]
    half = (np.array(red) + 255) / 2
    expected = [blue, blue, [255] * 3, half, red, red]
    np.testing.assert_allclose(255 * colours, expected)


def test_grid_puts_tiles_in_rows_of_five():
    tiles = np.linspace(0, 1, 6).reshape(6, 1, 1, 1).repeat(8, 1).repeat(8, 2)
    picture = drawing.grid(tiles, "six tiles")
    # 8 pixels become 64, with gaps of 4 between; a line of text above.
    assert picture.dtype == np.uint8
    assert picture.shape == (18 + 64 + 4 + 64, 350, 3)
    for i, level in enumerate([0, 51, 102, 153, 204, 255]):
        top, left = 18 + i // 5 * 68, i % 5 * 68
        assert np.all(picture[top : top + 64, left : left + 64] == level)
    assert np.all(picture[18 + 64 : 18 + 68] == 255)
    assert np.any(picture[:18] < 128)  # The caption.


@pytest.mark.parametrize(
    ("side", "width"), [(8, 336), (28, 296), (32, 336), (96, 496)]
)
def test_tiles_are_enlarged_by_a_whole_factor_up_to_a_card(side, width):
    picture = drawing.grid(np.zeros((10, side, side, 3)), "")
    black = np.all(picture[18] == 0, axis=-1)
    assert black.nonzero()[0].max() + 1 == width


def test_values_outside_are_cut_and_nan_is_black():
    tiles = np.array([-1.0, np.nan, 7.0]).reshape(3, 1, 1, 1)
    picture = drawing.grid(tiles, "")
    assert [picture[40, x, 0] for x in (30, 100, 170)] == [0, 0, 255]


def test_matrix_shades_by_the_share_of_the_row():
    picture = drawing.matrix(np.array([[4, 0], [300, 100]]), "counts")
    assert picture.shape == (18 + 350, 350, 3)
    corners = picture[18 + 5, 5], picture[18 + 5, 180]
    assert corners[0].tolist() == [33, 102, 172]
    assert corners[1].tolist() == [255, 255, 255]
    # sqrt(1/4) is half way from white to blue.
    half = (np.array([33, 102, 172]) + 255) / 2
    assert np.abs(picture[18 + 180, 180] - half).max() <= 1


def test_matrix_of_many_classes_and_of_a_class_without_images():
    picture = drawing.matrix(np.eye(100, dtype=int), "")
    assert picture.shape == (18 + 300, 350, 3)
    assert np.isfinite(drawing.matrix(np.zeros((2, 2), int), "")).all()


def test_very_many_classes_share_rows_and_columns():
    counts = np.zeros((5000, 5000), np.int32)
    counts[0, 0], counts[4999, 0] = 3, 5
    merged = drawing._merged(counts, 20)
    assert merged.shape == (250, 250)
    assert merged[0, 0] == 3 and merged[249, 0] == 5 and merged.sum() == 8
    assert drawing.matrix(counts, "many").shape[0] < 1000

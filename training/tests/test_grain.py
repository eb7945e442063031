import numpy as np

import grain


def test_the_pattern_is_the_engines():
    """The same numbers stand in tests/unit/engine/image/grain.test.ts."""
    values = grain.pattern().ravel()[[0, 1, 2, 511, 512, 100_000, 262_143]]
    np.testing.assert_allclose(values, [-0.05704157, 0.3130832, 0.09573383, -1.0138701, -0.1930015, 0.2031347, -0.27627918], atol=1e-5)
    made = grain.add_grain(np.full((4, 4, 3), 128, np.uint8), 1)
    assert made[0].ravel().tolist() == [128, 128, 128, 130, 130, 130, 129, 129, 129, 127, 127, 127]


def test_no_grain_leaves_everything():
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    np.testing.assert_array_equal(grain.add_grain(picture, 0), picture)

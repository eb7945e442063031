import numpy as np
import pytest
import torch

import classifier


def test_features_are_those_of_the_layers_with_their_normalisation(classifier_folder):
    stem = classifier.Stem(classifier_folder)
    image = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    maps = stem(image)
    assert [tuple(x.shape[1:]) for x in maps] == [(32, 16, 16), (64, 16, 16), (80, 7, 7), (192, 7, 7)]
    kernel = np.frombuffer((classifier_folder / "weights.bin").read_bytes(), np.uint8, 864).reshape(3, 3, 3, 32) * 0.004 - 0.5
    beta, mean, variance = (np.frombuffer((classifier_folder / "weights.bin").read_bytes(), np.uint8, 32, 864 + 32 * k) * 0.01 for k in range(3))
    plain = torch.nn.functional.conv2d(image * 2 - 1, torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()).float(), stride=2, padding=1)
    first = (plain - torch.from_numpy(mean).float()[:, None, None]) / torch.from_numpy(variance + 0.5 + 0.001).float().sqrt()[:, None, None]
    wanted = stem.convs[1](torch.relu(first + torch.from_numpy(beta).float()[:, None, None]))
    torch.testing.assert_close(maps[0], wanted, rtol=1e-3, atol=1e-3)
    assert not any(parameter.requires_grad for parameter in stem.parameters())


def test_weights_that_are_not_whole_are_refused(classifier_folder):
    (classifier_folder / "weights.bin").write_bytes((classifier_folder / "weights.bin").read_bytes() + b"x")
    with pytest.raises(ValueError, match="bytes of weights"):
        classifier.Stem(classifier_folder)

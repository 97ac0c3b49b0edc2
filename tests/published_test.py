"""The numbers of published.csv, as the paper's pages print them."""

import pytest

from xvat_tf import published

_ = None
# Columns: MNIST with 100 labels, SVHN with 1,000, CIFAR-10 with 4,000.
TABLE_1 = {
    "GAN feature matching": (99.07, 91.89, 81.37),
    "CatGAN": (98.09, _, 80.42),
    "Ladder networks": (98.94, _, 79.60),
    "pi": (_, 94.57, 83.45),
    "mean_teacher": (_, 94.79, 82.26),
    "vat": (98.64, 94.23, 85.18),
    "xvat_transductive": (98.02, 93.99, 85.82),
    "xvat": (97.82, 94.22, 86.59),
}
TABLE_2 = {
    "mle": (55.44,),
    "pi": (60.81,),
    "temporal": (61.35,),
    "vat": (59.71,),
    "xvat_transductive": (61.30,),
    "xvat": (61.76,),
}
TABLE_3 = {
    "vat": (4.31, 54.3, 51.3, 51.5),
    "xvat_transductive": (4.54, 36.6, 34.1, 39.3),
    "xvat": (4.33, 35.7, 33.6, 34.4),
}
TABLE_4 = {
    "Dropout": (98.95,),
    "Concrete dropout": (98.60,),
    "Ladder networks": (99.43,),
    "mle": (98.89,),
    "at_linf": (99.21,),
    "at_l2": (99.29,),
    "vat": (99.36,),
    "xat": (99.18,),
    "xvat": (99.08,),
}
TABLE_5 = {
    "mle": (93.24, 73.58),
    "pi": (94.44, 73.68),
    "temporal": (94.40, 73.70),
    "at_linf": (93.90, 74.04),
    "vat": (94.19, 75.02),
    "xat": (93.70, 74.62),
    "xvat": (93.88, 75.30),
}
TABLES = {
    "1": (("mnist", "svhn", "cifar10"), TABLE_1),
    "2": (("cifar100",), TABLE_2),
    "3": (("mnist", "svhn", "cifar10", "cifar100"), TABLE_3),
    "4": (("mnist",), TABLE_4),
    "5": (("cifar10", "cifar100"), TABLE_5),
}


@pytest.mark.parametrize("table", TABLES)
def test_every_number_is_the_papers(table):
    datasets, printed = TABLES[table]
    expected = {
        (dataset, method): number
        for method, numbers in printed.items()
        for dataset, number in zip(datasets, numbers, strict=True)
        if number is not None
    }
    found = published.of_table(table)
    assert {(n.dataset, n.method): n.value for n in found} == expected
    assert len(found) == len(expected)


def test_a_number_has_its_source():
    sources = {n.method: n.source for n in published.of_table("4")}
    assert sources["Concrete dropout"] == "[3]"
    assert sources["at_l2"] == "[15]" and sources["xat"] == ""


def test_gaps_of_the_paper_have_no_number():
    assert published.value("1", "svhn", "CatGAN") is None
    assert published.value("1", "mnist", "mle") is None

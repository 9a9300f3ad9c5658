"""Options that every folder of tests knows."""


def pytest_addoption(parser):
    parser.addoption("--record", action="store_true",
                     help="write the outcomes of tests/trials to book/_data/recorded instead of "
                          "comparing with them")

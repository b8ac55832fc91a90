"""The same without marks, and what else there is in suites: unittest, parameters, tests that fail or are skipped."""

import asyncio
import unittest

import pytest
import shop


@pytest.fixture(scope="module")
def office():
    return []


@pytest.fixture
def desk():
    found = [shop.Session("desk")]
    yield found
    found.clear()


def test_leaks_in_a_dictionary():
    shop.log_in("u")


class TestListeners:
    def test_leaks_in_a_list(self, office):
        shop.listen()

    def test_healthy_in_a_class(self, desk):
        desk.append(shop.Listener())


@pytest.mark.asyncio
async def test_leaks_in_a_default():
    await asyncio.sleep(0)
    shop.remember(shop.Node())


@pytest.mark.asyncio
async def test_healthy_tasks():
    async def work():
        return shop.Job()

    await asyncio.gather(*[work() for _ in range(5)])


def test_healthy_cycle():
    shop.Job()


def test_healthy_caches_that_fill_once():
    shop.settings()
    shop.parsed("x")


def test_healthy_fixtures(desk, office):
    desk.append(shop.Session("x"))
    office[:] = [shop.Session("y")]


class TestOld(unittest.TestCase):
    def setUp(self):
        self.kept = [shop.Node() for _ in range(3)]

    def test_healthy_unittest(self):
        self.kept.append(shop.Session("x"))


@pytest.mark.parametrize("n", [1, 2])
def test_healthy_parameters(n):
    shop.Session(n)


@pytest.mark.may_grow
def test_may_grow():
    shop.listen()


@pytest.mark.xfail
def test_that_fails():
    shop.listen()
    raise AssertionError


def test_that_is_skipped():
    pytest.skip("why not")


@pytest.fixture(params=["a", "b"])
def letter(request):
    return request.param


def test_healthy_with_a_parametrised_fixture(letter, tmp_path):
    (tmp_path / letter).write_text(letter)


def test_healthy_block(heap):
    with heap.no_growth("shop.*"):
        shop.Session(1)

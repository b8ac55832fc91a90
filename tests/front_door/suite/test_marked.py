"""Three leaky tests and five healthy ones: functions, a class, coroutines, fixtures of several scopes, caches."""

import asyncio

import pytest
import shop

pytestmark = pytest.mark.no_growth(of="shop.*", repeat=3)


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

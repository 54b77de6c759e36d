import pytest

from bot.errors import SetupError
from bot.sandbox.server import SandboxServer, create_app
from tests.sandbox.driver import TOKEN


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_it_does_not_listen_beyond_the_loopback_interface_unless_told(host: str) -> None:
    app = create_app(TOKEN)
    with pytest.raises(SetupError, match="everybody be anybody"):
        SandboxServer(app, app.state.world, 0, host)
    assert SandboxServer(app, app.state.world, 0, host, beyond_loopback=True).config.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_on_the_loopback_interface_it_listens(host: str) -> None:
    app = create_app(TOKEN)
    assert SandboxServer(app, app.state.world, 0, host).config.host == host

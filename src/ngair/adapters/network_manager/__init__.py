"""Wi-Fi and wired connections through NetworkManager, over D-Bus. Imported only where Wi-Fi is looked after."""

from ngair.adapters.network_manager.port import NetworkManagerPort

__all__ = ["NetworkManagerPort"]

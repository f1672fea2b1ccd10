"""What NetworkManager calls things on D-Bus, and its numbers that matter here."""

from __future__ import annotations

SERVICE = "org.freedesktop.NetworkManager"
ROOT = "/org/freedesktop"
MANAGER_PATH = "/org/freedesktop/NetworkManager"
SETTINGS_PATH = "/org/freedesktop/NetworkManager/Settings"
NOTHING = "/"

MANAGER = SERVICE
DEVICE = f"{SERVICE}.Device"
WIRELESS = f"{SERVICE}.Device.Wireless"
ACCESS_POINT = f"{SERVICE}.AccessPoint"
ACTIVE = f"{SERVICE}.Connection.Active"
IP4 = f"{SERVICE}.IP4Config"
IP6 = f"{SERVICE}.IP6Config"
SETTINGS = f"{SERVICE}.Settings"
PROFILE = f"{SERVICE}.Settings.Connection"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"

# NMDeviceType
ETHERNET, WIFI, BOND, VLAN, BRIDGE, TEAM, MACVLAN, VETH, DUMMY = 1, 2, 10, 11, 13, 15, 18, 20, 22
WIRED = frozenset({ETHERNET, VETH, DUMMY})
WIRED_WITH_A_GATEWAY = frozenset({BOND, VLAN, BRIDGE, TEAM, MACVLAN})
"""Most bridges lead to containers of this very machine; one with a gateway leads out of it."""

# NMDeviceState
UNMANAGED, DISCONNECTED, PREPARING, NEED_AUTH, IP_CONFIG, ACTIVATED, FAILED = 10, 30, 40, 60, 70, 100, 120

# NMActiveConnectionState
ACTIVE_UP, ACTIVE_DOWN = 2, 4

# NM80211Mode
MODE_AP = 3

# NMDeviceWifiCapabilities
CAN_BE_ACCESS_POINT = 0x40

# NM80211ApFlags, NM80211ApSecurityFlags
PRIVACY = 0x1
KEY_PSK, KEY_802_1X, KEY_SAE, KEY_OWE, KEY_EAP_SUITE_B = 0x100, 0x200, 0x400, 0x800, 0x2000

# NMSettingsUpdate2Flags
TO_DISK = 0x1

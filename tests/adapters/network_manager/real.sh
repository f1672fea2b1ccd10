# Runs NetworkManager and a message bus where they see nothing of this machine: to be started by unshare -nmf.
# NetworkManager alone also has processes of its own; the bus has to see whose those are that ask.
# $1: a folder with bus.conf and NetworkManager.conf. Then one order a line on its input, each answered by its status.

set -u
folder=$1
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /etc/NetworkManager
mount -t tmpfs tmpfs /var/lib/NetworkManager
# Where /sys can be written, NetworkManager waits for a udev that is not here.
mount -t sysfs -o ro sysfs /sys
mkdir -p /run/dbus /etc/NetworkManager/system-connections
cp "$folder/NetworkManager.conf" /etc/NetworkManager/
ip link set lo up
ip link add eth0 type veth peer name far0
ip link set far0 up
export DBUS_SYSTEM_BUS_ADDRESS="unix:path=$folder/bus"
mkfifo "$folder/ready"
setpriv --pdeathsig KILL dbus-daemon --config-file="$folder/bus.conf" --nofork --nopidfile --print-address \
    2>/dev/null >"$folder/ready" &
read -r _ <"$folder/ready"

while read -r order arguments; do
    case $order in
    start)
        setpriv --pdeathsig KILL unshare -pf --kill-child NetworkManager --no-daemon >>"$folder/log" 2>&1 &
        manager=$!
        true
        ;;
    stop)
        read -r inside <"/proc/$manager/task/$manager/children"
        kill "$inside"
        wait "$manager"
        true
        ;;
    # shellcheck disable=SC2086 # the arguments are words
    *) $order $arguments >"$folder/said" 2>&1 ;;
    esac
    echo "$?"
done

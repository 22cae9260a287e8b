#!/usr/bin/env bash
# Runs a command beside an OpenStack Swift with the S3 interface, on 127.0.0.1, that begins and ends with it: swift.sh <new folder> <command...>
#
# The servers are Debian's proxy, account, container and object server and memcached, with rings, data and logs in the folder, as the user who
# runs this. The folder must be on a file system with extended attributes for users; tmpfs has them from Linux 6.6 on. The command
# gets AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and all ports in SWIFT_PORTS. There is no bucket yet.
set -euo pipefail
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
chmod 700 "$folder"
mkdir "$folder/devices" "$folder/devices/disk"

# Rings hold the ports, so Swift takes no port 0: these were free a moment ago.
read -r proxy account container object memcached < <(node -e '
  const servers = [0, 1, 2, 3, 4].map(() => require("node:net").createServer().listen(0, "127.0.0.1"));
  setTimeout(() => console.log(...servers.map((server) => server.address().port)) ?? servers.map((server) => server.close()));
')

common() { # <port>
  cat << END
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = $1
bind_timeout = 1
workers = 0
user = $(id -un)
swift_dir = $folder
devices = $folder/devices
mount_check = false
disable_fallocate = true
log_address = $folder/no-syslog
END
}
for kind in account container object; do
  { common "${!kind}"; printf '[pipeline:main]\npipeline = %s-server\n[app:%s-server]\nuse = egg:swift#%s\n' $kind $kind $kind; } > "$folder/$kind.conf"
done
/usr/bin/python3 - "$folder" "account:$account" "container:$container" "object:$object" << 'END'
import sys
from swift.common.ring import RingBuilder
for kind, port in (ring.split(":") for ring in sys.argv[2:]):
    builder = RingBuilder(2, 1, 1)
    builder.add_dev({"region": 1, "zone": 1, "ip": "127.0.0.1", "port": int(port), "device": "disk", "weight": 1})
    builder.rebalance()
    builder.get_ring().save(f"{sys.argv[1]}/{kind}.ring.gz")
END
cat > "$folder/proxy.conf" << END
$(common "$proxy")
[pipeline:main]
pipeline = catch_errors gatekeeper cache listing_formats bulk s3api tempauth copy slo dlo versioned_writes proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:$memcached
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = testing .admin
$(for name in catch_errors gatekeeper listing_formats bulk s3api copy slo dlo versioned_writes; do printf '[filter:%s]\nuse = egg:swift#%s\n' $name $name; done)
END

servers=()
stop() {
  trap - EXIT
  for pid in "${servers[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait
}
trap stop EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
memcached --listen=127.0.0.1 --port="$memcached" --udp-port=0 --user="$(id -un)" > "$folder/memcached.log" 2>&1 &
servers+=($!)
for kind in account container object proxy; do
  "swift-$kind-server" "$folder/$kind.conf" --verbose > "$folder/$kind.log" 2>&1 &
  servers+=($!)
done

# Any answer at all: without a signature it is 403. Ends where that is too late: a port was taken, or 60 s are over.
for port in "$memcached" "$account" "$container" "$object" "$proxy"; do
  end=$((SECONDS + 60))
  until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
    for pid in "${servers[@]}"; do
      kill -0 "$pid" 2> /dev/null || { cat "$folder"/*.log >&2; exit 1; }
    done
    if [ $SECONDS -gt $end ]; then echo "swift.sh: nothing listens at port $port" >&2; exit 1; fi
    sleep 0.05
  done
done
export AWS_ENDPOINT_URL_S3="http://127.0.0.1:$proxy" AWS_ACCESS_KEY_ID=test:tester AWS_SECRET_ACCESS_KEY=testing
export SWIFT_PORTS="$proxy $account $container $object $memcached"
"$@"

#!/usr/bin/env bash
# Runs a command in a Slurm cluster of one node on 127.0.0.1 that begins and ends with it: slurm.sh <new folder> <command...>
#
# The cluster is what Debian's slurmctld, slurmd and munge start, with configuration, keys, sockets, state and logs in the folder,
# as the user who runs this. It has eight CPUs, whatever the machine has, so that eight tasks can run at a time.
#
# Daemons that do not listen everywhere (NoInAddrAny) listen where the name of the machine leads. If that is not 127.0.0.1, they
# get a namespace in which the name is localhost, which only root can make.
set -euo pipefail
if ! getent ahostsv4 "$(uname -n)" | grep -q '^127\.0\.0\.1 '; then
  exec unshare --uts bash -c 'hostname localhost && exec bash "$@"' - "$0" "$@"
fi
export PATH="$PATH:/usr/sbin:/sbin"
folder=$(mkdir -p "$1" && cd "$1" && pwd)
shift
chmod 700 "$folder"
mkdir "$folder/state" "$folder/spool"

# Slurm takes no port 0: these were free a moment ago.
read -r controller_port node_port < <(node -e '
  const servers = [0, 1].map(() => require("node:net").createServer().listen(0, "127.0.0.1"));
  setTimeout(() => console.log(...servers.map((server) => server.address().port)) ?? servers.map((server) => server.close()));
')
host=$(uname -n)
user=$(id -un)
cat > "$folder/slurm.conf" << END
ClusterName=bulkget
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller_port
SlurmdPort=$node_port
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/builtin
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0
JobCompType=jobcomp/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
KillWait=5
MailProg=/bin/true
END
export SLURM_CONF="$folder/slurm.conf"

daemons=()
# Repeats a command until it succeeds. Ends where that is too late: a daemon is gone, such as by a port that was taken, or 30 s are over.
await() { # <command...>
  local end=$((SECONDS + 30)) pid
  until "$@" > /dev/null 2>&1; do
    for pid in "${daemons[@]}"; do
      kill -0 "$pid" 2> /dev/null || { cat "$folder"/*.out >&2; exit 1; }
    done
    if [ $SECONDS -gt $end ]; then echo "slurm.sh: no answer of $1" >&2; exit 1; fi
    sleep 0.05
  done
}
is_idle() { [ "$(sinfo -h -o %T)" = idle ]; }
stop() {
  trap - EXIT
  scancel --user="$user" --full --signal=KILL 2> /dev/null || true
  for _ in $(seq 100); do
    if [ -z "$(squeue -h -t RUNNING,COMPLETING 2> /dev/null)" ]; then break; fi
    sleep 0.05
  done
  for pid in "${daemons[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait
}
trap stop EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

dd if=/dev/urandom of="$folder/munge.key" bs=128 count=1 status=none
chmod 400 "$folder/munge.key"
munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
  --seed-file="$folder/munged.seed" --log-file="$folder/munged.log" > "$folder/munged.out" 2>&1 &
daemons+=($!)
await munge -n --socket="$folder/munge.socket"
slurmctld -D -i > "$folder/slurmctld.out" 2>&1 &
daemons+=($!)
slurmd -D -N "$host" > "$folder/slurmd.out" 2>&1 &
daemons+=($!)
await is_idle
"$@"

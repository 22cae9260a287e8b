// Starts the installed squid and microsocks as real proxies, each on a free port with its own folder.

import { AS_ROOT, type Kind, type RunningServer, start } from "./servers.ts";

/**
 * Starts squid, which forwards without a cache and tunnels to any port. `passwords` is the path of an htpasswd file with
 * the allowed users, readable for everybody.
 */
export async function squid(passwords?: string): Promise<RunningServer> {
  const kind: Kind = {
    program: "squid",
    args: (_, config) => ["-N", "-f", config],
    config: (folder, port) => [
      passwords === undefined ? "" : `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${passwords}`,
      passwords === undefined ? "" : "acl users proxy_auth REQUIRED\nhttp_access deny !users",
      AS_ROOT ? "cache_effective_user nobody" : "", // squid refuses to run as root
      `http_port 127.0.0.1:${port}\nvisible_hostname localhost\npid_filename ${folder}/pid\ncoredump_dir ${folder}`,
      `access_log stdio:${folder}/access.log\ncache_log ${folder}/error.log\ncache_store_log none`,
      "http_access allow all\ncache deny all\ncache_mem 8 MB\nmemory_cache_shared off\npinger_enable off",
      "max_filedescriptors 4096\nshutdown_lifetime 0 seconds",
    ],
  };
  return start(kind, "http");
}

/** Starts microsocks, a SOCKS 5 server, with or without a required user and password. */
export async function microsocks(login?: { user: string; password: string }): Promise<RunningServer> {
  const wanted = login === undefined ? "" : ` -u ${login.user} -P ${login.password}`;
  const kind: Kind = {
    program: "microsocks",
    shell: (program, folder, port) => `echo $$ > ${folder}/pid; exec ${program} -i 127.0.0.1 -p ${port}${wanted}`,
    args: () => [],
    config: () => [],
  };
  return start(kind, "socks5");
}

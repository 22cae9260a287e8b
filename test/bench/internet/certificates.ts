// Creates the benchmark's certificates by openssl: an authority, one certificate per domain, and bad ones.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { grouped } from "./grouped.ts";
import type { BadCertificate, Site } from "./plan.ts";

/** Key and certificate in PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** The path of the authority's certificate, which the programs trust. */
  readonly authority: string;
  /** Certificates by domain. */
  readonly good: Readonly<Record<string, Certificate>>;
  readonly bad: Readonly<Record<BadCertificate, Certificate>>;
}

export function domainOf(name: string): string {
  return name.split(".").slice(-2).join(".");
}

/** Creates the certificates. A wildcard matches one label (RFC 6125 section 6.4.3), so www. names are listed explicitly. */
export function makeCertificates(sites: readonly Site[], folder: string): Certificates {
  const openssl = (...args: readonly string[]) => {
    execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "ignore", "pipe"] });
  };
  const read = (file: string) => readFileSync(join(folder, file), "utf8");
  const makeKey = (name: string) =>
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", name);
  const authority = (name: string) => {
    makeKey(`${name}.key`);
    const usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"];
    openssl(
      "req",
      "-x509",
      "-key",
      `${name}.key`,
      "-subj",
      `/CN=${name}`,
      "-days",
      "30",
      ...usage,
      "-out",
      `${name}.pem`,
    );
  };
  const sign = (by: string, names: readonly string[], ...dates: readonly string[]): Certificate => {
    const extensions = `basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=${names.map((name) => `DNS:${name}`).join(",")}
`;
    writeFileSync(join(folder, "extensions"), extensions);
    openssl("req", "-new", "-key", "server.key", "-subj", "/CN=server", "-out", "server.csr");
    openssl(
      ...["ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", `${by}.pem`, "-keyfile", `${by}.key`],
      ...["-in", "server.csr", "-extfile", "extensions", "-out", "server.pem", ...dates],
    );
    return { key: read("server.key"), cert: read("server.pem") };
  };

  writeFileSync(join(folder, "index.txt"), "");
  writeFileSync(join(folder, "ca.cnf"), CONFIG);
  authority("authority");
  authority("unknown");
  makeKey("server.key");

  const domains = grouped(sites, ({ name }) => domainOf(name));
  const good: Record<string, Certificate> = {};
  for (const [domain, members] of domains) {
    good[domain] = sign("authority", [`*.${domain}`, ...members.map(({ name }) => `www.${name}`)], ...VALID);
  }
  const those = (bad: BadCertificate) => {
    const names = sites.filter(({ badCertificate }) => badCertificate === bad).map(({ name }) => name);
    return names.length > 0 ? names : ["nobody.test"];
  };
  return {
    authority: join(folder, "authority.pem"),
    good,
    bad: {
      expired: sign("authority", those("expired"), "-startdate", "20200101000000Z", "-enddate", "20200201000000Z"),
      "another name's": sign("authority", ["elsewhere.test"], ...VALID),
      "of an unknown issuer": sign("unknown", those("of an unknown issuer"), ...VALID),
    },
  };
}

const VALID = ["-days", "30"];

const CONFIG = `[ca]
default_ca = bench
[bench]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
rand_serial = yes
[any]
commonName = supplied
`;

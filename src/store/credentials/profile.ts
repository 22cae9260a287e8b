// Reads the profile of AWS's shared files: credentials, region and endpoint.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Env } from "./credentials.ts";

export interface Profile {
  readonly name: string;
  /** The settings of both files by their names in lower case; those of the credentials file come first. */
  readonly values: Readonly<Record<string, string>>;
}

/** Reads the profile that AWS_PROFILE names, or `default`. Files that are not there have no settings. Throws other errno errors. */
export function readProfile(env: Env): Profile {
  const name = env["AWS_PROFILE"] || "default";
  const home = env["HOME"] || homedir();
  const credentials = env["AWS_SHARED_CREDENTIALS_FILE"] || join(home, ".aws", "credentials");
  const config = env["AWS_CONFIG_FILE"] || join(home, ".aws", "config");
  // The section of another profile than `default` is [profile x] in the one file, and [x] in the other.
  const inConfig = sectionOf(config, name === "default" ? ["default", "profile default"] : [`profile ${name}`]);
  const values = { ...inConfig, ...sectionOf(credentials, [name]) };
  // `services = x` names the section [services x], which has endpoints of services.
  const { services } = values;
  return {
    name,
    values: services === undefined ? values : { ...values, ...sectionOf(config, [`services ${services}`]) },
  };
}

/** A setting, and where it was read, for messages. */
export interface Setting {
  readonly value: string;
  readonly from: string;
}

/** The first setting that has a value: of the variables, then of the profile. */
export function settingOf(
  env: Env,
  { name, values }: Profile,
  { variables, keys }: { readonly variables: readonly string[]; readonly keys: readonly string[] },
): Setting | undefined {
  const settings = [
    ...variables.map((from) => ({ value: env[from] ?? "", from })),
    ...keys.map((key) => ({ value: values[key] ?? "", from: `${key} of the profile ${name}` })),
  ];
  return settings.find(({ value }) => value !== "");
}

function sectionOf(path: string, names: readonly string[]): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return {};
    throw error;
  }
  const values: Record<string, string> = {};
  let isIn = false;
  let parent = "";
  for (const line of text.split(/\r?\n/)) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (section !== undefined) {
      isIn = names.includes(section.trim().replace(/\s+/g, " "));
      parent = "";
      continue;
    }
    if (!isIn || /^\s*([#;]|$)/.test(line)) continue;
    const [, blanks = "", key = "", value = ""] = /^(\s*)([^=]+?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key === "") continue;
    // Lines below `s3 =` are settings of s3: `s3.endpoint_url`.
    if (blanks === "") parent = value === "" ? `${key.toLowerCase()}.` : "";
    const text = value.replace(/\s[#;].*$/, "");
    if (text !== "") values[(blanks === "" ? "" : parent) + key.toLowerCase()] = text;
  }
  return values;
}

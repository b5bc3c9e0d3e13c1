#!/usr/bin/env node
// Completes package-lock.json for every platform. `npm install` silently leaves out optional platform packages
// that the registry in use does not serve, and `npm ci` then refuses the lockfile ("Missing: ... from lock file").
// This adds an entry for each of them: version, platform and flags, no integrity (npm has not seen the package).
// Plain JavaScript without dependencies: it must run before anything is installed.
//
//   node scripts/lockfile.js           write the missing entries
//   node scripts/lockfile.js --check   write nothing, exit 1 and list what is missing
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const OS = {
  aix: "aix",
  android: "android",
  darwin: "darwin",
  freebsd: "freebsd",
  linux: "linux",
  netbsd: "netbsd",
  openbsd: "openbsd",
  openharmony: "openharmony",
  sunos: "sunos",
  win: "win32",
  win32: "win32",
  windows: "win32",
};
const CPU = {
  amd64: "x64",
  arm: "arm",
  arm64: "arm64",
  ia32: "ia32",
  loong64: "loong64",
  mips64el: "mips64el",
  ppc64: "ppc64",
  riscv64: "riscv64",
  s390x: "s390x",
  wasm32: "wasm32",
  x64: "x64",
};
const LIBC = {
  gnu: "glibc",
  gnueabihf: "glibc",
  musl: "musl",
  musleabihf: "musl",
};

/** What a platform package's name says about where it installs, e.g. `@x/y-linux-arm-musleabihf`. */
export function platformOf(name) {
  const words = name.split("/").at(-1).split("-");
  const pick = (table) => words.map((word) => table[word]).find((value) => value !== undefined);
  const [os, cpu, libc] = [pick(OS), pick(CPU), pick(LIBC)];
  if (!os || !cpu) return undefined;
  return { os: [os], cpu: [cpu], ...(libc ? { libc: [libc] } : {}) };
}

/** Where Node would find `name` from the package at lockfile path `from`; undefined when no entry exists. */
function resolve(packages, from, name) {
  let at = from;
  for (;;) {
    const candidate = `${at ? `${at}/` : ""}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (!at) return undefined;
    const cut = at.lastIndexOf("node_modules/");
    at = cut < 0 ? "" : at.slice(0, cut).replace(/\/$/, "");
  }
}

/** The lockfile's missing optional packages as new entries: path -> entry. */
export function missingEntries(lockfile) {
  const { packages } = lockfile;
  const missing = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (resolve(packages, path, name)) continue;
      if (!/^\d+\.\d+\.\d+[-+.\w]*$/.test(version)) {
        throw new Error(
          `${path || "root"} wants ${name}@${version}, which is no exact version: run npm install where the registry has it`,
        );
      }
      const platform = platformOf(name);
      if (!platform) {
        throw new Error(
          `the platform of ${name} cannot be read from its name: add its words to scripts/lockfile.js`,
        );
      }
      // Keys in npm's order.
      missing[`node_modules/${name}`] = {
        version,
        cpu: platform.cpu,
        ...(entry.dev ? { dev: true } : {}),
        ...(platform.libc ? { libc: platform.libc } : {}),
        optional: true,
        os: platform.os,
      };
    }
  }
  return missing;
}

/** The lockfile with the entries added, keys in npm's order so that npm does not rewrite it. */
export function completed(lockfile, entries) {
  const packages = { ...lockfile.packages, ...entries };
  const sorted = Object.keys(packages).sort((a, b) => a.localeCompare(b, "en"));
  return { ...lockfile, packages: Object.fromEntries(sorted.map((path) => [path, packages[path]])) };
}

function main(args) {
  const path = join(dirname(dirname(fileURLToPath(import.meta.url))), "package-lock.json");
  const lockfile = JSON.parse(readFileSync(path, "utf8"));
  const entries = missingEntries(lockfile);
  const names = Object.keys(entries);
  if (names.length === 0) {
    console.log(`package-lock.json: complete, ${Object.keys(lockfile.packages).length} entries`);
    return 0;
  }
  if (args.includes("--check")) {
    console.error(
      `package-lock.json lacks ${names.length} platform packages; npm ci will refuse it.\n` +
        `  ${names.slice(0, 5).join("\n  ")}${names.length > 5 ? "\n  ..." : ""}\n` +
        "Run: node scripts/lockfile.js, and commit package-lock.json",
    );
    return 1;
  }
  writeFileSync(path, `${JSON.stringify(completed(lockfile, entries), null, 2)}\n`);
  console.log(`package-lock.json: ${names.length} platform packages added`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));

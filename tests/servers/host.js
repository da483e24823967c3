// SPDX-License-Identifier: MIT
"use strict";
// The life of a test server, the same for all of them: port from OPCUA_PORT or --port, PKI in a
// temporary folder, one "ready" line when it serves, a clean end on SIGTERM or SIGINT.
require("./loopback");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { OPCUACertificateManager } = require("node-opcua");

/** The value of `--name value` or of the environment variable, else the default. */
function option(name, variable, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  if (at >= 0 && at + 1 < process.argv.length) return process.argv[at + 1];
  return process.env[variable] ?? fallback;
}

/** A folder for certificates: the one that was given, or one that goes with the process. */
function pkiFolder() {
  const given = option("pki", "OPCUA_PKI", "");
  if (given) return { folder: given, remove() {} };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "osm-pki-"));
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Runs a server until a signal comes. `build(port, certificates)` returns the OPCUAServer, with
 * `certificates` the options that keep its certificate stores out of the home folder;
 * `populate(server)` fills its address space and may return a function that stops timers.
 */
async function host(defaultPort, build, populate) {
  const port = Number(option("port", "OPCUA_PORT", defaultPort));
  const pki = pkiFolder();
  process.on("exit", pki.remove);
  const certificates = {};
  for (const role of ["server", "user"]) {
    const manager = new OPCUACertificateManager({
      rootFolder: path.join(pki.folder, role),
      automaticallyAcceptUnknownCertificate: option("trust", "OPCUA_TRUST", "all") === "all",
    });
    await manager.initialize();
    certificates[`${role}CertificateManager`] = manager;
  }
  const server = await build(port, certificates);
  await server.initialize();
  const stopTimers = await populate(server);
  await server.start();

  let ending = false;
  const end = async () => {
    if (ending) return;
    ending = true;
    if (stopTimers) stopTimers();
    await server.shutdown(100);
    process.exit(0);
  };
  process.on("SIGTERM", end);
  process.on("SIGINT", end);
  process.stdout.write(`ready opc.tcp://localhost:${port}\n`);
}

/** Starts and reports what went wrong on stderr. */
function main(...args) {
  process.on("uncaughtException", (e) => process.stderr.write(`uncaught: ${e.stack}\n`));
  host(...args).catch((e) => {
    process.stderr.write(`${e.stack}\n`);
    process.exit(1);
  });
}

module.exports = { main, option };

// SPDX-License-Identifier: MIT
"use strict";
// The life of a test server, the same for all of them: port from OPCUA_PORT or --port, PKI in a
// temporary folder. A program alone prints one "ready" line when it serves and ends cleanly on SIGTERM or
// SIGINT; many.js has several of them in one process.
require("./loopback");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { OPCUACertificateManager } = require("node-opcua");

/** The words of a command line: `--name value` and `--name`. */
class Words {
  constructor(words) {
    this.words = words;
  }

  has(name) {
    return this.words.includes(`--${name}`);
  }

  /** The value of `--name value` or of the environment variable, else the default. */
  value(name, variable, fallback) {
    const at = this.words.indexOf(`--${name}`);
    if (at >= 0 && at + 1 < this.words.length) return this.words[at + 1];
    return process.env[variable] ?? fallback;
  }
}

/** A folder for certificates: the one that was given, or one that goes with the server. */
function pkiFolder(words) {
  const given = words.value("pki", "OPCUA_PKI", "");
  if (given) return { folder: given, remove() {} };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "osm-pki-"));
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

/**
 * Starts a server. Of the program, `build(port, certificates, words)` returns the OPCUAServer, with
 * `certificates` the options that keep its certificate stores out of the home folder;
 * `populate(server, words)` fills its address space and may return a function that stops timers.
 * Returns the port and `end(patience)`, which shuts the server down.
 */
async function serve({ defaultPort, build, populate }, words) {
  const port = Number(words.value("port", "OPCUA_PORT", defaultPort));
  const pki = pkiFolder(words);
  process.on("exit", pki.remove);
  const certificates = {};
  for (const role of ["server", "user"]) {
    const manager = new OPCUACertificateManager({
      rootFolder: path.join(pki.folder, role),
      automaticallyAcceptUnknownCertificate: words.value("trust", "OPCUA_TRUST", "all") === "all",
    });
    await manager.initialize();
    certificates[`${role}CertificateManager`] = manager;
  }
  const server = await build(port, certificates, words);
  await server.initialize();
  const stopTimers = await populate(server, words);
  await server.start();
  return {
    port,
    async end(patience) {
      if (stopTimers) stopTimers();
      await server.shutdown(patience);
      process.off("exit", pki.remove);
      pki.remove();
    },
  };
}

/** What no server expected is told on stderr; the others go on. */
function tellUncaught() {
  process.on("uncaughtException", (e) => process.stderr.write(`uncaught: ${e.stack}\n`));
}

async function alone(program) {
  tellUncaught();
  try {
    const server = await serve(program, new Words(process.argv.slice(2)));
    let ending = false;
    const end = async () => {
      if (ending) return;
      ending = true;
      await server.end(100);
      process.exit(0);
    };
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
    process.stdout.write(`ready opc.tcp://localhost:${server.port}\n`);
  } catch (e) {
    process.stderr.write(`${e.stack}\n`);
    process.exit(1);
  }
}

/** Makes a module a program: run by itself it serves at once, else many.js has it. */
function offer(module, defaultPort, build, populate) {
  module.exports = { defaultPort, build, populate };
  if (require.main === module) alone(module.exports);
}

module.exports = { offer, serve, tellUncaught, Words };

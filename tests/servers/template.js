// SPDX-License-Identifier: MIT
"use strict";
// What all test servers on Node begin with, loaded once: node-opcua and the address spaces of its
// node sets. For each line of stdin, {"argv": [script, …], "out": path, "err": path}, the process
// forks and the child is that server, as if it had been started so; its id goes to the descriptor
// argv[3]. A server is there in a tenth of the time that a new Node takes. argv[2] is the addon of
// fork.c, which says what a child may not do. Ends with stdin; children end with it.
require("./host");
const crypto = require("node:crypto");
const fs = require("node:fs");
const { AddressSpace, ServerEngine, nodesets } = require("node-opcua");
const generating = require("node-opcua-address-space/distNodeJS/generate_address_space.js");

const fork = require(process.argv[2]);
delete process.env.LD_PRELOAD; // the addon, which no other program could load
const ANSWERS = Number(process.argv[3]);
const BASES = [nodesets.standard, require.resolve("node-opcua-address-space/nodesets/mini.Nodeset2.xml")];

/** Servers with no other node set take the space that is loaded; the others load theirs, in a process that has done it. */
function lend(spaces) {
  const { initialize } = ServerEngine.prototype;
  const { create } = AddressSpace;
  const { generateAddressSpace } = generating;
  ServerEngine.prototype.initialize = function initializeWithLoaded(options, callback) {
    const space = spaces.get(String(options.nodeset_filename ?? nodesets.standard));
    AddressSpace.create = space ? () => space : create;
    generating.generateAddressSpace = space ? async () => {} : generateAddressSpace;
    return initialize.call(this, options, callback);
  };
}

/** No two children draw the same numbers, and none ends in Node's own way. */
function beOneself() {
  for (let i = crypto.randomInt(100000); i > 0; i -= 1) Math.random();
  Object.defineProperty(process, "pid", { value: Number(fs.readlinkSync("/proc/self")) });
  process.reallyExit = () => process.kill(process.pid, "SIGKILL");
}

/** Lines of stdin, waiting for each: while a process forks nothing else may go on in it. */
function* lines() {
  const piece = Buffer.alloc(65536);
  let text = "";
  for (;;) {
    const size = fs.readSync(0, piece);
    if (size === 0) return;
    text += piece.toString("utf8", 0, size);
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n")) {
      yield text.slice(0, at);
      text = text.slice(at + 1);
    }
  }
}

async function main() {
  const spaces = new Map();
  for (const file of BASES) {
    spaces.set(file, AddressSpace.create());
    await generating.generateAddressSpace(spaces.get(file), [file]);
  }
  lend(spaces);
  for (const line of lines()) {
    const { argv, out, err } = JSON.parse(line);
    const pid = fork(out, err);
    if (pid === 0) {
      fs.closeSync(ANSWERS);
      beOneself();
      process.argv = [process.argv[0], ...argv];
      require(argv[0]);
      return;
    }
    fs.writeSync(ANSWERS, `${pid}\n`);
  }
  process.reallyExit(0);
}

main();

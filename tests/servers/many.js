// SPDX-License-Identifier: MIT
"use strict";
// Several test servers in one process, which loads node-opcua once for all of them. A line of stdin
// is a wish, each is answered by a line on stdout with its id, and the process ends with stdin:
//
//   {"id": 1, "start": "types-server.js", "words": ["--port", "4861"]}   answered when it serves
//   {"id": 2, "cut": 4861}   connections and port are gone as with a process; answered then
//   {"id": 3, "error": "…"}  the answer to a wish that came to nothing
//
// Behind a port that was cut the server is shut down in its own time; the next one on the port does
// not wait for it. What is one for the whole process (general-server.js --publish-queue) and what
// stops or kills a process needs a program alone.
const { serve, tellUncaught, Words } = require("./host");
const net = require("node:net");
const readline = require("node:readline");

const lines = new Map(); // by port: who listens there, and its connections
const servers = new Map(); // by port

const { listen } = net.Server.prototype;
net.Server.prototype.listen = function listenAndNote(...args) {
  const sockets = new Set();
  this.prependListener("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  this.once("listening", () => lines.set(this.address().port, { listener: this, sockets }));
  return listen.apply(this, args);
};

async function start({ start: program, words }) {
  const server = await serve(require(`./${program}`), new Words(words));
  servers.set(server.port, server);
}

function cut({ cut: port }) {
  const { listener, sockets } = lines.get(port);
  lines.delete(port);
  listener.close();
  for (const socket of sockets) socket.destroy();
  const server = servers.get(port);
  servers.delete(port);
  server.end(0).catch((e) => process.stderr.write(`the end of port ${port}: ${e.stack}\n`));
}

async function fulfil(wish) {
  const answer = { id: wish.id };
  try {
    await (wish.start ? start(wish) : cut(wish));
  } catch (e) {
    answer.error = String(e.stack);
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

tellUncaught();
readline.createInterface({ input: process.stdin })
  .on("line", (line) => fulfil(JSON.parse(line)))
  .on("close", () => process.exit(0));

// SPDX-License-Identifier: MIT
"use strict";
// File transfer (OPC 10000-20) in memory, on opc.tcp://localhost:4863/UA/Files unless told
// otherwise: the directory ns=1;s=Files with hello.txt (text), noise.bin (no UTF-8) and the empty
// directory box. Ids of what is there from the start are `<path>` below Files, those of what
// callers create are numbers.
const { offer } = require("./host");
const { DataType: T, OPCUAServer, StatusCodes: S, Variant, VariantArrayType, nodesets } = require("node-opcua");

const READ = 1, WRITE = 2, ERASE = 4, APPEND = 8;

function build(port, certificates) {
  return new OPCUAServer({
    port,
    hostname: "localhost",
    resourcePath: "/UA/Files",
    ...certificates,
    nodeset_filename: [nodesets.standard],
    buildInfo: {
      productName: "File server", productUri: "urn:osm:files", manufacturerName: "osm", softwareVersion: "9.8",
      buildNumber: "42", buildDate: new Date("2024-05-06T07:08:09.010Z"),
    },
  });
}

/** Binds a method; `run(...values)` returns a status, or the outputs as [type, value] pairs. */
function bind(object, name, run) {
  object.getMethodByName(name).bindMethod((inputs, context, callback) => {
    const result = run(...inputs.map((v) => v.value));
    if (!Array.isArray(result)) return callback(null, { statusCode: result });
    const outputArguments = result.map(([dataType, value]) => new Variant({ dataType, arrayType: VariantArrayType.Scalar, value }));
    return callback(null, { statusCode: S.Good, outputArguments });
  });
}

const toNumber = ([high, low]) => high * 2 ** 32 + low;
const toUInt64 = (number) => [Math.floor(number / 2 ** 32), number % 2 ** 32];

/** What a node of the file system is; files hold their bytes and who has them open. */
class Entry {
  constructor(node, name, parent) {
    Object.assign(this, { node, name, parent, children: new Map(), bytes: Buffer.alloc(0), handles: new Map() });
  }
}

class FileSystem {
  constructor(space) {
    this.space = space;
    this.namespace = space.getOwnNamespace();
    this.entries = new Map();
    this.nextHandle = 1;
  }

  add(typeName, name, parent, id) {
    const where = parent ? { componentOf: parent.node } : { organizedBy: this.space.rootFolder.objects };
    const node = this.space.findObjectType(typeName).instantiate({
      browseName: { name, namespaceIndex: 1 }, nodeId: id && `ns=1;s=${id}`, ...where,
    });
    const entry = new Entry(node, name, parent);
    this.entries.set(node.nodeId.toString(), entry);
    if (parent) parent.children.set(name, entry);
    return entry;
  }

  addFile(name, parent, bytes, id) {
    const file = this.add("FileType", name, parent, id);
    file.isFile = true;
    file.bytes = Buffer.from(bytes);
    bind(file.node, "Open", (mode) => this.open(file, mode));
    bind(file.node, "Close", (handle) => (file.handles.delete(handle) ? S.Good : S.BadInvalidArgument));
    bind(file.node, "Read", (handle, length) => this.read(file, file.handles.get(handle), length));
    bind(file.node, "Write", (handle, data) => this.write(file, file.handles.get(handle), data));
    bind(file.node, "GetPosition", (handle) => {
      const at = file.handles.get(handle);
      return at ? [[T.UInt64, toUInt64(at.position)]] : S.BadInvalidArgument;
    });
    bind(file.node, "SetPosition", (handle, position) => {
      const at = file.handles.get(handle);
      if (!at) return S.BadInvalidArgument;
      at.position = Math.min(toNumber(position), file.bytes.length);
      return S.Good;
    });
    return file;
  }

  addDirectory(name, parent, id) {
    const directory = this.add("FileDirectoryType", name, parent, id);
    bind(directory.node, "CreateDirectory", (child) => {
      if (directory.children.has(child)) return S.BadBrowseNameDuplicated;
      return [[T.NodeId, this.addDirectory(child, directory).node.nodeId]];
    });
    bind(directory.node, "CreateFile", (child, open) => {
      if (directory.children.has(child)) return S.BadBrowseNameDuplicated;
      const file = this.addFile(child, directory, "");
      const handle = open ? this.open(file, READ | WRITE)[0][1] : 0;
      return [[T.NodeId, file.node.nodeId], [T.UInt32, handle]];
    });
    bind(directory.node, "Delete", (id) => this.remove(directory, this.entries.get(id.toString())));
    bind(directory.node, "MoveOrCopy", (id, target, copy, name_) =>
      this.move(directory, this.entries.get(id.toString()), this.entries.get(target.toString()), copy, name_));
    return directory;
  }

  open(file, mode) {
    if (!(mode & (READ | WRITE)) || mode > 15) return S.BadInvalidArgument;
    if (mode & ERASE) file.bytes = Buffer.alloc(0);
    const handle = this.nextHandle++;
    file.handles.set(handle, { mode, position: mode & APPEND ? file.bytes.length : 0 });
    return [[T.UInt32, handle]];
  }

  read(file, at, length) {
    if (!at || length <= 0) return S.BadInvalidArgument;
    if (!(at.mode & READ)) return S.BadInvalidState;
    const data = file.bytes.subarray(at.position, at.position + length);
    at.position += data.length;
    return [[T.ByteString, Buffer.from(data)]];
  }

  write(file, at, data) {
    if (!at) return S.BadInvalidArgument;
    if (!(at.mode & WRITE)) return S.BadInvalidState;
    file.bytes = Buffer.concat([file.bytes.subarray(0, at.position), data, file.bytes.subarray(at.position + data.length)]);
    at.position += data.length;
    return S.Good;
  }

  remove(directory, entry) {
    if (!entry || entry.parent !== directory) return S.BadNotFound;
    if (entry.handles.size) return S.BadInvalidState;
    this.entries.delete(entry.node.nodeId.toString());
    directory.children.delete(entry.name);
    this.space.deleteNode(entry.node);
    return S.Good;
  }

  move(directory, entry, target, copy, name) {
    if (!entry || entry.parent !== directory || !target || target.isFile) return S.BadNotFound;
    const wanted = name || entry.name;
    if (target.children.has(wanted)) return S.BadBrowseNameDuplicated;
    const moved = entry.isFile ? this.addFile(wanted, target, entry.bytes) : this.addDirectory(wanted, target);
    if (!copy) this.remove(directory, entry);
    return [[T.NodeId, moved.node.nodeId]];
  }
}

function populate(server) {
  const files = new FileSystem(server.engine.addressSpace);
  const root = files.addDirectory("Files", null, "Files");
  files.addFile("hello.txt", root, "Hello, Gr\u00fc\u00dfe!\n", "Files/hello.txt");
  files.addFile("noise.bin", root, [0xff, 0x00, 0xfe, 0x80], "Files/noise.bin");
  files.addDirectory("box", root, "Files/box");
}

offer(module, 4863, build, populate);

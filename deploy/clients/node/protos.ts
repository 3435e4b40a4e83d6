/** The services and messages, from the .proto files beside package.json. */

import { fileURLToPath } from "node:url";
import { loadPackageDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType as Ballots } from "./generated/ballots.js";
import type { ProtoGrpcType as Feed } from "./generated/feed.js";
import type { ProtoGrpcType as Results } from "./generated/results.js";
import type { ProtoGrpcType as Rpc } from "./generated/rpc.js";
import type { ProtoGrpcType as Subjects } from "./generated/subjects.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const files = ["ballots", "feed", "results", "subjects"].map((name) => `holos/v1/${name}.proto`);

// The same options as in package.json's `generate`, which makes the types. A uint64 does not fit a
// number: as a string it comes whole, and BigInt(...) makes it one to count with.
const loaded = loadPackageDefinition(
  loadSync([...files, "rpc.proto"], {
    includeDirs: [`${folder}/proto`, folder],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
) as unknown as Ballots & Feed & Results & Rpc & Subjects;

export const holos = loaded.holos.v1;
export const rpc = loaded.google.rpc;

// Certificates made with openssl for the tests that run, so that none is kept with the source.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export class Certificates {
  // A folder with ca.crt, and server.crt with server.key, good for localhost.
  static async make() {
    const made = new Certificates();
    made.dir = await mkdtemp(path.join(tmpdir(), "duplex-certificates-"));
    const openssl = (...args) => run("openssl", args, { cwd: made.dir });
    await writeFile(made.path("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
    await openssl(
      ...["req", "-x509", ...newKey, "-keyout", "ca.key", "-out", "ca.crt"],
      ...["-days", "2", "-subj", "/CN=an authority"],
    );
    await openssl(
      ...["req", ...newKey, "-keyout", "server.key", "-out", "request", "-subj", "/CN=server"],
    );
    await openssl(
      ...["x509", "-req", "-in", "request", "-CA", "ca.crt", "-CAkey", "ca.key"],
      ...["-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.crt"],
    );
    made.ca = await readFile(made.path("ca.crt"), "utf8");
    return made;
  }

  path(name) {
    return path.join(this.dir, name);
  }

  get directives() {
    return [
      ["tls-cert-file", this.path("server.crt")],
      ["tls-key-file", this.path("server.key")],
      ["tls-auth-clients", "no"],
    ];
  }

  remove() {
    return rm(this.dir, { recursive: true, force: true });
  }
}

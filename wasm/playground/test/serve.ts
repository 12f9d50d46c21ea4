/** Serves a folder on loopback, as any static host would. */

import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
};

/** A running server. */
export interface Site {
  readonly address: string;
  readonly close: () => Promise<void>;
}

const scripts = "script-src 'self' 'wasm-unsafe-eval'";

/** Serves it, with a strict Content Security Policy. `instead` answers some paths otherwise: a status. */
export async function serve(
  folder: string,
  instead: Readonly<Record<string, number>> = {},
  policy: string = scripts,
): Promise<Site> {
  const server: Server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname));
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    const status = Object.entries(instead).find(([part]) => path.includes(part))?.[1];
    readFile(file).then(
      (data) => {
        response.writeHead(status ?? 200, {
          "content-type": types[extname(file)] ?? "application/octet-stream",
          "content-security-policy": `default-src 'self'; ${policy}; style-src 'self' 'unsafe-inline'; img-src 'self' data:`,
        });
        response.end(status === undefined ? data : "");
      },
      () => {
        response.writeHead(404);
        response.end();
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => {
        resolve();
      });
    });
  return { address: `http://127.0.0.1:${port}/`, close };
}

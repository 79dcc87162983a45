import { equal, match } from "node:assert/strict";
import { inFolder, kvpim } from "../testing.ts";
import { listenMistake } from "./listen_mistake.ts";

Deno.test(
  "an address that is none of this machine is named in one line, with a token and without",
  inFolder(async (folder) => {
    const serve = ["serve", "--port", "0", "--store", folder, "--no-cache"];
    const hosts = [["127.999.0.1"], ["203.0.113.7", "--token", "x"], ["a:80", "--token", "x"], [
      "",
    ]];
    for (const [host, ...rest] of hosts) {
      const { code, err } = await kvpim([...serve, "--host", host!, ...rest]);
      equal(code, 2);
      const found = JSON.stringify(host);
      equal(
        err,
        `kvpim: --host: expected an address or a name of this machine but found ${found}\n`,
      );
    }
  }),
);

Deno.test(
  "a port that is taken, or not everybody's, is named in one line",
  inFolder(async (folder) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const serve = ["serve", "--store", folder, "--no-cache", "--port"];
    const { code, err } = await kvpim([...serve, String(port)]);
    equal(code, 2);
    equal(err, `kvpim: --port: expected a free port but found ${port} in use\n`);
    const denied = listenMistake(new Deno.errors.PermissionDenied(), "127.0.0.1", 80);
    match(String(denied), /--port: expected a port that you may listen on but found 80$/);
  }),
);

Deno.test(
  "a token that no caller could send is refused in one line, which does not tell it",
  inFolder(async (folder) => {
    const serve = ["serve", "--port", "0", "--store", folder, "--no-cache"];
    for (const token of ["", "my secret", "pä:ss"]) {
      const { code, err } = await kvpim([...serve, "--token", token]);
      equal(code, 2);
      match(
        err,
        /^kvpim: --token: expected a token of visible ASCII characters but found [a-z ,]+\n$/,
      );
    }
    const { err } = await kvpim(serve, { env: { KVPIM_TOKEN: "my secret" } });
    match(err, /^kvpim: \$KVPIM_TOKEN: expected a token of visible ASCII/);
    const empty = await kvpim([...serve, "--host", "0.0.0.0"], { env: { KVPIM_TOKEN: "" } });
    match(empty.err, /expected --token beside an address that others can reach/);
  }),
);

import { equal } from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "./memory_access.ts";

const from = (env: Record<string, string>, os: string) => cacheFolder((name) => env[name], os);

Deno.test("results are kept where the system keeps a user's caches", () => {
  equal(from({ XDG_CACHE_HOME: "/caches" }, "linux"), join("/caches", "kvpim"));
  equal(from({}, "linux"), join(homedir(), ".cache", "kvpim"));
  equal(from({ XDG_CACHE_HOME: "" }, "freebsd"), join(homedir(), ".cache", "kvpim"));
  equal(from({}, "darwin"), join(homedir(), "Library", "Caches", "kvpim"));
  equal(from({ LOCALAPPDATA: "local" }, "windows"), join("local", "kvpim", "cache"));
});

Deno.test("KVPIM_CACHE says where results are kept", () => {
  for (const os of ["linux", "darwin", "windows"]) {
    equal(from({ KVPIM_CACHE: "here", XDG_CACHE_HOME: "there" }, os), "here");
  }
});

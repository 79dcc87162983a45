/**
 * For tests only: which plugins can be built here.
 *
 * @module
 */
import { hasClang } from "./compile_c.ts";
import type { PluginManifest } from "./plugin_manifest.ts";

/**
 * Why plugins of a language are not built by tests here, if so. TypeScript's compiler is fetched when
 * it is first used, which a test must not do unasked.
 */
export async function missingToolchain(
  lang: PluginManifest["lang"],
): Promise<string | undefined> {
  switch (lang) {
    case "as":
      return undefined;
    case "c":
      return await hasClang() ? undefined : "no clang and wasm-ld";
    case "ts":
      return Deno.env.get("KVPIM_TEST_TYPESCRIPT") === "1"
        ? undefined
        : "set KVPIM_TEST_TYPESCRIPT=1; fetches 400 MB";
  }
}

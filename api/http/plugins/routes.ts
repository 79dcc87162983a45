/**
 * `/v1/plugins`: the policies of this repository, and components of others.
 *
 * @module
 */
import { type Context, Hono } from "hono";
import * as v from "valibot";
import { DEFAULT_LIMITS } from "../../../core/host/limits.ts";
import { RUN_LIMITS } from "../../../core/run/kinds/evaluate_schema.ts";
import {
  LibraryBusyError,
  PluginInUseError,
  PluginRefusedError,
} from "../../../core/run/plugins/plugin_library.ts";
import type { PluginFacts } from "../../../core/run/plugins/plugin_facts.ts";
import type { RunService } from "../../../core/run/run_service.ts";
import { answerImmutable } from "../caching.ts";
import { route } from "../describe.ts";
import { ProblemError } from "../problem.ts";
import { checkBefore, checkQuery, nextPage, nextSchema, PAGE, pageQuery } from "../query.ts";

/** Media types of a component. */
const TYPES = ["application/wasm", "application/octet-stream"];

const pluginView = v.object({
  digest: v.pipe(v.string(), v.description("SHA-256 of the component: its name")),
  reference: v.pipe(v.string(), v.description("what a run's policy or memory names as component")),
  kind: v.picklist(["policy", "memory"]),
  world: v.string(),
  bytes: v.number(),
  imports: v.array(v.string()),
  exports: v.array(v.string()),
  description: v.pipe(
    v.record(v.string(), v.unknown()),
    v.description("what it says of itself for its defaults"),
  ),
  limits: v.pipe(
    v.record(v.string(), v.number()),
    v.description("what it gets unless a run says otherwise"),
  ),
});

const listView = v.object({
  items: v.array(v.object({
    name: v.string(),
    origin: v.picklist(["built-in", "uploaded"]),
    kind: v.picklist(["policy", "memory"]),
    digest: v.pipe(v.nullable(v.string()), v.description("null until it was built here")),
    summary: v.nullable(v.string()),
    href: v.string(),
  })),
  next: nextSchema,
});

const listQuery = v.object(pageQuery);

/** The routes. */
export function pluginRoutes(service: RunService): Hono {
  return new Hono()
    .get(
      "/",
      route({
        tag: "plugins",
        summary: "List policies and memory models that runs can name",
        description: "Built-in ones come before the first page of uploaded ones.",
        query: PAGE,
        answers: { 200: ["built-in ones, then uploaded ones, the newest first", listView] },
        problems: [400],
      }),
      (c) => {
        const { limit, before } = checkQuery(c, listQuery);
        const { plugins } = service.store;
        checkBefore(before, (digest) => plugins.get(digest) !== undefined);
        const uploaded = plugins.list(limit, before);
        const builtIn = before === undefined ? builtInItems(service) : [];
        return c.json({
          items: [...builtIn, ...uploaded.map(uploadedItem)],
          next: nextPage(c, uploaded.map(({ digest }) => digest), limit),
        });
      },
    )
    .post(
      "/",
      route({
        tag: "plugins",
        summary: "Upload a component",
        description:
          "It is admitted as the host admits any: it may import nothing, must export a " +
          "contract, and describes itself in the sandbox. Runs name it by its digest.",
        upload: TYPES,
        answers: {
          200: ["it was here already", pluginView],
          201: ["it is kept; Location says where to look", pluginView],
        },
        problems: [413, 415, 422, 429],
      }),
      async (c) => {
        const { facts, isNew } = await uploaded(service, await componentBody(c));
        c.header("location", pathOf(facts.digest));
        return c.json(viewOf(facts), isNew ? 201 : 200);
      },
    )
    .get(
      "/:plugin",
      route({
        tag: "plugins",
        summary: "What a component is: by its digest, or the name of a built-in one",
        answers: { 200: ["the component", pluginView], 304: ["the caller has it", ""] },
        problems: [404],
      }),
      async (c) => {
        const name = c.req.param("plugin");
        const stored = service.store.plugins.get(name);
        if (stored) {
          const text = () => `${JSON.stringify(viewOf(stored))}\n`;
          return answerImmutable(c, text, { tag: `${name}-facts`, type: "application/json" });
        }
        const builtIn = await service.plugins.builtInFacts(name);
        if (builtIn) return c.json(viewOf(builtIn), 200, { "cache-control": "no-cache" });
        throw new ProblemError("not-found", "Expected the digest of a plugin or a built-in name");
      },
    )
    .delete(
      "/:plugin",
      route({
        tag: "plugins",
        summary: "Remove an uploaded component that no run refers to",
        answers: { 204: ["it is gone", ""] },
        problems: [404, 409],
      }),
      (c) => {
        if (removed(service, c.req.param("plugin"))) return c.body(null, 204);
        throw new ProblemError("not-found", "Expected the digest of an uploaded plugin");
      },
    );
}

function pathOf(name: string): string {
  return `/v1/plugins/${name}`;
}

function viewOf(facts: PluginFacts): v.InferOutput<typeof pluginView> {
  const { digest, kind, world, bytes, imports, exports, description } = facts;
  return {
    digest,
    reference: `sha256:${digest}`,
    kind,
    world,
    bytes,
    imports: [...imports],
    exports: [...exports],
    description: { ...description },
    limits: { ...DEFAULT_LIMITS, ...RUN_LIMITS },
  };
}

function builtInItems({ plugins }: RunService) {
  return plugins.builtIns().map(({ name, kind, facts }) => ({
    name,
    origin: "built-in",
    kind,
    digest: facts?.digest ?? null,
    summary: facts ? summaryOf(facts) : null,
    href: pathOf(name),
  }));
}

function uploadedItem(facts: PluginFacts) {
  return {
    name: String(facts.description.name),
    origin: "uploaded",
    kind: facts.kind,
    digest: facts.digest,
    summary: summaryOf(facts),
    href: pathOf(facts.digest),
  };
}

function summaryOf({ description }: PluginFacts): string | null {
  return "summary" in description ? String(description.summary) : null;
}

/** @throws {ProblemError} when the body is called something else than a component */
async function componentBody(c: Context): Promise<Uint8Array> {
  const type = c.req.header("content-type")?.split(";", 1)[0]?.trim().toLowerCase() ?? "nothing";
  if (TYPES.includes(type)) return new Uint8Array(await c.req.arrayBuffer());
  throw new ProblemError("wrong-media-type", `Expected content-type ${TYPES.join(" or ")}`, {
    expected: TYPES[0]!,
    received: type,
  });
}

/** @throws {ProblemError} when the component is refused, or too many wait */
async function uploaded(service: RunService, component: Uint8Array) {
  try {
    return await service.plugins.upload(component);
  } catch (error) {
    if (error instanceof PluginRefusedError) {
      const { why, imports } = error.refusal;
      throw new ProblemError("refused-plugin", error.message, { why, ...imports && { imports } });
    }
    if (error instanceof LibraryBusyError) {
      throw new ProblemError("queue-full", error.message, {}, { "retry-after": "5" });
    }
    throw error;
  }
}

/** @throws {ProblemError} when runs refer to it */
function removed(service: RunService, digest: string): boolean {
  try {
    return service.plugins.remove(digest);
  } catch (error) {
    if (error instanceof PluginInUseError) throw new ProblemError("conflict", error.message);
    throw error;
  }
}

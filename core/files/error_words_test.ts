import { equal } from "node:assert/strict";
import { errorCode, errorWords } from "./error_words.ts";

Deno.test("an error of the file system is worded by its code, whoever threw it", () => {
  const thrown = (action: () => unknown): unknown => {
    try {
      return action();
    } catch (error) {
      return error;
    }
  };
  const folder = thrown(() => Deno.readFileSync("/"));
  equal(errorWords(folder, "found"), "a folder");
  equal(errorWords(folder, "reason"), "it is a folder");
  const none = thrown(() => Deno.openSync("/none/there"));
  equal(errorWords(none, "found"), "none");
  equal(errorWords(none, "reason"), "no such file or folder");
  const full = Object.assign(new Error("No space left (os error 28)"), { code: "ENOSPC" });
  equal(errorWords(full, "found"), "one with no space left");
  equal(errorWords(full, "reason"), "no space left on device");
});

Deno.test("an error without words keeps its code or the first line of its message", () => {
  const busy = Object.assign(new Error("Text file busy (os error 26)"), { code: "ETXTBSY" });
  equal(errorWords(busy, "found"), "one with an error (ETXTBSY)");
  equal(errorWords(busy, "reason"), "Text file busy");
  equal(errorWords(new Error("it broke\nat a"), "found"), "it broke");
  equal(errorCode(Object.assign(new Error(), { code: "ERR_INVALID_ARG" })), undefined);
  equal(errorCode(undefined), undefined);
});

import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { budgetOfStep, parseBudgetList, parseBudgetTable } from "./budgets.ts";

const tokens = fc.integer({ min: 1, max: 2 ** 24 });
const budgets = fc.array(tokens, { minLength: 1, maxLength: 50 });

Deno.test("a list or table that was written is read back", () => {
  fc.assert(fc.property(budgets, fc.constantFrom("\n", "\r\n", "\r"), (list, newline) => {
    deepEqual(parseBudgetList(list.join(", ")), list);
    deepEqual(parseBudgetTable(list.join(newline), "kv.txt"), list);
    deepEqual(parseBudgetTable(list.join(newline) + newline, "KV.TXT"), list);
    const rows = list.map((budget, i) => `${budget}.0,${i}`);
    deepEqual(parseBudgetTable(["budget,step", ...rows].join(newline), "kv.csv"), list);
  }));
});

Deno.test("comments, empty lines and a byte order mark do not count", () => {
  deepEqual(parseBudgetTable("\uFEFF# tokens\n\n 12 \n  # more\n13\n\n", "kv.txt"), [12, 13]);
});

Deno.test("a table that is too short goes on with its last entry", () => {
  deepEqual([0, 1, 2, 9].map((step) => budgetOfStep([5, 6], step)), [5, 6, 6, 6]);
});

Deno.test("a line that is no number is named", () => {
  throws(() => parseBudgetTable("1\n2\n3\n4\n5\n6\nabc\n", "kv.txt"), {
    name: "RangeError",
    message: 'kv.txt line 7: expected a whole number of tokens but found "abc"',
  });
  for (const header of ["0", "1st column", ""]) {
    deepEqual(parseBudgetTable(`${header},b\n256,5\n`, "n.csv"), [256]);
  }
  throws(() => parseBudgetTable("256,5\n512,6\n", "n.csv"), {
    message: 'n.csv line 1: expected a header, as tables in .csv have, but found "256"',
  });
  throws(() => parseBudgetTable("tokens\n1\n,2\n", "kv.csv"), {
    message: 'kv.csv line 3: expected a whole number of tokens but found ""',
  });
  throws(() => parseBudgetList("256,,1024"), {
    message: '--kv_budget_dict entry 2: expected a whole number of tokens but found ""',
  });
});

Deno.test("a budget is a count of at least one token", () => {
  for (const entry of ["-3", "1.5", "1e3", "0x10", "NaN", "Infinity", "1 2", "١"]) {
    throws(() => parseBudgetTable(entry, "kv.txt"), /expected a whole number of tokens/);
  }
  for (const entry of ["0", "16777217", "99999999999999999999"]) {
    throws(() => parseBudgetTable(entry, "kv.txt"), /expected from 1 to 16777216 tokens/);
  }
});

Deno.test("a table without an entry is refused", () => {
  const message = "Expected kv.txt to hold at least one budget but found none";
  for (const text of ["", "\n\n", "# nothing"]) {
    throws(() => parseBudgetTable(text, "kv.txt"), { message });
  }
  throws(() => parseBudgetTable("tokens\n", "kv.csv"), /at least one budget/);
});

Deno.test("only text and CSV files are tables", () => {
  throws(() => parseBudgetTable("PK", "kv.xlsx"), {
    message: "Expected kv.xlsx to be a .txt or .csv file but found a workbook: save it as .csv",
  });
  throws(() => parseBudgetTable("1", "kv.json"), /to be a \.txt or \.csv file/);
  equal(parseBudgetTable("1", "a.csv/kv.txt").length, 1);
});

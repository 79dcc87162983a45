import { QuestReference, type QuestSettings } from "../reference/quest.ts";
import { testAgainstReference } from "../testing/equality.ts";

const DEFAULTS: QuestSettings = { pageTokens: 16, minimumPages: 3, keepLastPage: false };

testAgainstReference("quest", [
  { name: "defaults", reference: (shape) => new QuestReference(shape, DEFAULTS) },
  {
    name: "pages of 8 tokens, the last one kept",
    parameters: { "page-tokens": 8, "minimum-pages": 1, "keep-last-page": true },
    reference: (shape) =>
      new QuestReference(shape, { pageTokens: 8, minimumPages: 1, keepLastPage: true }),
  },
]);

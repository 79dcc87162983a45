import type { Standard } from "../standard.ts";
import { HBM3_PIM } from "./hbm3_pim.ts";
import { HBM3_PIM_JEDEC } from "./hbm3_pim_jedec.ts";

/** Every standard with a table here, by its name. */
export const STANDARDS: Readonly<Record<string, Standard>> = {
  [HBM3_PIM.name]: HBM3_PIM,
  [HBM3_PIM_JEDEC.name]: HBM3_PIM_JEDEC,
};

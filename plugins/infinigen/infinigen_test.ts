import { InfinigenReference } from "../reference/infinigen.ts";
import { rowsCalibration } from "../testing/calibration.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("infinigen", [
  {
    name: "defaults",
    reference: (shape, calibration) =>
      new InfinigenReference(shape, { partialRatio: 0.2, alpha: 5 }, calibration),
  },
  {
    name: "calibrated, a narrow margin",
    parameters: { "partial-ratio": 0.4, "alpha": 0.5 },
    calibration: rowsCalibration,
    reference: (shape, calibration) =>
      new InfinigenReference(shape, { partialRatio: 0.4, alpha: 0.5 }, calibration),
  },
]);

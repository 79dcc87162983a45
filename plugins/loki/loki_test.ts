import { LokiReference } from "../reference/loki.ts";
import { rowsCalibration } from "../testing/calibration.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("loki", [
  {
    name: "defaults",
    reference: (shape, calibration) => new LokiReference(shape, 32, calibration),
  },
  {
    name: "calibrated, 5 components",
    parameters: { rank: 5 },
    calibration: rowsCalibration,
    reference: (shape, calibration) => new LokiReference(shape, 5, calibration),
  },
  {
    name: "5 channels",
    parameters: { rank: 5 },
    reference: (shape, calibration) => new LokiReference(shape, 5, calibration),
  },
]);

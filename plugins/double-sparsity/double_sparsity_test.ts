import { DoubleSparsityReference } from "../reference/double_sparsity.ts";
import { channelsCalibration } from "../testing/calibration.ts";
import { testAgainstReference } from "../testing/equality.ts";

testAgainstReference("double-sparsity", [
  {
    name: "defaults",
    reference: (shape, calibration) =>
      new DoubleSparsityReference(shape, { groupFactor: 8, labelBits: 4 }, calibration),
  },
  {
    name: "calibrated, two bits",
    parameters: { "group-factor": 3, "label-bits": 2 },
    calibration: channelsCalibration,
    reference: (shape, calibration) =>
      new DoubleSparsityReference(shape, { groupFactor: 3, labelBits: 2 }, calibration),
  },
  {
    name: "calibrated, not quantised",
    parameters: { "group-factor": 4, "label-bits": 0 },
    calibration: channelsCalibration,
    reference: (shape, calibration) =>
      new DoubleSparsityReference(shape, { groupFactor: 4, labelBits: 0 }, calibration),
  },
]);

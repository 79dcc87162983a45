// Declaring a policy's parameters and reading the values of a run.
import {
  ChoiceRange,
  IntegerRange,
  LengthMismatch,
  Parameter,
  ParameterKind,
  ParameterKindTag,
  ParameterValue,
  ParameterValueTag,
  PolicyError,
  RealRange,
} from "kvpim/policy";

/** Declares a whole number; both bounds are included. */
export function integerParameter(
  name: string,
  summary: string,
  defaultValue: i64,
  minimum: i64,
  maximum: i64,
): Parameter {
  const range = new IntegerRange();
  range.defaultValue = defaultValue;
  range.minimum = minimum;
  range.maximum = maximum;
  return declare(name, summary, ParameterKind.integer(range));
}

/** Declares a real number; both bounds are included. */
export function realParameter(
  name: string,
  summary: string,
  defaultValue: f64,
  minimum: f64,
  maximum: f64,
): Parameter {
  const range = new RealRange();
  range.defaultValue = defaultValue;
  range.minimum = minimum;
  range.maximum = maximum;
  return declare(name, summary, ParameterKind.real(range));
}

/** Declares a yes or no. */
export function flagParameter(name: string, summary: string, defaultValue: bool): Parameter {
  return declare(name, summary, ParameterKind.flag(defaultValue));
}

/** Declares one of several names; the first is index 0. */
export function choiceParameter(
  name: string,
  summary: string,
  options: Array<string>,
  defaultValue: u32 = 0,
): Parameter {
  const range = new ChoiceRange();
  range.options = options;
  range.defaultValue = defaultValue;
  return declare(name, summary, ParameterKind.choice(range));
}

function declare(name: string, summary: string, kind: ParameterKind): Parameter {
  const parameter = new Parameter();
  parameter.name = name;
  parameter.summary = summary;
  parameter.kind = kind;
  return parameter;
}

/** The values of a run: what the host passed, or the defaults. */
export class Settings {
  /** What is wrong with the values; null if nothing. */
  error: PolicyError | null = null;

  private constructor(private values: Array<ParameterValue>) {}

  /** Checks values against their declarations. No values at all mean the defaults. */
  static read(declared: Array<Parameter>, values: Array<ParameterValue>): Settings {
    if (values.length === 0) {
      return new Settings(declared.map<ParameterValue>((one) => defaultOf(one)));
    }
    const settings = new Settings(values);
    if (values.length !== declared.length) {
      const mismatch = new LengthMismatch();
      mismatch.expected = declared.length;
      mismatch.found = values.length;
      settings.error = PolicyError.parameterCount(mismatch);
      return settings;
    }
    for (let i = declared.length - 1; i >= 0; i--) {
      if (!accepts(declared[i].kind, values[i])) settings.error = PolicyError.badParameter(i);
    }
    return settings;
  }

  integer(index: i32): i64 {
    return this.values[index].integer;
  }

  real(index: i32): f64 {
    return this.values[index].real;
  }

  flag(index: i32): bool {
    return this.values[index].flag;
  }

  choice(index: i32): u32 {
    return this.values[index].choice;
  }
}

function defaultOf(parameter: Parameter): ParameterValue {
  const kind = parameter.kind;
  if (kind.tag === ParameterKindTag.Integer) {
    return ParameterValue.integer(kind.integer.defaultValue);
  }
  if (kind.tag === ParameterKindTag.Real) return ParameterValue.real(kind.real.defaultValue);
  if (kind.tag === ParameterKindTag.Flag) return ParameterValue.flag(kind.flag);
  return ParameterValue.choice(kind.choice.defaultValue);
}

function accepts(kind: ParameterKind, value: ParameterValue): bool {
  if (kind.tag === ParameterKindTag.Integer) {
    return value.tag === ParameterValueTag.Integer && value.integer >= kind.integer.minimum &&
      value.integer <= kind.integer.maximum;
  }
  if (kind.tag === ParameterKindTag.Real) {
    return value.tag === ParameterValueTag.Real && value.real >= kind.real.minimum &&
      value.real <= kind.real.maximum;
  }
  if (kind.tag === ParameterKindTag.Flag) return value.tag === ParameterValueTag.Flag;
  return value.tag === ParameterValueTag.Choice &&
    value.choice < <u32> kind.choice.options.length;
}

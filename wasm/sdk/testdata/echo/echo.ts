// Says back what it is told: for the tests of the generators and of the host.
import {
  Colour,
  Counter,
  done,
  fail,
  Incoming,
  Nothing,
  ok,
  Option,
  Outgoing,
  Problem,
  Result,
  Shape,
  ShapeTag,
} from "kvpim/echo";

export class Echo extends Counter {
  constructor(private count: u32) {
    super();
  }

  static reflect(value: Incoming): Result<Outgoing, Problem> {
    const out = new Outgoing();
    out.flag = value.flag;
    for (let i = 0; i < value.bytes.length; i++) out.bytes.push(value.bytes[i]);
    for (let i = 0; i < value.reals.length; i++) out.reals.push(value.reals[i]);
    out.inners = [value.inner].concat(value.inners);
    out.shapes = value.shapes;
    out.maybe = value.maybe;
    out.perhaps = value.perhaps;
    return ok(out);
  }

  static flat(
    shape: Shape,
    shade: Colour,
    marked: u32,
    maybe: Option<f32>,
    small: i8,
  ): Result<Shape, Problem> {
    if (shape.tag === ShapeTag.Nothing) {
      return ok(Shape.narrow(maybe.isSome ? maybe.value : -1));
    }
    if (shape.tag === ShapeTag.Number) {
      return ok(Shape.number(shape.number + <f64> shade + <f64> marked * 10 + <f64> small * 10000));
    }
    return ok(shape);
  }

  static add(a: f64, b: f64): f64 {
    return a + b;
  }

  static negate(a: bool): bool {
    return !a;
  }

  static failWith(text: string): Result<Nothing, Problem> {
    return text.length === 0 ? done() : fail<Nothing>(Problem.text(text + "!"));
  }

  static nothing(): void {}

  static make(start: u32): Result<Counter, Problem> {
    return start === 13 ? fail<Counter>(Problem.code(13)) : ok<Counter>(new Echo(start));
  }

  override next(): u32 {
    return this.count++;
  }
}

// What the generated glue stands on: memory that crosses the boundary, and the classes that
// options and results are.
//
// Incoming lists of numbers are not copied. The host allocates them with cabi_realloc, which makes
// a pinned managed object that has the shape of a StaticArray; taking the input unpins it, and from
// then on it is an ordinary array that the garbage collector frees when nobody holds it.

/** Nothing, where a type is needed. */
export class Nothing {
  static readonly instance: Nothing = new Nothing();
}

/** A value or none. */
export class Option<T> {
  isSome: bool = false;
  // Unset while `isSome` is false.
  private held: T = isReference<T>() ? changetype<T>(0) : <T> 0;

  static some<T>(value: T): Option<T> {
    const made = new Option<T>();
    made.isSome = true;
    made.held = value;
    return made;
  }

  static none<T>(): Option<T> {
    return new Option<T>();
  }

  /** The value; traps if there is none. */
  get value(): T {
    assert(this.isSome);
    return this.held;
  }
}

/** A value or the reason why there is none. */
export class Result<T, E> {
  private constructor(
    readonly isError: bool,
    private held: T | null,
    private reason: E | null,
  ) {}

  static ok<T, E>(value: T): Result<T, E> {
    return new Result<T, E>(false, value, null);
  }

  static fail<T, E>(error: E): Result<T, E> {
    return new Result<T, E>(true, null, error);
  }

  /** The value; traps if there is none. */
  get value(): T {
    return this.held!;
  }

  /** The reason; traps if it worked. */
  get error(): E {
    return this.reason!;
  }
}

/** The allocator the host calls to pass lists and strings in. */
export function cabi_realloc(from: usize, fromBytes: usize, alignment: usize, bytes: usize): usize {
  if (bytes === 0) return alignment;
  if (from === 0) return __pin(__new(bytes, idof<StaticArray<u8>>()));
  const to = __pin(__new(bytes, idof<StaticArray<u8>>()));
  memory.copy(to, from, min(fromBytes, bytes));
  __unpin(from);
  return to;
}

/** Lets go of a block that the host passed in. */
export function releaseInput(at: usize): void {
  __unpin(at);
}

/** A list of numbers that the host passed in, as the array it already is. */
export function takeInput<T>(at: usize): StaticArray<T> {
  const from = load<usize>(at);
  if (load<i32>(at, 4) === 0) return new StaticArray<T>(0);
  __unpin(from);
  return changetype<StaticArray<T>>(from);
}

/** A string that the host passed in. */
export function loadString(at: usize): string {
  const from = load<usize>(at);
  const bytes = load<usize>(at, 4);
  if (bytes === 0) return "";
  const text = String.UTF8.decodeUnsafe(from, bytes);
  __unpin(from);
  return text;
}

/** Writes a string as UTF-8 for the host to read. */
export function storeString(at: usize, text: string): void {
  const encoded = String.UTF8.encode(text);
  keep(changetype<usize>(encoded));
  store<usize>(at, changetype<usize>(encoded));
  store<i32>(at, encoded.byteLength, 4);
}

// Objects the host may still read. Any managed object may stand here, whatever its class.
const kept: Array<ArrayBuffer> = [];

/** Keeps a managed object alive until the host has read the result. Returns its address. */
export function keep(object: usize): usize {
  kept.push(changetype<ArrayBuffer>(object));
  return object;
}

/** How often the host was done with what it read: what it read before may be used again. */
export let releases: u32 = 0;

/** The host has read the result. */
export function release(): void {
  releases++;
  kept.length = 0;
}

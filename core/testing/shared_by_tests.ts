/**
 * For tests only: what is dear to open, opened once for the tests of a file.
 *
 * @module
 */

/**
 * Something that the tests of a file share: opened for the first that asks, closed after the last.
 * It must be one of which a test sees only what it made itself, so that their order does not matter.
 */
export function sharedByTests<T extends AsyncDisposable>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  Deno.test.afterAll(async () => {
    await using _closed = await opened;
  });
  return () => opened ??= open();
}

import assert from "node:assert/strict";
import { DisposedError } from "../../src/base/errors.ts";
import { Lease } from "../../src/base/lease.ts";

/** A lease whose releases are counted. */
function counted(): { lease: Lease; released: () => number } {
  let released = 0;
  return { lease: new Lease("Cannot use this thing: it was disposed", () => released++), released: () => released };
}

const REFUSED = new DisposedError("Cannot use this thing: it was disposed");

Deno.test("lease: what nobody uses is released at once, and once", () => {
  const { lease, released } = counted();
  lease.check();
  lease.dispose();
  lease.dispose();
  assert.equal(released(), 1);
});

Deno.test("lease: users that are in finish, the last one releases, new ones are refused", async () => {
  const { lease, released } = counted();
  const first = Promise.withResolvers<string>();
  const second = Promise.withResolvers<string>();
  const uses = [lease.use(() => first.promise), lease.use(() => second.promise)];
  lease.dispose();
  assert.throws(() => lease.check(), REFUSED);
  assert.throws(() => lease.enter(), REFUSED);
  await assert.rejects(lease.use(() => Promise.resolve()), REFUSED);
  first.resolve("first");
  assert.equal(await uses[0], "first");
  assert.equal(released(), 0);
  second.resolve("second");
  assert.equal(await uses[1], "second");
  assert.equal(released(), 1);
});

Deno.test("lease: work that fails leaves too, also if it throws before its first await", async () => {
  const { lease, released } = counted();
  await assert.rejects(lease.use(() => Promise.reject(new Error("late"))), /late/);
  await assert.rejects(
    lease.use(() => {
      throw new Error("early");
    }),
    /early/,
  );
  assert.equal(released(), 0);
  lease.dispose();
  assert.equal(released(), 1);
});

Deno.test("lease: leaving twice counts once", () => {
  const { lease, released } = counted();
  const [leave, other] = [lease.enter(), lease.enter()];
  lease.dispose();
  leave();
  leave();
  assert.equal(released(), 0);
  other();
  other();
  assert.equal(released(), 1);
});

Deno.test("lease: a stream is a user from its first value until it ends or is abandoned", async () => {
  async function* values() {
    yield* [1, 2];
  }
  for (const abandon of [false, true]) {
    const { lease, released } = counted();
    const stream = lease.stream(values());
    assert.equal((await stream.next()).value, 1);
    lease.dispose();
    assert.equal(released(), 0);
    if (abandon) await stream.return(undefined);
    else assert.deepEqual([(await stream.next()).value, (await stream.next()).done], [2, true]);
    assert.equal(released(), 1);
    await assert.rejects(lease.stream(values()).next(), REFUSED);
  }
});

Deno.test("lease: idle waits for those who are in, not for later ones", async () => {
  const { lease } = counted();
  await lease.idle();
  const [early, alsoEarly] = [lease.enter(), lease.enter()];
  let idle = false;
  const waited = lease.idle().then(() => idle = true);
  const late = lease.enter();
  early();
  await Promise.resolve();
  assert.equal(idle, false);
  alsoEarly();
  await waited;
  late();
});

import fc from 'fast-check';
import oracle from 'json-merge-patch';
import { describe, expect, test } from 'vitest';
import { diff, hasNull } from '../../../../src/client/host/state-patch.js';
import { mergePatch } from '../../../../src/client/shared/merge-patch.js';

/** JSON with few keys, so that values have members in common; among them one that is special. */
const json = (hasNulls: boolean): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    key: fc.constantFrom('a', 'b', '1', '__proto__', 'constructor'),
    scalar: hasNulls ? fc.constantFrom(null, 0, 1, '', 'x', true) : fc.constantFrom(0, 1, '', true),
    list: fc.array(fc.oneof(tie('value'), fc.constant(null)), { maxLength: 3 }),
    object: fc.dictionary(tie('key') as fc.Arbitrary<string>, tie('value'), { maxKeys: 4 }),
    value: fc.oneof({ maxDepth: 4 }, tie('scalar'), tie('list'), tie('object')),
  })).value;
const object = (hasNulls: boolean) =>
  json(hasNulls).filter(
    (value) => typeof value === 'object' && !Array.isArray(value) && value !== null,
  );

/** Without keys that the other implementation refuses. */
const isOrdinary = (value: unknown): boolean =>
  !/"(__proto__|constructor)"/.test(JSON.stringify(value));
const copy = (value: unknown): never => JSON.parse(JSON.stringify(value)) as never;

describe('a merge patch', () => {
  test('has the result that another implementation has', () => {
    const any = json(true).filter(isOrdinary);
    fc.assert(
      fc.property(any, any, (target, patch) => {
        expect(mergePatch(target, patch)).toEqual(oracle.apply(copy(target), copy(patch)));
      }),
    );
  });

  test('turns one object into another, as does that of another implementation', () => {
    fc.assert(
      fc.property(object(false), object(false), (before, after) => {
        const patch = diff(before, after);
        expect(canonical(mergePatch(before, patch ?? {}))).toEqual(canonical(after));
        expect(diff(before, copy(before))).toBeUndefined();
        if (!isOrdinary([before, after])) return;
        expect(oracle.apply(copy(before), copy(patch ?? {}))).toEqual(after);
        expect(
          oracle.apply(copy(before), oracle.generate(copy(before), copy(after)) ?? {}),
        ).toEqual(after);
      }),
    );
  });

  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of RFC 7386, appendix A: %j and %j make %j', (target, patch, result) => {
    expect(mergePatch(target, patch)).toEqual(result);
  });

  test('sets no prototype', () => {
    const patch = JSON.parse('{"__proto__":{"isAdmin":true},"a":{"__proto__":1}}');
    const merged = mergePatch({}, patch) as Record<string, unknown>;
    expect(merged['isAdmin']).toBeUndefined();
    expect(JSON.stringify(merged)).toBe(JSON.stringify(patch));
    expect(diff({}, merged)).toEqual(merged);
  });

  test('changes nothing, and makes an object that cannot be changed', () => {
    const target = { a: { b: 1 }, list: [{ x: 1 }] };
    const before = copy(target);
    const merged = mergePatch(target, { list: [{ x: 2 }], c: {} }) as typeof target;
    expect(target).toEqual(before);
    expect(merged.a).toBe(target.a);
    const whole = mergePatch(undefined, merged) as typeof target;
    for (const part of [whole, whole.a, whole.list, whole.list[0]]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  test('cannot set a member to null', () => {
    expect([null, { a: null }, { a: { b: null } }].map(hasNull)).toEqual([true, true, true]);
    expect([{ a: [null, { b: null }] }, {}, 0].map(hasNull)).toEqual([false, false, false]);
  });
});

/** Objects as sorted lists: a comparison of objects ignores `__proto__`. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  return {
    members: Object.keys(value)
      .sort()
      .map((key) => [key, canonical(Reflect.get(value, key))]),
  };
}

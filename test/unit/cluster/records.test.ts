import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  readBlock,
  readMove,
  readNode,
  writeRecord,
} from '../../../src/cluster/directory/records.js';
import { type Beat, readBeat, writeBeat } from '../../../src/cluster/nodes/beat.js';

const place = { run: 'Ab3_x-9z', url: 'wss://one.example' };

const BEAT: Beat = {
  ...place,
  node: 'one',
  rooms: 12,
  load: 0.4,
  isDraining: false,
  clock: 5,
  version: 1,
};

test('records and beats are read as they were written', () => {
  const owner = { ...place, node: 'one' };
  expect(readBlock(writeRecord({ owner }))).toEqual({ owner });
  expect(readBlock(writeRecord({ owner: undefined }))).toEqual({ owner: undefined });
  expect(readMove(writeRecord({ epoch: 2, place }))).toEqual({ epoch: 2, place });
  expect(readMove(writeRecord({ epoch: 2, place: undefined }))).toEqual({
    epoch: 2,
    place: undefined,
  });
  expect(readNode(writeRecord({ ...place, before: ['older'] }))).toEqual({
    ...place,
    before: ['older'],
  });
  expect(readBeat(writeBeat(BEAT))).toEqual(BEAT);
});

test.each([
  '',
  '{',
  'null',
  '7',
  '{"owner":{"run":"a b","url":"","node":"x"}}',
  '{"owner":{"run":"a","url":"","node":"x.y"}}',
  '{"owner":{"run":"a","url":7,"node":"x"}}',
  '{"owner":{"run":"a","url":"javascript:alert(1)","node":"x"}}',
  '{"owner":null}',
  `{"owner":{"run":"a","url":"${'x'.repeat(600)}","node":"x"}}`,
])('%s is no block', (value) => {
  expect(readBlock(value)).toBeUndefined();
});

test.each(['{}', '{"epoch":0}', '{"epoch":1.5}', '{"epoch":1,"place":{"run":"a.b","url":""}}'])(
  '%s is no move',
  (value) => {
    expect(readMove(value)).toBeUndefined();
  },
);

test.each([
  '{}',
  '{"run":"a","url":"","before":["a b"]}',
  '{"run":"a","url":"","before":"a"}',
  '{"run":"a","url":""}',
  '[]',
])('%s is no node', (value) => {
  expect(readNode(value)).toBeUndefined();
});

test('a beat without a field, or with another type, is none', () => {
  for (const key of Object.keys(BEAT)) {
    const bytes = (fields: object) => Buffer.from(JSON.stringify(fields));
    expect(readBeat(bytes({ ...BEAT, [key]: undefined })), key).toBeUndefined();
    expect(readBeat(bytes({ ...BEAT, [key]: {} })), key).toBeUndefined();
  }
  expect(readBeat(writeBeat({ ...BEAT, url: `wss://${'x'.repeat(118)}` }))).toBeUndefined();
});

test('any value is read without an exception', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), (value) => {
      readBlock(value);
      readMove(value);
      readNode(value);
      readBeat(Buffer.from(value));
    }),
  );
});

import { describe, expect, it } from '@jest/globals';
import { dataWait, type DataState } from '../../../src/domain/message/data-age.js';

const at = (text: string) => new Date(`2026-05-${text}Z`);
const began = at('05T02:00');
const rule = { maxAgeHours: 36, night: { date: '2026-05-05', began } };
const wait = (state: Partial<DataState>, now: Date) =>
  dataWait({ from: at('04T02:00'), knownSince: at('01T00:00'), nightRun: null, ...state }, rule, now);
const run = (isOver: boolean) => ({ isOver, requestedAt: at('05T09:00') });

describe('messages: invitations on the data of the previous night', () => {
  it('wait while the nightly sync is due and has not started', () => {
    expect(wait({}, at('05T02:00'))).toBe('nightly-sync-first');
    expect(wait({}, at('05T13:00'))).toBe('nightly-sync-first');
  });

  it('wait while the nightly sync is queued or reading, but not if no worker takes it', () => {
    expect(wait({ nightRun: run(false) }, at('05T09:01'))).toBe('nightly-sync-first');
    expect(wait({ nightRun: run(false) }, at('05T13:59'))).toBe('nightly-sync-first');
    expect(wait({ from: at('04T12:00'), nightRun: run(false) }, at('05T15:01'))).toBeNull();
  });

  it('are sent if the nightly sync failed or was stopped, until the data is too old', () => {
    expect(wait({ nightRun: run(true) }, at('05T09:30'))).toBeNull();
    expect(wait({ nightRun: run(true) }, at('05T14:00'))).toBeNull();
    expect(wait({ nightRun: run(true) }, at('05T14:01'))).toBe('data-too-old');
  });

  it('are sent once any sync that began after the nightly sync was due has read everyone', () => {
    expect(wait({ from: began }, at('05T02:10'))).toBeNull();
    expect(wait({ from: at('05T08:00'), nightRun: run(false) }, at('05T09:10'))).toBeNull();
  });

  it('are never sent when the data is too old, whatever runs', () => {
    expect(wait({ from: at('01T02:00') }, at('05T03:00'))).toBe('data-too-old');
    expect(wait({ from: at('01T02:00'), nightRun: run(false) }, at('05T09:30'))).toBe('data-too-old');
  });

  it('without a dated scan are at most as old as the practice', () => {
    expect(wait({ from: null, knownSince: at('05T02:30') }, at('05T03:00'))).toBeNull();
    expect(wait({ from: null }, at('05T03:00'))).toBe('data-too-old');
  });
});

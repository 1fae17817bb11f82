import { describe, expect, it } from '@jest/globals';
import { calendarDate, readDate, today, tomorrow } from '../../src/connectors/dates.js';

const latest = '2026-11-24';

describe('connectors: dates of a PIMS', () => {
  it.each([
    ['2020-02-03', '2020-02-03'],
    ['2020-02-03 10:11:12.123', '2020-02-03'],
    ['2020-02-03T10:11:12', '2020-02-03'],
    ['20200203', '2020-02-03'],
    ['2020-02-29', '2020-02-29'],
    ['1900-01-01', null],
    ['1900-01-01 00:00:00', null],
    ['1899-12-30', null],
    ['1753-01-01', null],
    ['0000-00-00', null],
    ['9999-12-31', null],
    ['2079-06-06 00:00:00', null],
    [0, null],
    ['', null],
    [null, null],
    ['2019-02-29', 'absurd'],
    ['2019-13-01', 'absurd'],
    ['2027-01-01', 'absurd'],
    ['brown', 'absurd'],
    ['2020/02/03', 'absurd'],
    ['02/03/2020', 'absurd'],
  ])('reads %j as %j', (raw, reading) => {
    expect(readDate(raw, latest)).toBe(reading);
  });

  it('dates: treats an absurd date as none if nothing depends on it', () => {
    expect(calendarDate('2203-05-06', latest)).toBeNull();
    expect(calendarDate('2019-05-06', latest)).toBe('2019-05-06');
  });

  it('dates: finds today’s date in the practice’s own time zone', () => {
    const evening = new Date('2026-11-24T03:00:00Z');
    expect(today(evening, 'America/Chicago')).toBe('2026-11-23');
    expect(tomorrow(evening, 'America/Chicago')).toBe('2026-11-24');
    expect(today(evening, 'Pacific/Auckland')).toBe('2026-11-24');
  });
});
